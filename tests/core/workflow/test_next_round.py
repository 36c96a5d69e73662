"""Going back to an earlier round's estimator loses nothing."""

from pathlib import Path

import numpy as np
import pytest

from core.domain import Cancelled, Silent, UserError
from core.evaluation.neighbour_guard import in_own_place
from core.project.project import Project
from core.queries.status import status
from core.workflow import estimate_round
from core.workflow.estimate import estimate
from core.workflow.fine_tune import finetune
from core.workflow.next_round import go_back
from tests.clips import make_clip
from tests.core.labels import label

FRAMES = 24


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose round 1 was fine-tuned for one step."""
    folder = tmp_path_factory.mktemp("back")
    clip, boxes = make_clip(folder / "walk.mp4", frames=FRAMES), folder / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    with Project(folder / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes)
        label(project, (1, 0), off=40)
        number = project.latest_round()
        project.store.set_setting("variant", "paper")  # whose rounds are kept whatever comes of them
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(estimate_round, "in_own_place", spied)
            finetune(project, Silent(), steps=1, device="cpu")
        assert project.latest_round() == number + 1
    return folder / "project"


KNOWN: list[tuple[np.ndarray, np.ndarray]] = []  # what is asked of the round before


def spied(batches, sigmas, last):
    KNOWN.append(last(np.array([1, 1, 9]), np.array([2, FRAMES - 1, 2])))
    return in_own_place(batches, sigmas, last)


def test_a_round_knows_the_poses_of_the_one_before(tuned: Path) -> None:
    """By which it is seen that somebody goes to a neighbour."""
    points, confidence = KNOWN[0]
    with Project(tuned) as project:
        before = project.predictions(1, 0)
    assert np.array_equal(points[:2], before.points[[2, FRAMES - 1]])
    assert np.array_equal(confidence[:2], before.confidence[[2, FRAMES - 1]])
    assert not confidence[2].any()  # of somebody unknown


class Stopping(Silent):
    def cancelled(self) -> bool:
        return True


def test_the_next_round_has_the_earlier_ones_poses_and_nothing_is_lost(tuned: Path) -> None:
    with Project(tuned) as project:
        first = project.predictions(1, 0)
        latest, labels, entries = project.latest_round(), project.store.labels(), len(project.store.rounds())
        with pytest.raises(Cancelled):
            go_back(project, 0, Stopping(), device="cpu")
        assert (project.latest_round(), len(project.store.rounds())) == (latest, entries)
        go_back(project, 0, Silent(), device="cpu")
        assert project.latest_round() == latest + 1
        assert project.predictions(1).points.tobytes() == first.points.tobytes()
        assert project.store.labels().keys() == labels.keys()
        assert status(project)[-1].again == 0
        assert status(project)[-1].training == "The estimator of round 0 again"


@pytest.mark.parametrize("number", [-1, 7])
def test_only_an_earlier_round_can_be_gone_back_to(tuned: Path, number: int) -> None:
    with Project(tuned) as project, pytest.raises(UserError, match="no earlier round of this project"):
        go_back(project, number, Silent(), device="cpu")
