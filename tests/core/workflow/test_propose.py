"""Batches grow the queue by what nobody has seen yet."""

from collections.abc import Callable

import numpy as np
import pytest

from core.domain import SampleId, Span, UserError
from core.evaluation.in_sight import in_sight
from core.project.project import Project
from core.queries.status import AUDIT, ON_NEIGHBOUR
from core.selection.registry import sampler_titles
from core.workflow.propose import default_size, propose
from tests.clips import make_clip
from tests.core.conftest import FRAMES, enqueue, fill, standing
from tests.core.labels import label


@pytest.mark.parametrize(("pool", "size"), [(3, 5), (100, 5), (120, 6), (400, 20), (800, 40), (100_000, 40)])
def test_the_size_is_a_twentieth_between_5_and_40(pool: int, size: int) -> None:
    assert default_size(pool) == size


def test_nothing_is_proposed_twice(project: Project) -> None:
    label(project, (1, 0), (2, 3))
    label(project, (1, 5), accepted=False)
    enqueue(project, (1, 7), (2, 9))
    project.store.set_skipped(SampleId(2, 9), True)
    taken = {(1, 0), (2, 3), (1, 5), (1, 7), (2, 9)}
    seen: list[SampleId] = []
    while len(taken) + len(seen) < 2 * FRAMES:
        batch = [item.sample for item in propose(project, 4)]
        assert batch
        seen += batch
    assert len(seen) == len(set(seen))
    assert taken.isdisjoint(seen)
    with pytest.raises(UserError, match="labelled or queued already"):
        propose(project)


def test_a_batch_goes_to_the_end_of_the_queue(project: Project) -> None:
    enqueue(project, (2, 9), (1, 7))
    first = propose(project, 3)
    second = propose(project, 2, "lc", "random")
    queue = project.store.queue()
    assert [item.sample for item in queue] == [(2, 9), (1, 7), *(item.sample for item in first + second)]
    assert project.queued() == [item.sample for item in queue]


def test_why_a_sample_was_chosen_is_told_in_shares(project: Project) -> None:
    for item in propose(project, 6, "thc+wpu", "duw"):
        assert set(item.reason) == {"thc", "wpu", "thc+wpu", "distance"}
        assert all(0 <= value <= 1 for value in item.reason.values())
        assert item.round == 0


def test_people_of_all_videos_compete(project: Project, tmp_path) -> None:
    clip = make_clip(tmp_path / "run.mp4", FRAMES, picture=None, gop=5)
    (third,) = fill(project, clip, {"Cid": standing(20, 10, 90, 90)}, seed=1)
    proposed = {item.sample.track for item in propose(project, 12)}
    assert proposed == {1, 2, third}


def test_the_same_batch_is_proposed_again(new_project) -> None:
    people = {"Ann": standing(10, 10, 60, 90), "Bob": standing(90, 12, 150, 92)}
    batches = [
        [item.sample for item in propose(new_project(people), 5, sampler_name=s)] for s in ("duw", "duw")
    ]
    assert batches[0] == batches[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 0}, "A batch of 0 poses"),
        ({"size": -3}, "A batch of -3 poses"),
        ({"criterion": "thc+luck"}, "no criterion 'luck'"),
        ({"sampler_name": "best"}, "no sampler 'best'"),
        ({"variant": "theirs"}, "no variant 'theirs'"),
    ],
)
def test_what_is_not_possible_is_one_sentence_and_proposes_nothing(
    project: Project, arguments: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence.replace("+", r"\+")):
        propose(project, **arguments)
    assert project.store.queue() == []


def test_before_the_first_estimation(tmp_path) -> None:
    with (
        Project(tmp_path / "new", create=True) as project,
        pytest.raises(UserError, match="Estimate the poses first"),
    ):
        propose(project)


def test_a_random_check_adds_samples_that_say_so(project: Project) -> None:
    items = propose(project, 4, audit=0.5)
    drawn = [item for item in items if AUDIT in item.reason]
    assert len(items) == 6
    assert len(drawn) == 2
    assert len({item.sample for item in items}) == 6
    assert all("distance" not in item.reason for item in drawn)


def test_a_random_check_is_drawn_from_all_that_is_left(project: Project) -> None:
    """Whatever is doubtful: over many batches every sample has its turn."""
    label(project, (1, 0))
    seen = set()
    for seed in range(250):
        project.store.remove_from_queue([item.sample for item in project.store.queue()])
        seen |= {item.sample for item in propose(project, 4, seed=seed, audit=0.25) if AUDIT in item.reason}
    assert seen == {SampleId(track, frame) for track in (1, 2) for frame in range(FRAMES)} - {SampleId(1, 0)}


def test_only_a_sampler_that_measures_distances_tells_of_them(project: Project) -> None:
    assert all("distance" in item.reason for item in propose(project, 3, sampler_name="duw"))
    assert not any("distance" in item.reason for item in propose(project, 3, sampler_name="top"))


def test_a_sampler_goes_by_its_own_criterion_unless_the_project_has_one(project: Project) -> None:
    assert all(item.reason.keys() == {"td", "mends"} for item in propose(project, 2))
    assert all("thc+wpu" in item.reason for item in propose(project, 2, sampler_name="duw"))
    project.store.set_setting("criterion", "lc")
    assert all(item.reason.keys() >= {"lc"} for item in propose(project, 2, sampler_name="duw"))


