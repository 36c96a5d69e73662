"""Boxes of which nobody says whose they are, put together by where they lie."""

import numpy as np

from core.domain.overlap import iou

SAME_PERSON = 0.3  # intersection over union with the last box of a person


def chains(frame: np.ndarray, boxes: np.ndarray, max_gap: int) -> np.ndarray:
    """(n,) int64 from 0: whose each box is: that person's whose last one, at most max_gap frames ago, it
    overlaps most.

    frame: (n,) ascending; boxes: (n, 4) x0, y0, x1, y1 image pixels.
    """
    whose = np.full(len(frame), -1, np.int64)
    last: dict[int, int] = {}  # of those who may go on, the row of their last box
    count = 0
    starts = np.flatnonzero(np.diff(frame, prepend=frame[0] - 1 if len(frame) else 0))
    for rows in np.split(np.arange(len(frame)), starts[1:]) if len(frame) else ():
        now = frame[rows[0]]
        last = {person: row for person, row in last.items() if now - frame[row] <= max(1, max_gap)}
        people = list(last)
        overlap = (
            iou(boxes[[last[person] for person in people]], boxes[rows])
            if people
            else np.zeros((0, len(rows)))
        )
        while overlap.size and overlap.max() >= SAME_PERSON:
            person, place = map(int, np.unravel_index(overlap.argmax(), overlap.shape))
            whose[rows[place]] = people[person]
            overlap[person, :] = overlap[:, place] = -1
        for row in rows.tolist():
            if whose[row] < 0:
                whose[row], count = count, count + 1
            last[int(whose[row])] = row
    return whose
