"""What the labels say of each round, measured against the predictions they started from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import SampleId
from core.evaluation.competence import expected_oks
from core.evaluation.oks import oks
from core.project.project import Project
from core.project.store.settings import CONFIRMED, LOOKED
from core.project.store.store import QueueItem
from core.queries.review import review
from core.queries.status import AUDIT, REFUSED, competence, measure, status
from core.queries.status_sentences import (
    audit_in_words,
    hurried_in_words,
    listed,
    refused_in_words,
    strays_in_words,
    unlabelled_in_words,
)
from tests.clips import make_clip
from tests.core.conftest import FRAMES, enqueue, fill, standing
from tests.core.labels import label
from tests.estimates import place_estimates

PEOPLE = {"Ann": standing(10, 10, 60, 90), "Bob": standing(90, 12, 150, 92)}


def oks_off(project: Project, pixels: float, area: float) -> float:
    points = np.zeros((1, 17, 2))
    truth = points + np.array([pixels, 0])
    sigmas = np.array(project.skeleton.sigmas)
    return float(oks(points, truth, np.ones((1, 17), bool), np.array([area]), sigmas)[0])


def next_round(project: Project, clip: Path) -> None:
    """As fine-tuning does it: the round that ends keeps what was measured."""
    number = project.latest_round()
    measured = measure(project, number)
    fill(project, clip, PEOPLE, number + 1)
    project.store.update_round(number, {"measured": measured})


def test_nothing_before_the_first_estimation(tmp_path: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        assert status(project) == []
        project.store.add_round(0, {})
        assert status(project) == []
        assert competence(project) == 0


def test_g_is_the_mean_oks_before_annotation(project: Project) -> None:
    label(project, (1, 0), (1, 3), off=0)
    label(project, (1, 6), off=6)
    label(project, (1, 9), off=90, accepted=False)
    (entry,) = status(project)
    bad = oks_off(project, 6, 50 * 80)
    assert 0 < bad < 0.7
    assert entry.g == pytest.approx((2 + bad) / 3, abs=1e-5)
    assert entry.share == pytest.approx(2 / 3)
    assert entry.labelled == 3
    assert not entry.advice.stop
    assert competence(project) == entry.g


def test_a_round_counts_what_was_proposed_in_it(project: Project) -> None:
    enqueue(project, (1, 0), (1, 1), (2, 5))
    label(project, (1, 0))
    (entry,) = status(project)
    assert (entry.queried, entry.labelled, entry.of_batch) == (3, 1, 1)
    assert entry.device is None
    label(project, (1, 1), (2, 5), (2, 7))  # the last one was not proposed
    (entry,) = status(project)
    assert (entry.queried, entry.labelled, entry.of_batch) == (3, 4, 3)


def test_without_labels_there_is_no_g(project: Project) -> None:
    (entry,) = status(project)
    assert (entry.g, entry.share, entry.labelled) == (None, None, 0)
    assert competence(project) == 0


def test_before_labels_competence_is_0_or_what_confidence_lets_expect(project: Project) -> None:
    assert competence(project) == 0
    project.store.set_setting("prior", 0.5)
    expected = expected_oks(project.predictions(1).confidence, np.zeros(2 * FRAMES, bool)).mean()
    assert competence(project) == pytest.approx(0.5 * expected)
    assert competence(project, "paper") == 0


def test_poses_on_a_neighbour_lower_what_is_expected(crowded: Callable[..., Project]) -> None:
    well, stolen = crowded(), crowded(on_bob=range(6))
    for project in (well, stolen):
        project.store.set_setting("prior", 1.0)
    assert competence(stolen) < competence(well)


def test_labels_drawn_at_random_make_competence_with_the_prior(project: Project) -> None:
    project.store.set_setting("prior", 1.0)
    expected = competence(project)
    drawn = [(1, 2), (2, 7), (1, 8), (2, 1), (1, 11)]
    project.store.append_to_queue([QueueItem(SampleId(*sample), 0, False, {AUDIT: 1.0}) for sample in drawn])
    label(project, *drawn, off=0)
    label(project, (1, 5), off=90)
    assert competence(project) == pytest.approx((expected + 1) / 2, abs=1e-4)
    assert competence(project, "paper") == pytest.approx(5 / 6, abs=0.01)


def test_whoever_is_often_seen_and_never_labelled_is_named(project: Project) -> None:
    assert unlabelled_in_words(project) == ""
    label(project, (1, 0))
    assert unlabelled_in_words(project).startswith("Bob has no label yet")
    label(project, (2, 3))
    assert unlabelled_in_words(project) == ""


def test_whoever_waits_for_a_label_is_not_missed_yet(project: Project) -> None:
    label(project, (1, 0))
    enqueue(project, (2, 3))
    assert unlabelled_in_words(project) == ""


def test_many_who_have_no_label_are_counted() -> None:
    assert listed(["Ann", "Bob", "Cid"], "more") == "Ann, Bob and Cid"
    assert listed(["Ann", "Bob", "Cid", "Dan", "Eve"], "more") == "Ann, Bob and 3 more"


def test_of_several_videos_it_is_said_in_which(project: Project, tmp_path: Path) -> None:
    """Each has a Person 1."""
    label(project, (1, 0))
    clip = make_clip(tmp_path / "run.mp4", FRAMES, picture=None, gop=5)
    fill(project, clip, {"Ann": standing(20, 10, 90, 90), "Cid": standing(90, 10, 150, 90)}, seed=1)
    assert unlabelled_in_words(project).startswith(
        "Bob of walk.mp4 and Ann and Cid of run.mp4 have no label yet"
    )


def test_a_batch_half_done_is_no_reason_to_stop(project: Project) -> None:
    enqueue(project, *((1, n) for n in range(8)))
    label(project, *((1, n) for n in range(6)))
    assert "2 of the batch are not looked at" in status(project)[0].advice.sentence
    assert not status(project)[0].advice.stop


def test_good_predictions_advise_to_stop(project: Project) -> None:
    label(project, *((1, n) for n in range(FRAMES)), off=0.2)
    (entry,) = status(project)
    assert (entry.g, entry.share) == (pytest.approx(1, abs=0.01), 1)
    assert entry.advice.stop
    assert entry.advice.proposed


def test_what_was_measured_stays_as_it_was_after_fine_tuning(project: Project, clip: Path) -> None:
    label(project, (1, 0), (1, 3), off=6)
    (before,) = status(project)
    next_round(project, clip)
    label(project, (2, 4), off=0)
    first, second = status(project)
    assert first == before
    assert (second.round, second.labelled, second.g) == (1, 1, 1)
    assert competence(project) == 1


def correct(project: Project, sample: tuple[int, int], pixels: float) -> None:
    """Moves a label, which stays one of its round."""
    found = project.store.labels()[SampleId(*sample)]
    pose = replace(found.pose, points=found.pose.points + np.array([pixels, 0]))
    project.store.set_labels([replace(found, pose=pose)])


def test_correcting_a_label_of_an_earlier_round_changes_what_that_round_says(
    project: Project, clip: Path
) -> None:
    label(project, (1, 0), (1, 3), off=0)
    next_round(project, clip)
    assert status(project)[0].g == 1
    correct(project, (1, 3), 90)
    first, _ = status(project)
    assert first.g == pytest.approx(0.5, abs=0.01)
    assert competence(project) == first.g
    correct(project, (1, 3), -90)
    assert status(project)[0].g == pytest.approx(1)


def test_a_round_whose_estimates_are_gone_keeps_what_was_measured(project: Project, clip: Path) -> None:
    label(project, (1, 0), (1, 3), off=0)
    next_round(project, clip)
    for segment in project.computed.segments("samples", 1, 0):
        (project.folder / segment.path).unlink()
    correct(project, (1, 3), 90)
    with Project(project.folder) as again:
        assert status(again)[0].g == 1


def test_a_batch_accepted_at_once_is_to_be_looked_at_and_one_that_was_seen_is_not(project: Project) -> None:
    label(project, *((1, n) for n in range(8)), off=0)
    (entry,) = status(project)
    assert not entry.advice.stop
    assert entry.advice.sentence.startswith("Look at each")
    project.store.set_setting(LOOKED, [one.fingerprint for one in project.store.labels().values()])
    assert status(project)[0].advice.stop


def test_a_label_left_on_a_neighbour_is_not_right_until_it_is_confirmed(new_project: Callable) -> None:
    project = new_project({"Ann": standing(10, 10, 60, 90), "Bob": standing(10, 10, 60, 90)})
    twins = project.predictions(1)
    points = np.where((twins.track == 2)[:, None, None], np.roll(twins.points, 1, 0), twins.points)
    columns = {name: getattr(twins, name) for name in ("track", "frame", "boxes", "confidence")}
    place_estimates(project, 1, 0, columns | {"points": points}, twins.criteria)
    label(project, *((1, n) for n in range(6)), off=0)
    (entry,) = status(project)
    assert (len(entry.doubtful), entry.g) == (6, 0)
    assert "6 accepted poses are in doubt" in strays_in_words([entry])
    project.store.set_setting(CONFIRMED, [one.fingerprint for one in project.store.labels().values()])
    (entry,) = status(project)
    assert (entry.doubtful, entry.g) == ((), 1)


def test_a_refused_round_says_so(project: Project, clip: Path) -> None:
    next_round(project, clip)
    project.store.update_round(1, {REFUSED: "The labels got no better, so the earlier estimator was kept."})
    first, second = status(project)
    assert refused_in_words([first]) == ""
    assert refused_in_words([first, second]).endswith("the earlier estimator was kept.")
    assert second.to_json()["refused"] == second.refused
    assert review(project).sentence.startswith(second.refused)


def test_share_is_of_all_labels_under_the_present_estimator(project: Project, clip: Path) -> None:
    label(project, (1, 0), (1, 3), (1, 6), off=0)
    assert status(project)[0].share == 1
    next_round(project, clip)
    label(project, (2, 4), off=0)
    entry = status(project)[1]
    # the synthetic estimator of round 1 predicts something else altogether
    assert entry.share == pytest.approx(1 / 4)


def test_the_present_round_follows_the_labels_even_if_measured_before(project: Project) -> None:
    label(project, (1, 0), off=6)
    project.store.update_round(0, {"measured": measure(project, 0)})  # as a killed fine-tuning may leave it
    label(project, (1, 0), off=0)
    assert status(project)[0].g == 1


def test_a_round_that_was_not_finished_is_not_shown(project: Project) -> None:
    label(project, (1, 0))
    project.store.start_round(1, {"steps": 3})
    assert [entry.round for entry in status(project)] == [0]


def test_labels_drawn_at_random_speak_for_the_rest(project: Project, clip: Path) -> None:
    drawn = [SampleId(1, 2), SampleId(2, 7), SampleId(1, 8)]
    project.store.append_to_queue([QueueItem(sample, 0, False, {AUDIT: 1.0}) for sample in drawn])
    enqueue(project, (1, 0))
    label(project, (1, 0), off=90)  # chosen because it is doubtful: says nothing of the rest
    assert status(project)[0].audit is None
    label(project, (1, 2), (2, 7), off=0)
    checked = status(project)[0].audit
    assert (checked.count, checked.share) == (2, 1)
    assert checked.low < 0.5
    next_round(project, clip)
    first, second = status(project)
    assert first.audit == checked
    assert second.audit is None  # another estimator, of which nothing is known
    assert audit_in_words([first]) == checked.sentence
    assert audit_in_words([first, second]) == f"In round 0, o{checked.sentence[1:]}"


def test_poses_left_of_an_earlier_batch_are_to_be_corrected_first(project: Project, clip: Path) -> None:
    enqueue(project, (1, 0), (1, 1))
    label(project, (1, 0))
    next_round(project, clip)
    assert "correct the poses that wait" in status(project)[-1].advice.sentence
    label(project, (1, 1))
    assert "propose a batch" not in status(project)[-1].advice.sentence


def test_an_earlier_batch_half_done_is_no_reason_to_stop(project: Project, clip: Path) -> None:
    enqueue(project, *((1, n) for n in range(8)))
    label(project, (1, 0), off=0)
    next_round(project, clip)
    label(project, *((1, n) for n in range(6)), off=0.2)
    assert "2 of the batch are not looked at" in status(project)[-1].advice.sentence
    label(project, (1, 6), (1, 7), off=0.2)
    assert status(project)[-1].advice.stop


@pytest.mark.parametrize(
    ("steps", "wanted", "said"), [(37, 200, True), (180, 200, False), (200, None, False)]
)
def test_a_training_that_had_no_time_for_its_steps_says_what_it_would_take(
    project: Project, steps: int, wanted: int | None, said: bool
) -> None:
    trained = {"steps": steps, "wanted": wanted, "seconds": 55.0, "device": "cpu", "adapted": 0.07}
    project.store.update_round(0, trained)
    sentence = hurried_in_words(status(project))
    assert sentence == "" or sentence == (
        "There was time for 37 of the 200 steps that fine-tuning would take, so what it learned counts "
        "for 7%. All of them take about 5 min here: give 200 as Fine-tuning steps in the settings, or as "
        "--steps."
    )
    assert bool(sentence) == said
