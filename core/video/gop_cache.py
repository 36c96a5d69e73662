"""Decoded frames kept for the next look at them."""

import av

BEFORE = 0.85  # share of the room for frames before the one looked for last: stepping back is what it is for


def size(picture: av.VideoFrame) -> int:
    """Bytes that a decoded frame takes."""
    return sum(plane.buffer_size for plane in picture.planes)


class PictureCache:
    """Decoded frames by number, as the decoder gave them, never more than `limit` bytes in all.

    Those around the frame that was looked for last stay, most of them before it. at: that frame; ahead:
    others that stay, because somebody is about to jump there.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._pictures: dict[int, av.VideoFrame] = {}
        self.at = 0
        self.ahead = range(0)

    def __contains__(self, n: int) -> bool:
        return n in self._pictures

    def get(self, n: int) -> av.VideoFrame | None:
        self.at = n
        return self._pictures.get(n)

    def put(self, n: int, picture: av.VideoFrame) -> None:
        if n in self._pictures:
            return
        self._pictures[n] = picture
        self.used += size(picture)
        while self.used > self.limit:
            farthest = max(self._pictures, key=self._distance)
            self.used -= size(self._pictures.pop(farthest))

    def _distance(self, n: int) -> float:
        if n in self.ahead:
            return 0
        return (self.at - n) / BEFORE if n < self.at else (n - self.at) / (1 - BEFORE)

    def clear(self) -> None:
        self._pictures.clear()
        self.used = 0
