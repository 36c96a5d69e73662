"""A pose in a box of an image: python example.py IMAGE X0 Y0 X1 Y1. Needs onnxruntime, numpy and opencv-python alone."""

import json
import os
import pathlib
import sys

import cv2
import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import, or it reports its use to its maker
import onnxruntime

onnxruntime.set_default_logger_severity(3)  # errors alone
session = onnxruntime.InferenceSession(pathlib.Path(__file__).with_name("estimator.onnx"))
spec = json.loads(session.get_modelmeta().custom_metadata_map["posetailor.estimator"])
image, box = cv2.imread(sys.argv[1])[..., ::-1], np.array(sys.argv[2:6], float).reshape(2, 2)
size, stride = np.array([spec["width"], spec["height"]]), spec["stride"]
scale = ((box[1] - box[0]) / size).max() * spec["margin"]  # pixels of the image in one of the crop
shift = (box.mean(0) + 0.5) / scale - size / 2  # the crop's corner in the shrunk image
small = cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
crop = cv2.warpAffine(small, np.column_stack([np.eye(2), -shift]), size.tolist())
heatmaps = session.run(["heatmaps"], {"crops": crop[None]})[0][0]
for name, heatmap in zip(spec["skeleton"]["joints"], heatmaps, strict=True):
    padded = np.log(np.maximum(np.pad(heatmap, 1, "edge"), 1e-6))
    y, x = np.unravel_index(heatmap.argmax(), heatmap.shape)
    around = padded[y : y + 3, x : x + 3]  # a parabola through the logarithms of the peak and its neighbours, per axis
    before, peak, after = np.array([around[1, 0], around[0, 1]]), around[1, 1], np.array([around[1, 2], around[2, 1]])
    cell = np.array([x, y]) + np.clip((after - before) / 2 / np.maximum(2 * peak - before - after, 1e-6), -0.5, 0.5)
    places = {
        "centre": (cell + 0.5) * stride - 0.5,
        "corner": cell * stride,
        "udp": cell * (size - 1) / np.maximum(size // stride - 1, 1),
    }
    place = (places[spec["convention"]] + shift + 0.5) * scale - 0.5
    print(f"{name} {place[0]:.2f} {place[1]:.2f} {heatmap.max():.3f}")
