"""Boxes that were held on where nobody is are dropped once the estimator has looked into them."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.session.project_opening import DEMO_CLIP
from core.domain import SampleId, Silent
from core.formats import coco
from core.project.project import Project
from core.tracking.joining import Person
from core.workflow import estimate as first
from core.workflow import estimate_round, find_people
from core.workflow.detection import decode
from tests.core.labels import label

SEEN, HELD, STILL_SEEN = 20, 8, 16
NOBODY = (4, 4, 204, 404)


@pytest.fixture
def somebody() -> Person:
    """In the demo clip's first frames, and then a box in a corner."""
    reference = coco.read_file(DEMO_CLIP.with_suffix(".json"))
    box = next(person.box for person in reference.people if reference.images[person.image].frame == 0)
    boxes = np.array([box] * SEEN + [NOBODY] * HELD, np.float32)
    return Person(np.arange(SEEN + HELD), boxes, 0.9)


@pytest.fixture
def project(tmp_path: Path, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)
    monkeypatch.setattr(find_people, "find_people", lambda *_: [somebody])

    def decoded(source, decoder, video, start, stop, detection):
        return replace(decode(source, decoder, video, start, stop, None), people=[somebody])

    monkeypatch.setattr(estimate_round, "decode", decoded)
    clip = shutil.copyfile(DEMO_CLIP, tmp_path / DEMO_CLIP.name)
    with Project(tmp_path / "project", create=True) as made:
        video = made.add_video(clip).id
        first.estimate(made, video, Silent(), device="cpu", estimator="lightning")
        yield made


def frames(project: Project) -> list[int]:
    predictions = project.predictions(1)
    assert predictions.frame.tolist() == project.assignments(1).frames_of(1).tolist()
    return predictions.frame.tolist()


def test_nobody_is_estimated_where_nobody_is_seen(project: Project):
    assert frames(project) == list(range(SEEN))


def test_found_again_it_is_the_same_but_for_what_a_human_labelled(project: Project, somebody: Person):
    find_people.find_again(project, 1, Silent(), device="cpu")
    assert frames(project) == list(range(SEEN))
    sample = SampleId(1, SEEN - 1)
    label(project, sample)
    somebody.boxes[STILL_SEEN:] = NOBODY
    find_people.find_again(project, 1, Silent(), device="cpu")
    assert frames(project) == [*range(STILL_SEEN), sample.frame]
