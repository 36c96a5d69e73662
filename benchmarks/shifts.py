"""Named shifts of a video: a real gap between what the estimator knows and what it sees, with a known answer."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from core.formats.coco import CocoDataset
from core.video.source import open_video
from tests.reference import upside_down

SHIFTS = ("none", "upside-down", "dark", "low-contrast", "inverted")


def shift_frame(frame: np.ndarray, shift: str, rng: np.random.Generator) -> np.ndarray:
    """frame: (h, w, 3) uint8 RGB."""
    match shift:
        case "upside-down":
            return np.ascontiguousarray(frame[::-1, ::-1])
        case "dark":
            return np.clip(frame * 0.08 + rng.normal(0, 6, frame.shape).astype(np.float32), 0, 255).astype(np.uint8)
        case "low-contrast":
            grey = frame.mean(2, keepdims=True, dtype=np.float32) * 0.12 + 110
            return np.clip(grey + rng.normal(0, 4, frame.shape).astype(np.float32), 0, 255).astype(np.uint8)
        case "inverted":
            return 255 - frame
    return frame


def shift_video(source: Path, target: Path, shift: str) -> Path:
    """Writes the shifted video, H.264 at crf 18, sides cut to even numbers."""
    rng = np.random.default_rng(0)
    with open_video(source) as video, av.open(target, "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(video.fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = video.width // 2 * 2, video.height // 2 * 2, "yuv420p"
        stream.options = {"crf": "18", "preset": "veryfast"}
        for _, frame in video.stream():
            image = shift_frame(frame.to_array("rgb")[: stream.height, : stream.width], shift, rng)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return target


def shift_reference(dataset: CocoDataset, shift: str, width: int, height: int) -> CocoDataset:
    """The reference of the shifted video of width x height pixels: only turning moves anything."""
    return upside_down(dataset, width, height) if shift == "upside-down" else dataset
