"""Poses of round 0 by a network that finds people and their joints at once, segment by segment."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.domain import Skeleton, Track, UserError
from core.domain.atomic import atomic_write
from core.domain.overlap import iou
from core.formats.found_poses import FoundPoses, joints_of_count
from core.project.estimators.single_stage import open_single_stage
from core.project.project import ESTIMATORS, Project
from core.project.store.settings import POSE_NETWORKS
from core.tracking.settings import USUAL
from core.tracking.single_stage import FramePoses, SingleStage
from core.video.source import content_id
from core.workflow.label_frames import Numbering
from core.workflow.placed_poses import PlacedPoses, place

SAME = 0.5  # intersection over union of somebody's box with that of a pose that is theirs


@dataclass
class PoseNetwork:
    """name: of the file that the user chose; kept: of its copy in the project; notes: what was to be said of
    its poses so far, each once.
    """

    network: SingleStage
    name: str
    kept: str
    notes: dict[str, None] = field(default_factory=dict)

    def poses_of(
        self, tracks: list[Track], found: Mapping[int, FramePoses], skeleton: Skeleton, times: np.ndarray
    ) -> tuple[np.ndarray, PlacedPoses] | None:
        """The tracks (N,) and poses of people, each the one found in his box; None where there are none.

        found: by frame; times: (n,) seconds of the video's frames. Raises UserError where the joints are not
        those of the skeleton.
        """
        track, frame, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)], []
        for person in tracks:
            rows, at = _whose(person, found)
            track.append(np.full(len(rows), person.id))
            frame.append(person.frames[rows])
            values += [found[number][1][place] for number, place in at]
        if not values:
            return None
        numbers, joints = np.concatenate(track), np.stack(values)
        poses = FoundPoses(
            joints_of_count(self.network.reading.joints, self.name),
            [""] * len(joints),
            np.concatenate(frame),
            np.full(len(joints), np.nan),
            [str(number) for number in numbers.tolist()],
            joints[..., :2],
            joints[..., 2],
            0,
            named=False,
        )
        placed = place(poses, self.name, skeleton, times, np.ones(len(times), bool), {}, Numbering())
        self.notes |= dict.fromkeys(placed.notes)
        origin = np.array([int(name.removeprefix("Person ")) for name in placed.names])
        return origin[placed.person], placed


def _whose(person: Track, found: Mapping[int, FramePoses]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The rows of a track in which a pose is found, and each one's frame and place there."""
    rows, at = [], []
    for row, number in enumerate(person.frames.tolist()):
        if number not in found or not len(boxes := found[number][0]):
            continue
        overlap = iou(person.boxes[row, None], boxes)[0]
        if overlap.max() >= SAME:
            rows.append(row)
            at.append((number, int(overlap.argmax())))
    return np.array(rows, np.int64), at


def keep_network(project: Project, file: Path, device: str) -> PoseNetwork:
    """With a copy of the ONNX file in the project. Raises UserError."""
    network = open_single_stage(file, device, USUAL.lowest_score)
    name = f"poses-{content_id(file)[:12]}.onnx"
    target = project.folder / ESTIMATORS / name
    if not target.is_file():
        try:
            with atomic_write(target) as aside:
                shutil.copyfile(file, aside)
        except OSError as error:
            raise UserError(f"{file.name} could not be copied into the project: {error}.") from error
    return PoseNetwork(network, file.name, name)


def kept_networks(
    project: Project, number: int, videos: Iterable[int], device: str
) -> dict[int, PoseNetwork]:
    """By video those that give its poses of a round. Raises UserError where one is gone or damaged."""
    kept = project.setting(POSE_NETWORKS) or {}
    opened: dict[str, SingleStage] = {}
    found = {}
    for video in videos:
        name, chosen = kept.get(str(video)), project.pose_file(video, number)
        if not name or not chosen:
            continue
        if Path(name).name != name:
            raise UserError(
                f"The project's network for the first poses, {name}, lies outside its folder, "
                "so it is not used. Begin another project."
            )
        if name not in opened:
            file = project.folder / ESTIMATORS / name
            opened[name] = open_single_stage(file, device, USUAL.lowest_score)
        found[video] = PoseNetwork(opened[name], chosen, name)
    return found
