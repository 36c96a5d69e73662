"""A pose in a box of an image: python example.py IMAGE X0 Y0 X1 Y1. Needs onnxruntime, numpy and
opencv-python alone.
"""

import json
import os
import pathlib
import sys

import cv2
import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import, or it reports its use to its maker
import onnxruntime


def refined(line):
    """The highest cell, and the top of a parabola through the logarithms of it and its neighbours."""
    at = line.argmax()
    before, peak, after = np.log(np.maximum(np.pad(line, 1, "edge")[at : at + 3], 1e-6))
    return at + np.clip((after - before) / 2 / np.maximum(2 * peak - before - after, 1e-6), -0.5, 0.5)


def taught(cells):
    """How high a peak along an axis is where nothing is in doubt."""
    weights = np.exp(10 * np.exp(-((np.arange(cells) - cells // 2) ** 2) * 8 / cells))
    return weights.max() / weights.sum()


onnxruntime.set_default_logger_severity(3)  # errors alone
session = onnxruntime.InferenceSession(pathlib.Path(__file__).with_name("estimator.onnx"))
spec = json.loads(session.get_modelmeta().custom_metadata_map["posetailor.estimator"])
image, box = cv2.imread(sys.argv[1])[..., ::-1], np.array(sys.argv[2:6], float).reshape(2, 2)
size, stride = np.array([spec["width"], spec["height"]]), spec["stride"]
scale = ((box[1] - box[0]) / size).max() * spec["margin"]  # pixels of the image in one of the crop
shift = (box.mean(0) + 0.5) / scale - size / 2  # the crop's corner in the shrunk image
small = cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
crop = cv2.warpAffine(small, np.column_stack([np.eye(2), -shift]), size.tolist())
along_axes = spec["loss"] == "kl"
maps = session.run(["distributions" if along_axes else "heatmaps"], {"crops": crop[None]})[0][0]
for name, seen in zip(spec["skeleton"]["joints"], maps, strict=True):
    if along_axes:
        lines = np.split(seen, [int(size[0] / stride)])
        height = min(1, *(line.max() / taught(len(line)) for line in lines))
    else:
        y, x = np.unravel_index(seen.argmax(), seen.shape)
        lines, height = (seen[y], seen[:, x]), seen.max()
    cell = np.array([refined(line) for line in lines])
    places = {
        "centre": (cell + 0.5) * stride - 0.5,
        "corner": cell * stride,
        "udp": cell * (size - 1) / np.maximum(size // stride - 1, 1),
    }
    place = (places[spec["convention"]] + shift + 0.5) * scale - 0.5
    print(f"{name} {place[0]:.2f} {place[1]:.2f} {height:.3f}")
