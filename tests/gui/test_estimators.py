"""Estimators are chosen, imported, compared and given other joints in the window."""

import json
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.dialogs import estimators as module
from app.dialogs.estimators import NAME, EstimatorsDialog
from app.dialogs.import_estimator import NOTHING, SKELETON_ONLY, ImportDialog
from app.dialogs.joint_rows import LIMBS, MIRROR, SIGMA
from app.dialogs.joint_rows import NAME as JOINT
from app.dialogs.skeleton import SkeletonDialog
from core.domain import COCO17, Monitor, Skeleton, raise_if_cancelled
from core.domain.skeletons import SKELETONS
from core.estimation.session import EstimatorSession
from core.project.estimators.found_models import ESTIMATOR, OTHER, FoundModel
from tests.core.estimation.foreign_graphs import write_graph

LONG = 120_000


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "library", lambda: tmp_path / "library")
    return tmp_path / "library"


@pytest.fixture
def dialog(window, library, qtbot) -> EstimatorsDialog:
    made = EstimatorsDialog(window.workspace.session, "", window)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: not made._jobs, timeout=LONG)
    return made


def choose(dialog: EstimatorsDialog, name: str, qtbot) -> None:
    for row in range(dialog.list.count()):
        if dialog.list.item(row).data(NAME) == name:
            place = dialog.list.visualItemRect(dialog.list.item(row)).center()
            qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not dialog._jobs, timeout=LONG)


def test_what_an_estimator_is_stands_beside_it(dialog, qtbot):
    choose(dialog, "lightning", qtbot)
    assert dialog._values["architecture"].text() == "movenet-lightning"
    assert dialog._values["size"].text().startswith("192 × 192")
    assert dialog._values["joints"].text() == "17 (COCO-17): nose, left eye, right eye …"
    assert dialog._values["joints"].toolTip().endswith("right ankle")


def test_what_an_estimator_is_is_read_whole(dialog, qtbot):
    told = dialog._told["thunder"] | {"wpu": "no, because " + "of very many joints " * 12}
    dialog._show_facts(told)
    qtbot.wait(50)
    assert all(value.height() >= value.heightForWidth(value.width()) for value in dialog._values.values())


def test_closed_while_one_is_made_ready_it_does_not_wait_for_that(window, library, monkeypatch, qtbot):
    started = threading.Event()

    def shipped_model(name: str, monitor: Monitor) -> Path:
        started.set()
        for _ in range(LONG // 10):  # a first export takes as long
            raise_if_cancelled(monitor)
            time.sleep(0.01)
        raise AssertionError("never told to stop")

    monkeypatch.setattr("core.project.estimators.files.shipped_model", shipped_model)
    made = EstimatorsDialog(window.workspace.session, "", window)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(started.is_set)
    qtbot.keyClick(made, Qt.Key.Key_Escape)
    assert made.isHidden()


def test_the_chosen_one_is_used(dialog, qtbot):
    choose(dialog, "lightning", qtbot)
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert dialog.chosen == "lightning"
    assert dialog.result()


def test_once_adapted_the_project_keeps_its_estimator(window, library, qtbot):
    fixed = EstimatorsDialog(window.workspace.session, window.workspace.work.why_estimator_is_fixed(), window)
    qtbot.addWidget(fixed)
    qtbot.waitUntil(lambda: not fixed._jobs, timeout=LONG)
    assert not fixed.use.isEnabled()
    assert "Fixed" in fixed.use.toolTip()
    fixed.done(0)


def test_a_file_that_is_none_is_one_sentence(dialog, tmp_path, monkeypatch, qtbot):
    nonsense = tmp_path / "nonsense.onnx"
    nonsense.write_bytes(b"no network")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(nonsense), ""))
    qtbot.mouseClick(dialog._from_file, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog._jobs, timeout=LONG)
    assert "nonsense.onnx" in dialog._sentence.text()
    assert not dialog.use.isEnabled()


def test_the_ticked_ones_are_compared_on_the_video(dialog, qtbot):
    for row in range(dialog.list.count()):
        item = dialog.list.item(row)
        item.setCheckState(
            Qt.CheckState.Checked if item.data(NAME) == "lightning" else Qt.CheckState.Unchecked
        )
    qtbot.mouseClick(dialog.compare, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog._jobs, timeout=LONG)
    assert dialog.table.rowCount() == 1
    assert dialog.table.item(0, 5).text() == "CPU"
    assert float(dialog.table.item(0, 4).text()) > 0


