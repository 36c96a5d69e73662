"""Which project belongs to a file, and which file to a project."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.domain import Monitor, UserError
from core.project.store import Store

SUFFIX = ".posetailor"
DATABASE = "project.sqlite"
DEMO_CLIP = Path(__file__).resolve().parent.parent / "resources" / "clips" / "assisted_cam04.mp4"


@dataclass(frozen=True)
class Target:
    """A project's folder with the video to show; folder may not exist yet."""

    folder: Path
    video: Path


def user_data() -> Path:
    return Path(platformdirs.user_data_dir("PoseTailor"))


def demo() -> Target:
    return Target(user_data() / f"demo{SUFFIX}", DEMO_CLIP)


def target_of(path: Path) -> Target:
    """path: a video or a project's folder. Raises UserError where it is neither."""
    path = path.expanduser().absolute()
    if (path / DATABASE).is_file():
        return Target(path, _video_of(path))
    if path.is_dir():
        raise UserError(f"{path} is not a PoseTailor project: it has no {DATABASE}. Choose a video or a project.")
    if not path.exists():
        raise UserError(f"There is no file {path}; check the path.")
    beside = path.with_suffix(SUFFIX)
    if (beside / DATABASE).is_file() or os.access(path.parent, os.W_OK):
        return Target(beside, path)
    return Target(user_data() / beside.name, path)


def _video_of(folder: Path) -> Path:
    store = Store(folder / DATABASE)
    videos = store.videos()
    store.close()
    if not videos:
        raise UserError(f"The project {folder} has no video yet. Open the video instead.")
    return video_file(folder, videos[0].path)


def video_file(folder: Path, path: Path) -> Path:
    """Where a project's video is now: it may have been moved together with the project. Raises UserError."""
    beside = folder.absolute().parent / path.name
    found = next((file for file in (path, beside) if file.exists()), None)
    if found is None:
        raise UserError(f"The video {path} of the project {folder} is gone. Put it back, or beside the project.")
    return found


def prepare(target: Target, monitor: Monitor) -> int:
    """Makes the project where there is none and registers the video in it; returns the video's number."""
    from core.project.project import Project

    with Project(target.folder, create=True) as project:
        return project.add_video(target.video).id