def test_a_project_of_an_earlier_version_goes_on_with_what_it_began_with(project: Project) -> None:
    with project.store.transaction() as db:
        db.execute("DELETE FROM meta WHERE key = 'sampler'")
    assert (project.setting("sampler"), project.setting("criterion")) == ("duw", "thc+wpu")


@pytest.mark.parametrize("sampler", [*sampler_titles()])
def test_a_span_limits_what_is_proposed(project: Project, sampler: str) -> None:
    (video,) = project.videos()
    span = Span(video.id, 3, 6)
    items = propose(project, 4, sampler_name=sampler, span=span)
    assert items
    assert all(3 <= item.sample.frame <= 6 for item in items)


def test_a_span_is_of_one_video_and_may_be_used_up(project: Project, tmp_path) -> None:
    clip = make_clip(tmp_path / "run.mp4", FRAMES, picture=None, gop=5)
    (third,) = fill(project, clip, {"Cid": standing(20, 10, 90, 90)}, seed=1)
    span = Span(project.videos()[1].id, 3, 3)
    assert [item.sample for item in propose(project, 9, span=span)] == [(third, 3)]
    with pytest.raises(UserError, match="in frames 3 to 3 is labelled or queued already"):
        propose(project, span=span)


def test_a_random_check_is_drawn_from_everywhere_whatever_the_span(project: Project) -> None:
    span = Span(project.videos()[0].id, 0, 3)
    drawn = []
    for seed in range(8):
        drawn += [
            item.sample
            for item in propose(project, 1, seed=seed, audit=1.0, span=span)
            if AUDIT in item.reason
        ]
        project.store.remove_from_queue([item.sample for item in project.store.queue()])
    assert max(sample.frame for sample in drawn) > 3


def test_the_projects_setting_asks_for_a_check(project: Project) -> None:
    project.store.set_setting("audit", 0.1)
    assert sum(AUDIT in item.reason for item in propose(project, 4)) == 1
    with pytest.raises(UserError, match="random check"):
        propose(project, 4, audit=2)


def test_one_pose_of_each_stretch_on_a_neighbour_comes_first(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    first, *rest = propose(project, 4)
    assert first.sample.track == 1
    assert first.sample.frame in range(3, 7)
    assert first.reason[ON_NEIGHBOUR] == 1
    assert len(rest) == 3
    assert all(ON_NEIGHBOUR not in item.reason for item in rest)


def test_a_stretch_that_was_proposed_does_not_come_first_again(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    propose(project, 1)
    assert all(ON_NEIGHBOUR not in item.reason for item in propose(project, 4))


def test_the_papers_variant_does_not_look_for_neighbours(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    assert all(ON_NEIGHBOUR not in item.reason for item in propose(project, 4, "lc", variant="paper"))


def test_only_those_in_the_span_come_first(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    assert all(ON_NEIGHBOUR not in item.reason for item in propose(project, 2, span=Span(1, 8, 11)))


def test_nobody_is_proposed_while_there_is_somebody(crowded: Callable[..., Project]) -> None:
    project = crowded(unsure=range(4, 10))
    nobody = {(1, frame) for frame in range(4, 10)}
    seen: set[SampleId] = set()
    while len(seen) < 18:
        seen |= {item.sample for item in propose(project, 20)}
        assert nobody.isdisjoint(seen)
    assert nobody >= {item.sample for item in propose(project, 20)}  # there are no others


def test_a_box_that_was_only_held_on_to_is_proposed_where_the_estimator_sees_somebody(
    crowded: Callable[..., Project],
) -> None:
    """A lawn or a tree looks half like somebody; where the detector lost somebody who turns upside down,
    they are seen.
    """
    for sure, proposed in ((0.35, False), (0.5, True)):
        project = crowded(unsure=range(4, 10), held=range(4, 10), sure=sure)
        held = {(1, frame) for frame in range(4, 10)}
        assert (not held.isdisjoint(item.sample for item in propose(project, 18))) == proposed
        project = crowded(unsure=range(4, 10), held=range(2), sure=sure)
        assert held & {item.sample for item in propose(project, 18)}  # they were detected


def test_a_pose_that_left_a_box_in_which_nobody_was_found_is_not_proposed(
    crowded: Callable[..., Project],
) -> None:
    project = crowded(on_bob=range(3, 7), held=range(3, 7))
    assert all(ON_NEIGHBOUR not in item.reason for item in propose(project, 4))
    project = crowded(on_bob=range(3, 7), held=range(3, 6))  # there is, in one of the frames
    assert propose(project, 4)[0].sample == (1, 6)


def test_where_everybody_is_hardly_seen_all_may_be_proposed(crowded: Callable[..., Project]) -> None:
    predictions = crowded().predictions(1)
    unsure = np.full_like(predictions.confidence, 0.1)
    for detected in (np.nan, 0.0, 0.5):
        known = np.full(len(predictions), detected)
        assert in_sight(predictions.boxes, predictions.points, unsure, known).all()