@pytest.mark.long
def test_an_estimator_for_other_joints_is_imported(library, tmp_path, qtbot, monkeypatch):
    joints = tmp_path / "five.json"
    names = ["nose", "left_wrist", "right_wrist", "left_toe", "right_toe"]
    joints.write_text(json.dumps({"name": "Five", "joints": names}))
    dialog = ImportDialog(library)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.architecture.setCurrentText(SKELETON_ONLY)
    assert not dialog.go.isEnabled()
    qtbot.keyClicks(dialog.file, "lightning")
    dialog._use_skeleton(joints)
    qtbot.keyClicks(dialog.name, "five joints")
    with qtbot.waitSignal(dialog.accepted, timeout=LONG):
        qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert dialog.out == library / "five joints.onnx"
    assert EstimatorSession(dialog.out, "cpu").spec.skeleton.joints == tuple(names)
    assert any("3 of its 5 joints are known" in sentence for sentence in dialog.sentences)


@pytest.mark.long
def test_what_an_import_says_stays_beside_it_and_an_import_replaces_no_other(
    library, dialog, tmp_path, monkeypatch, qtbot
):
    graph = write_graph(tmp_path / "graph.onnx", half=True)
    names = tmp_path / "five.json"
    names.write_text(json.dumps({"joints": list("abcde")}))

    def imported(ask: ImportDialog) -> bool:
        ask.file.setText(str(graph))
        ask._use_skeleton(names)
        ask._import()
        qtbot.waitUntil(lambda: ask._job is None, timeout=LONG)
        return bool(ask.out)

    monkeypatch.setattr(ImportDialog, "exec", imported)
    for name in ("graph.onnx", "graph 2.onnx"):
        qtbot.mouseClick(dialog._import, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not dialog._jobs, timeout=LONG)
        assert dialog._current() == str(library / name)
        assert "It is for estimation only, because it has no weights in float32." in dialog._sentence.text()
        assert "another “Mean” and “Deviation”" in dialog._sentence.text()
        assert "no, because" in dialog._values["fine_tuning"].text()
    choose(dialog, "lightning", qtbot)
    assert dialog._sentence.isHidden()


def test_only_what_has_a_place_is_asked_for_and_enter_imports(library, tmp_path, qtbot):
    dialog = ImportDialog(library)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.mean.setText("1,2,3")
    dialog.architecture.setCurrentText(SKELETON_ONLY)
    assert not dialog.mean.isVisible()
    assert dialog.name.isVisible()
    qtbot.keyClicks(dialog.file, "nothing.onnx")
    qtbot.keyClick(dialog.file, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.go.isEnabled, timeout=LONG)
    assert dialog._sentence.text().startswith("nothing.onnx does not exist")  # and no word of the mean


@pytest.mark.long
def test_an_import_that_is_refused_says_why_and_leaves_nothing(library, tmp_path, qtbot):
    nonsense = tmp_path / "nonsense.pth"
    nonsense.write_bytes(b"no checkpoint")
    dialog = ImportDialog(library)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.architecture.setCurrentIndex(dialog.architecture.findData("hrnet"))
    dialog.file.setText(str(nonsense))
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(dialog._sentence.text()), timeout=LONG)
    qtbot.waitUntil(dialog.go.isEnabled, timeout=LONG)
    assert "nonsense.pth" in dialog._sentence.text()
    assert dialog.out is None
    assert not list(library.glob("*.onnx"))


@pytest.fixture
def skeletons(tmp_path: Path, qtbot) -> SkeletonDialog:
    made = SkeletonDialog(None, tmp_path)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_skeleton_comes_back_as_it_was_shown(skeletons):
    found = skeletons.skeleton()
    assert found.joints == COCO17.joints
    assert found.flip_pairs == COCO17.flip_pairs
    assert {tuple(sorted(edge)) for edge in found.edges} == {tuple(sorted(edge)) for edge in COCO17.edges}
    assert found.sigmas == COCO17.sigmas


