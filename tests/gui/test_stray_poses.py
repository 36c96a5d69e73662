"""A pose that lies on somebody else is accepted with a warning, and learned from once it is accepted
again.
"""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.domain import SampleId
from core.project.project import Project
from core.project.store.settings import CONFIRMED, LOOKED
from core.queries.status import REFUSED
from core.queries.stray_poses import doubtful_labels
from tests.gui.conftest import open_path, settle
from tests.projects import add_round

WAIT = 10_000


@pytest.fixture
def stolen(project, bare_window, qtbot):
    """Round 1, in which Person 1 stands half before Person 2 and their pose lies on Person 2 from the
    first frame on.
    """

    def steal(columns: dict[str, np.ndarray]) -> None:
        for frame in range(15):
            one, two = (
                np.flatnonzero((columns["frame"] == frame) & (columns["track"] == n))[0] for n in (1, 2)
            )
            columns["boxes"][one] = columns["boxes"][two] - np.array([40, 6, 40, 6])
            columns["points"][one] = columns["points"][two]

    add_round(project, steal)
    open_path(bare_window, project, qtbot)
    return bare_window


def doubtful(window) -> set[SampleId]:
    with Project(window.workspace.session.project.folder, read_only=True) as project:
        return doubtful_labels(project, project.store.labels().values())


def accept(window, qtbot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Return)
    settle(window, qtbot)


def test_accepting_a_pose_on_somebody_else_warns_and_stays_there(stolen, qtbot):
    session = stolen.workspace.session
    accept(stolen, qtbot)
    assert session.labels[SampleId(1, 0)].accepted
    assert session.frame == 0
    assert stolen.banner.isVisible()
    assert stolen.banner.sentence.startswith("Person 1, frame 0: the pose lies on Person 2. Correct it")
    assert doubtful(stolen) == {SampleId(1, 0)}


def test_accepting_it_again_confirms_it_and_goes_on(stolen, qtbot):
    session = stolen.workspace.session
    accept(stolen, qtbot)
    accept(stolen, qtbot)
    assert not stolen.banner.isVisible()
    assert session.frame == 10
    assert doubtful(stolen) == set()
    qtbot.keyClick(stolen, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert doubtful(stolen) == {SampleId(1, 0)}


def test_a_pose_that_is_well_is_accepted_without_a_word(window, qtbot):
    accept(window, qtbot)
    assert not window.banner.isVisible()
    assert window.workspace.session.frame == 10
    assert window.workspace.session.project.setting(CONFIRMED) is None


def test_the_queue_and_the_rounds_say_that_it_is_doubtful(stolen, qtbot):
    rounds, rows = stolen.workspace.rounds, stolen.workspace.queue._model
    assert "15 poses lie on a neighbour: proposed first." in rounds._advice.text()
    accept(stolen, qtbot)
    qtbot.waitUntil(lambda: "1 accepted pose is in doubt" in rounds._advice.text(), timeout=WAIT)
    assert rows.state(rows.batch[0]).value[2].startswith("accepted, but in doubt")
    accept(stolen, qtbot)
    qtbot.waitUntil(lambda: "1 accepted pose" not in rounds._advice.text(), timeout=WAIT)


def test_only_what_was_on_screen_for_a_while_counts_as_looked_at(window, qtbot):
    session, clock = window.workspace.session, [0.0]
    window.workspace.pace._clock = lambda: clock[0]
    window.workspace.pace.begin()
    accept(window, qtbot)
    assert session.project.setting(LOOKED) is None
    clock[0] += 2
    accept(window, qtbot)
    assert session.project.setting(LOOKED) == [session.labels[SampleId(1, 10)].fingerprint]


def test_a_round_that_kept_the_earlier_estimator_says_so(window, qtbot):
    session = window.workspace.session
    session.project.store.update_round(0, {REFUSED: "Nothing got better, so the earlier estimator was kept."})
    session.write_settings({})
    assert window.workspace.rounds._advice.text().startswith("Nothing got better")


def test_nobody_here_deletes_the_stretch_and_goes_on(project, bare_window, qtbot):
    """Person 1 is queued in every tenth frame, and hardly seen in the first twelve."""

    def hide(columns: dict[str, np.ndarray]) -> None:
        columns["confidence"][(columns["track"] == 1) & (columns["frame"] < 12)] = 0.1

    add_round(project, hide)
    open_path(bare_window, project, qtbot)
    window, session = bare_window, bare_window.workspace.session
    before = session.project.store.queue()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert session.sample == SampleId(1, 0)
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    assert session.sample == SampleId(1, 20)
    assert window.status.currentMessage().startswith("Person 1 is nobody in frames 0–11; undo")
    assert [item.sample.frame for item in session.queue] == [20, 30, 40, 50]
    assert session.labels == {}
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.project.store.queue() == before
    assert session.sample == SampleId(1, 0)


def test_one_key_puts_a_stolen_pose_back_in_all_its_frames_and_undo_takes_it_back(stolen, qtbot):
    session, heard = stolen.workspace.session, []
    session.hint.connect(heard.append)
    before = dict(session.labels)
    box = session.person_at(session.sample).box
    qtbot.keyClick(stolen, Qt.Key.Key_T)
    drafts = {sample: label for sample, label in session.labels.items() if sample not in before}
    assert {sample.frame for sample in drafts} == set(range(15))
    assert not any(label.accepted for label in drafts.values())
    assert heard[-1].startswith(
        "The pose is placed from the frames before and after in frames 0–14. Drag what"
    )
    x, y = session.person_at(session.sample).points.mean(0)
    assert box.x0 < x < box.x1
    assert box.y0 < y < box.y1
    assert session.frame == 0
    accept(stolen, qtbot)
    assert doubtful(stolen) == set()
    for _ in range(2):
        qtbot.keyClick(stolen, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.labels == before


def test_a_pose_on_its_own_body_is_not_put_back(window, qtbot):
    heard = []
    window.workspace.session.hint.connect(heard.append)
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert heard[-1].startswith("This pose lies on nobody else")
    assert window.workspace.session.undo.count() == 0
