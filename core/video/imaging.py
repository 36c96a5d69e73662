"""The one door to OpenCV.

opencv-python points Qt at its own plugins, fonts and libraries through environment variables, which would
break the window and every child process; they are taken back as soon as it is imported.
"""

import os
from pathlib import Path

import numpy as np

from core.domain.errors import UserError

MEGAPIXELS = 100  # of the largest image that is decoded; OpenCV looks for its limit once, when it is imported
STACKS = (".tif", ".tiff")  # may hold several pictures
_LIMIT = "OPENCV_IO_MAX_IMAGE_PIXELS"
_before = {name: os.environ.get(name) for name in ("LD_LIBRARY_PATH", _LIMIT)}
os.environ[_LIMIT] = str(MEGAPIXELS * 1_000_000)

import cv2  # noqa: E402

for _name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(_name, None)
for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

cv2.setNumThreads(1)  # crops are small; threads of its own would fight with decoding and inference

__all__ = ["cv2", "encoded", "read_image", "refuse_stack"]


def read_image(path: Path) -> np.ndarray:
    """(h, w, 3) uint8 RGB, turned as the file asks. Raises UserError."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UserError(f"The image {path} cannot be read ({error.strerror}).") from error
    try:
        image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    except cv2.error as error:
        if "IO_MAX_IMAGE" not in str(error):
            raise
        raise UserError(f"{path} has more than {MEGAPIXELS} megapixels. Make it smaller first.") from error
    if image is None:
        raise UserError(f"{path} is not an image that can be read.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def refuse_stack(path: Path) -> None:
    """Raises UserError for a TIFF of several pictures, of which only the first would be read."""
    if path.suffix.lower() not in STACKS:
        return
    try:
        count = cv2.imcount(str(path), cv2.IMREAD_COLOR)
    except cv2.error:
        return
    if count > 1:
        raise UserError(
            f"{path} is a stack of {count} pictures, of which only the first could be read. Save it as "
            "single images (ImageJ: File, Save As, Image Sequence) and choose their folder, or as an AVI."
        )


def encoded(image: np.ndarray, ending: str, quality: int = 95) -> bytes:
    """An image (h, w, 3) uint8 RGB as a file of this ending, e.g. .png; quality: of .jpg, 1..100."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if ending == ".jpg" else []
    _, content = cv2.imencode(ending, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return content.tobytes()
