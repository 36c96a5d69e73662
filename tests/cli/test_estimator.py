"""main.py estimator: others' estimators become ours, and what cannot is refused in one sentence."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.cli.run import run_command
from core.domain.skeletons import SKELETONS
from core.estimation.network import Estimator
from tests.core.estimation.fakes import FIVE, small_spec, with_norms


@pytest.fixture
def five(tmp_path: Path) -> Path:
    path = tmp_path / "five.json"
    path.write_text(json.dumps(FIVE.to_json()))
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    _, state = with_norms(Estimator(small_spec("simple-baseline")).net)
    torch.save(state, tmp_path / "pose.pth")
    return tmp_path / "pose.pth"


def test_the_list_names_what_ships_and_what_can_be_made(capsys):
    assert run_command(["estimator", "list"]) == 0
    said = capsys.readouterr().out
    assert all(
        name in said for name in ("thunder", "lightning", "simple-baseline", "hrnet", "vitpose", "onnx")
    )


def test_the_skeletons_that_are_built_in_are_listed_shown_and_compared(five, capsys):
    assert run_command(["estimator", "skeletons"]) == 0
    said = capsys.readouterr().out
    assert all(
        name in said
        for name in ("wholebody133", "COCO-WholeBody-133", "mediapipe33", "opencap43", "sports2d22")
    )
    assert run_command(["estimator", "skeletons", "halpe26"]) == 0
    said = capsys.readouterr().out
    assert "left_small_toe" in said
    assert "0.079" in said
    assert run_command(["estimator", "skeletons", "body25", "coco17"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "17 of the 17 joints of COCO-17 are joints of OpenPose BODY_25; lost: neck, hip, left_big_toe"
    )
    assert run_command(["estimator", "skeletons", str(five), "coco17"]) == 0


def test_a_built_in_skeleton_is_given_by_name(tmp_path, capsys):
    _, state = with_norms(Estimator(replace(small_spec("simple-baseline"), skeleton=SKELETONS["aic14"])).net)
    torch.save(state, tmp_path / "pose.pth")
    out = tmp_path / "ours.safetensors"
    line = (
        f"estimator import {tmp_path / 'pose.pth'} --architecture simple-baseline --size 64x96 --out {out}"
    ).split()
    assert run_command(line) == 2
    assert "names as many, such as the built-in aic14." in capsys.readouterr().err
    assert run_command([*line, "--skeleton", "AIC-14"]) == 0
    capsys.readouterr()
    assert run_command(["estimator", "show", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["skeleton"] == SKELETONS["aic14"].to_json() | {
        "name": "AIC-14"
    }


def test_a_checkpoint_is_imported_and_shown(checkpoint, five, tmp_path, capsys):
    out = tmp_path / "ours.onnx"
    line = (
        f"estimator import {checkpoint} --architecture simple-baseline --skeleton {five} --size 64x96 "
        f"--out {out}"
    )
    assert run_command([*line.split(), "--mean", "1,2,3", "--convention", "udp"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("WPU will not be available, because the pose prior needs")
    assert said[1].startswith("It takes blue first, as its authors' code does; give --colours rgb")
    assert said[2].startswith("Exported and compared: outputs differ by at most ")
    assert said[3:] == ["It can be fine-tuned.", f"The estimator is in {out}."]
    assert run_command(["estimator", "show", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["width"], told["height"], told["mean"], told["convention"]) == (64, 96, [3, 2, 1], "udp")
    assert told["fine_tuning"] == "yes"
    assert told["skeleton"]["joints"] == list(FIVE.joints)
    assert run_command(["estimator", "show", str(out)]) == 0
    assert "simple-baseline" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("show {folder}/gone.onnx", "gone.onnx does not exist"),
        ("show {checkpoint}", "A checkpoint is imported first"),
        ("show {folder}", "is no project of PoseTailor"),
        (
            "import {folder}/gone.pth --architecture hrnet --out {out}",
            "gone.pth does not exist. Check the path.",
        ),
        ("import {checkpoint} --architecture alexnet --out {out}", "There is no architecture 'alexnet'"),
        ("import {checkpoint} --out {out}", "A checkpoint is imported first"),
        ("import thunder --out {out}", "give its --architecture, or the --skeleton it shall have"),
        (
            "import thunder --skeleton {five} --size 64x64 --out {out}",
            "--size has no place with an estimator of ours",
        ),
        (
            "import {checkpoint} --architecture hrnet --output heat --out {out}",
            "--output has no place with an estimator",
        ),
        (
            "import thunder --skeleton halpe27 --out {out}",
            "no built-in skeleton 'halpe27'. Choose one of coco17",
        ),
        ("import thunder --skeleton {folder}/none.json --out {out}", "none.json cannot be read"),
        ("import thunder --skeleton {checkpoint} --out {out}", "pose.pth is no JSON file"),
        ("import {checkpoint} --architecture simple-baseline --out {out}", "Joints in pose.pth: 5."),
        (
            "import {checkpoint} --architecture simple-baseline --colours red --out {out}",
            "no order of colours 'red'",
        ),
        (
            "import {checkpoint} --architecture simple-baseline --size big --out {out}",
            "A size of 'big' is not possible",
        ),
        (
            "import {checkpoint} --architecture simple-baseline --mean 1,2 --out {out}",
            "A mean of '1,2' is not possible",
        ),
        (
            "import {checkpoint} --architecture simple-baseline --std 1,2,0 --out {out}",
            "A std of '1,2,0' is not",
        ),
        (
            "import {checkpoint} --architecture simple-baseline --convention no --out {out}",
            "There is no convention 'no'",
        ),
        ("import {checkpoint} --architecture onnx --skeleton {five} --out {out}", "pose.pth"),
        ("import {folder} --architecture vitpose --out {out}", "is not one that transformers saved"),
        (
            (
                "import {checkpoint} --architecture simple-baseline --skeleton {five} --size 64x96 --out "
                "{folder}/a.txt"
            ),
            "give a name that ends in .onnx or .safetensors",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(arguments, sentence, checkpoint, five, tmp_path, capsys):
    out = tmp_path / "out.onnx"
    line = arguments.format(folder=tmp_path, checkpoint=checkpoint, five=five, out=out)
    before = sorted(tmp_path.rglob("*"))
    assert run_command(["estimator", *line.split()]) == 2
    said = capsys.readouterr()
    assert sentence in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert said.out == ""
    assert sorted(tmp_path.rglob("*")) == before
