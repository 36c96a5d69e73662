"""Where the files of a project's videos are."""

from pathlib import Path

from core.project.store.store import Video
from core.project.videos import VideoMissing, locate


class VideoFiles:
    """Looked up once, and again when asked why one is missing. folder: of the project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Video, Path | None] = {}

    def of(self, video: Video) -> Path | None:
        """None where it is gone."""
        if video not in self._files:
            self.why_missing(video)
        return self._files[video]

    def why_missing(self, video: Video) -> str:
        """Empty where it is there."""
        self._files[video] = None
        try:
            self._files[video] = locate(self._folder, video)
        except VideoMissing as error:
            return str(error)
        return ""
