"""Detectors of others are read as they are made, whatever their outputs look like."""

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.domain import UserError
from core.domain.overlap import iou
from core.project.estimators import detectors
from core.project.estimators.detectors import describe_detector, open_detector
from core.project.estimators.picture_network import KNOWN, PictureNetwork, known_people
from core.tracking.box_layouts import LAYOUTS, STRIDES
from core.tracking.foreign_detector import (
    PREPARATIONS,
    ForeignDetector,
    Preparation,
    Reading,
    fitted,
    recognise,
)
from core.tracking.settings import FindSettings
from core.video.source import open_video

SIZE = (640, 640)
PICTURE, PEOPLE, _ = known_people()
SCALE = SIZE[1] / PICTURE.shape[0]
SCORES = np.array([0.9, 0.7], np.float32)
Shape = Callable[[np.ndarray, np.ndarray], Mapping[str, np.ndarray]]


def centred(corners: np.ndarray) -> np.ndarray:
    return np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], 1)


def anchors() -> tuple[np.ndarray, np.ndarray]:
    grids = [np.meshgrid(np.arange(SIZE[0] // s), np.arange(SIZE[1] // s)) for s in STRIDES]
    places = np.concatenate([np.stack(grid, -1).reshape(-1, 2) for grid in grids])
    return places, np.concatenate([np.full(grid[0].size, s) for grid, s in zip(grids, STRIDES, strict=True)])


def yolox(corners: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    places, steps = anchors()
    rows = np.zeros((len(places), 85), np.float32)
    for box, score in zip(centred(corners), scores, strict=True):
        at = int(np.argmin(np.abs((places + 0.5) * steps[:, None] - box[:2]).sum(1) + (steps != 32) * 1000))
        rows[at, :2] = box[:2] / steps[at] - places[at]
        rows[at, 2:4] = np.log(box[2:] / steps[at])
        rows[at, 4], rows[at, 5] = 1, score
    return {"output": rows[None]}


def yolov8(corners: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    table = np.zeros((84, 8400), np.float32)
    table[:4, : len(corners)], table[4, : len(corners)] = centred(corners).T, scores
    return {"output0": table[None]}


def yolov5(corners: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    rows = np.zeros((25200, 85), np.float32)
    rows[: len(corners), :4], rows[: len(corners), 4], rows[: len(corners), 5] = centred(corners), scores, 1
    return {"output": rows[None]}


def padded(values: np.ndarray, count: int = 100) -> np.ndarray:
    full = np.zeros((count, *values.shape[1:]), values.dtype)
    full[: len(values)] = values
    return full


def of_class(scores: np.ndarray, label: int, classes: int, count: int) -> np.ndarray:
    table = np.zeros((count, classes), np.float32)
    table[: len(scores), label] = scores
    return table


SHAPES: dict[str, tuple[str, int, Shape]] = {
    "RTMDet without suppression": (
        "scores of classes and boxes",
        0,
        lambda c, s: {"dets": padded(c, 8400)[None], "scores": of_class(s, 0, 80, 8400)[None]},
    ),
    "YOLOX of people alone": (
        "boxes with scores",
        0,
        lambda c, s: {"dets": padded(np.concatenate([c, s[:, None]], 1), 20)[None]},
    ),
    "YOLOv8 of which people are the sixth class": (
        "columns of classes",
        5,
        lambda c, s: {
            "output0": np.concatenate([padded(centred(c), 8400), of_class(s, 5, 8, 8400)], 1).T[None]
        },
    ),
    "YOLOX": ("cells of classes", 0, yolox),
    "YOLOv5": ("rows of classes", 0, yolov5),
    "YOLOv8": ("columns of classes", 0, yolov8),
    "YOLO26": (
        "rows of six",
        0,
        lambda c, s: {"output0": padded(np.concatenate([c, s[:, None], 0 * s[:, None]], 1))[None]},
    ),
    "YOLOv7": (
        "rows of seven",
        0,
        lambda c, s: {"output": np.concatenate([0 * s[:, None], c, 0 * s[:, None], s[:, None]], 1)},
    ),
    "RTMDet": (
        "boxes with scores, and labels",
        0,
        lambda c, s: {
            "dets": padded(np.concatenate([c, s[:, None]], 1))[None],
            "labels": np.zeros((1, 100), np.int64),
        },
    ),
    "RT-DETR": (
        "boxes, scores and labels",
        0,
        lambda c, s: {
            "labels": np.zeros((1, 100), np.int64),
            "boxes": padded(c)[None],
            "scores": padded(s)[None],
        },
    ),
    "torchvision": (
        "boxes, scores and labels",
        1,
        lambda c, s: {"boxes": c, "labels": np.ones(len(c), np.int64), "scores": s},
    ),
    "DETR": (
        "logits and boxes",
        1,
        lambda c, s: {
            "logits": np.where(np.arange(91) == 1, np.log(padded(s) / (1 - padded(s)) + 1e-9)[:, None], -9.0)[
                None
            ],
            "pred_boxes": padded(centred(c) / SIZE[0])[None],
        },
    ),
}


def network(shape: Shape, trained_on: Preparation) -> Callable[[np.ndarray], Mapping[str, np.ndarray]]:
    """Sees people only in a picture that is prepared as it was trained on."""
    expected = trained_on.apply(fitted(PICTURE, SIZE)[0])

    def run(values: np.ndarray) -> Mapping[str, np.ndarray]:
        right = np.abs(values - expected).max() < 1e-3
        return shape((PEOPLE * SCALE).astype(np.float32), SCORES if right else SCORES / 9)

    return run


@pytest.mark.parametrize("name", SHAPES)
def test_outputs_are_recognised_and_the_people_found(name):
    layout, label, shape = SHAPES[name]
    trained_on = PREPARATIONS[list(SHAPES).index(name) % len(PREPARATIONS)]
    reading = recognise(network(shape, trained_on), SIZE, PICTURE, PEOPLE, "mine.onnx")
    assert (reading.layout, reading.label, reading.preparation) == (layout, label, trained_on)
    found = ForeignDetector(network(shape, trained_on), reading, SIZE).in_picture(PICTURE)
    assert found[:, 4] == pytest.approx(SCORES, abs=1e-3)
    assert np.diag(iou(found, PEOPLE)).min() > 0.95


@pytest.mark.parametrize("name", ["torchvision", "YOLOv7", "RTMDet", "RT-DETR"])
def test_one_person_alone_is_found_where_the_network_knows_no_batch(name):
    layout, label, shape = SHAPES[name]
    alone = shape((PEOPLE[:1] * SCALE).astype(np.float32), SCORES[:1])
    reading = Reading(PREPARATIONS[0], layout, label)
    found = ForeignDetector(lambda _: alone, reading, SIZE).in_picture(PICTURE)
    assert len(found) == 1
    assert iou(found, PEOPLE)[0, 0] > 0.95


def test_every_layout_is_told_by_something() -> None:
    assert {layout for layout, _, _ in SHAPES.values()} == set(LAYOUTS)


def test_a_file_that_finds_nobody_is_refused_and_says_what_would_do():
    blind = network(yolov8, Preparation("never", False, std=(7, 7, 7)))
    with pytest.raises(UserError, match=r"mine\.onnx found nobody .*output0 1 x 84 x 8400.*RT-DETR"):
        recognise(blind, SIZE, PICTURE, PEOPLE, "mine.onnx")


@pytest.fixture
def file(tmp_path):
    """RT-DETR's inputs and outputs, with the bundled clip's people whatever it sees."""
    found = SHAPES["RT-DETR"][2]((PEOPLE * SCALE).astype(np.float32), SCORES)
    graph = helper.make_graph(
        [helper.make_node("Identity", [f"c_{name}"], [name]) for name in found],
        "detector",
        [
            helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 640, 640]),
            helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [1, 2]),
        ],
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(values.dtype), list(values.shape)
            )
            for name, values in found.items()
        ],
        [numpy_helper.from_array(values, f"c_{name}") for name, values in found.items()],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        tmp_path / "mine.onnx",
    )
    return tmp_path / "mine.onnx"


def test_a_file_is_opened_described_and_finds_people_in_a_frame(file):
    assert "boxes, scores and labels, people are class 0" in describe_detector(str(file))
    detector = open_detector("cpu", None, FindSettings(detector=str(file)))
    with open_video(KNOWN) as source:
        _, frame = next(iter(source.stream(0, 1)))
        found = detector.find(detector.shrink(frame), frame.width, frame.height, 0)
    assert np.diag(iou(found, PEOPLE)).min() > 0.95


def test_an_imported_detector_is_known_by_its_name(file, monkeypatch, tmp_path):
    monkeypatch.setattr(detectors, "library", lambda: tmp_path / "kept")
    name, sentence = detectors.import_detector(str(file), "rtdetr")
    assert (name, "boxes, scores and labels" in sentence) == ("rtdetr", True)
    assert detectors.known_detectors()[-1].choice == "rtdetr"
    file.unlink()
    assert detectors.detector_choice("rtdetr") == str(tmp_path / "kept" / "rtdetr.onnx")


@pytest.mark.parametrize("name", ["multipose", "../out", ".hidden", "x" * 80])
def test_a_name_that_no_detector_can_have_is_refused(name, file, monkeypatch, tmp_path):
    monkeypatch.setattr(detectors, "library", lambda: tmp_path / "kept")
    with pytest.raises(UserError, match="cannot be called"):
        detectors.import_detector(str(file), name)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no detector"),
        (b"not a graph", "other.onnx is cut short, damaged, or no ONNX file"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_detector_is_one_sentence(content, sentence, tmp_path):
    path = tmp_path / "other.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        describe_detector(str(path))


def test_sides_and_colours_are_handed_over_as_the_graph_asks(tmp_path):
    """RT-DETR multiplies x by the first of orig_target_sizes; TensorFlow's networks take colours last."""
    inputs = [
        helper.make_tensor_value_info("images", TensorProto.INT32, [1, 192, 320, 3]),
        helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [1, 2]),
    ]
    nodes = [
        helper.make_node("Identity", ["images"], ["same"]),
        helper.make_node("Identity", ["orig_target_sizes"], ["sides"]),
    ]
    outputs = [
        helper.make_tensor_value_info("same", TensorProto.INT32, [1, 192, 320, 3]),
        helper.make_tensor_value_info("sides", TensorProto.INT64, [1, 2]),
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "sides.onnx")
    network = PictureNetwork(tmp_path / "sides.onnx", "cpu")
    assert network.size == (320, 192)
    picture = np.arange(3 * 192 * 320, dtype=np.float32).reshape(1, 3, 192, 320)
    found = network(picture)
    assert found["sides"].tolist() == [[320, 192]]
    assert found["same"].transpose(0, 3, 1, 2).tolist() == picture.tolist()
