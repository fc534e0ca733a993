"""The same work on many items, in several processes; the results do not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from sbmir.errors import DataError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_processes(
    work: Callable[[_Item], _Result], items: Sequence[_Item], workers: int
) -> Generator[_Result, None, None]:
    """Yield ``work(item)`` of all items as they come, in no fixed order.

    Where the caller stops early or is interrupted, the items in hand are finished first. An
    exception of ``work`` goes to the caller.

    Raises
    ------
    DataError
        Where a worker process was killed. What it was writing is left under a temporary name.
    """
    workers = min(workers, len(items))
    if workers <= 1:
        yield from map(work, items)
        return
    # Fresh processes: forked ones would inherit threads, locks and signal handlers.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker)
    try:
        with _interrupts_ignored():
            futures: list[Future[_Result]] = [pool.submit(work, item) for item in items]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise DataError(
            "A worker process ended before its work was done.",
            why="It was killed, perhaps because the machine ran out of memory.",
            remedy="Run the same command again: it goes on where it stopped. Fewer --workers need"
            " less memory.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started inside inherit that Ctrl+C does not concern them, only their parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _prepare_worker() -> None:
    """End this process with its parent: where that is killed, nobody else would tell it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
