"""Makes the screenshots in docs/screenshots/: both themes, at 1280x800 and 1920x1080.

python docs/make_screenshots.py                    estimates and fine-tunes on the demo clip first (minutes)
python docs/make_screenshots.py --project FOLDER   shows a copy of an existing project instead
python docs/make_screenshots.py --out FOLDER       writes them elsewhere
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.dialogs.estimators import EstimatorsDialog  # noqa: E402
from app.dialogs.export import ExportDialog  # noqa: E402
from app.dialogs.settings import SettingsDialog  # noqa: E402
from app.dialogs.skeleton import SkeletonDialog  # noqa: E402
from app.session.project_opening import DEMO_CLIP  # noqa: E402
from app.style import theme  # noqa: E402
from app.window.window import Window  # noqa: E402

OUT = Path(__file__).resolve().parent / "screenshots"
SIZES = ((1280, 800), (1920, 1080))
BEGUN = 4  # poses of the second batch that are labelled
REFERENCE = ROOT / "resources" / "clips" / "assisted_cam04.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    chosen, out = arguments.project, arguments.out
    out.mkdir(exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as scratch:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, scratch)
        folder = Path(scratch) / "demo.posetailor"
        if chosen is None:
            make_project(folder)
        else:
            shutil.copytree(chosen, folder)
        for look in theme.THEMES.values():
            for width, height in SIZES:
                theme.apply(app, look)
                take_all(folder, (width, height), out, f"{look.name}-{width}x{height}.png")


def make_project(folder: Path) -> None:
    """The demo clip estimated, one batch labelled by its reference poses and learned from, another one
    begun.
    """
    from core.domain import Silent
    from core.project.project import Project
    from core.workflow.annotate import annotate
    from core.workflow.estimate import estimate
    from core.workflow.fine_tune import finetune
    from core.workflow.propose import propose

    with Project(folder, create=True) as project:
        estimate(project, project.add_video(DEMO_CLIP).id, Silent())
        propose(project)
        annotate(project, REFERENCE)
        finetune(project, Silent())
        propose(project, size=BEGUN)
        annotate(project, REFERENCE)
        propose(project)


def take_all(folder: Path, size: tuple[int, int], out: Path, name: str) -> None:
    with window_of(size) as window:
        window.open(copy_of_the_clip(folder.parent))
        wait_for_picture(window)
        take(window, out / f"first-{name}")
        window.open(folder)
        wait_for_picture(window)
        take(window, out / f"frame-{name}")
        window.perform("next_queued")
        wait_for_picture(window)
        take(window, out / f"correct-{name}")
        press_a_joint(window)
        take(window, out / f"drag-{name}")
        QTest.mouseRelease(window.workspace.canvas, Qt.MouseButton.LeftButton)
        window.perform("undo")
        window.perform("review")
        take(window, out / f"review-{name}")
        export = ExportDialog(window.workspace.session, window)
        export.show()
        take(export, out / f"export-{name}")
        export.close()
        dialog = SettingsDialog(
            window.workspace.session, window.workspace.work.why_estimator_is_fixed(), window
        )
        dialog.show()
        take(dialog, out / f"settings-{name}")
        dialog.close()
        estimators = EstimatorsDialog(
            window.workspace.session, window.workspace.work.why_estimator_is_fixed(), window
        )
        estimators.show()
        wait(estimators.compare.isEnabled, 60)
        estimators.compare.click()
        wait(lambda: estimators.table.rowCount() > 0, 120)
        take(estimators, out / f"estimators-{name}")
        skeleton = SkeletonDialog(None, folder, estimators)
        skeleton.show()
        take(skeleton, out / f"skeleton-{name}")
        skeleton.close()
        estimators.close()
        window.close_project()
        take(window, out / f"welcome-{name}")


def press_a_joint(window: Window) -> None:
    """The most doubtful one in the hand, a little beside its place."""
    canvas, session = window.workspace.canvas, window.workspace.session
    place = canvas.place_of(session.sample, session.joint).toPoint()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(canvas, place + QPoint(12, -9))


def copy_of_the_clip(scratch: Path) -> Path:
    """A video that has no project yet."""
    video = Path(tempfile.mkdtemp(dir=scratch)) / DEMO_CLIP.name
    shutil.copyfile(DEMO_CLIP, video)
    return video


def wait_for_picture(window: Window) -> None:
    wait(lambda: window.workspace.session is not None and window.workspace.canvas.editable)


@contextmanager
def window_of(size: tuple[int, int]) -> Iterator[Window]:
    window = Window()
    window.resize(*size)
    window.show()
    yield window
    window.close()
    window.deleteLater()


def take(widget: QWidget, file: Path) -> None:
    pause(1.0)  # for thumbnails and curves
    widget.grab().save(str(file))
    print(file)


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not come to rest")
        QApplication.processEvents()
        time.sleep(0.005)


def pause(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main()
