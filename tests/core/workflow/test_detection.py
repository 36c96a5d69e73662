"""People in one segment: a cut parts them, also one between two segments, and so does another look."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from core.tracking.joining import UNKNOWN, Person
from core.tracking.settings import FindSettings
from core.video.source import open_video
from core.workflow import detection
from tests.clips import make_clip

CUT = 50  # frames


class Detector:
    """Finds somebody in one place, but for some frames."""

    def __init__(self, without: range = range(0)) -> None:
        self._without = without

    def shrink(self, frame):
        return frame.number

    def find(self, image, *_):
        boxes = np.array([[40, 10, 100, 90, 0.9]], np.float32)
        return boxes[:0] if image in self._without else boxes


def in_colour(colour: Callable[[int], int]) -> Callable[[int], np.ndarray]:
    """Somebody in the middle of the picture, whose colour may change."""

    def picture(number: int) -> np.ndarray:
        image = shots(0)
        image[10:90, 63:77] = [(200, 30, 30), (30, 30, 200)][colour(number)]
        return image

    return picture


def shots(number: int) -> np.ndarray:
    wide = np.kron(np.random.default_rng(number // CUT).uniform(30, 220, (6, 10, 3)), np.ones((16, 16, 1)))
    return wide.astype(np.uint8)


def found_in(clip: Path, start: int, stop: int, detector: Detector) -> list[Person]:
    with (
        open_video(clip) as source,
        detection.Detection(lambda _: detector, {1: FindSettings(turn=0)}) as finding,
        closing(source.open_decoder()) as decoder,
    ):
        frames = detection.decode(source, decoder, 1, start, stop, finding)
        assert frames.unread == []
        assert [number for number, _ in frames.stream(start, stop)] == list(range(start, stop))
        return frames.people or []


def test_a_cut_is_known_wherever_it_is(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 100, picture=shots)
    cuts = {
        span: [person.cuts for person in found_in(clip, *span, Detector())]
        for span in ((0, 50), (50, 100), (25, 75), (0, 49))
    }
    assert cuts == {
        (0, 50): [(UNKNOWN, CUT)],
        (50, 100): [(UNKNOWN, UNKNOWN)],
        (25, 75): [(UNKNOWN, CUT), (CUT, UNKNOWN)],
        (0, 49): [(UNKNOWN, UNKNOWN)],
    }


def test_who_comes_to_the_place_of_another_is_somebody_else_if_they_look_so(tmp_path: Path) -> None:
    for changes, count in ((False, 1), (True, 2)):
        picture = in_colour(lambda number, changes=changes: int(changes and number >= CUT))
        clip = make_clip(tmp_path / "clip.mp4", 100, picture=picture)
        people = found_in(clip, 0, 100, Detector(without=range(40, 60)))
        assert len(people) == count
        for person in people:
            assert changes == (not {40, 59} & set(person.frames.tolist()))
