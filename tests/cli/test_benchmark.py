"""`main.py benchmark` from the outside: tables, files, and one sentence when something is wrong."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli.run import run_command
from core.project.estimators.models import RESOURCES

FRAMES = 4
ROOT = Path(__file__).parents[2]


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
    return run_command(
        ["benchmark", *map(str, arguments), "--out", str(out), "--device", "cpu", "--jobs", "1"]
    )


@pytest.mark.long
def test_a_video_and_its_reference_are_enough(reference, tmp_path, capsys):
    (reference / "sets.txt").write_text(f"# mine\n{reference / 'walk.mp4'}:dark@0.5\n")
    asked = (
        "--dataset",
        reference / "sets.txt",
        "--samplers",
        "duw,random,keyframes",
        "--seeds",
        1,
        "--labels",
        4,
    )
    code = benchmark(tmp_path, *asked, "--steps", 1)
    said = capsys.readouterr().out
    assert code == 0
    assert "| duw thc+wpu |" in said
    assert "| random |" in said
    assert "| duw thc+wpu | keyframes | exported |" in said
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
        (("--dataset", "demo", "--labels", "1.5"), "whole numbers"),
        (("--dataset", "demo", "--labels", "1", "--shares", "5"), "not both"),
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


def begun(reference: Path, out: Path) -> subprocess.Popen[str]:
    """A benchmark that trains for hours, in a process of its own."""
    command = [
        sys.executable,
        "main.py",
        "benchmark",
        "--dataset",
        reference / "walk.mp4",
        "--samplers",
        "random",
    ]
    command += [
        "--seeds",
        "1",
        "--shares",
        "50",
        "--steps",
        "10000",
        "--device",
        "cpu",
        "--jobs",
        "1",
        "--out",
        out,
    ]
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # who starts tests in the background ignores it
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("runs/.aside-*/*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.1)
    return process


def test_ctrl_c_ends_it_at_once_and_leaves_what_is_finished(reference, tmp_path):
    process = begun(reference, tmp_path)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip().endswith("Stopped. What was finished before is kept.")
    assert not list(tmp_path.glob("runs/*.jsonl"))
    assert (tmp_path / "samples").is_dir()


def test_no_process_outlives_one_that_was_killed(reference, tmp_path):
    process = begun(reference, tmp_path)
    process.kill()
    process.communicate(timeout=60)  # the pipe ends with the last process that holds it
    assert process.returncode == -signal.SIGKILL
