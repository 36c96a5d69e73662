"""Finding people again is done as a whole, or not at all."""

import shutil
import signal
from pathlib import Path

import pytest

from core.domain import SampleId, Silent
from core.project.project import Project
from core.project.store.store import QueueItem
from core.workflow.estimate import estimate
from tests.clips import make_clip
from tests.core.labels import label
from tests.recovery.finder import BOX
from tests.recovery.test_kill import computed, start

FRAMES = 16


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    clip, boxes = make_clip(folder / "walk.mp4", FRAMES), folder / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    with Project(folder / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes)
        label(project, (1, 5))
        project.store.append_to_queue([QueueItem(SampleId(1, 7), 0, False, {})])
    return folder / "project"


def state(folder: Path) -> tuple:
    with Project(folder) as project:
        tables = ("tracks", "labels", "queue", "people_edits", "drawn_boxes", "shards")
        rows = {table: sorted(project.store.read(f"SELECT * FROM {table}"), key=repr) for table in tables}
        return rows, project.predictions(1).points.tobytes(), project.assignments(1).boxes.tobytes()


@pytest.mark.parametrize("place", ["samples", "people", "exchange"])
def test_a_killed_one_leaves_the_project_as_it_was(tmp_path: Path, made: Path, place: str) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "project"))
    before = state(folder)
    with start("finder", folder, place) as child:
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert state(folder) == before
    with Project(folder) as project:
        estimate(project, 1, Silent(), device="cpu")
        assert computed(folder) == project.store.shard_paths()


def test_one_that_was_made_outlives_a_kill(tmp_path: Path, made: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "project"))
    with start("finder", folder, "registered") as child:
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    with Project(folder) as project:
        predictions = project.predictions(1)
        assert predictions.box(predictions.row(SampleId(1, 6))) == BOX
        assert project.store.labels().keys() == {(1, 5)}
        assert [item.sample for item in project.store.queue()] == [(1, 7)]
