"""A panel and a sampler that the window does not know are a line in a table."""

from PySide6.QtWidgets import QLabel

from app.dialogs.settings import SettingsDialog
from app.panels.table import PANELS, Entry
from core.selection.pool import pick_in_order
from core.selection.registry import SAMPLERS
from core.selection.registry import Entry as SamplerEntry
from tests.clips import make_clip
from tests.gui.conftest import open_path
from tests.projects import make_project
from tests.test_extending import example


def test_a_panel_has_its_place_its_menu_entry_and_its_dock(qtbot, tmp_path, monkeypatch, bare_window):
    entry = Entry("count", "left", 90, lambda parts: example("CountPanel")(parts.session))
    monkeypatch.setattr("app.window.workspace.PANELS", (*PANELS, entry))
    open_path(bare_window, make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 20)), qtbot)
    dock = bare_window.workspace.docks.docks["count"]
    assert dock.widget().title == "Labels"
    assert "0 labels" in {label.text() for label in dock.widget().findChildren(QLabel)}


def test_a_sampler_can_be_chosen_in_the_settings(qtbot, tmp_path, monkeypatch, bare_window):
    last_first = SamplerEntry(
        "The last first", lambda pool, size, seed: pick_in_order(pool, range(size), size)
    )
    monkeypatch.setitem(SAMPLERS, "last", last_first)
    open_path(bare_window, make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 20)), qtbot)
    dialog = SettingsDialog(bare_window.workspace.session, "", bare_window)
    qtbot.addWidget(dialog)
    assert "The last first" in [dialog._sampler.itemText(i) for i in range(dialog._sampler.count())]
