"""Colours, style sheet and icons: everything the window looks like."""

from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from core.domain import colours

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
STYLE = RESOURCES / "styles" / "app.qss"

LEFT, RIGHT, MIDDLE = map(QColor, (colours.LEFT, colours.RIGHT, colours.MIDDLE))


@dataclass(frozen=True)
class Theme:
    """Named colours that the style sheet and the palette are made of."""

    name: str
    window: str
    panel: str
    field: str
    hover: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    warn: str
    bad: str
    good: str
    canvas: str


DARK = Theme(
    name="dark",
    window="#14171a",
    panel="#1b1f24",
    field="#242a31",
    hover="#2c333b",
    border="#2b3138",
    text="#e4e8ec",
    muted="#8f9ba7",
    accent="#2fb5a5",
    on_accent="#04211d",
    warn="#e3a63b",
    bad="#ee6f5c",
    good="#62c07a",
    canvas="#0e1012",
)
LIGHT = Theme(
    name="light",
    window="#eceff1",
    panel="#fbfcfc",
    field="#eef1f3",
    hover="#e2e7ea",
    border="#d3d9de",
    text="#1c2329",
    muted="#5d6974",
    accent="#0e8074",
    on_accent="#ffffff",
    warn="#9a6200",
    bad="#c0392b",
    good="#1f7a3d",
    canvas="#cfd5da",
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def wanted(name: object) -> Theme:
    """The theme of that name; for any other the system's, dark where that has none."""
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return THEMES.get(name, LIGHT if light else DARK)


def apply(app: QApplication, theme: Theme) -> None:
    """Paints the whole application in a theme."""
    app.setStyle("Fusion")
    app.setPalette(_palette(theme))
    style = STYLE.read_text(encoding="utf-8")
    # longest name first, so that "on_accent" is not taken for "accent"
    for key, value in sorted(asdict(theme).items(), key=lambda item: -len(item[0])):
        style = style.replace(f"@{key}", value)
    app.setStyleSheet(style.replace("@styles", STYLE.parent.as_posix()))


def current() -> Theme:
    """The theme on screen; the application's palette is where it is kept."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window).name()
    return next((theme for theme in THEMES.values() if theme.window == window), DARK)


def mark(widget: QWidget, name: str, value: object) -> None:
    """Sets a property that the style sheet goes by."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def person_colour(place: int) -> QColor:
    """A person's colour over the video. place: see Session.places."""
    return QColor(colours.person_colour(place))


def curve_colour(place: int) -> QColor:
    """The same in the panels, darker where the background is light."""
    return person_colour(place) if current() is not LIGHT else person_colour(place).darker(150)


def disc(colour: QColor, radius: int) -> QIcon:
    """A dot of 24 by 24 pixels that keeps its colour in a selected row."""
    pixmap = QPixmap(24, 24)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(colour)
    painter.setPen(QColor(0, 0, 0, 70))  # white stays visible on white
    painter.drawEllipse(QPointF(12, 12), radius, radius)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def side_colour(side: str) -> QColor:
    """side: as from Skeleton.side."""
    return {"left": LEFT, "right": RIGHT}.get(side, MIDDLE)


def icon(name: str, colour: str | None = None) -> QIcon:
    """An icon of the Material Design set, tinted for the theme on screen."""
    import qtawesome  # half a second of font loading that the first frame need not wait for

    theme = current()
    return qtawesome.icon(f"mdi6.{name}", color=colour or theme.text, color_disabled=theme.muted)


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for roles, colour in (
        ((role.Window, role.Button), theme.window),
        ((role.Base, role.ToolTipBase), theme.panel),
        ((role.AlternateBase,), theme.field),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), theme.text),
        ((role.PlaceholderText,), theme.muted),
        ((role.Highlight, role.Accent, role.Link), theme.accent),
        ((role.HighlightedText,), theme.on_accent),
        ((role.Mid, role.Dark), theme.border),
        ((role.Light, role.Midlight), theme.hover),
        ((role.Shadow,), theme.canvas),
    ):
        for one in roles:
            palette.setColor(one, QColor(colour))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(theme.muted))
    return palette
