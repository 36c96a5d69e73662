"""One more of each kind is a line in a table: everything else knows it by its name from then on. The
examples of docs/extending.md are added.
"""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from app.style.choices import curve_name
from core.domain import COCO17, Silent
from core.estimation.architectures.registry import ARCHITECTURES, Architecture
from core.estimation.export import export_estimator
from core.estimation.network import Estimator, load_estimator, save_estimator
from core.estimation.session import EstimatorSession
from core.export.export import export
from core.export.formats import FORMATS, Format
from core.project.estimators.picture_network import known_people
from core.project.project import Project
from core.queries.scores import scores
from core.selection.registry import SAMPLERS
from core.selection.registry import Entry as SamplerEntry
from core.tracking.box_layouts import LAYOUTS
from core.tracking.foreign_detector import ForeignDetector, recognise
from core.uncertainty.criteria import CRITERIA
from core.uncertainty.criterion import Criterion, Seen
from core.workflow.estimate import estimate
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.commands import run
from tests.projects import make_project

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text("utf-8")
EXAMPLES = ModuleType("examples")
DEMO = Path(__file__).parents[1] / "resources" / "clips" / "assisted_cam04.mp4"


def example(name: str) -> Any:
    """A class or function of the page."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (block,) = (one for one in blocks if re.search(rf"^(?:class|def) {name}\b", one, re.MULTILINE))
    exec(block, vars(EXAMPLES))
    return getattr(EXAMPLES, name)


def test_a_sampler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SAMPLERS, "last", SamplerEntry("The last first", example("last_first")))
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 20), queued=0)
    run("propose", "--project", folder, "--sampler", "last", "--size", 1)
    with Project(folder) as project:
        assert sorted(item.sample.frame for item in project.store.queue()) == [19]


class SecondLook(Criterion):
    """With a pass of its own."""

    name = "second-look"
    short = "second look"
    title = "How much the estimate changes in a darker picture"
    further = True

    def measure(self, seen: Seen) -> np.ndarray:
        darker = seen.session.estimate(seen.crops // 2)
        pairs = zip(darker.maps.parts, seen.maps.parts, strict=True)
        return sum(np.abs(other - part).mean((1, 2, 3)) for other, part in pairs)


@pytest.fixture
def estimated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose poses are proposed by the sum of two criteria that are new."""
    monkeypatch.setitem(CRITERIA, "spread", example("Spread"))
    monkeypatch.setitem(CRITERIA, "second-look", SecondLook)
    with Project(tmp_path / "project", create=True) as project:
        video = project.add_video(DEMO)
        project.store.set_settings({"criterion": "spread+second-look", "spans": {str(video.id): [[0, 6]]}})
        estimate(project, video.id, Silent(), estimator="lightning", device="cpu")
    return tmp_path / "project"


def test_a_criterion_and_one_with_passes_of_its_own(estimated: Path) -> None:
    assert curve_name("second-look") == "Second look"
    with Project(estimated) as project:
        values = scores(project, 1, "spread+second-look")
        assert np.isfinite(values).all()
        assert values.max() > values.min()
        assert set(propose(project, size=1)[0].reason) >= {"spread", "second-look"}


def test_a_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Format("Number of labels", "How many there are.", example("export_count"), files=("count.txt",))
    monkeypatch.setitem(FORMATS, "count", made)
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 20))
    with Project(folder) as project:
        assert export(project, "count", tmp_path / "out", Silent()).startswith("Wrote the number of labels.")
    assert (tmp_path / "out" / "count.txt").read_text() == "0"


def test_an_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example("Plain")
    made = Architecture(
        f"{EXAMPLES.__name__}:Plain", "Three convolutions", (64, 96), ARCHITECTURES["hrnet"].spec
    )
    monkeypatch.setitem(sys.modules, EXAMPLES.__name__, EXAMPLES)
    monkeypatch.setitem(ARCHITECTURES, "plain", made)
    estimator = Estimator(ARCHITECTURES["plain"].spec_of("plain", COCO17, {})).eval()
    save_estimator(estimator, tmp_path / "plain.safetensors")
    again = load_estimator(tmp_path / "plain.safetensors").eval()
    export_estimator(again, tmp_path / "plain.onnx")
    crops = np.random.default_rng(0).integers(0, 256, (3, 96, 64, 3), dtype=np.uint8)
    heatmaps = EstimatorSession(tmp_path / "plain.onnx", "cpu").run(crops)[0]
    with torch.no_grad():
        expected = estimator(torch.from_numpy(crops))[0].numpy()
    assert heatmaps.shape == (3, 17, 24, 16)
    assert np.abs(heatmaps - expected).max() < 1e-4


def test_a_detector_s_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Corners as shares, with the score in front."""
    picture, people, _ = known_people()

    def network(values: np.ndarray) -> dict[str, np.ndarray]:
        rows = np.zeros((2, 5), np.float32)
        rows[:, 0], rows[:, 1:] = 0.8, people / np.tile([1088, 1920], 2)
        return {"found": rows}

    monkeypatch.setitem(LAYOUTS, "score first", example("score_first"))
    reading = recognise(network, (1088, 1920), picture, people, "mine.onnx")
    assert reading.layout == "score first"
    found = ForeignDetector(network, reading, (1088, 1920)).in_picture(picture)
    assert np.abs(found[:, :4] - people).max() < 1
