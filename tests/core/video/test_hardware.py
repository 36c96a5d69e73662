"""Pictures from the graphics card are used where they are the processor's, and nothing is lost where it
fails.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from core.video import container, decoder, hardware
from core.video.decoder import Decoder
from core.video.source import VideoSource, open_video
from tests.clips import make_clip

FRAMES = 40


class Card:
    """Stands in for a device: decodes on the processor, and gives what a device gives, two planes and no
    tags.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = self.fails_at = self.wrong = 0
        self.slow = False
        monkeypatch.setattr(hardware, "devices", lambda: ["cuda"])
        monkeypatch.setattr(decoder, "open_container", self._open)
        monkeypatch.setattr(hardware, "time", SimpleNamespace(perf_counter=self._time))
        self._clock = 0.0
        self._decode = Decoder._decode
        card = self

        def decode(one: Decoder, *arguments: object) -> Iterator:
            for number, picture in card._decode(one, *arguments):
                yield number, card._picture(number, picture) if one._device else picture

        monkeypatch.setattr(Decoder, "_decode", decode)

    def _time(self) -> float:
        """Of the processor first, then of the card."""
        self._clock += 1.0 if self.opened == 0 else 2.0 if self.slow else 0.5
        return self._clock

    def _open(self, path: Path, device: str | None = None) -> av.container.InputContainer:
        self.opened += device is not None
        return container.open_container(path)

    def _picture(self, number: int, picture: av.VideoFrame) -> av.VideoFrame:
        if self.fails_at and number >= self.fails_at:
            raise av.error.ExternalError(0, "the card is gone")
        given = picture.reformat(format="nv12")
        given.colorspace = given.color_range = 0
        if self.wrong:
            np.frombuffer(given.planes[0], np.uint8)[:] += 1
        given.pts = picture.pts
        return given


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    return Card(monkeypatch)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("card") / "walk.mp4", frames=FRAMES, gop=10)


def pictures(source: VideoSource, decoder: object) -> list[tuple[int, bytes]]:
    return [(number, frame.to_array().tobytes()) for number, frame in source.stream(decoder=decoder)]


def test_the_card_decodes_where_its_pictures_are_the_same(clip: Path, card: Card) -> None:
    with open_video(clip) as source:
        found = source.open_decoder(hardware=True)
        assert isinstance(found, hardware.HardwareDecoder)
        assert pictures(source, found) == pictures(source, None)
        assert not found.gave_up
        source.open_decoder(hardware=True).close()
        assert card.opened == 3  # tried once, then opened twice
        found.close()


@pytest.mark.parametrize("fault", ["wrong", "slow"])
def test_the_processor_decodes_where_the_card_is_wrong_or_slow(clip: Path, card: Card, fault: str) -> None:
    setattr(card, fault, 1)
    with open_video(clip) as source, closing(source.open_decoder(hardware=True)) as found:
        assert type(found) is Decoder


def test_a_card_that_fails_later_loses_no_frame(clip: Path, card: Card) -> None:
    with open_video(clip) as source:
        found = source.open_decoder(hardware=True)
        card.fails_at = 17
        assert pictures(source, found) == pictures(source, None)
        assert found.gave_up
        found.close()


def test_a_machine_without_such_a_card_decodes_as_before(clip: Path) -> None:
    with open_video(clip) as source:
        found = source.open_decoder(hardware=True)
        assert type(found) is Decoder
        assert [number for number, _ in pictures(source, found)] == list(range(FRAMES))
        found.close()


def test_ten_bits_and_counted_frames_stay_with_the_processor(tmp_path: Path, card: Card) -> None:
    for name, options in {"ten.mp4": {"pix_fmt": "yuv420p10le"}, "counted.h264": {}}.items():
        with open_video(make_clip(tmp_path / name, frames=FRAMES, **options)) as source:
            found = source.open_decoder(hardware=True)
            assert type(found) is Decoder
            found.close()
    assert card.opened == 0


def test_full_range_pictures_keep_their_range(tmp_path: Path, card: Card) -> None:
    with open_video(make_clip(tmp_path / "full.mp4", frames=FRAMES, pix_fmt="yuvj420p")) as source:
        found = source.open_decoder(hardware=True)
        assert isinstance(found, hardware.HardwareDecoder)
        assert pictures(source, found) == pictures(source, None)
        found.close()
