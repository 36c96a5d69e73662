"""Opening a video file, and which of its streams is the video."""

from pathlib import Path

import av
from av.codec.context import Flags
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from core.domain.errors import UserError

BY_DEFAULT = 5_000_000  # pixels that being marked as the default counts for, as in ffmpeg's own choice


def open_container(path: Path, device: str | None = None) -> InputContainer:
    """device: that decodes, as PyAV names it; None for the processor.

    Raises the errors of PyAV, RuntimeError where the device cannot decode this video, and UserError for a
    name that cannot be handed to FFmpeg.

    The path is made absolute: in "cam:1.mp4", FFmpeg would take what is before the colon for a protocol.
    """
    try:
        name = str(path.absolute()).encode()
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        raise UserError(
            f"The name of {shown} is not in UTF-8, so it cannot be opened. Rename it first."
        ) from error
    hardware = HWAccel(device, allow_software_fallback=False) if device else None
    return av.open(name.decode(), metadata_errors="ignore", hwaccel=hardware)


def only(container: InputContainer, stream: VideoStream) -> VideoStream:
    """The stream, with sound and all others of the file passed over where the file is read."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    return stream


def ready(container: InputContainer, stream: VideoStream) -> VideoStream:
    """The stream alone, as by only, for decoding so that each frame tells of which packet it is."""
    # threads per frame have been seen to hang on closing; with those per slice FFmpeg leaves what was lost of
    # an H.264 picture green instead of guessing it
    stream.thread_type = "NONE" if stream.codec_context.name == "h264" else "SLICE"
    stream.codec_context.flags |= Flags.copy_opaque
    return only(container, stream)


def main_stream(container: InputContainer) -> VideoStream | None:
    """The one that ffmpeg would take: no cover picture if there is another, the default one first, then
    the largest, and the sequence of an AVIF or HEIC file rather than its still.
    """
    decodable = [stream for stream in container.streams.video if stream.codec_context is not None]
    return max(decodable, key=_score, default=None)  # the first of several


def several(container: InputContainer, stream: VideoStream) -> str:
    """In a sentence, which one of several videos in a file was taken; empty where there is one."""
    videos = [
        one
        for one in container.streams.video
        if one is stream or not (one.disposition & Disposition.attached_pic or one.frames == 1)
    ]
    if len(videos) < 2:
        return ""
    return (
        f"{Path(container.name).name} holds {len(videos)} videos; the one of {stream.width} x "
        f"{stream.height} pixels (stream {stream.index}) is used."
    )


def _score(stream: VideoStream) -> tuple[int, bool]:
    if stream.disposition & Disposition.attached_pic:
        return 1, stream.frames != 1
    preferred = BY_DEFAULT * bool(stream.disposition & Disposition.default)
    return stream.width * stream.height + preferred, stream.frames != 1
