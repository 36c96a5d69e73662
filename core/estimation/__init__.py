"""Crops, networks and heatmaps: the only package that imports ONNX Runtime."""

import os

# Before ONNX Runtime is imported, or it reports its use, with an identifier of the machine, to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