def test_joints_are_added_moved_and_removed_and_the_skeleton_is_kept(skeletons, tmp_path, qtbot):
    qtbot.mouseClick(skeletons.buttons["Add"], Qt.MouseButton.LeftButton)
    row = skeletons.table.rowCount() - 1
    for column, text in ((JOINT, "left heel"), (LIMBS, "left ankle")):
        skeletons.table.item(row, column).setText(text)
    qtbot.mouseClick(skeletons.buttons["Add"], Qt.MouseButton.LeftButton)
    for column, text in (
        (JOINT, "right heel"),
        (MIRROR, "left heel"),
        (LIMBS, "right ankle"),
        (SIGMA, "0.09"),
    ):
        skeletons.table.item(row + 1, column).setText(text)
    qtbot.mouseClick(skeletons.buttons["Up"], Qt.MouseButton.LeftButton)
    skeletons.table.setCurrentCell(3, JOINT)
    qtbot.mouseClick(skeletons.buttons["Remove"], Qt.MouseButton.LeftButton)
    assert skeletons.table.item(1, LIMBS).text() == "right_eye"  # the ear is gone there as well
    assert skeletons.table.item(3, MIRROR).text() == ""
    skeletons.name.setText("With heels")
    qtbot.mouseClick(skeletons.ok, Qt.MouseButton.LeftButton)
    assert skeletons.path == tmp_path / "skeletons" / "With heels.json"
    kept = json.loads(skeletons.path.read_text())
    assert kept["joints"][-2:] == ["right_heel", "left_heel"]
    assert [17, 16] in kept["flip_pairs"]
    assert kept["sigmas"][16] == 0.09


def test_one_begins_with_a_built_in_skeleton_and_goes_on_from_it(skeletons, tmp_path, qtbot):
    box = skeletons.built_in
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(box.view(), "Hal")
    qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    assert box.currentIndex() == -1
    assert skeletons.name.text() == "Halpe-26"
    assert skeletons.skeleton().flip_pairs == SKELETONS["halpe26"].flip_pairs
    skeletons.table.setCurrentCell(17, JOINT)
    qtbot.mouseClick(skeletons.buttons["Remove"], Qt.MouseButton.LeftButton)
    assert skeletons.name.text() == "Own skeleton"
    qtbot.mouseClick(skeletons.ok, Qt.MouseButton.LeftButton)
    kept = Skeleton.from_json(json.loads(skeletons.path.read_text("utf-8")))
    assert kept.joints == tuple(joint for joint in SKELETONS["halpe26"].joints if joint != "head")


def test_a_built_in_skeleton_is_chosen_for_an_import(library, qtbot, monkeypatch):
    given = []
    monkeypatch.setattr(
        "core.project.estimators.files.import_estimator",
        lambda *_, skeleton, **__: given.append(skeleton) or [],
    )
    for keys, own in (("", None), ("Open", None), ("MediaPipe", None), ("", library / "mine.json")):
        dialog = ImportDialog(library)
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.file.setText("pose.onnx")
        dialog.skeleton.setFocus()
        qtbot.keyClicks(dialog.skeleton, keys)
        if own:
            dialog._use_skeleton(library / "first.json")
            dialog._use_skeleton(own)
        with qtbot.waitSignal(dialog.accepted, timeout=LONG):
            qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert given == [None, "body25", "mediapipe33", library / "mine.json"]
    assert [dialog.skeleton.itemText(n) for n in (0, 1, 9, 10)] == [
        "COCO-17",
        "COCO-WholeBody-133",
        "OpenCap-43",
        "mine",
    ]
    assert dialog.skeleton.count() == 11


def test_a_sigma_that_is_no_number_is_refused(skeletons, qtbot):
    skeletons.table.item(0, SIGMA).setText("small")
    qtbot.mouseClick(skeletons.ok, Qt.MouseButton.LeftButton)
    assert "nose" in skeletons.sentence.text()
    assert skeletons.isVisible()


def test_a_renamed_joint_keeps_its_limbs_and_mirror_image(skeletons, tmp_path, qtbot):
    # two of one name for a moment
    for row, name in ((0, "snout"), (3, "right_ear"), (4, "左 耳"), (3, "left, ear")):
        skeletons.table.item(row, JOINT).setText(name)
    assert skeletons.table.item(1, LIMBS).text() == "right_eye, left_ear"
    assert skeletons.table.item(4, MIRROR).text() == "left_ear"
    qtbot.mouseClick(skeletons.ok, Qt.MouseButton.LeftButton)
    found = Skeleton.from_json(json.loads(skeletons.path.read_text("utf-8")))
    assert found.joints == ("snout", "left_eye", "right_eye", "left_ear", "左_耳", *COCO17.joints[5:])
    assert found.flip_pairs == COCO17.flip_pairs
    assert {frozenset(edge) for edge in found.edges} == {frozenset(edge) for edge in COCO17.edges}


