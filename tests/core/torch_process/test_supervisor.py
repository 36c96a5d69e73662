"""The child process is watched over: results, refusals, death and cancelling."""

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.domain import Cancelled, OutOfMemory, Silent, UserError
from core.torch_process import supervisor
from core.torch_process.import_estimator import ImportEstimator


@dataclass(frozen=True)
class Play:
    """Not a task of the worker: what the stand-in for its entry point is to do."""

    what: str


def stand_in(task: Play, connection, orders, threads: int) -> None:
    connection.send(("progress", "Playing", 1, 2, {"loss": 0.5}))
    match task.what:
        case "answer":
            connection.send(("done", {"threads": threads}))
        case "die":
            os._exit(7)
        case "fail":
            connection.send(("failed", "Traceback: it broke"))
        case "hang":
            time.sleep(60)
        case "obey":
            orders.stop.wait(60)
            connection.send(("cancelled",))
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "starve":
            connection.send(("memory", "There is not enough of it."))
        case "end early":
            orders.enough.wait(60)
            connection.send(("done", {"stopped": orders.stop.is_set()}))


class Watcher(Silent):
    def __init__(self, give_up: bool = False):
        self.seen: list[tuple] = []
        self.give_up = give_up

    def report(self, stage, done, total, **values):
        self.seen.append((stage, done, total, values))

    def cancelled(self):
        return self.give_up and bool(self.seen)


@pytest.fixture(autouse=True)
def no_child_is_left():
    yield
    assert multiprocessing.active_children() == []


@pytest.fixture
def play(monkeypatch):
    monkeypatch.setattr(supervisor, "main", stand_in)
    monkeypatch.setattr(supervisor, "PATIENCE", 0.5)
    return lambda what, monitor=None: supervisor.run(Play(what), monitor or Watcher())


def test_result_and_progress_arrive(play):
    watcher = Watcher()
    assert play("answer", watcher)["threads"] >= 1
    assert watcher.seen == [("Playing", 1, 2, {"loss": 0.5})]


def test_a_dead_child_is_one_sentence(play):
    with pytest.raises(UserError, match="exit code 7"):
        play("die")


def test_a_bug_keeps_its_traceback(play):
    with pytest.raises(RuntimeError, match="it broke"):
        play("fail")


@pytest.mark.parametrize(("what", "error"), [("kill", supervisor.Killed), ("starve", OutOfMemory)])
def test_memory_that_runs_out_is_told_from_other_ends(play, what, error):
    with pytest.raises(error):
        play(what)


def test_work_that_is_enough_ends_with_a_result(play):
    class Satisfied(Watcher):
        def enough(self):
            return bool(self.seen)

    assert play("end early", Satisfied()) == {"stopped": False}


@pytest.mark.parametrize("what", ["hang", "obey"])
def test_cancelling_ends_the_child_whether_it_obeys_or_not(play, what):
    with pytest.raises(Cancelled):
        play(what, Watcher(give_up=True))


def test_a_missing_weights_file_is_refused_by_the_real_worker(tmp_path):
    with pytest.raises(UserError, match=r"none\.safetensors"):
        supervisor.run(ImportEstimator(tmp_path / "none.safetensors", tmp_path / "out"), Silent())
    assert not (tmp_path / "out").exists()


def test_the_supervising_process_does_not_import_torch():
    import subprocess
    import sys

    code = (
        "import sys, core.torch_process.supervisor, core.workflow.fine_tune; sys.exit('torch' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode
        == 0
    )


@pytest.mark.parametrize(("told", "used"), [(None, 4), ("", 4), ("2", 2), ("9", 4), ("0", 4), ("many", 4)])
def test_torch_has_all_cores_or_as_many_as_openmp_may_use(monkeypatch, told, used):
    monkeypatch.setattr(supervisor, "threads", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS")
    if told is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert supervisor.torch_threads() == used
