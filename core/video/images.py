"""The images of a folder in the place of a video's decoder."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from core.domain.errors import UserError
from core.video.decoder import lost
from core.video.folder import IMAGE_ENDINGS, frame_rate, images_in
from core.video.imaging import read_image, refuse_stack
from core.video.index import FrameIndex

PROBES = 20  # images tried for one that can be read


class ImageFolder:
    """Frame n is the n-th image by name. Keeps no state, so one serves every thread. Raises UserError.

    index: every frame a keyframe, at the folder's rate; rate: frames per second. Images that cannot be read,
    or are of another size than the first, are damaged frames.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.files = images_in(path)
        if not self.files:
            raise UserError(
                f"{path} is a folder without images. Choose one with images ({', '.join(IMAGE_ENDINGS)}), "
                "or a video."
            )
        refuse_stack(self.files[0])
        self.rate = frame_rate(path)
        numbers = np.arange(len(self.files))
        self.index = FrameIndex(
            numbers, numbers, 1 / Fraction(self.rate).limit_denominator(1001), counted=False
        )
        self._shape = self._first_shape()

    def close(self) -> None:
        """Nothing is open between two reads."""

    def check(self) -> None:
        """Raises VideoLost where the folder is not there any more."""
        if not self._path.is_dir():
            raise lost(self._path, "is not there any more")

    def way_to(self, n: int) -> int:
        """Every frame is as near as any other."""
        return 1

    def until(self, n: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Frame n alone, or nothing if it is damaged."""
        picture = self.keyframe(n)
        if picture is not None:
            yield n, picture

    def keyframe(self, n: int) -> av.VideoFrame | None:
        """Frame n; None if it is damaged."""
        try:
            image = read_image(self.files[n])
        except UserError:
            return None
        return av.VideoFrame.from_ndarray(image, "rgb24") if image.shape == self._shape else None

    def damage(self, n: int) -> str:
        """What is wrong with frame n."""
        try:
            height, width, _ = read_image(self.files[n]).shape
        except UserError as error:
            return f"Frame {n} is missing: {error}"
        size = f"{self._shape[1]} x {self._shape[0]}"
        return (
            f"Frame {n} is missing: {self.files[n]} is {width} x {height} pixels, the first image of "
            f"the folder {size}."
        )

    def _first_shape(self) -> tuple[int, ...]:
        """(height, width, 3) of the first image that can be read."""
        trouble = None
        for file in self.files[:PROBES]:
            try:
                return read_image(file).shape
            except UserError as error:
                trouble = trouble or error
        raise UserError(f"The images in {self._path} cannot be used. {trouble}")
