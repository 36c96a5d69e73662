"""Exporting and importing by mouse and keys."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialogButtonBox

from app.dialogs.export import ExportDialog
from core.domain import Silent
from core.export.export import export
from core.export.formats import FORMATS
from core.export.options import ExportOptions
from core.project.project import Project
from tests.gui.conftest import in_modal, settle

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
WAIT = 60_000


def in_export_dialog(window, qtbot, act, button=QDialogButtonBox.StandardButton.Ok) -> None:
    in_modal(window, qtbot, ExportDialog, lambda: qtbot.keyClick(window, Qt.Key.Key_E, CTRL), act, button)


def choose(dialog: ExportDialog, name: str, qtbot) -> None:
    """A format, by the keyboard."""
    for _ in range(list(FORMATS).index(name)):
        qtbot.keyClick(dialog._formats, Qt.Key.Key_Down)
    assert dialog.format == name


def shown(dialog: ExportDialog) -> set[str]:
    return {option for option, control in dialog._controls.items() if control.isVisible()}


def accept_one(window, qtbot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_1)
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(label.accepted for label in window.workspace.session.labels.values()))


def test_a_format_is_chosen_with_keys_and_its_verdict_shown(window, tmp_path: Path, qtbot) -> None:
    accept_one(window, qtbot)
    seen = []

    def act(dialog):
        choose(dialog, "csv", qtbot)
        seen.append((shown(dialog), dialog.out))
        qtbot.mouseClick(dialog._predictions, LEFT, pos=QPoint(8, dialog._predictions.height() // 2))

    with qtbot.waitSignal(window.workspace.work.said, timeout=WAIT):
        in_export_dialog(window, qtbot, act)
    assert seen == [({"predictions", "poses", "joints", "smoothing"}, tmp_path / "clip-poses-csv.csv")]
    assert "1 label and 0 predictions in 17 rows. All rows were read again." in window.banner.sentence
    assert window.banner.isVisible()
    assert {row["source"] for row in csv.DictReader((tmp_path / "clip-poses-csv.csv").open())} == {"human"}


def test_only_options_that_apply_are_there(window, tmp_path: Path, qtbot) -> None:
    seen = {}

    def act(dialog):
        for row, name in enumerate(FORMATS):
            dialog._formats.setCurrentRow(row)
            seen[name] = shown(dialog)
            assert dialog._place.text() == str(
                FORMATS[name].place(window.workspace.session.project.folder, name)
            )
        dialog._formats.setCurrentRow(0)
        qtbot.keyClick(dialog._image_format, Qt.Key.Key_Down)
        seen["jpg"] = shown(dialog)
        qtbot.keyClick(dialog._joints, Qt.Key.Key_Space)
        seen["joints"] = dialog.options.joints

    in_export_dialog(window, qtbot, act, QDialogButtonBox.StandardButton.Cancel)
    assert seen["coco"] == {"predictions", "poses", "smoothing", "joints", "images", "image_format"}
    assert "quality" in seen["jpg"]
    assert {"val_share", "block_seconds"} <= seen["yolo"]
    assert seen["figures"] == set()
    assert "visible_side" in seen["angles"] - seen["trc"]
    assert len(seen["joints"]) == 16
    assert window.workspace.work.job is None


def test_projects_side_by_side_do_not_export_over_one_another(window, tmp_path: Path, qtbot) -> None:
    seen = []

    def act(dialog):
        first, beside = (
            FORMATS["coco"].place(tmp_path / f"{name}.posetailor", "coco") for name in ("clip", "walk")
        )
        assert dialog.out == first != beside
        seen.append(dialog._note.text())

    for _ in range(2):
        in_export_dialog(window, qtbot, act, QDialogButtonBox.StandardButton.Cancel)
        place = tmp_path / "clip-poses-coco"
        place.mkdir(exist_ok=True)
        (place / "annotations.json").write_text("{}")
    assert seen == ["", "The folder is there already; an earlier export in it will be replaced."]


def test_a_place_said_by_the_user_is_kept(window, tmp_path: Path, qtbot) -> None:
    (tmp_path / "mine.csv").write_text("mine")

    def act(dialog):
        dialog._place.selectAll()
        qtbot.keyClicks(dialog._place, str(tmp_path / "mine"))
        choose(dialog, "csv", qtbot)
        assert dialog.out == tmp_path / "mine.csv"
        assert "will be replaced" in dialog._note.text()
        dialog._place.clear()
        assert not dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()

    in_export_dialog(window, qtbot, act, QDialogButtonBox.StandardButton.Cancel)


def test_what_a_format_needs_is_said(window, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.formats.interchange.find_spec", lambda _: None)

    def act(dialog):
        choose(dialog, "sleap", qtbot)
        assert "Install it with" in dialog._note.text()
        assert not dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()

    in_export_dialog(window, qtbot, act, QDialogButtonBox.StandardButton.Cancel)


def test_every_control_can_be_told_apart(window, qtbot) -> None:
    def act(dialog):
        controls = [dialog._formats, dialog._place, dialog._browse, *dialog._controls.values()]
        assert all(control.accessibleName() and control.toolTip() for control in controls)

    in_export_dialog(window, qtbot, act, QDialogButtonBox.StandardButton.Cancel)


def test_a_cancelled_export_leaves_nothing(window, tmp_path: Path, qtbot) -> None:
    def act(dialog):
        choose(dialog, "overlay", qtbot)
        dialog._place.setText(str(tmp_path / "out" / "film"))

    work = window.workspace.work
    started = []
    work.started.connect(lambda job: (started.append(job), job.cancel()))
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        in_export_dialog(window, qtbot, act)
    assert "cancelled" in window.status.currentMessage()
    assert not (tmp_path / "out" / "film").exists()
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


@pytest.fixture
def labels(window, tmp_path: Path, qtbot) -> Path:
    """A file with two labels, a little off what is predicted, that the project does not have."""
    session = window.workspace.session
    rows = [session.predictions.rows_of_track(1)[n] for n in (4, 9)]
    lines = ["frame,person,joint,x,y"]
    for row in rows:
        points = zip(session.skeleton.joints, (session.predictions.points[row] + 1.5).tolist(), strict=True)
        lines += [f"{session.predictions.frame[row]},,{joint},{x},{y}" for joint, (x, y) in points]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(lines))
    return path


def bring_in(window, path: Path, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.actions.files.QFileDialog.getOpenFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_I, CTRL)


def test_imported_labels_are_one_step_of_undo(
    window, labels: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.workspace.session
    before = session.undo.count()
    bring_in(window, labels, qtbot, monkeypatch)
    assert session.undo.count() == before + 1
    assert session.undo.undoText() == "Import 2 labels"
    assert "2 poses were labelled from labels.csv" in window.banner.sentence
    assert len(session.labels) == 2
    with Project(session.project.folder) as stored:
        assert sorted(stored.store.labels()) == sorted(session.labels)
    points = next(iter(session.labels.values())).pose.points
    assert (
        np.abs(points - session.predictions.points[session.predictions.rows_of_track(1)[4]] - 1.5).max()
        < 1e-4
    )
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert session.labels == {}
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert len(session.labels) == 2


def test_a_bad_file_is_said_and_changes_nothing(
    window, labels: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels.write_text(labels.read_text().replace("nose", "nose,1", 1))
    bring_in(window, labels, qtbot, monkeypatch)
    assert "line 2 of labels.csv: it does not have the 5 columns" in window.banner.sentence
    assert window.workspace.session.labels == {}
    assert not window.workspace.session.undo.canUndo()


def test_a_yolo_folder_is_chosen_by_its_data_yaml(
    window, labels: Path, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.workspace.session
    bring_in(window, labels, qtbot, monkeypatch)
    made = dict(session.labels)
    with Project(session.project.folder) as stored:
        export(stored, "yolo", tmp_path / "yolo", Silent(), ExportOptions(predictions=False))
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    bring_in(window, tmp_path / "yolo" / "data.yaml", qtbot, monkeypatch)
    assert session.labels.keys() == made.keys()
    for sample, label in made.items():
        assert np.abs(session.labels[sample].pose.points - label.pose.points).max() < 1e-4


def test_the_usual_export_is_coco(window, tmp_path: Path, qtbot) -> None:
    with qtbot.waitSignal(window.workspace.work.said, timeout=WAIT):
        in_export_dialog(window, qtbot, lambda dialog: dialog._place.setText(str(tmp_path / "poses")))
    assert (
        json.loads((tmp_path / "poses" / "annotations.json").read_text())["categories"][0]["name"] == "person"
    )
