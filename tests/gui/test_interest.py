"""The athlete and not the audience, by mouse and keys."""

from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from app.actions.boxes import Boxes
from app.canvas import painting
from app.dialogs.gallery import Gallery, GalleryModel
from app.session.changes import EVERYTHING
from core.domain import Box, SampleId
from core.project.project import Project
from tests.clips import make_clip
from tests.gui.conftest import in_modal, open_path
from tests.gui.test_people import choose, context_menu, tables, undo
from tests.projects import add_people, make_project

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
MANY = 32


@pytest.fixture
def crowd(tmp_path: Path, bare_window, qtbot):
    """32 people side by side; the first is queued."""
    folder = make_project(
        tmp_path / "crowd", make_clip(tmp_path / "crowd.mp4", 20, width=1280, height=320), MANY, 3
    )
    open_path(bare_window, folder, qtbot)
    bare_window.workspace.missing_poses.look()
    return bare_window


def body(window, track: int) -> QPoint:
    """In the middle of somebody's box."""
    canvas = window.workspace.canvas
    person = next(person for person in canvas.people if person.sample.track == track)
    return canvas.view.rect(person.box).center().toPoint()


def matters(window) -> set[int]:
    with Project(window.workspace.session.project.folder) as project:
        chosen = project.of_interest(1)
        return set(project.store.track_names(1)) if chosen is None else set(chosen)


def test_one_of_32_people_is_kept_with_a_click_and_a_key_and_the_same_brings_all_back(crowd, qtbot):
    window, session = crowd, crowd.workspace.session
    before = tables(window)
    QTest.mouseClick(window.workspace.canvas, LEFT, NONE, body(window, 7))
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert matters(window) == {7}
    assert len(session.context) == MANY - 1
    assert set(session.predictions.track) == {7}
    assert len(window.workspace.canvas.people) == MANY  # still shown
    assert session.pending == []
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert len(matters(window)) == MANY
    assert len(session.pending) == 3
    undo(window, qtbot)
    assert matters(window) == {7}
    undo(window, qtbot)
    assert session.context == frozenset()
    assert tables(window) == before


def test_context_is_brought_back_one_by_one_and_drawn_faintly(crowd, qtbot):
    window, session, canvas = crowd, crowd.workspace.session, crowd.workspace.canvas
    session.select(7)
    full = canvas.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_K)
    faint = canvas.grab().toImage()
    assert canvas.people[0].sample.track == 7
    around = body(window, 3)
    region = [QPoint(around.x() + dx, around.y() + dy) for dx in range(-12, 12) for dy in range(-60, 60)]
    there = [place for place in region if full.pixelColor(place) != faint.pixelColor(place)]
    assert there
    session.select(3)
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert matters(window) == {3, 7}


def test_the_context_menu_offers_it(crowd, qtbot):
    window = crowd
    menu = context_menu(window, window.workspace.canvas, body(window, 5))
    choose(qtbot, menu, "Only this person matters")
    assert matters(window) == {5}


def test_several_are_picked_in_the_gallery_the_largest_and_longest_first(crowd, qtbot):
    window, session = crowd, crowd.workspace.session
    names = []

    def pick(dialog: Gallery) -> None:
        model = dialog.model
        names.extend(track.id for track in model.tracks)
        qtbot.waitUntil(lambda: len(model._pictures) == MANY, timeout=20_000)  # read in the background
        for row in (1, 2):
            place = dialog.list.visualRect(model.index(row)).center()
            QTest.mouseClick(dialog.list.viewport(), LEFT, NONE, place)
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)

    in_modal(
        window,
        qtbot,
        Gallery,
        lambda: qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier),
        pick,
    )
    assert names[-1] == MANY  # there for half of the time only
    assert matters(window) == set(names[1:3])
    assert session.sample is not None
    assert session.person in names[1:3]

    in_modal(
        window,
        qtbot,
        Gallery,
        lambda: qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier),
        lambda dialog: QApplication.processEvents(),
        QDialogButtonBox.StandardButton.Cancel,
    )
    assert matters(window) == set(names[1:3])


def test_of_whom_hardly_anything_is_to_be_seen_comes_last(crowd, monkeypatch):
    session = crowd.workspace.session
    usual = [track.id for track in GalleryModel(session).tracks]
    seen = session.predictions.track != usual[0]
    monkeypatch.setattr(session.project, "in_sight", lambda video: seen)
    assert [track.id for track in GalleryModel(session).tracks] == [*usual[1:], usual[0]]


def test_somebody_drawn_by_hand_matters(crowd, qtbot):
    window, session = crowd, crowd.workspace.session
    session.select(7)
    qtbot.keyClick(window, Qt.Key.Key_K)
    window.scope(Boxes).keep_box(Box(4, 4, 30, 40), somebody_new=True)
    assert session.person == MANY + 1
    assert matters(window) == {7, MANY + 1}
    assert session.person_at(SampleId(MANY + 1, 0)).box is not None


def test_name_tags_do_not_cover_one_another_and_the_selected_one_is_there(crowd, qtbot, monkeypatch):
    window, drawn = crowd, []
    window.workspace.session.select(9)
    draw_tag = painting.draw_tag
    monkeypatch.setattr(
        painting, "draw_tag", lambda *values: (drawn.append(values[1:3]), draw_tag(*values))[1]
    )
    window.workspace.canvas.grab()
    tags = [(rect, text) for rect, text in drawn if text.startswith("Person")]
    assert "Person 9" in [text for _, text in tags]
    assert len(tags) > 4
    assert not any(one.intersects(other) for (one, _), (other, _) in combinations(tags, 2))


@pytest.mark.parametrize("people", [3, MANY])
def test_whom_it_is_about_is_asked_after_the_first_estimation_of_many(
    tmp_path: Path, bare_window, qtbot, people: int
):
    window = bare_window
    clip = make_clip(tmp_path / "crowd.mp4", 20, width=1280, height=320)
    with Project(tmp_path / "crowd", create=True) as project:
        project.add_video(clip)
    open_path(window, tmp_path / "crowd", qtbot)
    work = window.workspace.work
    with qtbot.waitSignal(work.ended, timeout=10_000):
        work.start("Estimating", lambda project, _: add_people(project, clip, people), EVERYTHING)
    assert window.banner.isVisible() == (people == MANY)
    if people < MANY:
        return
    assert window.banner.sentence.startswith("32 people were found. Choose who matters")
    in_modal(
        window,
        qtbot,
        Gallery,
        lambda: QTest.mouseClick(window.banner.way_out, LEFT),
        lambda dialog: QApplication.processEvents(),
        QDialogButtonBox.StandardButton.Cancel,
    )
    with qtbot.waitSignal(work.ended, timeout=10_000):
        work.start("Estimating", lambda *_: None, EVERYTHING)
    assert not window.banner.isVisible()  # it was asked
