"""The one door to OpenCV.

opencv-python points Qt at its own plugins, fonts and libraries through environment variables, which would break the
window and every child process; they are taken back as soon as it is imported.
"""

import os
from pathlib import Path

import numpy as np

from core.domain.errors import UserError

_library_path = os.environ.get("LD_LIBRARY_PATH")

import cv2  # noqa: E402

for _name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(_name, None)
if _library_path is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _library_path

cv2.setNumThreads(1)  # crops are small; threads of its own would fight with decoding and inference

__all__ = ["cv2", "read_image"]


def read_image(path: Path) -> np.ndarray:
    """(h, w, 3) uint8 RGB, turned as the file asks. Raises UserError."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UserError(f"The image {path} cannot be read ({error.strerror}).") from error
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise UserError(f"{path} is not an image that can be read.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
