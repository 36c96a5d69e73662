"""`main.py benchmark` from the outside: tables, files, and one sentence when something is wrong."""

import json

import pytest

from app.cli import run_command
from core.project.models import RESOURCES

FRAMES = 4


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The bundled clip with a reference of its first frames beside it."""
    folder = tmp_path_factory.mktemp("mine")
    clip = RESOURCES / "clips" / "assisted_cam04.mp4"
    (folder / "walk.mp4").write_bytes(clip.read_bytes())
    content = json.loads(clip.with_suffix(".json").read_text())
    content["images"] = [image for image in content["images"] if image["frame_id"] < FRAMES]
    kept = {image["id"] for image in content["images"]}
    content["annotations"] = [person for person in content["annotations"] if person["image_id"] in kept]
    (folder / "walk.json").write_text(json.dumps(content))
    return folder


def benchmark(out, *arguments: object) -> int:
    return run_command(["benchmark", *map(str, arguments), "--out", str(out), "--device", "cpu", "--jobs", "1"])


def test_a_video_and_its_reference_are_enough(reference, tmp_path, capsys):
    (reference / "sets.txt").write_text(f"# mine\n{reference / 'walk.mp4'}:dark@0.5\n")
    code = benchmark(
        tmp_path,
        "--dataset",
        reference / "sets.txt",
        "--samplers",
        "duw,random",
        "--seeds",
        1,
        "--shares",
        50,
        "--steps",
        1,
    )
    said = capsys.readouterr().out
    assert code == 0
    assert "| duw thc+wpu |" in said
    assert "| random |" in said
    assert {"report.md", "report.json", "curves.png", "curves.svg", "inputs.json"} <= {
        p.name for p in tmp_path.iterdir()
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--dataset", "nobody"), "no data set 'nobody'"),
        (("--dataset", "demo:foggy"), "no change 'foggy'"),
        (("--dataset", "demo", "--samplers", "best"), "no sampler 'best'"),
        (("--dataset", "demo", "--criteria", "luck"), "no criterion 'luck'"),
        (("--dataset", "demo", "--shares", "20,10"), "ascending"),
        (("--dataset", "demo", "--estimator", "nobody"), "no estimator 'nobody'"),
        (("--dataset", "demo", "--first", "best"), "no sampler 'best'"),
        (("--dataset", "missing.txt"), "no file missing.txt"),
        (("--dataset", "missing.mp4=missing.json"), "no file missing.json"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, capsys, arguments, words):
    assert benchmark(tmp_path, *arguments) == 2
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in sentence
    assert "Traceback" not in sentence
