"""Only the people of interest count; everyone else is context: kept, and nothing more."""

import json
from pathlib import Path

import pytest

from core.domain import Box, SampleId, Silent
from core.export.export import export
from core.project.people.edits import delete_people, draw_person, merge_people, split_person
from core.project.people.interest import choose, interest_in_words, switch
from core.project.project import Project
from core.project.store.integrity import ProjectDamaged
from core.project.store.store import Video
from core.queries.review import review
from core.queries.scores import all_predictions, pool_scores
from core.queries.status import measure, status
from core.queries.track_checks import check_tracks
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.core.conftest import FRAMES, enqueue, fill, standing
from tests.core.labels import label

ANN, BOB = 1, 2


def video_of(project: Project) -> Video:
    return project.videos()[0]


def only(project: Project, *tracks: int) -> None:
    project.store.exchange(choose(project, video_of(project), tracks))


def test_nobody_is_proposed_but_people_of_interest(project: Project) -> None:
    only(project, BOB)
    assert {item.sample.track for item in propose(project, size=FRAMES, audit=0.5)} == {BOB}
    assert len(pool_scores(project, all_predictions(project), "lc")) == FRAMES


def test_what_was_queued_of_context_waits_no_more_and_comes_back_as_it_was(project: Project) -> None:
    enqueue(project, (ANN, 1), (BOB, 2))
    before = project.store.queue()
    only(project, BOB)
    assert project.queued() == [SampleId(BOB, 2)]
    only(project)
    assert project.queue() == before


def test_labels_of_context_do_not_count_and_are_kept(project: Project) -> None:
    label(project, (ANN, 1), (BOB, 2))
    only(project, BOB)
    assert measure(project, 0)["labelled"] == status(project)[0].labelled == 1
    assert set(project.labels()) == {SampleId(BOB, 2)}
    assert set(project.store.labels()) == {SampleId(ANN, 1), SampleId(BOB, 2)}


def test_context_is_neither_exported_nor_suspected_nor_reviewed(project: Project, tmp_path: Path) -> None:
    label(project, (ANN, 1), (BOB, 2))
    only(project, BOB)
    export(project, "coco", tmp_path / "out", Silent())
    people = json.loads((tmp_path / "out" / "annotations.json").read_text())["annotations"]
    predictions = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert {one["track_id"] for one in people} == {BOB}
    assert len(predictions) == FRAMES
    assert not [one for one in check_tracks(project, video_of(project)) if one.track == ANN]
    assert not [one for one in review(project).contradictions if one.sample.track == ANN]


def test_one_key_chooses_adds_and_brings_back(project: Project) -> None:
    video = video_of(project)
    chosen = []
    for tracks in ([BOB], [BOB], [ANN], [BOB], [ANN]):
        project.store.exchange(switch(project, video, tracks))
        chosen.append(project.of_interest(video.id))
    # both of two is everyone
    assert chosen == [{BOB}, None, {ANN}, None, {ANN}]


def test_a_choice_is_taken_back_exactly(project: Project) -> None:
    rows = choose(project, video_of(project), [ANN])
    before = project.store.settings()
    project.store.exchange(rows)
    project.store.exchange(rows.back)
    assert project.store.settings() == before


def test_edits_keep_who_matters(project: Project) -> None:
    """A part that is split off, a merge, and a drawn person are of interest; who is deleted is nobody any
    more.
    """
    video = video_of(project)
    only(project, BOB)
    rows, new = split_person(project, video, BOB, 6)
    project.store.exchange(rows)
    assert project.of_interest(video.id) == {BOB, new}
    rows, drawn = draw_person(project, video, 0, Box(1, 1, 20, 20))
    project.store.exchange(rows)
    assert project.of_interest(video.id) == {BOB, new, drawn}
    project.store.exchange(delete_people(project, video, [drawn, ANN]))
    merged = merge_people(project, video, [new], BOB)
    project.store.exchange(merged)
    assert project.of_interest(video.id) == {BOB}
    assert set(project.predictions(video.id).track) == {BOB}


def test_whoever_is_merged_with_somebody_of_interest_is(project: Project) -> None:
    video = video_of(project)
    rows, new = split_person(project, video, ANN, 6)
    project.store.exchange(rows)
    only(project, new)
    project.store.exchange(merge_people(project, video, [new], ANN))
    assert project.of_interest(video.id) == {ANN}


def test_another_video_is_not_concerned(project: Project, tmp_path: Path) -> None:
    assert interest_in_words(project) == ""
    tracks = fill(
        project, make_clip(tmp_path / "other.mp4", FRAMES, width=192), {"Cid": standing(10, 10, 60, 90)}
    )
    only(project, BOB)
    assert project.of_interest(2) is None
    assert set(project.predictions(2).track) == set(tracks)
    assert interest_in_words(project) == "Only Bob is of interest in walk.mp4: 1 other is context."


def test_context_is_kept(project: Project) -> None:
    only(project, BOB)
    assignments = project.assignments(video_of(project).id)
    assert set(assignments.track) == {ANN, BOB}
    assert set(project.predictions(1, assignments=assignments).track) == {ANN, BOB}


@pytest.mark.parametrize("value", ['["x"]', "3", "[1.5]"])
def test_a_choice_that_no_posetailor_wrote_is_refused(project: Project, value: str) -> None:
    with project.store.transaction() as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('of_interest', ?)", (value,))
    with pytest.raises(ProjectDamaged):
        project.store.check()
