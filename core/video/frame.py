"""One decoded frame, and crops of it without converting the whole of it."""

from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple, cast

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import VideoReformatter

from core.video.imaging import cv2
from core.video.resample import resample

Format = Literal["bgra", "rgb"]

UNSPECIFIED, BT709, BT601 = 2, 1, 5
LUMA_WEIGHTS = {  # ITU-T H.273, table 4, MatrixCoefficients: (K_R, K_B)
    BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),
    BT601: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
FULL_RANGE = 2
SMALL = 16  # pixels of a picture that is looked at for what is beside it
SIDE_DATA = 4  # kinds of it that are unknown, at most


def _only_known(frame: av.VideoFrame) -> av.VideoFrame:
    """A small picture without side data of a kind that PyAV does not know, such as EXIF of a JPEG, beside
    which it shows none at all.
    """
    for _ in range(SIDE_DATA):
        try:
            _ = frame.side_data
            break
        except ValueError as error:
            kind = int(str(error).split()[0])  # "31 is not a valid Type"
        graph = Graph()
        source = graph.add_buffer(width=SMALL, height=SMALL, format=frame.format, time_base=Fraction(1))
        without, sink = graph.add("sidedata", f"mode=delete:type={kind}"), graph.add("buffersink")
        source.link_to(without)
        without.link_to(sink)
        graph.configure()
        source.push(frame)
        frame = cast(av.VideoFrame, sink.pull())
    return frame


class Orientation(NamedTuple):
    """How the stored image is turned for display: transposed first, then mirrored."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Orientation":
        """From the display matrix: displayed x = a x + c y, displayed y = b x + d y (a, b; c, d in 16.16)."""
        # A copy, as side data and its frame hold each other until Python looks for such; not every format can
        # be written.
        small = frame.reformat(width=SMALL, height=SMALL, format="rgb24")
        try:
            # PyAV's stub knows names only
            data = _only_known(small).side_data.get(SideData.DISPLAYMATRIX)  # type: ignore[call-overload]
        except (ValueError, av.error.FFmpegError):
            return cls.turned(frame.rotation)
        if data is None:
            return cls()
        (a, b, _), (c, d, _), _ = np.frombuffer(data, np.int32).reshape(3, 3).tolist()
        if abs(b) > abs(a):
            return cls(True, c < 0, b < 0)
        return cls(False, a < 0, d < 0)

    @classmethod
    def turned(cls, degrees: int) -> "Orientation":
        """degrees: counter-clockwise, from -180 to 180; taken as the nearest quarter turn."""
        return (cls(), cls(True, False, True), cls(False, True, True), cls(True, True, False))[
            round(degrees / 90) % 4
        ]

    @staticmethod
    def askew(frame: av.VideoFrame) -> bool:
        """Whether the file asks for more, or less, than quarter turns."""
        return 1 < frame.rotation % 90 < 89

    def apply(self, image: np.ndarray) -> np.ndarray:
        """A stored image (H, W[, C]) as displayed, contiguous."""
        if self.transpose:
            image = image.swapaxes(0, 1)
        if self.flip_x:
            image = image[:, ::-1]
        if self.flip_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


class Geometry(NamedTuple):
    """width, height: of the image as displayed."""

    width: int
    height: int
    orientation: Orientation

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Geometry":
        orientation = Orientation.of(frame)
        size = (frame.height, frame.width) if orientation.transpose else (frame.width, frame.height)
        return cls(*size, orientation)

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height before turning."""
        return (self.height, self.width) if self.orientation.transpose else (self.width, self.height)


