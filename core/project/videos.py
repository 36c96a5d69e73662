"""Where a project's videos are: they may have been moved, replaced, or left behind."""

from pathlib import Path

from core.domain import UserError
from core.project.project import Project
from core.project.store.store import Video
from core.video.source import VideoSource, content_id, open_video


class VideoMissing(UserError):
    """A video of the project is not where it was, nor beside the project."""


class AnotherVideo(UserError):
    """A file holds another video than the project's. fits: all the same it has as many frames of the same
    size.
    """

    def __init__(self, sentence: str, fits: bool):
        self.fits = fits
        super().__init__(sentence)


def locate(folder: Path, video: Video) -> Path:
    """The video's file, which may have been moved together with the project's folder. Raises VideoMissing."""
    replaced = False
    for path in (video.path, Path(folder).absolute().parent / video.path.name):
        try:
            if path.is_file() or path.is_dir():
                if content_id(path) == video.content_id:
                    return path
                replaced = True
        except (OSError, UserError):
            continue
    what = "is another video than the one of this project" if replaced else "is gone"
    raise VideoMissing(
        f"The video {video.path} {what}, so there are no pictures; labels and poses are there. Put it "
        "back or beside the project, or say where it is: Find the video, or main.py relink."
    )


def is_missing(folder: Path, video: Video) -> bool:
    try:
        locate(folder, video)
    except VideoMissing:
        return True
    return False


def open_located(project: Project, video: Video) -> VideoSource:
    """The video, wherever it is now. Raises UserError, also where the file holds another one."""
    return open_video(locate(project.folder, video))


def relink(project: Project, video: Video, path: Path, force: bool = False) -> Video:
    """Says where the video is now. force: also another one with as many frames of the same size, to which all
    labels and estimates then belong. Raises AnotherVideo, UserError.
    """
    path = Path(path).expanduser().absolute()
    with open_video(path) as source:
        facts = (source.frame_count, source.width, source.height)
    try:
        identity = content_id(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    others = [known for known in project.videos() if known.id != video.id and known.content_id == identity]
    if others:
        raise UserError(
            f"{path} is {others[0].path.name} of this project, not {video.path.name}. Choose another file."
        )
    if identity != video.content_id:
        fits = facts == (video.frame_count, video.width, video.height)
        if not fits:
            raise AnotherVideo(
                f"{path} is another video than {video.path.name}: it has {facts[0]} frames of {facts[1]} "
                f"x {facts[2]} pixels, not {video.frame_count} of {video.width} x {video.height}. Choose "
                "another file.",
                fits,
            )
        if not force:
            raise AnotherVideo(
                f"{path} is another video than {video.path.name}, though of the same length and size. Use "
                "it only if it shows the same, frame by frame.",
                fits,
            )
    project.store.relink_video(video.id, path, identity)
    return next(known for known in project.videos() if known.id == video.id)
