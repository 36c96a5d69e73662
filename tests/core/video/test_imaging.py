import os
import subprocess
import sys

import pytest

CHECK = """
import os
assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
assert "QT_QPA_FONTDIR" not in os.environ
assert os.environ.get("LD_LIBRARY_PATH") == {library_path!r}, os.environ.get("LD_LIBRARY_PATH")
app = QApplication([])
label = QLabel("seen")
assert not label.grab().isNull()
assert cv2.getNumThreads() == 1
"""

CV2 = "from core.video.imaging import cv2\n"
QT = "from PySide6.QtWidgets import QApplication, QLabel\n"


@pytest.mark.parametrize("imports", [CV2 + QT, QT + CV2], ids=["cv2 first", "Qt first"])
@pytest.mark.parametrize("library_path", [None, "/somewhere"])
def test_opencv_leaves_the_surroundings_as_they_were(imports: str, library_path: str | None) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH" and not k.startswith("QT_")}
    environment["QT_QPA_PLATFORM"] = "offscreen"
    if library_path:
        environment["LD_LIBRARY_PATH"] = library_path
    script = imports + CHECK.format(library_path=library_path)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
