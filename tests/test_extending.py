"""One more of each kind is a line in a table: everything else knows it by its name from then on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.style.choices import curve_name
from core.domain import COCO17, Monitor, Silent
from core.estimation.architectures.net import Net, Parts
from core.estimation.architectures.registry import ARCHITECTURES, Architecture
from core.estimation.export import export_estimator
from core.estimation.network import Estimator, load_estimator, save_estimator
from core.estimation.session import EstimatorSession
from core.estimation.spec import EstimatorSpec
from core.export.export import export
from core.export.formats import FORMATS, Format
from core.export.options import ExportOptions
from core.project.estimators.picture_network import known_people
from core.project.project import Project
from core.queries.scores import scores
from core.selection.pool import Pool, pick_in_order
from core.selection.registry import SAMPLERS
from core.selection.registry import Entry as SamplerEntry
from core.tracking.foreign_detector import LAYOUTS, Boxes, ForeignDetector, recognise
from core.uncertainty.criteria import CRITERIA
from core.uncertainty.criterion import Criterion, Seen
from core.workflow.estimate import estimate
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.commands import run
from tests.projects import make_project

DEMO = Path(__file__).parents[1] / "resources" / "clips" / "assisted_cam04.mp4"


def last_first(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    return pick_in_order(pool, np.arange(len(pool.uncertainty))[::-1], size)


def test_a_sampler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SAMPLERS, "last", SamplerEntry("The last first", last_first))
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 20), queued=0)
    run("propose", "--project", folder, "--sampler", "last", "--size", 1)
    with Project(folder) as project:
        assert sorted(item.sample.frame for item in project.store.queue()) == [19]


class Spread(Criterion):
    name = "spread"
    short = "spread"
    title = "Spread of the heatmaps"

    def measure(self, seen: Seen) -> np.ndarray:
        return sum(part.std((2, 3)).mean(1) for part in seen.maps.parts)


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
    monkeypatch.setitem(CRITERIA, "spread", Spread)
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


def write_count(project: Project, out: Path, monitor: Monitor, options: ExportOptions) -> str:
    (out / "count.txt").write_text(str(len(project.labels())))
    return "Wrote the number of labels."


def test_a_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Format("Number of labels", "How many there are.", write_count, files=("count.txt",))
    monkeypatch.setitem(FORMATS, "count", made)
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 20))
    with Project(folder) as project:
        assert export(project, "count", tmp_path / "out", Silent()).startswith("Wrote the number of labels.")
    assert (tmp_path / "out" / "count.txt").read_text() == "0"


class Plain(Net):
    """Three convolutions, of which the last gives the heatmaps in steps of four pixels."""

    first, final = "early.weight", "last"

    def __init__(self, spec: EstimatorSpec) -> None:
        super().__init__()
        self.early = nn.Conv2d(3, 8, 3, 2, 1)
        self.late = nn.Conv2d(8, 16, 3, 2, 1)
        self.last = nn.Conv2d(16, len(spec.skeleton), 1)

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        return 16

    trunk = ("early",)

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        return (torch.relu(self.early(images / 255)),)

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.relu(self.late(features[0]))
        return self.last(seen), seen.mean((2, 3))

    def parts(self, frozen: int) -> Parts:
        return Parts([self.early], [self.late], [self.last])


PLAIN = Architecture(f"{__name__}:Plain", "Three convolutions", (64, 96), ARCHITECTURES["hrnet"].spec)


def test_an_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARCHITECTURES, "plain", PLAIN)
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
    """Corners as shares, with the score in front: a function and a line in the table of layouts."""
    picture, people, _ = known_people()

    def score_first(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
        rows = outputs[0]
        return Boxes(rows[:, 1:5], rows[:, 0], np.zeros(len(rows))) if rows.shape[1:] == (9,) else None

    def network(values: np.ndarray) -> dict[str, np.ndarray]:
        rows = np.zeros((2, 9), np.float32)
        rows[:, 0], rows[:, 1:5] = 0.8, people / np.tile([1088, 1920], 2)
        return {"found": rows}

    monkeypatch.setitem(LAYOUTS, "score first", score_first)
    reading = recognise(network, (1088, 1920), picture, people, "mine.onnx")
    assert reading.layout == "score first"
    found = ForeignDetector(network, reading, (1088, 1920)).in_picture(picture)
    assert np.abs(found[:, :4] - people).max() < 1
