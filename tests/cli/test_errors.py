"""Whatever is wrong with the input: one sentence on stderr, exit code 2, and the project as it was."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli.run import run_command
from core.project.project import DATABASE, Project
from tests.clips import make_clip
from tests.core.labels import label
from tests.core.video.test_broken import cut_short, make_sound
from tests.projects import make_project

ROOT = Path(__file__).parents[2]
FRAMES = 24
Refused = Callable[..., str]


def checksum(folder: Path) -> str:
    """Of all that a human made and all rounds in a project."""
    database = sqlite3.connect(folder / DATABASE)
    content = {
        table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        for table in ("meta", "videos", "tracks", "rounds", "labels", "queue", "shards")
    }
    database.close()
    return hashlib.sha256(repr(content).encode()).hexdigest()


def files(folder: Path) -> set[Path]:
    return {
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", FRAMES)


@pytest.fixture
def project(tmp_path: Path, clip: Path) -> Path:
    """Round 0 estimated, six samples queued, two labelled, one of them not accepted."""
    folder = make_project(tmp_path / "project", clip)
    with Project(folder) as opened:
        label(opened, (1, 0))
        label(opened, (1, 4), accepted=False)
    return folder


@pytest.fixture
def refused(project: Path, capsys: pytest.CaptureFixture) -> Refused:
    """Runs a command, which must be refused and change nothing; returns the sentence."""

    def run(*arguments: object) -> str:
        before, there = checksum(project), files(project)
        code = run_command([str(a) for a in arguments])
        said = capsys.readouterr()
        assert code == 2, said
        assert said.out == ""
        sentence = said.err.strip().splitlines()[-1]
        assert len(sentence) > 15
        assert "Traceback" not in said.err
        assert (checksum(project), files(project)) == (before, there)
        return sentence

    return run


def noise(path: Path) -> Path:
    def picture(n: int) -> np.ndarray:
        grey = np.random.default_rng(n).integers(100, 140, (96, 160, 1), np.uint8)
        return np.repeat(grey, 3, 2)

    return make_clip(path, 12, picture=picture)


def text(path: Path) -> Path:
    path.write_text("no video\n" * 1000)
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: folder / "gone.mp4", "There is no file"),
        (lambda folder: folder, "is a folder without images"),
        (lambda folder: text(folder / "text.mp4"), "cannot be read as a video"),
        (lambda folder: cut_short(make_clip(folder / "cut.mp4"), 0.6), "cut short"),
        (lambda folder: make_sound(folder / "sound.m4a"), "holds no video, only sound"),
    ],
    ids=["missing", "folder", "text", "truncated", "sound"],
)
@pytest.mark.parametrize("place", ["project", "new"])
def test_what_is_no_video(
    tmp_path: Path, refused: Refused, make: Callable, sentence: str, place: str
) -> None:
    (tmp_path / "videos").mkdir()
    video = make(tmp_path / "videos")
    assert sentence in refused("estimate", video, "--project", tmp_path / place)
    assert not (tmp_path / "new").exists()


def test_a_video_without_people(tmp_path: Path, refused: Refused) -> None:
    new = tmp_path / "new"
    arguments = ("estimate", noise(tmp_path / "noise.mp4"), "--project", new, "--device", "cpu")
    sentence = refused(*arguments, "--estimator", "lightning")
    assert sentence.startswith(
        "No people were found in noise.mp4. Search with a lower score, in a larger picture"
    )
    assert not new.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--estimator", "best"], "it cannot change to best"),
        (["--device", "tpu"], "There is no device 'tpu'. Choose one of auto, cuda, cpu."),
        (["--span", f"{FRAMES}:"], "which has 24 frames"),
        (["--span", f":{FRAMES + 1}"], "Give frames within it"),
        (["--span", "5:5"], "Give frames within it"),
        (["--score", 0.2], "its people cannot be replaced"),
        (["--span", "soon:"], "A span of 'soon:' is not possible"),
    ],
)
def test_estimate_refuses(project: Path, clip: Path, refused: Refused, options: list, sentence: str) -> None:
    assert sentence in refused("estimate", clip, "--project", project, *options)


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (
            "best",
            (
                "There is no estimator 'best'. Choose thunder, lightning, a .safetensors or .onnx file, or "
                "the folder of"
            ),
        ),
        ("nanodet", "There is no estimator 'nanodet'"),
        ("gone.onnx", "gone.onnx does not exist"),
    ],
)
def test_a_new_project_needs_a_known_estimator(
    tmp_path: Path, clip: Path, refused: Refused, estimator: str, sentence: str
) -> None:
    assert sentence in refused("estimate", clip, "--project", tmp_path / "new", "--estimator", estimator)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--size", 0], "A batch of 0 poses"),
        (["--criterion", "luck"], "There is no criterion 'luck'"),
        (["--criterion", "thc+"], "There is no criterion ''"),
        (["--sampler", "best"], "There is no sampler 'best'"),
        (["--variant", "theirs"], "There is no variant 'theirs'"),
        (["--size", "many"], "Invalid value for '--size'"),
    ],
)
def test_propose_refuses(project: Path, refused: Refused, options: list, sentence: str) -> None:
    assert sentence in refused("propose", "--project", project, *options)


def coco(frame: int) -> dict:
    return {
        "images": [{"id": 1, "file_name": f"frame_{frame:06d}.png"}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "bbox": [20, 10, 50, 80],
                "keypoints": [30, 30, 2] * 17,
            }
        ],
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "labels.json"),
        ("{ no JSON", "JSON"),
        ("[]", "labels.json"),
        (json.dumps(coco(FRAMES)), "labels for frames that do not exist, it is frame 24"),
        (json.dumps(coco(3)).replace('"bbox": [20', '"bbox": ["left"'), "bbox"),
    ],
    ids=["missing", "no JSON", "no COCO", "no such frame", "no number"],
)
def test_annotate_refuses(
    tmp_path: Path, project: Path, refused: Refused, content: str | None, sentence: str
) -> None:
    file = tmp_path / "labels.json"
    if content is not None:
        file.write_text(content)
    assert sentence in refused("annotate", "--project", project, "--from", file)
    assert sentence in refused("annotate", "--project", project, "--from", file, "--any")


@pytest.mark.parametrize("command", ["propose", "finetune", "annotate", "export"])
def test_steps_in_the_wrong_order(tmp_path: Path, clip: Path, refused: Refused, command: str) -> None:
    new = tmp_path / "new"
    with Project(new, create=True) as opened:
        opened.add_video(clip)
    before = checksum(new)
    more = {"annotate": ["--from", clip], "export": ["--out", tmp_path / "out"]}.get(command, [])
    assert "stimate" in refused(command, "--project", new, *more)
    assert checksum(new) == before
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder_for_a_project(tmp_path: Path, clip: Path, refused: Refused) -> None:
    (tmp_path / "file").write_text("mine")
    assert "cannot be made" in refused(
        "estimate", clip, "--project", tmp_path / "file", "--estimator", "lightning"
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_boxes_of_ones_own_must_be_there(tmp_path: Path, clip: Path, refused: Refused) -> None:
    options = ("--estimator", "lightning", "--boxes", tmp_path / "gone.json")
    assert "gone.json" in refused("estimate", clip, "--project", tmp_path / "new" / "deep", *options)
    assert not (tmp_path / "new").exists()


def test_fine_tuning_needs_labels_steps_and_a_device(project: Path, refused: Refused) -> None:
    assert "There is no device 'tpu'" in refused("finetune", "--project", project, "--device", "tpu")
    assert "0 steps" in refused("finetune", "--project", project, "--steps", 0)
    with Project(project) as opened:
        (one,) = opened.store.labels().values()
        without_joints = replace(one.pose, visibility=np.zeros_like(one.pose.visibility))
        opened.store.set_labels([replace(one, pose=without_joints)])
    assert "There are no labels to learn from yet" in refused("finetune", "--project", project)
    with Project(project) as opened:
        opened.store.delete_labels(list(opened.store.labels()))
    assert "There are no labels to learn from yet" in refused("finetune", "--project", project)


def test_fine_tuning_needs_the_video(tmp_path: Path, refused: Refused) -> None:
    folder = make_project(tmp_path / "other", make_clip(tmp_path / "moved.mp4", FRAMES))
    with Project(folder) as opened:
        label(opened, (1, 0))
    (tmp_path / "moved.mp4").unlink()
    before = checksum(folder)
    assert "moved.mp4 is gone, so there are no pictures" in refused("finetune", "--project", folder)
    assert checksum(folder) == before


def test_export_refuses(tmp_path: Path, project: Path, refused: Refused) -> None:
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "holiday.png").write_bytes(b"dear")
    assert "holds other files" in refused("export", "--project", project, "--out", foreign)
    assert "is a file" in refused("export", "--project", project, "--out", foreign / "holiday.png")
    assert "no export format 'xml'" in refused(
        "export", "--project", project, "--out", tmp_path / "o", "--format", "xml"
    )
    assert [path.name for path in foreign.iterdir()] == ["holiday.png"]


@pytest.mark.parametrize(
    "command", [["status"], ["status", "--json"], ["propose"], ["finetune"], ["export", "--out", "never"]]
)
def test_what_is_no_project(tmp_path: Path, refused: Refused, command: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "gone"):
        assert "has no project.sqlite" in refused(*command, "--project", folder)
    (tmp_path / "empty" / DATABASE).write_bytes(b"no database\n" * 1000)
    assert "damaged or not a PoseTailor project" in refused(*command, "--project", tmp_path / "empty")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("command", [["status"], ["estimate"], ["propose"], ["finetune"]])
def test_a_newer_project(project: Path, clip: Path, refused: Refused, command: list[str]) -> None:
    database = sqlite3.connect(project / DATABASE)
    database.execute("PRAGMA user_version=99")
    database.close()
    more = [clip] if command == ["estimate"] else []
    assert "Update PoseTailor" in refused(*command, *more, "--project", project)


def test_only_one_computation_at_a_time(project: Path, clip: Path, refused: Refused) -> None:
    with Project(project) as other, other.alone():
        assert "Another PoseTailor is computing" in refused("estimate", clip, "--project", project)
        assert "Another PoseTailor is computing" in refused("finetune", "--project", project)
    assert "no estimator" in refused("estimate", clip, "--project", project)


def test_a_damaged_estimate(project: Path, refused: Refused) -> None:
    (shard,) = (project / "computed" / "video-1" / "round-0").glob("samples-*.h5")
    shard.write_bytes(shard.read_bytes()[:500])
    for command in ("status", "propose", "finetune"):
        assert "Estimate this video again" in refused(command, "--project", project)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["estimate", "a.mp4"], "Missing option '--project'"),
        (["estimate", "--project", "p"], "Missing argument"),
        (["annotate", "--project", "p"], "Missing option '--from'"),
        (["export", "--project", "p"], "Missing option '--out'"),
        (["propose"], "Missing option '--project'"),
        (["status", "--project", "p", "--nonsense"], "No such option: --nonsense"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_what_cannot_be_understood(refused: Refused, arguments: list[str], sentence: str) -> None:
    assert sentence in refused(*arguments)


def main(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess:
    """main.py in a process of its own. limit: bytes that a file of it may have, which is how a full disk
    looks.
    """

    def limit_files() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "main.py", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_files if limit else None,
        restore_signals=limit is None,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "There is no file"),
        (["finetun", "--project", "p"], "No such command 'finetun'. Did you mean 'finetune'?"),
        (["--nonsense"], "does not know what to do with --nonsense"),
        (["status", "--project", "no such folder"], "There is no project in"),
    ],
)
def test_the_process_ends_with_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    done = main(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("limit", [1_000, 60_000, 1_000_000])
def test_a_full_disk_while_a_project_is_made(tmp_path: Path, clip: Path, limit: int) -> None:
    done = main("estimate", clip, "--project", tmp_path / "new", "--estimator", "lightning", limit=limit)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "isk" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "new").exists()


@pytest.fixture
def estimated(tmp_path: Path, clip: Path) -> Path:
    """A project with real estimates of one person, and a label."""
    folder, boxes = tmp_path / "project", tmp_path / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    arguments = [
        "estimate",
        clip,
        "--project",
        folder,
        "--estimator",
        "lightning",
        "--boxes",
        boxes,
        "--device",
        "cpu",
    ]
    assert run_command([*map(str, arguments)]) == 0
    with Project(folder) as opened:
        label(opened, (1, 0), off=40)
    return folder


@pytest.mark.parametrize("limit", [1_000, pytest.param(4_000_000, marks=pytest.mark.long)])
def test_a_full_disk_while_fine_tuning(estimated: Path, limit: int) -> None:
    before, there = checksum(estimated), files(estimated)
    done = main("finetune", "--project", estimated, "--steps", 1, limit=limit)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "isk" in done.stderr.splitlines()[-1]
    assert (checksum(estimated), files(estimated)) == (before, there)


@pytest.mark.parametrize("kind", ["people", "samples"])
def test_an_estimate_that_is_damaged_is_made_again(estimated: Path, clip: Path, kind: str) -> None:
    with Project(estimated) as opened:
        before = opened.predictions(1)
    (shard,) = (estimated / "computed").rglob(f"{kind}*.h5")
    shard.write_bytes(b"damaged")
    assert run_command(["estimate", str(clip), "--project", str(estimated), "--device", "cpu"]) == 0
    with Project(estimated) as opened:
        assert [len(person.frames) for person in opened.tracks(1)] == [FRAMES]
        assert opened.predictions(1).points.tobytes() == before.points.tobytes()
        assert len(opened.embeddings(1, 0)) == FRAMES
        assert len(opened.store.labels()) == 1
