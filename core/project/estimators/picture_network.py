"""ONNX files of others that take a whole picture, and the picture that they are tried on."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from core.domain import UserError
from core.estimation.device import open_session
from core.project.estimators.models import RESOURCES
from core.video.source import open_video

KNOWN = RESOURCES / "clips" / "assisted_cam04.mp4"  # its people stand in a file beside it
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
}


class PictureNetwork:
    """Runs a session on a picture; whatever else it asks for is filled in. size: width and height of its
    input, None where it takes any.
    """

    def __init__(self, file: Path, device: str) -> None:
        """Raises UserError."""
        session, _ = open_session(file, device)
        name = file.name
        self._session, self._name = session, name
        self._outputs = [output.name for output in session.get_outputs()]
        images = [given for given in session.get_inputs() if len(given.shape) == 4]
        if len(images) != 1 or images[0].type not in TYPES:
            raise UserError(
                f"{name} does not take one picture, (1, 3, height, width) or (1, height, width, 3), so it is "
                "no network of whole pictures that is known."
            )
        (self.image,) = images
        _, channels, height, width = self.image.shape
        self._colours_last = self.image.shape[3] == 3 and channels != 3
        if self._colours_last:
            _, height, width, channels = self.image.shape
        if isinstance(channels, int) and channels != 3:
            raise UserError(
                f"{name} takes pictures of {channels} channels where three, red, green and blue, are needed."
            )
        fixed = isinstance(width, int) and isinstance(height, int)
        self.size = (width, height) if fixed else _trained_size(session)
        self._others = [given for given in session.get_inputs() if given.name != self.image.name]

    def __call__(self, values: np.ndarray) -> Mapping[str, np.ndarray]:
        height, width = values.shape[2:]
        picture = values.transpose(0, 2, 3, 1) if self._colours_last else values
        inputs: dict[str, Any] = {self.image.name: picture.astype(TYPES[self.image.type])}
        for given in self._others:
            if "scale" in given.name:
                inputs[given.name] = np.ones((1, 2), np.float32)
            elif "mask" in given.name:  # where the picture is, of transformers' DETR
                ones = np.ones((1, height, width), np.int64)
                inputs[given.name] = ones.astype(bool) if given.type == "tensor(bool)" else ones
            else:  # the size that boxes are to be given in
                whole = given.type == "tensor(int64)"
                # RT-DETR, D-FINE and DETRPose multiply x by the first; Paddle's im_shape has height first
                sides = [[width, height]] if "orig" in given.name else [[height, width]]
                inputs[given.name] = np.array(sides, np.int64 if whole else np.float32)
        try:
            found = self._session.run(self._outputs, inputs)
        except Exception as error:
            if "onnxruntime" not in type(error).__module__:
                raise
            reason = str(error).splitlines()[0][:150]
            raise UserError(f"The network {self._name} cannot be run ({reason}). Choose another.") from error
        return {name: np.asarray(output) for name, output in zip(self._outputs, found, strict=True)}


def _trained_size(session: Any) -> tuple[int, int] | None:
    """Width and height that ultralytics' files tell, also those that take any size."""
    told = re.findall(r"[0-9]{2,4}", session.get_modelmeta().custom_metadata_map.get("imgsz", ""))
    return (int(told[1]), int(told[0])) if len(told) == 2 else None


T = TypeVar("T")
_READINGS: dict[tuple, Any] = {}


def reading_of(file: Path, kind: type[T], recognise: Callable[[], T]) -> T:
    """How a file is read, which is found out once for each file as it is."""
    status = file.stat()
    key = (kind, str(file), status.st_mtime_ns, status.st_size)
    if key not in _READINGS:
        _READINGS[key] = recognise()
    return _READINGS[key]


class KnownPeople(NamedTuple):
    """picture: (H, W, 3) uint8 RGB; boxes: (P, 4) x0, y0, x1, y1; points: (P, 17, 2) joints of COCO-17, NaN
    where it is not known where they are.
    """

    picture: np.ndarray
    boxes: np.ndarray
    points: np.ndarray


@lru_cache(1)
def known_people() -> KnownPeople:
    """Those in the first frame of the bundled clip."""
    with open_video(KNOWN) as source:
        picture = np.array(source.read(0, "rgb"))  # of its own, not the decoder's
    held = json.loads(KNOWN.with_suffix(".json").read_text("utf-8"))
    first = min(held["images"], key=lambda image: image.get("frame_id", image["id"]))
    here = [person for person in held["annotations"] if person["image_id"] == first["id"]]
    boxes = np.array([person["bbox"] for person in here], np.float64)
    boxes[:, 2:] += boxes[:, :2]
    values = np.array([person["keypoints"] for person in here], np.float64).reshape(len(here), -1, 3)
    return KnownPeople(picture, boxes, np.where(values[..., 2:] > 0, values[..., :2], np.nan))
