"""Many videos: what is finished is not done again, and one that fails does not stop the others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.batch import batch
from core.batch.batch import Done, plan, read_list, run_here, run_on_cluster
from core.domain import Silent, UserError
from tests.clips import make_clip
from tests.projects import make_project

ROOT = Path(__file__).parents[3]


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Two videos whose projects are estimated already; a third that is none."""
    out = tmp_path / "out"
    videos = []
    for name in ("one", "two"):
        clip = make_clip(tmp_path / f"{name}.mp4", 12)
        make_project(out / f"{name}.posetailor", clip, people=1, queued=0)
        videos.append(clip)
    (tmp_path / "list.txt").write_text("one.mp4\n\n# not this one\ntwo.mp4  # but this\n")
    return videos


def test_a_list_is_relative_to_itself(two, tmp_path):
    assert read_list(tmp_path / "list.txt") == two


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "names no video"), ("a/x.mp4\nb/x.mov\n", "two videos called 'x'"), (None, "cannot be read")],
)
def test_a_list_that_is_no_good_is_one_sentence(tmp_path, text, sentence):
    if text is not None:
        (tmp_path / "list.txt").write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_list(tmp_path / "list.txt")


def test_an_unknown_step_or_format_is_refused(two, tmp_path):
    with pytest.raises(UserError, match="no step 'label'"):
        plan(two, tmp_path, ("estimate", "label"), "coco", ())
    with pytest.raises(UserError, match="no export format 'paper'"):
        plan(two, tmp_path, ("estimate", "export"), "paper", ())


def test_each_step_is_taken_once(two, tmp_path):
    works = plan(two, tmp_path / "out", ("estimate", "propose", "export"), "coco", ())
    first = sorted(run_here(works, 2, Silent()), key=lambda done: done.video)
    assert first == [Done(str(video), ("propose", "export")) for video in two]  # estimated they were before
    again = list(run_here(works, 1, Silent()))
    assert again == [Done(str(video), ()) for video in two]
    assert (tmp_path / "out" / "one-coco" / "annotations.json").is_file()


def test_one_that_fails_says_why_and_the_others_go_on(two, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    works = plan([broken, *two], tmp_path / "out", ("estimate", "propose"), "coco", ())
    done = {Path(one.video).stem: one for one in run_here(works, 1, Silent())}
    assert "broken.mp4" in done["broken"].error
    assert done["two"].steps == ("propose",)
    assert not (tmp_path / "out" / "broken.posetailor").exists()


@pytest.mark.parametrize("content", [b"no database at all", b""])
def test_a_damaged_project_is_named_and_the_others_go_on(two, tmp_path, content):
    """It is opened before any step, to see what is done already."""
    (tmp_path / "out" / "one.posetailor" / "project.sqlite").write_bytes(content)
    works = plan(two, tmp_path / "out", ("estimate", "propose"), "coco", ())
    done = {Path(one.video).stem: one for one in run_here(works, 1, Silent())}
    assert "one.posetailor" in done["one"].error
    assert done["two"] == Done(str(two[1]), ("propose",))


def test_whatever_else_befalls_one_does_not_end_the_others(two, tmp_path, monkeypatch):
    take = batch.take

    def broken(work):
        if Path(work.video).stem == "one":
            raise RuntimeError("the worker was killed")
        return take(work)

    monkeypatch.setattr(batch, "take", broken)
    works = plan(two, tmp_path / "out", ("propose",), "coco", ())
    done = {Path(one.video).stem: one for one in run_here(works, 1, Silent())}
    assert done["one"].error == "RuntimeError: the worker was killed"
    assert done["two"].steps == ("propose",)


def test_the_command_tells_of_each_and_ends_with_2_where_one_failed(two, tmp_path):
    (tmp_path / "list.txt").write_text("one.mp4\nmissing.mp4\n")
    command = [
        sys.executable,
        "main.py",
        "batch",
        tmp_path / "list.txt",
        "--out",
        tmp_path / "out",
        "--json",
        "--quiet",
    ]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    told = {Path(one["video"]).stem: one for one in json.loads(done.stdout)}
    assert told["one"]["error"] == ""
    assert "missing.mp4" in told["missing"]["error"]


def test_without_dask_a_cluster_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(UserError, match="pip install"):
        list(run_on_cluster([], "tcp://127.0.0.1:1", Silent()))


def test_a_cluster_takes_the_same_work(two, tmp_path):
    distributed = pytest.importorskip("distributed")
    works = plan(two, tmp_path / "out", ("estimate", "propose"), "coco", ())
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        done = sorted(run_on_cluster(works, cluster.scheduler_address, Silent()), key=lambda one: one.video)
    assert done == [Done(str(video), ("propose",)) for video in two]
    assert batch.summary(done)
