"""Curves of the timeline: which are made, of whom, and where."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocumentFragment

from app.session.changes import EVERYTHING, Change
from app.timeline import series
from app.timeline.curves import GAP, legend
from app.timeline.heading import Heading
from app.timeline.pyramid import Pyramid
from core.domain import Track
from core.project.people.interest import choose as choose_people
from core.project.store.predictions import Predictions
from tests.clips import make_clip
from tests.gui.conftest import open_path, settle
from tests.projects import make_project

WAIT = 10_000


@pytest.fixture
def built(monkeypatch) -> list[int]:
    """The lengths of the curves that were made anew."""
    lengths: list[int] = []
    make = series.Pyramid

    def counted(values, *start):
        lengths.append(len(values))
        return make(values, *start)

    monkeypatch.setattr(series, "Pyramid", counted)
    return lengths


def test_a_label_rebuilds_no_curve_whose_values_stay(built, window, qtbot):
    timeline = window.workspace.timeline
    # whose values are neither the least nor the greatest: those set the scale
    window.workspace.session.go_to(10)
    settle(window, qtbot)
    curves = {name: dict(own) for name, own in timeline._curves.items()}
    built.clear()
    with qtbot.waitSignal(window.workspace.session.changed, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_Return)
    qtbot.wait(50)
    assert len(window.workspace.session.labels) == 1
    assert built == []
    assert {name: dict(own) for name, own in timeline._curves.items()} == curves


def test_only_who_has_other_values_gets_another_curve(built, window, monkeypatch):
    session, timeline = window.workspace.session, window.workspace.timeline
    drawn = {name: values.copy() for name in timeline._curves if (values := session.scores(name)) is not None}
    rows = session.predictions.rows_of_track(2)
    for values in drawn.values():
        values[rows] /= 2
    built.clear()
    monkeypatch.setattr(session, "scores", drawn.get)
    session.refresh(Change.ROUNDS)
    assert len(built) == len(drawn) + 1  # with the overview
    frame = int(session.predictions.frame[rows[3]])
    assert timeline._curves["thc"][2].pyramid.value(frame) == pytest.approx(drawn["thc"][rows[3]])


def test_curves_of_a_long_video_are_read_beside_the_window(window, qtbot, monkeypatch):
    session, timeline = window.workspace.session, window.workspace.timeline
    before = {name: own[1].pyramid.value(3) for name, own in timeline._curves.items() if own}
    monkeypatch.setattr("app.timeline.reading.MANY", 1)
    threads = []
    made = series.pyramid_of
    monkeypatch.setattr(
        series, "pyramid_of", lambda *given: threads.append(threading.current_thread()) or made(*given)
    )
    session.predictions = replace(session.predictions)  # as if it were read anew
    for _ in range(3):  # the last that was asked for is shown
        session.refresh(Change.ROUNDS)
    qtbot.waitUntil(lambda: timeline._series.predictions is session.predictions, timeout=WAIT)
    assert {name: own[1].pyramid.value(3) for name, own in timeline._curves.items() if own} == before
    assert threads
    assert threading.main_thread() not in threads


def test_a_curve_is_as_long_as_its_person_is_there():
    """158 people in an hour are not 158 hours."""
    frame = np.arange(1000)
    track = frame // 10 + 1
    columns = (track, frame, np.zeros((1000, 4)), np.zeros((1000, 17, 2)), np.zeros((1000, 17)))
    predictions = Predictions(1, 0, *columns, {}, np.arange(1000), np.zeros(1000))
    values = np.linspace(0, 1, 1000)
    curves = [series.pyramid_of(predictions, values, n) for n in range(1, 101)]
    assert sum(map(len, curves)) == 1000
    assert [curves[7].value(n) for n in (69, 70, 79, 80)] == pytest.approx(
        [np.nan, values[70], values[79], np.nan], nan_ok=True
    )
    worst = series.worst_of_all(predictions, values, frozenset({8}), 1000)
    assert worst.value(75) == pytest.approx(values[75])
    assert np.isnan(worst.value(85))


def test_of_many_people_the_selected_one_is_drawn_over_the_range_of_all(tmp_path, bare_window, qtbot):
    clip = make_clip(tmp_path / "crowd.mp4", frames=40, width=640, height=96)
    open_path(bare_window, make_project(tmp_path / "crowd", clip, people=12, queued=0), qtbot)
    session, timeline = bare_window.workspace.session, bare_window.workspace.timeline
    session.select(3)
    assert [list(curves) for curves in timeline._curves.values()] == [[3]] * len(timeline._curves)
    values, predictions = session.scores("thc"), session.predictions
    envelope = timeline._envelopes["thc"]
    for frame in (0, 7, 25):
        here = values[predictions.rows_at(frame)]
        assert envelope.low.value(frame) == pytest.approx(here.min())
        assert envelope.high.value(frame) == pytest.approx(here.max())
    session.select(5)
    assert list(timeline._curves["thc"]) == [5]
    assert timeline._envelopes["thc"] is envelope  # not made anew
    assert "12 people" in timeline.heading.legend.text()
    timeline.grab()
    session.change_people(choose_people(session.project, session.video, [1, 2]), EVERYTHING)
    assert [sorted(timeline._curves["thc"]), timeline._envelopes] == [[1, 2], {}]


def test_legend_and_values_of_eight_people_take_the_room_there_is(bare_window, qtbot, tmp_path):
    clip = make_clip(tmp_path / "eight.mp4", frames=4, width=640, height=96)
    open_path(bare_window, make_project(tmp_path / "eight", clip, people=8, queued=0), qtbot)
    session, label = bare_window.workspace.session, bare_window.workspace.timeline.heading.legend
    session.select(3)
    names = [session.names[track] for track in session.of_interest]

    def said(width: int) -> list[str]:
        label.resize(width, label.height())
        assert label.sizeHint().width() <= width
        text = QTextDocumentFragment.fromHtml(label.text()).toPlainText()
        return [name.strip() for name in text.split("●")[1:]]

    assert said(2000) == names
    assert said(300) == [name.split()[-1] for name in names]
    assert said(240) == [session.names[3], *[""] * 7]
    timeline, said = bare_window.workspace.timeline, bare_window.workspace.timeline.heading._reading
    whole, fewer, own = timeline._values_at("thc", 2)  # in which one is not there
    assert (whole.count("●"), fewer.count("●"), own.count("●")) == (7, 7, 1)
    worst = max(curve.pyramid.value(2) for curve in timeline._curves["thc"].values())
    assert own.endswith(f"worst {worst:.2f}")
    timeline.heading.read_out(whole, fewer, own)
    said.resize(300, said.height())
    assert said.sizeHint().width() <= 300


def test_an_envelope_reaches_as_far_as_the_values_at_any_zoom():
    values = np.random.default_rng(0).random(5000).astype(np.float32)
    pyramid = Pyramid(values)
    for pixels in (10, 100, 10_000):
        _, low, high = pyramid.extent(0, 5000, pixels)
        assert low.min() == pytest.approx(values.min())
        assert high.max() == pytest.approx(values.max())


def test_names_above_the_lanes_are_said_as_they_are():
    name = "left < right & <b>tall</b>"
    track = Track(1, 1, name, np.arange(3), np.zeros((3, 4), np.float32))
    (said, *_) = legend([track], 1, {1: 0})
    assert QTextDocumentFragment.fromHtml(said).toPlainText() == f"● {name}"


def test_values_without_a_colour_are_read_out_without_entities(qtbot):
    heading = Heading()
    qtbot.addWidget(heading)
    heading.resize(800, 30)
    heading.show()
    widths = []
    for words in (f"Flicker{GAP}worst 0.99", f"<span>Flicker</span>{GAP}worst 0.99"):
        heading.read_out(words)
        widths.append(heading._reading.sizeHint().width())
    assert widths[0] == widths[1]
