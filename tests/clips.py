"""Short clips made on the spot, each frame telling its number."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from core.video.imaging import cv2
from core.video.source import open_video

DEMO = Path(__file__).parents[1] / "resources" / "clips" / "assisted_cam04.mp4"
DEMO_SIZE = 544, 960  # of a part of it: width, height
BITS = 16
BAND = 16  # height in pixels of the band that carries the number

Picture = Callable[[int], np.ndarray]
_encoded: dict[tuple, bytes] = {}  # by what was asked for


def make_clip(
    path: Path,
    frames: int = 60,
    gop: int = 12,
    bframes: int = 2,
    vfr: bool = False,
    width: int = 160,
    height: int = 96,
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
    rotation: int = 0,
    picture: Picture | None = None,
    matrix: int | None = None,
    encode_as: int | None = None,
    full_range: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip of width x height as displayed, 25 frames per second on average.

    picture(n): (height, width, 3) uint8 RGB of frame n; by default numbered(n). rotation: degrees
    counter-clockwise that the file asks a player to turn its stored pictures by. matrix: the colour tag, 1
    for BT.709, 5 for BT.601, None for no tag; encode_as: the matrix used without a tag, BT.601 by default.
    A clip with numbers is encoded once for all that ask for the same.
    """
    wanted = (
        path.suffix,
        frames,
        gop,
        bframes,
        vfr,
        width,
        height,
        pix_fmt,
        codec,
        rotation,
        matrix,
        encode_as,
    )
    wanted += (full_range, *(options or {}).items())
    if picture is None and wanted in _encoded:
        path.write_bytes(_encoded[wanted])
        return path
    known = picture is None
    picture = picture or (lambda n: numbered(n, width, height))
    quality = {"crf": "12", "preset": "ultrafast"} if codec == "libx264" else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        turned = rotation % 180 == 90
        stream.width, stream.height = (height, width) if turned else (width, height)
        stream.pix_fmt = pix_fmt
        stream.options = {**quality, **(options or {})}
        context = stream.codec_context
        context.time_base = Fraction(1, 1000) if vfr else Fraction(1, 25)
        context.gop_size = gop
        context.max_b_frames = bframes
        if matrix is not None:
            context.colorspace = matrix
        context.color_range = 2 if full_range else 1
        if rotation:
            stream.set_display_rotation(rotation)
        for n in range(frames):
            stored = np.ascontiguousarray(np.rot90(picture(n), -rotation // 90))
            frame = av.VideoFrame.from_ndarray(stored, "rgb24")
            frame = frame.reformat(
                format=pix_fmt,
                dst_colorspace=matrix or encode_as or 5,
                src_color_range=2,
                dst_color_range=context.color_range,
            )
            frame.pts = uneven_milliseconds(n) if vfr else n
            frame.time_base = context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    if known:
        _encoded[wanted] = path.read_bytes()
    return path


def make_demo(path: Path, frames: int, turned: bool = False) -> Path:
    """The first frames of the bundled clip, half as large; turned: by 180 degrees."""
    width, height = DEMO_SIZE
    with open_video(DEMO) as source, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=60, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in source.stream(0, frames):
            small = cv2.resize(frame.to_array("rgb"), (width, height), interpolation=cv2.INTER_AREA)
            seen = np.ascontiguousarray(small[::-1, ::-1] if turned else small)
            picture = av.VideoFrame.from_ndarray(seen, "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 60)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def make_images(folder: Path, count: int = 12, first: int = 0, ending: str = "png") -> Path:
    """Numbered images, not padded with zeros, so that 10 sorts before 2 where names are taken for text."""
    folder.mkdir(exist_ok=True)
    for n in range(count):
        write_image(folder / f"walk {first + n}.{ending}", numbered(n))
    return folder


def write_image(path: Path, image: np.ndarray) -> None:
    """image: (h, w, 3) uint8 RGB."""
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))


def uneven_milliseconds(n: int) -> int:
    """When frame n of a clip with a variable rate is shown."""
    return n * 40 + (n * n * 7) % 31


def numbered(n: int, width: int = 160, height: int = 96) -> np.ndarray:
    """(height, width, 3) uint8 RGB: a grey ramp that moves, and n in 16 black or white blocks along the
    top.
    """
    image = np.empty((height, width, 3), np.uint8)
    image[:] = ((np.arange(width) + 5 * n) % 256)[None, :, None]
    block = width // BITS
    for bit in range(BITS):
        image[:BAND, bit * block : (bit + 1) * block] = 255 * (n >> bit & 1)
    return image


def number_in(image: np.ndarray) -> int:
    """The number that numbered() has drawn into image (height, width, C)."""
    block = image.shape[1] // BITS
    blocks = [image[4 : BAND - 4, bit * block + 2 : (bit + 1) * block - 2, :3].mean() for bit in range(BITS)]
    return sum((value > 127) << bit for bit, value in enumerate(blocks))
