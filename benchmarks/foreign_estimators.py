"""Whether an imported estimator computes what the library computed that its checkpoint comes from.

python benchmarks/foreign_estimators.py [--mmpose PYTHON] [--transformers PYTHON]

PYTHON: the interpreter of a virtual environment with the library (`mmpose mmengine mmcv-lite` with pip's
--no-deps and what they then ask for; `torch transformers`). Weights are random. Heatmaps are cut to 0 .. 1,
as estimators give them here. Exit status 1 where one differs by more than 1e-4.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

TOLERANCE = 1e-4


def check(folder: Path) -> tuple[float, float]:
    """Largest difference of the heatmaps or distributions, and their standard deviation."""
    out = folder / "estimator.onnx"
    name = folder.name.removesuffix("-simple").removesuffix("-of-mmdeploy")
    command = [sys.executable, str(ROOT / "main.py"), "estimator", "import"]
    files = [file for file in (folder / "checkpoint.pth", folder / "end2end.onnx") if file.exists()]
    source = files[0] if files else folder
    arguments = [str(source), "--architecture", name, "--out", str(out)]
    subprocess.run([*command, *arguments], check=True, capture_output=True)
    known = np.load(folder / "io.npz")
    session = onnxruntime.InferenceSession(out)
    maps, *_ = session.run(None, {"crops": known["crops"]})
    wanted = known["maps"].clip(0, 1)
    return float(np.abs(maps - wanted).max()), float(wanted.std())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("mmpose", "transformers"):
        parser.add_argument(f"--{name}", metavar="PYTHON")
    options = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    print(
        f"{date.today()}\n\n| checkpoint of | net | largest difference | deviation of the maps "
        "|\n|---|---|---|---|"
    )
    missed = False
    for kind, python in vars(options).items():
        if python is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            command = [python, str(ROOT / "benchmarks" / "drivers" / "nets.py"), kind, folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            version = done.stdout.splitlines()[-1]
            for place in sorted(Path(folder).iterdir()):
                difference, spread = check(place)
                missed |= difference > TOLERANCE
                print(f"| {version} | {place.name} | {difference:.1e} | {spread:.2f} |", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
