"""What the computed files of a project hold, put together from the segments they were written in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.project.store.arrays import CACHE, Signature, signature
from core.project.store.coverage import Piece, pieces
from core.project.store.predictions import Predictions
from core.project.store.segments import SAMPLES, TRACKS, Segment, joins, segments, whole_criteria
from core.project.store.shards import (
    ShardDamaged,
    check_rows,
    read_estimates,
    read_samples,
    read_shard,
    sentence,
)
from core.project.store.store import Store
from core.tracking.joining import UNKNOWN


@dataclass(frozen=True, eq=False)
class FoundPeople:
    """The people as they were found. track, frame: (n,) int64; boxes: (n, 4) float32 image pixels; detected:
    (n,), see core.project.store.track_assignments.TrackAssignments, None where it is not known.
    """

    track: np.ndarray
    frame: np.ndarray
    boxes: np.ndarray
    detected: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class _Columns:
    """Of the samples of one shard, and their criteria by name."""

    columns: dict[str, np.ndarray]
    criteria: dict[str, np.ndarray]

    def motion(self) -> np.ndarray:
        """(n, K, 3) float16, NaN where nothing was measured."""
        unknown = np.float16(np.nan)
        known = self.columns.get("motion")
        if known is None:
            return np.broadcast_to(unknown, (*self.columns["confidence"].shape, 3))
        return known.astype(np.float16, copy=False)  # whatever a stranger's file holds


class ComputedFiles:
    """Reading access. folder: the project's; limits: of a video what its rows are checked against: its
    number, its frames, and the joints of a pose.
    """

    def __init__(self, folder: Path, store: Store, limits: Callable[[int], tuple[int, int, int]]) -> None:
        self._folder, self._store, self._read_limits = folder, store, limits
        self._key = str(folder.absolute())
        self._signatures: dict[str, tuple[str, int, int]] = {}
        self._state: tuple[int, int] | None = None
        self._rows: dict[tuple, Any] = {}

    def joins(self, video: int) -> dict[int, int]:
        """Whose track an origin belongs to, where that is not its own; 0 for nobody's."""
        return self._lasting(("joins", video), lambda: joins(self._store, video))

    def segments(self, kind: str, video: int, upto: int | None = None) -> list[Segment]:
        """What is computed of a video, see core.project.store.segments."""
        return self._lasting((kind, video, upto), lambda: segments(self._store, kind, video, upto))

    def _lasting(self, key: tuple, read: Callable[[], Any]) -> Any:
        """Read once as long as nobody writes."""
        if (state := self._store.state()) != self._state:
            self._state, self._rows = state, {}
        if key not in self._rows:
            self._rows[key] = read()
        return self._rows[key]

    def _limits(self, video: int) -> tuple[int, int, int]:
        return self._lasting(("limits", video), lambda: self._read_limits(video))

    def _pieces(self, kind: str, video: int, upto: int | None = None) -> list[Piece]:
        """The shards that have frames to be read."""
        frames = self._limits(video)[1]
        return self._lasting(
            ("pieces", kind, video, upto), lambda: list(pieces(self.segments(kind, video, upto), frames))
        )

    def found(self, video: int) -> FoundPeople:
        """Whatever was said of them since; nobody where nobody has been looked for. Raises ShardDamaged."""
        parts, read = self.segments(TRACKS, video), self._pieces(TRACKS, video)
        key = (self._key, "found", self._limits(video), self._signature(read), tuple(parts))
        return CACHE.get(key, lambda: self._read_found(video, read))

    def _read_found(self, video: int, read: list[Piece]) -> FoundPeople:
        if not read:
            nobody = np.empty(0, np.int64)
            return FoundPeople(nobody, nobody, np.empty((0, 4), np.float32))
        names = ("track", "frame", "boxes", "detected")
        columns = [self._read_found_in(video, piece.path) for piece in read]
        rows = [piece.mine(own["frame"]) for piece, own in zip(read, columns, strict=True)]
        return FoundPeople(
            *(_joined([own[name][r] for own, r in zip(columns, rows, strict=True)]) for name in names)
        )

    def _read_found_in(self, video: int, shard: str) -> dict[str, np.ndarray]:
        columns = self._read(video, shard, ("track", "frame", "boxes"), ("detected",))
        # of what was written before there was one
        unknown = np.full(len(columns["frame"]), np.nan, np.float16)
        return {"detected": unknown} | columns

    def appearance(self, video: int) -> np.ndarray:
        """(n, D) float16 of the people as found() has them, zeros where it is not known; empty where it
        cannot be read.
        """
        parts = []
        for piece in self._pieces(TRACKS, video):
            try:
                columns = self._read(video, piece.path, ("frame", "appearance"))
            except ShardDamaged:  # written before there was one
                return np.empty((0, 1), np.float16)
            parts.append(columns["appearance"][piece.mine(columns["frame"])])
        return _joined([part for part in parts if len(part)] or [np.empty((0, 1), np.float16)])

    def cuts(self, video: int) -> np.ndarray:
        """(n, 2) int64 of the people as found() has them, see core.tracking.joining.Person."""
        parts = [np.empty((0, 2), np.int64)]
        for piece in self._pieces(TRACKS, video):
            columns = self._read(video, piece.path, ("frame",), ("cuts",))
            unknown = np.full((len(columns["frame"]), 2), UNKNOWN)
            parts.append(columns.get("cuts", unknown)[piece.mine(columns["frame"])])
        return _joined(parts)

    def _signature(self, read: Iterable[Piece]) -> Signature:
        """Looked up once: what is registered does not change, and what takes its place has another name."""
        for path in (piece.path for piece in read if piece.path not in self._signatures):
            self._signatures[path] = signature(self._folder, (path,))[0]
        return tuple(self._signatures[piece.path] for piece in read)

    def estimates(self, video: int, number: int) -> Predictions | None:
        """Of a round, and of earlier ones where it has not been yet, each under its origin. Raises
        ShardDamaged.
        """
        parts = self.segments(SAMPLES, video, number)
        if not parts:
            return None
        try:
            read = self._pieces(SAMPLES, video, number)
            key = (self._key, "estimates", number, self._limits(video), self._signature(read), tuple(parts))
            return CACHE.get(key, lambda: self._read_estimates(video, number, read))
        except ShardDamaged:
            if self.segments(SAMPLES, video, number) == parts:
                raise
        return self.estimates(video, number)  # others took their place meanwhile

    def damaged(self, video: int, number: int) -> list[str]:
        """The paths of what a round cannot be read from."""
        found = []
        for piece in self._pieces(SAMPLES, video, number):
            try:
                self._signature([piece])
                self._columns(video, piece)
            except ShardDamaged:
                found += [piece.path] if piece.round == number else []
        return found

    def _read_estimates(self, video: int, number: int, read: list[Piece]) -> Predictions:
        parts = [self._columns(video, piece) for piece in read]
        rows = [piece.mine(part.columns["frame"]) for piece, part in zip(read, parts, strict=True)]
        columns = {
            name: _joined([part.columns[name][r] for part, r in zip(parts, rows, strict=True)])
            for name in ("track", "frame", "boxes", "points", "confidence")
        }
        if any("motion" in part.columns for part in parts):
            columns["motion"] = _joined([part.motion()[r] for part, r in zip(parts, rows, strict=True)])
        counts = [len(part.columns["frame"][r]) for part, r in zip(parts, rows, strict=True)]
        rounds = np.repeat([piece.round for piece in read], counts)
        now = rounds == number
        present = [
            (part.criteria, r)
            for part, r, n, piece in zip(parts, rows, counts, read, strict=True)
            if n and piece.round == number
        ]
        criteria = {}
        for name in sorted(set.intersection(*(set(known) for known, _ in present))) if present else ():
            criteria[name] = np.full(len(rounds), np.nan, np.float32)
            criteria[name][now] = _joined([known[name][r] for known, r in present])
        stored = np.where(now, np.cumsum(now) - 1, -1)
        sorting = np.lexsort((columns["track"], columns["frame"]))
        order = slice(None) if (sorting == np.arange(len(sorting))).all() else sorting
        criteria = {name: values[order] for name, values in criteria.items()}
        columns = {name: values[order] for name, values in columns.items()}
        return Predictions(
            video, number, **columns, criteria=criteria, stored=stored[order], rounds=rounds[order]
        )

    def _columns(self, video: int, piece: Piece) -> _Columns:
        """All that one shard holds."""
        _, frames, joints = limits = self._limits(video)

        def read() -> _Columns:
            columns, criteria = read_estimates(self._folder / piece.path, frames, joints)
            if not criteria and piece.round is not None:
                beside = whole_criteria(self._store, video).get(piece.round)
                if beside is not None:
                    criteria = self._criteria_beside(video, piece.round, piece.path, beside)
            return _Columns(columns, criteria)

        return CACHE.get((self._key, "columns", limits, self._signatures[piece.path]), read)

    def _criteria_beside(self, video: int, number: int, path: str, beside: str) -> dict[str, np.ndarray]:
        """Of one of the shards of a whole video, whose criteria lie in a file of their own."""
        shards = [part.path for part in self.segments(SAMPLES, video, number) if part.round == number]
        counts = [len(self._read(video, shard, ("frame",))["frame"]) for shard in shards]
        values = read_shard(self._folder / beside)
        check_rows(self._folder / beside, values, sum(counts))
        first = sum(counts[: shards.index(path)])
        return {name: column[first : first + counts[shards.index(path)]] for name, column in values.items()}

    def _read(
        self, video: int, shard: str, names: tuple[str, ...], further: tuple[str, ...] = ()
    ) -> dict[str, np.ndarray]:
        _, frames, joints = self._limits(video)
        return read_samples(self._folder / shard, names, frames, joints, further)

    def embeddings(self, video: int, number: int) -> np.ndarray:
        """(n, D) float16 of what a round itself estimated, as `stored` of its estimates counts them."""
        found = []
        read = [piece for piece in self._pieces(SAMPLES, video, number) if piece.round == number]
        for piece in read:
            columns = self._read(video, piece.path, ("frame", "embedding"))
            found.append(columns["embedding"][piece.mine(columns["frame"])])
        stored = _joined(_as_wide([part for part in found if len(part)] or [np.empty((0, 1), np.float16)]))
        estimates = self.estimates(video, number)
        if estimates is not None and len(stored) != (estimates.stored >= 0).sum():
            raise ShardDamaged(sentence(self._folder / read[0].path))
        return stored


def _as_wide(parts: list[np.ndarray]) -> list[np.ndarray]:
    """All as wide as the widest, with zeros: those of poses from a file need not be as those of an
    estimator.
    """
    width = max(part.shape[1] for part in parts)
    if all(part.shape[1] == width for part in parts):
        return parts
    return [np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