def test_joints_named_in_words_stay_so(tmp_path, qtbot):
    words = {"joints": ["left knee", "right knee", "hip"], "edges": [[2, 0]], "flip_pairs": [[0, 1]]}
    (tmp_path / "own.json").write_text(json.dumps(words))
    dialog = SkeletonDialog(tmp_path / "own.json", tmp_path)
    qtbot.addWidget(dialog)
    dialog.table.item(1, LIMBS).setText("hip, left_knee")
    found = dialog.skeleton()
    assert found.joints == ("left knee", "right knee", "hip")
    assert {tuple(sorted(edge)) for edge in found.edges} == {(0, 2), (1, 2), (0, 1)}


def test_a_mirror_image_is_one_both_ways(skeletons):
    skeletons.table.item(1, MIRROR).setText("right ear")
    assert [skeletons.table.item(row, MIRROR).text() for row in range(1, 5)] == [
        "right_ear",
        "",
        "",
        "left_eye",
    ]


def test_left_and_right_stay_what_they_were_whatever_they_are_called(tmp_path, qtbot):
    saved = tmp_path / "sides.json"
    saved.write_text(json.dumps({"joints": ["L", "R", "r knee", "l knee"], "flip_pairs": [[0, 1], [3, 2]]}))
    dialog = SkeletonDialog(saved, tmp_path)
    qtbot.addWidget(dialog)
    assert dialog.skeleton().flip_pairs == ((0, 1), (3, 2))


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        (JOINT, "", "number 2"),
        (JOINT, "nose", "more than one joint 'nose'"),
        (JOINT, "x" * 101, "1 to 100"),
        (MIRROR, "left eye", "left_eye is its own mirror image"),
        (LIMBS, "nose, left eye", "left_eye has a limb to itself"),
        (LIMBS, "tail", "left_eye names 'tail'"),
        (SIGMA, "nan", "σ of left_eye is nan"),
    ],
)
def test_a_joint_that_cannot_be_is_named_and_nothing_is_saved(skeletons, tmp_path, qtbot, column, text, said):
    skeletons.table.item(1, column).setText(text)
    qtbot.mouseClick(skeletons.ok, Qt.MouseButton.LeftButton)
    assert said in skeletons.sentence.text()
    skeletons.reject()
    assert not list(tmp_path.iterdir())


def test_a_skeleton_never_takes_the_place_of_another(tmp_path, qtbot):
    kept = []
    for joint in "ab":
        dialog = SkeletonDialog(None, tmp_path)
        qtbot.addWidget(dialog)
        dialog.table.item(0, JOINT).setText(joint)
        dialog.ok.click()
        kept.append(dialog.path.name)
    assert kept == ["Own skeleton.json", "Own skeleton 2.json"]
    again = SkeletonDialog(dialog.path, tmp_path)
    qtbot.addWidget(again)
    again.table.item(0, JOINT).setText("c")
    again.ok.click()
    assert again.path == dialog.path


def test_what_other_programs_have_left_here_is_offered(qtbot, tmp_path: Path, monkeypatch):
    found = [
        FoundModel(tmp_path / "rtmpose-m.onnx", "rtmlib", "RTMPose rtmpose-m", ESTIMATOR, "rtmpose"),
        FoundModel(tmp_path / "best.ckpt", "SLEAP", "its poses can be taken", OTHER),
    ]
    monkeypatch.setattr("app.dialogs.import_estimator.found_models", lambda beside: found if beside else [])
    dialog = ImportDialog(tmp_path, beside=[tmp_path])
    qtbot.addWidget(dialog)
    qtbot.waitUntil(dialog.found.isEnabled, timeout=LONG)
    assert [dialog.found.model().item(place).isEnabled() for place in (1, 2)] == [True, False]
    dialog.found.activated.emit(1)
    assert (dialog.file.text(), dialog.architecture.currentData()) == (str(found[0].file), "rtmpose")
    other = ImportDialog(tmp_path)
    qtbot.addWidget(other)
    qtbot.waitUntil(lambda: other.found.currentText() == NOTHING, timeout=LONG)
    assert not other.found.isEnabled()
