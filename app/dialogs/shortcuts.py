"""Other keys for what one does often: choose an action, then press them."""

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.shortcuts.action import MENUS, SUBMENUS
from app.shortcuts.presets import PRESETS
from app.shortcuts.shortcuts import Shortcuts
from app.style import theme

ID = Qt.ItemDataRole.UserRole
MODIFIERS = {
    getattr(Qt.Key, f"Key_{name}") for name in ("Shift", "Control", "Alt", "Meta", "AltGr", "CapsLock")
}


class KeyTree(QTreeWidget):
    """Lists the actions. catching: the next key is not for the list but the one to give to an action."""

    caught = Signal(str)  # the key's portable name, empty for Esc

    def __init__(self) -> None:
        super().__init__(columnCount=2, headerHidden=True, uniformRowHeights=True)
        self.catching = False

    def event(self, event: QEvent) -> bool:
        if self.catching and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # what the dialog would do with it does not matter now
            return True
        if self.catching and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() not in MODIFIERS:
                self.caught.emit(name_of(event))
            return True
        return super().event(event)


def name_of(event: QKeyEvent) -> str:
    """As Qt matches it: '?' is '?', whatever has to be held to type it."""
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if key == Qt.Key.Key_Escape:
        return ""
    if key == Qt.Key.Key_Backtab:
        key = Qt.Key.Key_Tab
    text = event.text()
    if len(text) == 1 and text.isprintable() and not text.isspace() and text.upper() == text.lower():
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    return QKeySequence(QKeyCombination(modifiers, key)).toString(QKeySequence.SequenceFormat.PortableText)


class ShortcutsDialog(QDialog):
    """What is changed holds at once."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change keys")
        self.resize(620, 680)
        self._shortcuts = shortcuts
        self._adding = False
        self.presets = QComboBox()
        self.presets.setAccessibleName("Keys as in")
        for name, preset in PRESETS.items():
            self.presets.addItem(preset.title, name)
        self.presets.setCurrentIndex(self.presets.findData(shortcuts.preset))
        self.presets.activated.connect(lambda place: shortcuts.choose(self.presets.itemData(place)))
        self.tree = KeyTree()
        self.tree.setAccessibleName("Actions and their keys")
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.caught.connect(self._catch)
        self.tree.itemActivated.connect(lambda item, _: self._wait_for_key(item))
        self.tree.currentItemChanged.connect(lambda *_: self._end_waiting())
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setObjectName("advice")
        self._items: dict[str, QTreeWidgetItem] = {}
        self._list_actions()
        self._lay_out()
        shortcuts.changed.connect(self._show_keys)
        self._show_keys()
        self._end_waiting()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel("Keys as in"))
        top.addWidget(self.presets)
        top.addStretch(1)
        self._change = self._button("Change…", "Press other keys for this action (Return)", self._replace)
        self._add = self._button("Add…", "One more key for this action", self._add_key)
        self._clear = self._button("No key", "Take this action's keys away", lambda: self._set(()))
        self._reset = self._button("Reset", "This action's keys as in the preset", self._reset_one)
        self.reset_all = self._button("Reset all", "All keys as in the preset", self._shortcuts.reset_all)
        self._on_action = (self._change, self._add, self._clear, self._reset)
        buttons = QHBoxLayout()
        for button in self._on_action:
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.reset_all)
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        close.setAutoDefault(False)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self.tree, 1)
        column.addWidget(self.sentence)
        column.addLayout(buttons)
        self.tree.setFocus()

    def _button(self, text: str, tooltip: str, act) -> QPushButton:
        button = QPushButton(text, toolTip=tooltip)
        button.setAutoDefault(False)
        # a click leaves the list the focus, and with it the next key
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _=False: act())
        return button

    def _list_actions(self) -> None:
        groups = {}
        for menu in (*MENUS, *SUBMENUS):
            groups[menu] = QTreeWidgetItem([menu])
            groups[menu].setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(groups[menu])
        for entry in self._shortcuts.actions.values():
            item = self._items[entry.id] = QTreeWidgetItem([entry.text, ""])
            item.setData(0, ID, entry.id)
            item.setToolTip(0, entry.tooltip)
            groups[entry.menu].addChild(item)
        self.tree.expandAll()

    # what is shown

    def _show_keys(self) -> None:
        colours = theme.current()
        for id, item in self._items.items():
            own = self._shortcuts.is_own(id)
            item.setText(1, "   ".join(self._shortcuts.words(id)))
            item.setForeground(1, QColor(colours.accent if own else colours.muted))
            item.setToolTip(1, "Changed by you" if own else "")
        self._end_waiting()

    def _end_waiting(self, sentence: str = "") -> None:
        self.tree.catching = False
        id = self._chosen()
        for button in self._on_action:
            button.setEnabled(id is not None)
        self.sentence.setText(sentence or "Choose an action and press Return, then the keys it shall have.")

    def _chosen(self) -> str | None:
        item = self.tree.currentItem()
        return None if item is None else item.data(0, ID)

    # what the user does

    def _wait_for_key(self, item: QTreeWidgetItem, adding: bool = False) -> None:
        id = item.data(0, ID)
        if id is not None:
            self._adding = adding
            self.tree.catching = True
            self.tree.setFocus()
            self.sentence.setText(
                f"Press the keys for “{self._shortcuts.actions[id].text}”; Esc leaves it as it was."
            )

    def _replace(self) -> None:
        self._wait_for_key(self.tree.currentItem())

    def _add_key(self) -> None:
        self._wait_for_key(self.tree.currentItem(), adding=True)

    def _catch(self, key: str) -> None:
        if not key:
            self._end_waiting()
        elif self._adding:
            self._set((*self._shortcuts.keys(self._chosen()), key))
        else:
            self._set((key,))

    def _set(self, keys: tuple[str, ...]) -> None:
        self._end_waiting(self._shortcuts.set(self._chosen(), keys))

    def _reset_one(self) -> None:
        self._end_waiting(self._shortcuts.reset(self._chosen()))
