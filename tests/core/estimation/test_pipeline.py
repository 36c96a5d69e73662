"""Crops go to the estimator in batches, however large those turn out to be while it runs."""

import threading

import numpy as np

from core.domain import Track
from core.domain.monitor import Silent
from core.estimation.maps import Maps
from core.estimation.pipeline import estimate
from core.estimation.session import ReadOut
from tests.core.estimation.fakes import FIVE, HEIGHT, WIDTH, small_spec

FRAMES, PEOPLE = 40, 3


class Picture:
    width = height = 120

    def resample(self, x0: int, y0: int, w: int, h: int, out_w: int, out_h: int) -> np.ndarray:
        return np.zeros((out_h, out_w, 3), np.uint8)


class Video:
    def __init__(self, session: "Forgetful") -> None:
        self._session = session

    def stream(self, first: int, stop: int):
        """The first batch, of eight crops, is tried when frame 5 is wanted and seven more wait."""
        for n in range(first, stop):
            if n == 5:
                self._session.begun.set()
                assert self._session.tried.wait(10)
            yield n, Picture()


class Forgetful:
    """A session whose memory turns out, at the first call, to hold two crops; keeps how many it was given."""

    workers, batch = 1, 8

    def __init__(self) -> None:
        self.spec = small_spec("simple-baseline")
        self.given: list[int] = []
        self.begun, self.tried = threading.Event(), threading.Event()

    def estimate(self, crops: np.ndarray) -> ReadOut:
        self.given.append(len(crops))
        assert self.begun.wait(10)
        self.batch = 2
        self.tried.set()
        count, joints = len(crops), len(FIVE)
        heatmaps = np.zeros((count, joints, HEIGHT // 4, WIDTH // 4), np.float32)
        cells, confidence = np.zeros((count, joints, 2)), np.ones((count, joints))
        return ReadOut(Maps((heatmaps,)), np.zeros((count, 4), np.float32), cells, confidence, None)


def test_a_batch_that_was_halved_meanwhile_still_ends():
    """Also where more crops wait than now go into one."""
    boxes = np.tile(np.array([10, 10, 40, 90], np.float32), (FRAMES, 1))
    tracks = [Track(k + 1, 1, "", np.arange(FRAMES), boxes) for k in range(PEOPLE)]
    session = Forgetful()
    found = list(estimate(Video(session), tracks, session, Silent()))
    assert session.given[0] == 8
    assert max(session.given[1:]) <= 2
    assert sum(map(len, found)) == FRAMES * PEOPLE
    frames = np.concatenate([one.frame for one in found])
    assert (np.diff(frames) >= 0).all()
