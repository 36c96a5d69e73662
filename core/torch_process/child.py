"""The child process: it runs one task and sends what came of it.

A task is a frozen dataclass with a method run, in a file of its own; what imports torch is imported in there.
"""

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import NamedTuple, Protocol

from core.domain import Cancelled, OutOfMemory, UserError


class Orders(NamedTuple):
    """From the parent. stop: throw everything away; enough: end the training and go on with what it
    brought.
    """

    stop: Event
    enough: Event


class Reports:
    """From the child to its parent, and what the parent wants."""

    def __init__(self, connection: Connection, orders: Orders) -> None:
        self._connection, self._orders = connection, orders

    def say(self, stage: str, done: int = 0, total: int = 0, **values: float | str) -> None:
        """total: 0 while unknown."""
        self._connection.send(("progress", stage, done, total, values))

    def raise_if_stopped(self) -> None:
        """Raises Cancelled."""
        if self._orders.stop.is_set():
            raise Cancelled

    @property
    def enough(self) -> bool:
        """Whether to end early and keep what there is."""
        return self._orders.enough.is_set()


class Task(Protocol):
    def run(self, reports: Reports) -> dict:
        """Returns what the parent gets. Raises UserError, OutOfMemory, Cancelled."""


def main(task: Task, connection: Connection, orders: Orders, threads: int) -> None:
    """Entry point of the child. Sends ('progress', stage, done, total, values) any number of times, then one
    of ('done', result), ('cancelled',), ('refused', sentence), ('memory', sentence) and ('failed',
    traceback).
    """
    end_with_parent()
    # Ctrl+C is the parent's to handle; it tells this process to stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    if hasattr(os, "nice"):
        os.nice(5)
    try:
        connection.send(_outcome(task, connection, orders, threads))
        connection.close()
    except BrokenPipeError:
        sys.exit(1)  # the parent is gone, and with it whoever wanted the result


def end_with_parent() -> None:
    """In a child: lets it end as soon as its parent has, however that came about. Nobody is left to take the
    result, and the next run may write to the same folder by now.
    """

    def wait() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _outcome(task: Task, connection: Connection, orders: Orders, threads: int) -> tuple:
    try:
        reports = Reports(connection, orders)
        reports.say("Loading PyTorch")
        import torch

        torch.set_num_threads(threads)
        return "done", task.run(reports)
    except BrokenPipeError:
        raise
    except OutOfMemory as error:
        return "memory", str(error)
    except UserError as error:
        return "refused", str(error)
    except Cancelled:
        return ("cancelled",)
    except Exception:  # noqa: BLE001 - handed to the parent whole, which raises it
        return "failed", traceback.format_exc()
