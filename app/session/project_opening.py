"""Which project belongs to a video, and which videos to a project."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from core.domain import Monitor, UserError, raise_if_cancelled
from core.project.store.store import Store, Video
from core.video.folder import images_in, videos_in

if TYPE_CHECKING:
    from core.project.project import Project
    from core.project.store.lock import Lock

SUFFIX = ".posetailor"
DATABASE = "project.sqlite"
DEMO_CLIP = Path(__file__).resolve().parents[2] / "resources" / "clips" / "assisted_cam04.mp4"


@dataclass(frozen=True)
class Target:
    """A project's folder with the video to show; folder may not exist yet. more: videos that are to join it;
    known: the video as a project knows it that is opened by its folder, and whose file may be missing.
    """

    folder: Path
    video: Path
    more: tuple[Path, ...] = ()
    known: Video | None = None

    @property
    def videos(self) -> tuple[Path, ...]:
        return self.video, *self.more


@dataclass(frozen=True)
class Added:
    """videos: their numbers, in order; trouble: what is to be said of those that could not be added; lock:
    held on the project by whoever edits it, None where that is another window.
    """

    videos: list[int]
    trouble: str
    lock: "Lock | None" = None


def user_data() -> Path:
    return Path(platformdirs.user_data_dir("PoseTailor"))


def demo() -> Target:
    return Target(user_data() / f"demo{SUFFIX}", DEMO_CLIP)


def target_of(*paths: Path) -> Target:
    """paths: a project's folder; or videos, which a folder of images is too, and folders of videos. Raises
    UserError.
    """
    first, *others = (path.expanduser().absolute() for path in paths)
    if _is_project(first) and not others:
        return _of_project(first)
    video, *more = (video for path in (first, *others) for video in _videos_of(path))
    beside = first.with_name(first.name + SUFFIX) if first.is_dir() else first.with_suffix(SUFFIX)
    if not _is_project(beside) and not os.access(first.parent, os.W_OK):
        beside = user_data() / beside.name
    return Target(beside, video, tuple(more))


def _is_project(folder: Path) -> bool:
    return (folder / DATABASE).is_file()


def _videos_of(path: Path) -> list[Path]:
    """The video itself, which a folder of images is too, or the videos in a folder. Raises UserError."""
    if not path.exists():
        raise UserError(f"There is no file {path}; check the path.")
    if _is_project(path):
        raise UserError(f"{path} is a project. Open it by itself.")
    if not path.is_dir() or images_in(path):
        return [path]
    if videos := videos_in(path):
        return videos
    raise UserError(
        f"{path} is not a PoseTailor project and holds no images or videos. Choose another folder or a video."
    )


def _of_project(folder: Path) -> Target:
    """Its first video, wherever that seems to be. Raises UserError."""
    store = Store(folder / DATABASE, read_only=True)
    try:
        videos = store.videos()
    finally:
        store.close()
    if not videos:
        raise UserError(f"The project {folder} has no video yet. Open the video instead.")
    path = videos[0].path
    beside = folder.absolute().parent / path.name
    return Target(folder, next((file for file in (path, beside) if file.exists()), path), known=videos[0])


def prepare(target: Target, monitor: Monitor) -> Added:
    """Makes the project where there is none and registers the videos in it. Raises UserError, Cancelled."""
    from core.project.project import Project
    from core.project.store.lock import LockHeld
    from core.project.store.segments import forget_aside

    with Project(target.folder, create=True) as project:
        lock = None
        if not project.store.protected:
            try:
                lock = project.edit_alone()
            except LockHeld:
                project.store.read_only = True
        if lock is not None:
            forget_aside(project.store)  # whoever could have taken it back has gone
        try:
            added = (
                add_videos(project, target.videos, monitor)
                if target.known is None
                else _known(project, target.known)
            )
        except BaseException:
            if lock is not None:
                lock.close()
            raise
    return replace(added, lock=lock)


def _known(project: "Project", video: Video) -> Added:
    """A video of the project, which may have moved together with it."""
    from core.project.videos import VideoMissing, locate

    with suppress(VideoMissing):
        path = locate(project.folder, video)
        if path != video.path and not project.store.read_only:
            project.store.relink_video(video.id, path, video.content_id)
    return Added([video.id], "")


def add_videos(project: "Project", paths: tuple[Path, ...], monitor: Monitor) -> Added:
    """Registers those that can be read. Raises UserError where none can, Cancelled."""
    added, troubles = [], []
    for done, path in enumerate(paths):
        raise_if_cancelled(monitor)
        monitor.report("Adding videos", done, len(paths))
        try:
            added.append(project.add_video(path).id)
        except UserError as error:
            troubles.append(str(error))
    if not added:
        raise UserError(" ".join(troubles))
    return Added(added, " ".join(troubles))
