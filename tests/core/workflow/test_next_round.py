"""Going back to an earlier round's estimator loses nothing."""

from pathlib import Path

import pytest

from core.domain import Cancelled, Silent, UserError
from core.project.project import Project
from core.queries.status import status
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
        finetune(project, Silent(), steps=1, device="cpu")
        assert project.latest_round() == number + 1
    return folder / "project"


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
