"""Videos with a known answer: frames, and who is where in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.benchmark.stretches import beside, by_sight, by_stretch
from core.benchmark.transforms import TRANSFORMS
from core.domain import COCO17, UserError, Visibility
from core.formats import coco, jrdb, posetrack
from core.formats.coco import CocoDataset
from core.formats.records import Record, parse, read_text
from core.tracking.chains import chains
from core.video.folder import IMAGES_PER_SECOND, VIDEO_ENDINGS
from core.video.frame import Frame
from core.video.imaging import read_image
from core.video.source import open_video

DEMO = Path(__file__).resolve().parents[2] / "resources" / "clips" / "assisted_cam04.mp4"
# joints of a sample that counts, where a file tells those in sight from those that are hidden
LEAST_IN_SIGHT = 5


@dataclass(frozen=True)
class Part:
    """One piece of a data set as it is asked for: SOURCE[:TRANSFORM[@SHARE]].

    source: a name or a file; transform: a key of TRANSFORMS; share: of the frames that are changed, in one
    stretch.
    """

    source: str
    transform: str = "none"
    share: float = 1.0


@dataclass(frozen=True)
class Reference:
    """The people of one video, N samples in the order of frames.

    track, frame: (N,) int64; points: (N, K, 2) float64 image pixels; labelled: (N, K) bool; boxes: (N, 4)
    image pixels; areas: (N,) square pixels, the annotations' own or width x height of the boxes; in_sight:
    (N,) share of the labelled joints that are in sight, NaN where unknown; groups: (N, len(stretches.GROUPS))
    bool; media: the video, or its images by frame; files: the annotations.
    """

    track: np.ndarray
    frame: np.ndarray
    points: np.ndarray
    labelled: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    in_sight: np.ndarray
    groups: np.ndarray
    media: "Path | dict[int, Path]"
    files: tuple[Path, ...]

    def minutes(self) -> float:
        """Length of the video, also where nobody is in it. Raises UserError."""
        if isinstance(self.media, dict):
            return (max(self.media) - min(self.media) + 1) / IMAGES_PER_SECOND / 60
        with open_video(self.media) as source:
            return float(source.times[-1] + 1 / source.fps) / 60

    def frames(self) -> Iterator[tuple[int, float, Frame | np.ndarray]]:
        """Those that hold somebody, in order: number, seconds, a video's frame or an image (h, w, 3) uint8
        RGB. Raises UserError.
        """
        wanted = np.unique(self.frame).tolist()
        if isinstance(self.media, dict):
            for number in wanted:
                yield number, number / IMAGES_PER_SECOND, read_image(self.media[number])
            return
        with open_video(self.media) as source:
            if wanted[-1] >= source.frame_count:
                raise UserError(
                    f"The reference has people in frame {wanted[-1]}, and {self.media.name} has "
                    f"{source.frame_count} frames (from 0). Choose the video that it was made of."
                )
            people = set(wanted)
            for number, frame in source.stream(wanted[0], wanted[-1] + 1):
                if number in people:
                    yield number, float(source.times[number]), frame


def parse_name(name: str) -> list[Part]:
    """The parts of SOURCE[:TRANSFORM[@SHARE]][+...]. Raises UserError."""
    parts = []
    for text in re.split(r"\+(?=[^+])", name.strip()):
        match = re.fullmatch(r"(.+?)(?::([a-z-]+)(?:@([0-9.]+))?)?", text.strip())
        source, transform, share = match.groups() if match else (text, None, None)
        if transform and transform not in TRANSFORMS:
            raise UserError(
                f"There is no change {transform!r} of a video. Choose one of {', '.join(TRANSFORMS)}."
            )
        try:
            part = Part(source, transform or "none", float(share or 1))
        except ValueError:
            part = Part(source, share=-1)
        if not 0 < part.share <= 1:
            raise UserError(f"The share in {text!r} must be above 0 and at most 1, as in clip.mp4:dark@0.2.")
        parts.append(part)
    return parts


def find_reference(source: str, data: Path | None) -> Reference:
    """A source by name in the data folder (clips/NAME.*, reference/NAME*.npz or .json), 'demo', or by file: a
    video with its reference beside it, VIDEO=REFERENCE, or an annotation file that names its video or images.
    Raises UserError.
    """
    video, equals, reference = source.partition("=")
    if equals:
        return _load(Path(video), [Path(reference)])
    if source == "demo":
        return _load(DEMO, [DEMO.with_suffix(".json")])
    path = Path(source).expanduser()
    if path.suffix.lower() == ".json":
        return _from_annotations(path)
    if path.suffix.lower() in VIDEO_ENDINGS:
        return _load(path, _beside(path, path.parent))
    if data is not None:
        clips = [p for p in sorted((data / "clips").glob(f"{source}.*")) if p.suffix.lower() in VIDEO_ENDINGS]
        if clips:
            return _load(clips[0], _beside(clips[0], data / "reference"))
    raise UserError(
        f"There is no data set {source!r}{f' in {data}' if data else ''}. Give a video with its reference "
        "beside it, VIDEO=REFERENCE, an annotation file, or --data DIR with clips/ and reference/."
    )


def _beside(video: Path, folder: Path) -> list[Path]:
    exact = [folder / f"{video.stem}{ending}" for ending in (".json", ".npz")]
    found = [path for path in exact if path.is_file()] or sorted(folder.glob(f"{video.stem}_*.npz"))
    if not found:
        raise UserError(f"There is no reference {exact[0].name} or .npz for {video.name} in {folder}.")
    return found if found[0].suffix == ".npz" else found[:1]


def _load(video: Path, files: list[Path]) -> Reference:
    if not video.exists() and files[0].is_file():
        raise UserError(
            f"There is no video {video} that belongs to {files[0].name}: check the name given for --dataset."
        )
    if files[0].suffix == ".npz":
        return _from_arrays(video, files)
    return _from_dataset(*read_annotations(files[0]), video, files)


def read_annotations(path: Path) -> tuple[CocoDataset, dict[int, float]]:
    """A COCO keypoints, PoseTrack21 or JRDB-Pose file, told apart by what is in it, and the areas in square
    pixels that a COCO file gives, by the annotation's id. Raises UserError.
    """
    text = read_text(path)
    root = parse(text, path.name)
    for form in (jrdb, posetrack):
        if form.looks_like(root):
            return form.read(text, path.name), {}
    return coco.read(text, path.name), _areas(root)


def _areas(root: Record) -> dict[int, float]:
    given = (record for record in root.records("annotations", "annotation") if record.has("area"))
    return {record.integer("id"): record.number("area") for record in given}


def _from_annotations(path: Path) -> Reference:
    """The video beside an annotation file, or its images, relative to a folder above it."""
    dataset, areas = read_annotations(path)
    if not dataset.images:
        raise UserError(f"{path.name} names no images. Choose another file.")
    image = next(iter(dataset.images.values()))
    for above in path.absolute().parents:
        for folder in (above, above / "images"):
            if (folder / image.file_name).is_file():
                media = {entry.frame: folder / entry.file_name for entry in dataset.images.values()}
                return _from_dataset(dataset, areas, media, [path])
    for stem in (path.stem, Path(image.clip).stem):
        for ending in VIDEO_ENDINGS:
            video = path.with_name(stem + ending)
            if video.is_file():
                return _from_dataset(dataset, areas, video, [path])
    raise UserError(
        f"Neither the images of {path.name} (such as {image.file_name[:80]!r}) nor a video of that name "
        "are near it. Put it into the folder that its file names start from, or give VIDEO=REFERENCE."
    )


def _from_dataset(
    dataset: CocoDataset, areas: dict[int, float], media: "Path | dict[int, Path]", files: list[Path]
) -> Reference:
    people = [p for p in dataset.people if p.visibility.any() and p.extent is not None and p.extent.area > 0]
    if not people:
        raise UserError(f"{files[0].name} has nobody with a box and a labelled joint.")
    people = sorted(people, key=lambda person: dataset.images[person.image].frame)
    frames = np.array([dataset.images[p.image].frame for p in people])
    boxes = np.array([p.extent for p in people], np.float64)
    named = all(p.track is not None for p in people)
    in_a_row = np.unique(frames, return_inverse=True)[1]  # of those that are annotated
    tracks = np.array([p.track for p in people]) if named else chains(in_a_row, boxes, max_gap=1)
    visibility = np.stack([p.visibility for p in people])
    labelled, visible = visibility > 0, visibility == Visibility.VISIBLE
    in_sight, counted = np.full(len(people), np.nan), np.ones(len(people), bool)
    if visible.any() and (labelled & ~visible).any():
        in_sight, counted = visible.sum(1) / labelled.sum(1), visible.sum(1) >= LEAST_IN_SIGHT
    if not counted.any():
        raise UserError(f"{files[0].name} has nobody with {LEAST_IN_SIGHT} joints in sight.")
    own = np.array([areas.get(p.id, 0.0) for p in people])
    stretches = beside(media if isinstance(media, Path) else files[0])
    groups = (
        by_stretch(stretches, tracks, frames, boxes, labelled, in_sight) if stretches else by_sight(in_sight)
    )
    order = np.lexsort((tracks, frames))
    order = order[counted[order]]
    return Reference(
        tracks[order],
        frames[order],
        np.stack([p.points for p in people])[order],
        labelled[order],
        boxes[order],
        np.where(own > 0, own, (boxes[:, 2:] - boxes[:, :2]).prod(1))[order],
        in_sight[order],
        groups[order],
        media,
        (*files, stretches) if stretches else tuple(files),
    )


def _from_arrays(video: Path, files: list[Path]) -> Reference:
    """One file for each person: kpts (n, 17, 3) x, y, valid and box (n, 4) of every frame."""
    columns = []
    for number, file in enumerate(files):
        try:
            with np.load(file, allow_pickle=False) as data:
                joints, boxes = data["kpts"].astype(np.float64), data["box"].astype(np.float64)
            fits = joints.shape[1:] == (len(COCO17), 3) and boxes.shape == (len(joints), 4)
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"The reference {file} cannot be read ({error}).") from error
        if not fits:
            raise UserError(f"{file.name} must hold kpts (n, 17, 3) and box (n, 4), one row for each frame.")
        shown = (joints[..., 2] > 0).any(1) & np.isfinite(boxes).all(1)
        frame = np.flatnonzero(shown)
        columns.append((np.full(len(frame), number), frame, joints[frame], boxes[frame]))
    track, frame, joints, boxes = (np.concatenate(values) for values in zip(*columns, strict=True))
    order = np.lexsort((track, frame))
    joints = joints[order]
    labelled = joints[..., 2] > 0
    points, boxes = np.where(labelled[..., None], joints[..., :2], 0.0), boxes[order]
    areas, unknown = (boxes[:, 2:] - boxes[:, :2]).prod(1), np.full(len(order), np.nan)
    return Reference(
        track[order],
        frame[order],
        points,
        labelled,
        boxes,
        areas,
        unknown,
        by_sight(unknown),
        video,
        tuple(files),
    )