class Frame:
    """A frame on its way through: use it before asking for the next one, and keep only the arrays it gives.

    Holding on to it pins the decoder's whole pool of pictures.
    """

    def __init__(
        self, number: int, picture: av.VideoFrame, geometry: Geometry, reformatter: VideoReformatter
    ) -> None:
        self.number = number
        self.width = geometry.width
        self.height = geometry.height
        self._picture = picture
        self._geometry = geometry
        self._reformatter = reformatter

    @classmethod
    def of_image(cls, image: np.ndarray) -> "Frame":
        """image: (height, width, 3) uint8 RGB."""
        height, width = image.shape[:2]
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24")
        return cls(0, picture, Geometry(width, height, Orientation()), VideoReformatter())

    def to_array(self, format: Format = "rgb") -> np.ndarray:
        """(height, width, 4 | 3) uint8, contiguous, as displayed."""
        width, height = self._geometry.stored
        picture = self._reformatter.reformat(
            self._picture,
            width,
            height,
            "bgra" if format == "bgra" else "rgb24",
            src_colorspace=self._matrix if self._picture.colorspace == UNSPECIFIED else None,
        )
        return self._geometry.orientation.apply(picture.to_ndarray())

    def resample(self, x0: int, y0: int, w: int, h: int, out_w: int, out_h: int) -> np.ndarray:
        """The rectangle [x0, x0 + w) x [y0, y0 + h) of displayed pixels as (out_h, out_w, 3) uint8 RGB.

        Black where it hangs out of the image. Geometry: see core.video.resample.
        """
        if not self._has_plain_planes:
            return resample(self._rgb, x0, y0, w, h, out_w, out_h)
        orientation = self._geometry.orientation
        if orientation.flip_x:
            x0 = self.width - x0 - w
        if orientation.flip_y:
            y0 = self.height - y0 - h
        if orientation.transpose:
            x0, y0, w, h, out_w, out_h = y0, x0, h, w, out_h, out_w
        return orientation.apply(self._resample_planes(x0, y0, w, h, out_w, out_h))

    @property
    def _matrix(self) -> int:
        tagged = self._picture.colorspace
        return tagged if tagged != UNSPECIFIED else (BT709 if self._picture.height >= 720 else BT601)

    @property
    def _has_plain_planes(self) -> bool:
        """8-bit 4:2:0 of the video's own size: what nearly every file holds."""
        picture = self._picture
        return (
            picture.format.name in ("yuv420p", "yuvj420p")
            and (picture.width, picture.height) == self._geometry.stored
            and self._matrix in LUMA_WEIGHTS
        )

    @cached_property
    def _rgb(self) -> np.ndarray:
        return self.to_array("rgb")

    @cached_property
    def _planes(self) -> list[np.ndarray]:
        """Y (H, W), U and V (ceil(H / 2), ceil(W / 2)) uint8: views of the decoder's memory, not yet
        turned.
        """
        return planes_of(self._picture)

    def _resample_planes(self, x0: int, y0: int, w: int, h: int, out_w: int, out_h: int) -> np.ndarray:
        """The rectangle of stored pixels as (out_h, out_w, 3) uint8 RGB."""
        full = self._picture.color_range == FULL_RANGE or self._picture.format.name == "yuvj420p"
        luma, *chroma = self._planes
        yuv = cv2.merge(
            [
                resample(luma, x0, y0, w, h, out_w, out_h, outside=0 if full else 16),
                *(
                    resample(plane, x0 / 2, y0 / 2, w / 2, h / 2, out_w, out_h, outside=128)
                    for plane in chroma
                ),
            ]
        )
        return cv2.transform(yuv, rgb_from_yuv(self._matrix, full))


def planes_of(picture: av.VideoFrame) -> list[np.ndarray]:
    """Its planes (h, w) uint8, without the padding of their rows: views of the decoder's memory."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in picture.planes
    ]


def rgb_from_yuv(matrix: int, full: bool) -> np.ndarray:
    """(3, 4) float32 that takes (Y, U, V, 1) of 0..255 to R, G, B of 0..255 (ITU-T H.273, section 8.3)."""
    kr, kb = LUMA_WEIGHTS[matrix]
    kg = 1 - kr - kb
    linear = np.array(
        [
            [1, 0, 2 * (1 - kr)],
            [1, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg],
            [1, 2 * (1 - kb), 0],
        ]
    )
    black = 0 if full else 16
    if not full:
        linear = linear * (255 / 219, 255 / 224, 255 / 224)
    offset = -linear @ (black, 128, 128)
    return np.column_stack([linear, offset]).astype(np.float32)
