"""An open project: a folder that holds everything about one adaptation."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.domain import COCO17, SampleId, Skeleton, Track, UserError
from core.project.predictions import Predictions
from core.project.shards import ShardDamaged, read_shard
from core.project.store import Store, Video
from core.video.source import content_id, open_video

DATABASE = "project.sqlite"
LOCK = "computing.lock"
DEFAULTS = {
    "estimator": "thunder",
    "device": "auto",
    "criterion": "thc+wpu",
    "sampler": "duw",
    "variant": "ours",
    "tau": 0.7,
    "audit": 0.0,
    "given_boxes": [],
}


class Project:
    """Reading access, and the folder's lay-out; what changes it stands in the modules beside this one.

        project.sqlite                 what a human made, and the list of shards
        computing.lock                 empty; locked by whoever estimates or fine-tunes
        computed/video-1/tracks-1.h5   boxes of the people
        computed/video-1/round-0/      estimates: samples-*.h5, criteria.h5
        estimators/round-0/            estimator.onnx, weights.safetensors, pose_prior.safetensors

    Open one per thread: SQLite connections stay in theirs.
    """

    def __init__(self, folder: Path, create: bool = False):
        self.folder = Path(folder)
        if create:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError(
                    f"The project folder {folder} cannot be made ({error.strerror}). Choose another."
                ) from error
        self.store = Store(self.folder / DATABASE, create)
        self._predictions = lru_cache(maxsize=4)(self._read_predictions)
        self._tracks = lru_cache(maxsize=8)(self._read_tracks)

    @staticmethod
    def exists(folder: Path) -> bool:
        return (Path(folder) / DATABASE).is_file()

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the project for one computation; labels may be written meanwhile. Raises UserError when another runs.

        A lock of SQLite's, since those end with their process on every system.
        """
        with closing(sqlite3.connect(self.folder / LOCK, timeout=0)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                raise UserError(
                    f"Another PoseTailor is computing in {self.folder} ({error}). Wait until it is done, or stop it."
                ) from error
            yield

    # settings

    def setting(self, name: str):
        return self.store.settings().get(name, DEFAULTS.get(name))

    @property
    def skeleton(self) -> Skeleton:
        stored = self.setting("skeleton")
        return Skeleton.from_json(stored) if stored else COCO17

    # videos and people

    def add_video(self, path: Path) -> Video:
        """Registers a video, or returns the one already registered with the same content. Raises UserError."""
        path = Path(path).expanduser().absolute()
        with open_video(path) as source:
            identity = content_id(path)
            for video in self.store.videos():
                if video.content_id == identity:
                    if video.path != path:
                        self.store.set_video_path(video.id, path)
                    return next(v for v in self.store.videos() if v.id == video.id)
            return self.store.add_video(path, identity, source.width, source.height, source.frame_count, source.fps)

    def videos(self) -> list[Video]:
        return self.store.videos()

    def tracks(self, video: int) -> list[Track]:
        """The people of a video with a box for every frame they are in; empty before the first estimation."""
        shards = self.store.shards("tracks", video)
        return self._tracks(video, shards[-1]) if shards else []

    def _read_tracks(self, video: int, shard: str) -> list[Track]:
        try:
            data = read_shard(self.folder / shard, ("track", "frame", "boxes"))
        except ShardDamaged:
            predictions = self.predictions(video)  # which know the same boxes
            if predictions is None:
                raise
            data = vars(predictions)
        return [
            Track(number, video, name, data["frame"][rows], data["boxes"][rows])
            for number, name in self.store.track_names(video).items()
            if (rows := data["track"] == number).any()
        ]

    # rounds and estimates

    def latest_round(self) -> int | None:
        """The newest round whose samples are all estimated; None before the first."""
        return max((r.id for r in self.store.rounds() if r.estimated), default=None)

    def predictions(self, video: int, number: int | None = None) -> Predictions | None:
        """The estimates of a video in a round, the latest by default. Raises ShardDamaged."""
        number = self.latest_round() if number is None else number
        shards = () if number is None else tuple(self.store.shards("samples", video, number))
        if not shards:
            return None
        return self._predictions(video, number, shards, *self.store.shards("criteria", video, number))

    def _read_predictions(self, video: int, number: int, shards: tuple[str, ...], criteria: str) -> Predictions:
        names = ("track", "frame", "boxes", "points", "confidence")
        parts = [read_shard(self.folder / shard, names) for shard in shards]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
        return Predictions(video, number, **columns, criteria=read_shard(self.folder / criteria))

    def embeddings(self, video: int, number: int) -> np.ndarray:
        """(N, D) float32, in the order of predictions()."""
        shards = self.store.shards("samples", video, number)
        return np.concatenate(
            [read_shard(self.folder / shard, ("embedding",))["embedding"].astype(np.float32) for shard in shards]
        )

    def estimator_folder(self, number: int) -> Path:
        return self.folder / "estimators" / f"round-{number}"

    def video_of_track(self) -> dict[int, int]:
        return {track: video.id for video in self.videos() for track in self.store.track_names(video.id)}

    def queued(self) -> list[SampleId]:
        """Proposed and still to be labelled, neither skipped nor done, in order."""
        labelled = self.store.labels()
        return [i.sample for i in self.store.queue() if not i.skipped and i.sample not in labelled]
