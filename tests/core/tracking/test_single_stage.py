"""Networks that give people with their joints at once are read as they are made."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from core.domain import UserError
from core.domain.overlap import iou
from core.project.estimators.picture_network import known_people
from core.project.estimators.single_stage import known_joints
from core.tracking.foreign_detector import PREPARATIONS, Preparation, fitted
from core.tracking.single_stage import POSE_LAYOUTS, PoseReading, SingleStage, recognise_poses
from core.video.frame import Frame

SIZE = (320, 320)
PICTURE, PEOPLE, POINTS = known_people()
SCALE = np.array([181 / 1088, 320 / 1920])  # whole pixels of the picture inside the input
SCORES = np.array([0.9, 0.7], np.float32)
BOXES = (PEOPLE * np.tile(SCALE, 2)).astype(np.float32)
FOUND = np.isfinite(POINTS).all(2)
JOINTS = np.concatenate(
    [np.where(FOUND[..., None], (POINTS + 0.5) * SCALE, 5), np.where(FOUND, 0.8, 0.1)[..., None]], 2
).astype(np.float32)
CENTRED = np.concatenate([(BOXES[:, :2] + BOXES[:, 2:]) / 2, BOXES[:, 2:] - BOXES[:, :2]], 1)
AROUND = np.where(FOUND[..., None], JOINTS[..., :2], np.nan)  # the joints, and where one is not known its box
AROUND = np.where(FOUND[..., None], AROUND, BOXES[:, None, :2] + 10).astype(np.float32)
Shape = Callable[[np.ndarray], Mapping[str, np.ndarray]]


def rows(*columns: np.ndarray, count: int) -> np.ndarray:
    table = np.concatenate([one.reshape(len(BOXES), -1) for one in columns], 1)
    full = np.zeros((count, table.shape[1]), np.float32)
    full[: len(table)] = table
    return full


def with_a_dog(*columns: np.ndarray) -> np.ndarray:
    """The same, with a third animal of the first class, whose joints lie elsewhere."""
    table = rows(*columns, count=2100)
    table[2] = table[0]
    table[2, :2] = 60
    table[2, 4:-51] = 0.95  # objectness, where there is one, and all classes, the first a little more
    table[2, -54] = 0.96
    return table


def padded(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, np.zeros((50, *values.shape[1:]), values.dtype)])


SHAPES: dict[str, tuple[str, Shape]] = {
    "YOLOv8-pose": (
        "columns of poses",
        lambda s: {"output0": rows(CENTRED, s, JOINTS, count=2100).T[None]},
    ),
    "YOLOv8-pose without confidences": (
        "columns of poses",
        lambda s: {"output0": rows(CENTRED, s, JOINTS[..., :2], count=2100).T[None]},
    ),
    "YOLO11-pose of three classes": (
        "columns of poses",
        lambda s: {"output0": with_a_dog(CENTRED, 0 * s, 0 * s + 0.05, s, JOINTS).T[None]},
    ),
    "YOLOv5-pose of three classes": (
        "rows of poses",
        lambda s: {
            "output": with_a_dog(CENTRED, s / s.max(), 0 * s, 0 * s + 0.05, 0 * s + s.max(), JOINTS)[None]
        },
    ),
    "YOLO26-pose of three classes": (
        "rows of found poses",
        lambda s: {"output0": rows(BOXES, s, 0 * s + 2, JOINTS, count=300)[None]},
    ),
    "YOLO26-pose": (
        "rows of found poses",
        lambda s: {"output0": rows(BOXES, s, 0 * s, JOINTS, count=300)[None]},
    ),
    "YOLOv7-pose": (
        "rows of poses",
        lambda s: {"output": rows(CENTRED, 0 * s + 0.99, s / 0.99, JOINTS, count=2100)[None]},
    ),
    "RTMO": (
        "boxes and keypoints",
        lambda s: {
            "dets": padded(np.concatenate([BOXES, s[:, None]], 1))[None],
            "keypoints": padded(JOINTS)[None],
        },
    ),
    "DETRPose, without boxes and confidences": (
        "keypoints with scores",
        lambda s: {
            "scores": padded(s)[None],
            "labels": np.ones((1, 52), np.int64),
            "keypoints": padded(AROUND)[None],
        },
    ),
    "YOLO-NAS-Pose, flat": (
        "rows of a batch's poses",
        lambda s: {"graph_output": rows(0 * s, BOXES, s, JOINTS, count=2)},
    ),
    "MoveNet MultiPose": (
        "rows of poses with y first",
        lambda s: {
            "output_0": rows(
                JOINTS[..., [1, 0, 2]] / [320, 320, 1], BOXES[:, [1, 0, 3, 2]] / 320, s, count=6
            )[None]
        },
    ),
    "torchvision": (
        "boxes and keypoints",
        lambda s: {
            "boxes": BOXES,
            "labels": np.ones(2, np.int64),
            "scores": s,
            "keypoints": np.concatenate([JOINTS[..., :2], np.ones((2, 17, 1), np.float32)], 2),
            "keypoints_scores": np.log(JOINTS[..., 2] / (1 - JOINTS[..., 2])),
        },
    ),
}


def network(shape: Shape, trained_on: Preparation) -> Callable[[np.ndarray], Mapping[str, np.ndarray]]:
    """Is sure of people only in a picture that is prepared as it was trained on."""
    expected = trained_on.apply(fitted(PICTURE, SIZE)[0])

    def run(values: np.ndarray) -> Mapping[str, np.ndarray]:
        return shape(SCORES if np.abs(values - expected).max() < 1e-3 else SCORES / 9)

    return run


@pytest.mark.parametrize("name", SHAPES)
def test_outputs_are_recognised_and_the_joints_are_where_they_were(name: str) -> None:
    layout, shape = SHAPES[name]
    trained_on = PREPARATIONS[list(SHAPES).index(name) % len(PREPARATIONS)]
    run = network(shape, trained_on)
    reading = recognise_poses(run, SIZE, PICTURE, PEOPLE, known_joints(), "mine.onnx")
    assert (reading.layout, reading.joints, reading.preparation) == (layout, 17, trained_on)
    seeing = SingleStage(lambda _: shape(SCORES), reading, SIZE, 0.1)
    boxes, joints = seeing.find(seeing.shrink(Frame.of_image(PICTURE)))
    if "without boxes" in name:
        assert np.diag(iou(boxes[:, :4], PEOPLE)).min() > 0.6
    else:
        assert boxes[:, :4] == pytest.approx(PEOPLE - 0.5, abs=0.01)
    assert joints[FOUND][:, :2] == pytest.approx(POINTS[FOUND], abs=0.01)
    own = np.broadcast_to(SCORES[:, None], FOUND.shape) if "without" in name else JOINTS[..., 2]
    assert joints[..., 2] == pytest.approx(own, abs=1e-3)


@pytest.mark.parametrize("name", ["torchvision", "YOLO-NAS-Pose, flat", "RTMO"])
def test_one_person_alone_is_found_where_the_network_knows_no_batch(name: str) -> None:
    layout, shape = SHAPES[name]
    reading = PoseReading(PREPARATIONS[0], layout, int(name == "torchvision"), 17)
    alone = {title: alone_in(values) for title, values in shape(SCORES).items()}
    seeing = SingleStage(lambda _: alone, reading, SIZE, 0.1)
    boxes, joints = seeing.find(seeing.shrink(Frame.of_image(PICTURE)))
    assert boxes[:, :4] == pytest.approx(PEOPLE[:1] - 0.5, abs=0.01)
    assert joints[0][FOUND[0]][:, :2] == pytest.approx(POINTS[0][FOUND[0]], abs=0.01)


def alone_in(values: np.ndarray) -> np.ndarray:
    """The first of the two people."""
    return values[:, :1] if len(values) == 1 else values[:1]


def test_every_layout_is_told_by_something() -> None:
    assert {layout for layout, _ in SHAPES.values()} == set(POSE_LAYOUTS)


def test_joints_in_another_order_are_refused() -> None:
    def other(values: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"output0": rows(CENTRED, SCORES, JOINTS[:, ::-1], count=2100).T[None]}

    with pytest.raises(UserError, match=r"mine\.onnx found nobody's joints .*1 x 56 x 2100.*RTMO"):
        recognise_poses(other, SIZE, PICTURE, PEOPLE, known_joints(), "mine.onnx")
