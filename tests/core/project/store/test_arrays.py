"""Computed files are read once for all who ask in this process, and no more is kept than fits."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.project.project import Project
from core.project.store import computed as module
from core.project.store.arrays import CACHE, ArrayCache
from core.project.store.shards import read_shard, write_shard
from core.queries.review import review
from core.queries.scores import scores
from core.queries.track_checks import check_tracks
from tests.clips import make_clip
from tests.projects import add_round, add_video, make_project

VIDEOS = 5


@dataclass(frozen=True, eq=False)
class Some:
    values: np.ndarray


def some(megabytes: float) -> Some:
    return Some(np.zeros(int(megabytes * (1 << 20)), np.uint8))


def test_what_does_not_fit_goes_the_oldest_first():
    cache = ArrayCache(3 << 20)
    made = []
    for name in ("a", "b", "c", "a", "d", "b", "a"):
        cache.get(("folder", name), lambda n=name: made.append(n) or some(1))
    assert made == ["a", "b", "c", "d", "b"]
    assert cache.used == 3 << 20
    cache.get(("folder", "large"), lambda: some(9))
    assert cache.used == 9 << 20  # the last one is kept whatever it takes
    cache.get(("folder", "e"), lambda: some(1))
    assert cache.used == 1 << 20


def test_what_somebody_holds_is_not_made_again():
    cache = ArrayCache(1 << 20)
    held = cache.get(("folder", "a"), lambda: some(1))
    cache.get(("folder", "b"), lambda: some(1))
    assert cache.get(("folder", "a"), lambda: pytest.fail("made again")) is held


def test_nobody_can_change_what_all_share():
    kept = ArrayCache().get(("folder", "a"), lambda: some(1))
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0] = 1


def test_threads_that_ask_at_once_wait_for_one():
    cache, made, started = ArrayCache(), [], threading.Barrier(8)

    def make() -> Some:
        made.append(1)
        return some(0.1)

    def ask() -> Some:
        started.wait(10)
        return cache.get(("folder", "a"), make)

    with ThreadPoolExecutor(8) as pool:
        found = [one.result() for one in [pool.submit(ask) for _ in range(8)]]
    assert len(made) == 1
    assert len({id(one) for one in found}) == 1


def test_one_that_fails_is_tried_again():
    cache = ArrayCache()
    with pytest.raises(KeyError):
        cache.get(("folder", "a"), lambda: {}["missing"])
    assert cache.get(("folder", "a"), lambda: some(1)).values.size


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "0.mp4", 12))
    for n in range(1, VIDEOS):
        add_video(folder, make_clip(tmp_path / f"{n}.mp4", 12 + n))
    return folder


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The shards that are read, each as often as it is."""
    read: list[str] = []
    for name in ("read_samples", "read_estimates"):
        original = getattr(module, name)

        def counted(path, *rest, original=original):
            read.append(Path(path).as_posix())
            return original(path, *rest)

        monkeypatch.setattr(module, name, counted)
    return read


def look(folder: Path) -> None:
    """What the window and its jobs ask for after an edit."""
    with Project(folder, checked=True) as project:
        for video in project.videos():
            project.predictions(video.id)
            project.assignments(video.id)
            scores(project, video.id, "thc")
            check_tracks(project, video)
        review(project)


def test_each_shard_is_read_once_by_all_threads_and_projects(folder, reads):
    with Project(folder) as window:
        for video in window.videos():
            window.predictions(video.id)
        assert len(reads) == len(set(reads)) == 2 * VIDEOS
        for _ in range(2):
            with ThreadPoolExecutor(3) as pool:
                for job in [pool.submit(look, folder) for _ in range(3)]:
                    job.result()
        assert len(reads) == 2 * VIDEOS


def test_all_is_let_go_with_the_last_project(folder, reads):
    before = CACHE.used
    with Project(folder) as one:
        one.predictions(1)
        with Project(folder) as other:
            assert other.predictions(1) is one.predictions(1)
        assert CACHE.used > before
    assert CACHE.used == before


def test_other_files_of_the_same_names_are_read(folder, reads):
    with Project(folder) as project:
        first = project.predictions(1)
    with Project(folder) as project:
        shard = project.computed.segments("samples", 1, 0)[0].path
        columns = read_shard(folder / shard)
        write_shard(folder / shard, columns | {"points": columns["points"] + 1})
    with Project(folder) as project:
        assert np.allclose(project.predictions(1).points, first.points + 1)


def test_a_new_round_reads_its_own_files_only(folder, reads):
    with Project(folder) as project:
        project.predictions(1)
        read = len(reads)
        add_round(folder, lambda columns: None)
        reads.clear()
        project.predictions(1)
        assert len(reads) == 1
        assert read == 2
