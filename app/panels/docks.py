"""The panels around the picture: docks that can be moved, floated, stacked and hidden, and stay where they
were put.
"""

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
KEY = "docks"
REST = 300  # ms without a change
VERSION = 2  # raise it when panels come, go or begin elsewhere: an older arrangement is then forgotten


class Docks(QMainWindow):
    """A centre with docks around it. panels: by name; each has a `heading`, the widget it is dragged by."""

    def __init__(self, centre: QWidget, settings: QSettings) -> None:
        super().__init__(flags=Qt.WindowType.Widget)
        self._settings = settings
        self.docks: dict[str, QDockWidget] = {}
        self._first: QByteArray | None = None
        self._sizes: tuple[dict[str, int], list[dict[str, int]]] = ({}, [])
        self.setCentralWidget(centre)
        self.setDockNestingEnabled(True)
        self.setAnimated(False)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for side, corners in {
            "left": (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner),
            "right": (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner),
        }.items():
            for corner in corners:
                self.setCorner(corner, AREAS[side])
        self._keep = QTimer(self, singleShot=True, interval=REST)
        self._keep.timeout.connect(self.save)
        self._arranged: list[tuple[QSize, QByteArray]] = []  # where there was more room, the least last
        self._settled = QTimer(self, singleShot=True, interval=REST)
        self._settled.timeout.connect(self._remember)

    def add(self, name: str, title: str, panel: QWidget, heading: QWidget, area: str) -> None:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setAccessibleName(title)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        dock.setWidget(panel)
        dock.setTitleBarWidget(heading)
        heading.setToolTip("Drag to move the panel, double-click to float it")
        self.addDockWidget(AREAS[area], dock)
        self.docks[name] = dock
        dock.installEventFilter(self)
        for signal in (dock.topLevelChanged, dock.dockLocationChanged):
            signal.connect(self._change)

    def share_out(self, widths: dict[str, int], heights: list[dict[str, int]]) -> None:
        """The arrangement of the first start; then the one the user left, where there is one. heights: by
        side.
        """
        self._sizes = widths, heights
        self.layout().activate()
        self._share_out()
        self._first = self.saveState(VERSION)
        kept = self._settings.value(KEY)
        if isinstance(kept, QByteArray):
            self.restoreState(kept, VERSION)

    def _share_out(self) -> None:
        widths, heights = self._sizes
        self.resizeDocks(
            [self.docks[name] for name in widths], list(widths.values()), Qt.Orientation.Horizontal
        )
        for column in heights:
            self.resizeDocks(
                [self.docks[name] for name in column], list(column.values()), Qt.Orientation.Vertical
            )

    def reset(self) -> None:
        """As at the first start, in the window's present size."""
        if self._first is not None:
            self._arranged.clear()
            self.restoreState(self._first, VERSION)
            self.layout().activate()
            self._share_out()

    def stack(self, name: str, on: str) -> None:
        """Two panels in one place, with tabs; the one that was there stays in front."""
        self.tabifyDockWidget(self.docks[on], self.docks[name])
        self.docks[on].raise_()

    def bring_to_front(self, name: str) -> None:
        self.docks[name].raise_()

    def _change(self, *_: object) -> None:
        self._arranged.clear()
        self._keep.start()

    # a window that was made small for a while

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:  # by the window or a splitter
            self._settled.start()
        return False

    def _remember(self) -> None:
        width, height = self.width(), self.height()
        self._arranged = [
            known for known in self._arranged if known[0].width() > width or known[0].height() > height
        ]
        self._arranged.append((self.size(), self.saveState(VERSION)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Squeezed panels would stay so, as Qt gives the room that comes back to the picture."""
        super().resizeEvent(event)
        new, old = event.size(), event.oldSize()
        for size, state in self._arranged:
            fits = size.width() <= new.width() and size.height() <= new.height()
            if fits and (size.width() > old.width() or size.height() > old.height()):
                QTimer.singleShot(0, self, lambda state=state: self._give_back(state))
                return

    def _give_back(self, state: QByteArray) -> None:
        known = self._arranged.copy()
        self.restoreState(state, VERSION)
        self._arranged = known  # nobody moved a panel

    def show_panels(self, names: set[str]) -> None:
        self._arranged.clear()
        for name, dock in self.docks.items():
            dock.setVisible(name in names)

    def save(self) -> None:
        if self._first is not None:
            self._settings.setValue(KEY, self.saveState(VERSION))
