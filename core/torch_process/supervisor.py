"""Runs a task in a child process of its own and watches over it; imports no torch itself."""

import multiprocessing
import os
import signal
import time

from core.domain import Cancelled, Monitor, OutOfMemory, UserError
from core.estimation.device import threads
from core.torch_process.child import Orders, Task, main

PATIENCE = 1.0  # seconds a child has to stop by itself


class Killed(OutOfMemory):
    """The system ended the process, as it does with the largest when memory is short."""


def torch_threads() -> int:
    """All cores, or fewer where OMP_NUM_THREADS says so: threads that wait for each other are slowed down far
    more than others by work beside them.
    """
    told = os.environ.get("OMP_NUM_THREADS", "")
    return min(threads(), int(told)) if told.isdecimal() and int(told) else threads()


def run(task: Task, monitor: Monitor) -> dict:
    """Returns the task's result. The child's end frees all memory it used, also the GPU's.

    Raises Cancelled when the monitor says so, OutOfMemory when memory ran out or the system killed the
    process, UserError when the task was refused or its process died otherwise, and RuntimeError with the
    child's traceback for a bug.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    orders = Orders(context.Event(), context.Event())
    child = context.Process(
        target=main, args=(task, there, orders, torch_threads()), daemon=True, name="PoseTailor training"
    )
    child.start()
    there.close()
    outcome: tuple | None = None
    give_up: float | None = None
    try:
        while outcome is None:
            if give_up is None and monitor.cancelled():
                orders.stop.set()
                give_up = time.monotonic() + PATIENCE
            if give_up is not None and time.monotonic() > give_up:
                raise Cancelled
            if monitor.enough():
                orders.enough.set()
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
        case ("memory", sentence):
            raise OutOfMemory(sentence)
        case ("failed", trace):
            raise RuntimeError(f"The training process failed:\n{trace}")
    if stopping:
        raise Cancelled
    if exit_code == -signal.SIGKILL:
        raise Killed(
            "The system killed the training process, most likely for lack of memory. Nothing was changed."
        )
    raise UserError(
        f"The training process ended unexpectedly (exit code {exit_code}). Nothing was changed; try again."
    )
