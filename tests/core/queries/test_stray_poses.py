"""Poses on a neighbour and on nobody are counted, and a label that is one is doubtful until it is accepted
again.
"""

from collections.abc import Callable

import numpy as np

from core.domain import SampleId
from core.project.project import Project
from core.project.store.settings import CONFIRMED
from core.queries.stray_poses import Strays, doubtful_labels, in_sight, shared_stretches, strays
from core.queries.track_checks import check_tracks
from tests.core.conftest import FRAMES
from tests.core.labels import label


def doubtful(project: Project) -> set[SampleId]:
    return doubtful_labels(project, project.store.labels().values())


def test_poses_on_a_neighbour_are_counted_until_they_are_put_right(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    assert strays(project, 0, set()) == Strays(on_neighbour=4)
    label(project, (1, 4), off=-30)
    assert strays(project, 0, project.store.labels().keys() - doubtful(project)) == Strays(on_neighbour=3)


def test_people_side_by_side_are_no_strays(crowded: Callable[..., Project]) -> None:
    assert strays(crowded(), 0, set()).sentence == ""


def test_a_stretch_without_anybody_is_counted_and_a_moment_is_not(crowded: Callable[..., Project]) -> None:
    assert strays(crowded(unsure=range(2, 12)), 0, set()) == Strays(on_nobody=10)
    assert strays(crowded(unsure=range(2, 12)), 0, set()).sentence.endswith("hardly anybody can be seen")
    assert strays(crowded(unsure=range(2, 3)), 0, set()) == Strays()


def test_somebody_who_was_detected_is_to_be_seen_however_unsure_the_joints_are(
    crowded: Callable[..., Project],
) -> None:
    project = crowded(unsure=range(2, 12), sure=0.19, held=range(1))
    assert strays(project, 0, set()) == Strays(unsure=10)
    assert strays(project, 0, set()).sentence == "10 poses have hardly a joint that is sure"
    assert in_sight(project, SampleId(1, 4))
    label(project, (1, 4))
    assert doubtful(project) == {SampleId(1, 4)}


def test_a_label_left_on_a_neighbour_is_doubtful_and_that_of_the_neighbour_is_not(
    crowded: Callable[..., Project],
) -> None:
    project = crowded(on_bob=range(3, 7))
    label(project, (1, 4), (2, 4), (2, 5), (1, 0))
    assert doubtful(project) == {SampleId(1, 4)}


def test_a_label_that_was_moved_to_its_own_body_is_sound(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    label(project, (1, 4), off=-30)
    assert doubtful(project) == set()


def test_a_label_moved_onto_another_label_is_doubtful(crowded: Callable[..., Project]) -> None:
    project = crowded()
    label(project, (2, 4))
    label(project, (1, 4), off=30, change=lambda points: np.add(points, (0, 4), out=points))
    assert doubtful(project) == {SampleId(1, 4)}


def test_a_pose_accepted_as_estimated_where_nobody_is_seen_is_doubtful(
    crowded: Callable[..., Project],
) -> None:
    project = crowded(unsure=range(12))
    label(project, (1, 4))
    label(project, (1, 6), off=5)
    assert doubtful(project) == {SampleId(1, 4)}


def test_a_confirmed_label_is_sound_until_its_pose_changes(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    label(project, (1, 4))
    project.store.set_setting(CONFIRMED, [one.fingerprint for one in project.store.labels().values()])
    assert doubtful(project) == set()
    label(project, (1, 4), off=0.5)
    assert doubtful(project) == {SampleId(1, 4)}


def test_a_stretch_is_listed_once_with_whose_body_it_is(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    sentences = [one.sentence for one in check_tracks(project, project.videos()[0])]
    assert "Ann, frames 3–6: the pose lies on Bob." in sentences


def test_a_short_gap_does_not_end_a_stretch(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=(*range(2), *range(4, 6)))
    predictions = project.predictions(1)
    (one,) = shared_stretches(predictions, project.shared_bodies(1), fps=25)
    assert (one.thief, one.owner, len(one.rows)) == (1, 2, 4)
    assert len(shared_stretches(predictions, project.shared_bodies(1), fps=2)) == 2
    assert FRAMES == 12


def test_shared_bodies_are_computed_once_for_a_round(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3))
    found = project.shared_bodies(1)
    label(project, (1, 0))
    assert project.shared_bodies(1, 0) is found
