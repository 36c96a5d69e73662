"""Which frame of which video an image of a label file is."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core.domain import UserError
from core.formats.coco import CocoDataset, CocoImage
from core.project.store.store import Video
from core.project.video_names import export_names
from core.video.folder import frames_by_name


@dataclass(frozen=True)
class Numbering:
    """How a file counts. first: what it calls the first frame; every: frames from one number to the next."""

    first: int = 0
    every: int = 1

    def frame(self, number: int) -> int:
        return (number - self.first) * self.every

    @property
    def in_words(self) -> str:
        every = f"every {self.every} frames, " if self.every > 1 else ""
        return f"Count {every}from {self.first}"


AS_WRITTEN = Numbering()


class Miscounted(UserError):
    """The numbers of a file are hardly those of the frames. ways: how they may count, the likely first."""

    def __init__(self, sentence: str, options: str, ways: tuple[Numbering, ...]) -> None:
        super().__init__(sentence, options)
        self.ways = ways


class WhichVideo(UserError):
    """A file does not say which video of the project it is of."""


class Belonging:
    """chosen: the video of images that the file alone does not assign to one, None where nobody said
    which.
    """

    def __init__(self, videos: list[Video], chosen: Video | None = None) -> None:
        self._videos, self._chosen = videos, chosen
        self._names = export_names(videos)
        self._frames = {video: frames_by_name(video.path) for video in videos}

    def size_of(self, image: CocoImage) -> tuple[int, int] | None:
        """Width and height; None for an image of no video, or of one that cannot be told yet."""
        found = self._candidates(image)
        video = found[0] if found else self._chosen
        return None if video is None else (video.width, video.height)

    def by_video(
        self, dataset: CocoDataset, name: str, numbering: Numbering
    ) -> dict[Video, dict[int, CocoImage]]:
        """Of each video in the file its images by frame; images of other videos are left out.

        name: the file's. Raises UserError.
        """
        found: dict[Video, dict[int, CocoImage]] = {}
        clips = {image.clip for image in dataset.images.values()}
        named_too = any(self._is_named(image) for image in dataset.images.values())
        for image in dataset.images.values():
            video = self._video_of(image, dataset.ours, clips, name)
            if video is None or (named_too and image.names_a_video and not self._is_named(image)):
                continue
            named = self._frames[video]
            frame = image.frame_among(named)
            if image.base_name not in named or image.numbered:
                frame = numbering.frame(frame)
            image = replace(image, frame=frame)
            _check(image, video, name)
            images = found.setdefault(video, {})
            if image.frame in images:
                raise UserError(
                    f"image {image.id} in {name}: image {images[image.frame].id} is of frame "
                    f"{image.frame} as well."
                )
            images[image.frame] = image
        if not found:
            known = ", ".join(self._names.values())
            theirs = ", ".join(sorted(clip for clip in clips if clip))[:120]
            of = f"; its images are of {theirs}" if theirs else ""
            raise WhichVideo(
                f"No image in {name} belongs to a video of this project ({known}){of}.",
                "Say which one it is of with --video." if theirs else "",
            )
        return found

    def named(self, video: Video, images: dict[int, CocoImage]) -> bool:
        """Whether all the images were found by their names, which no way of counting changes."""
        return all(image.base_name in self._frames[video] and not image.numbered for image in images.values())

    def _is_named(self, image: CocoImage) -> bool:
        """Whether it says that it is of a video of the project."""
        return any(
            image.is_of(video.path.stem)
            or image.is_of(self._names[video])
            or image.base_name in self._frames[video]
            for video in self._videos
        )

    def _candidates(self, image: CocoImage) -> list[Video]:
        if image.video is None and len(self._videos) == 1:
            return self._videos
        named = [video for video in self._videos if image.is_of(video.path.stem)]
        if named:
            return _by_folders(image, named)
        having = [video for video in self._videos if image.base_name in self._frames[video]]
        return (
            having
            if len(having) == 1
            else [video for video in self._videos if image.is_of(self._names[video])]
        )

    def _video_of(self, image: CocoImage, ours: bool, clips: set[str], name: str) -> Video | None:
        found = self._candidates(image)
        if len(found) > 1:
            exported = next((video for video in self._videos if image.is_of(self._names[video])), None)
            others = {self._names[video] for video in found} - {image.clip}
            if exported is not None and (ours or clips & others):
                return exported
            if self._chosen in found:
                return self._chosen
            paths = ", ".join(str(video.path) for video in found)
            raise WhichVideo(
                f"{name} is of {found[0].path.stem}, and several videos are called so ({paths}).",
                "Say with --video which of them it is of.",
            )
        return found[0] if found else self._chosen


def video_called(videos: list[Video], wanted: str) -> Video:
    """By its path or the end of it, its name, or as an export calls it. Raises UserError."""
    end = PurePosixPath(wanted.replace("\\", "/"))
    names = export_names(videos)
    ways = (
        [video for video in videos if video.path.parts[-len(end.parts) :] == end.parts],
        [video for video in videos if names[video] == wanted],
        [video for video in videos if video.path.stem == wanted],
        [video for video in videos if video.path.with_suffix("").parts[-len(end.parts) :] == end.parts],
    )
    found = next((way for way in ways if way), [])
    if len(found) != 1:
        paths = ", ".join(str(video.path) for video in videos)
        why = "are called so" if found else "is called so"
        raise UserError(
            f"{'Several videos' if found else 'No video'} {why}: {wanted}. The project has {paths}."
        )
    return found[0]


def _by_folders(image: CocoImage, videos: list[Video]) -> list[Video]:
    """Those whose folders are the ones that the file gives, if it gives any that tell them apart."""
    given = PurePosixPath((image.video or image.file_name).replace("\\", "/"))
    parts = (*given.parts[:-1], given.stem)
    if image.video is None:
        parts = given.parts[:-1]
    for length in range(len(parts), 1, -1):
        fitting = [video for video in videos if video.path.with_suffix("").parts[-length:] == parts[-length:]]
        if fitting:
            return fitting
    return videos


def _check(image: CocoImage, video: Video, name: str) -> None:
    """Raises UserError when the image cannot be one of the video."""
    where = f"image {image.id} ({image.file_name[:80]!r}) in {name}"
    if not 0 <= image.frame < video.frame_count:
        sentence = (
            f"{where}: labels for frames that do not exist, it is frame {image.frame} (from 0) "
            f"and {video.path.name} has {video.frame_count} frames."
        )
        if image.frame == video.frame_count:
            raise Miscounted(sentence, "Say --first-frame 1 if the file counts from 1.", (Numbering(1),))
        raise UserError(sentence)
    size = (image.width or video.width, image.height or video.height)
    if size != (video.width, video.height):
        raise UserError(
            f"{where}: it is {size[0]} x {size[1]} pixels, {video.path.name} is {video.width} x "
            f"{video.height}; export the labels at the size of the video."
        )
