"""Runs a task in a child process of its own and watches over it; imports no torch itself."""

import multiprocessing
import time

from core.adaptation.worker import Task, main
from core.domain import Cancelled, Monitor, UserError
from core.estimation.device import threads

PATIENCE = 2.0  # seconds a child has to stop by itself


def run(task: Task, monitor: Monitor) -> dict:
    """Returns the task's result. The child's end frees all memory it used, also the GPU's.

    Raises Cancelled when the monitor says so, UserError when the task was refused or its process died, and RuntimeError
    with the child's traceback for a bug.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    stop = context.Event()
    child = context.Process(target=main, args=(task, there, stop, threads()), daemon=True, name="PoseTailor training")
    child.start()
    there.close()
    outcome: tuple | None = None
    give_up: float | None = None
    try:
        while outcome is None:
            if give_up is None and monitor.cancelled():
                stop.set()
                give_up = time.monotonic() + PATIENCE
            if give_up is not None and time.monotonic() > give_up:
                raise Cancelled
            if here.poll(0.05):
                try:
                    message = here.recv()
                except EOFError:
                    break
                if message[0] == "progress":
                    _, stage, done, total, values = message
                    monitor.report(stage, done, total, **values)
                else:
                    outcome = message
    finally:
        if outcome is None:
            child.terminate()
        child.join(PATIENCE)
        if child.is_alive():
            child.kill()
            child.join()
        here.close()
    return _result(outcome, child.exitcode, give_up is not None)


def _result(outcome: tuple | None, exit_code: int | None, stopping: bool) -> dict:
    match outcome:
        case ("done", result):
            return result
        case ("cancelled",):
            raise Cancelled
        case ("refused", sentence):
            raise UserError(sentence)
        case ("failed", trace):
            raise RuntimeError(f"The training process failed:\n{trace}")
    if stopping:
        raise Cancelled
    raise UserError(
        f"The training process ended unexpectedly (exit code {exit_code}), perhaps for lack of memory. Nothing was changed; "
        "close other programs and try again."
    )
