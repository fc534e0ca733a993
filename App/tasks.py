"""Work in the background: a function from data to data that runs in a thread.

Such a function takes a ``Control``, by which it tells how far it is and asks whether to stop. It
touches no widget. Its result, or its failure, comes back in the thread that started it, as a
signal of the ``Task``; whoever starts a task owns it and connects these signals.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QObject, QThreadPool, pyqtSignal

from sbmir.errors import Cancelled

logger = logging.getLogger(__name__)

THREADS = 4
SECONDS_BETWEEN_NOTES = 0.05
"""Progress is told at most this often: each note is an event for the window."""


class Control:
    """What a function in the background may tell and ask."""

    def __init__(self, number: int, relay: _Relay) -> None:
        self._number = number
        self._relay = relay
        self._stop = threading.Event()
        self._told_at = 0.0

    def should_stop(self) -> bool:
        """Whether to give up soon."""
        return self._stop.is_set()

    def check(self) -> None:
        """Give up here where the user asked to stop, by raising ``Cancelled``."""
        if self._stop.is_set():
            raise Cancelled

    def say(self, text: str) -> None:
        """Tell what is being done now."""
        self._told_at = 0.0
        self._relay.said.emit(self._number, text)

    def progress(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` steps are made."""
        now = time.monotonic()
        if done >= total or now - self._told_at >= SECONDS_BETWEEN_NOTES:
            self._told_at = now
            self._relay.progressed.emit(self._number, done, total)

    def stop(self) -> None:
        """Ask the function to stop."""
        self._stop.set()


Work = Callable[[Control], Any]


@dataclass(frozen=True)
class _Outcome:
    value: Any = None
    error: BaseException | None = None


class _Relay(QObject):
    """Carries what happens in a thread to the thread of the window."""

    said = pyqtSignal(int, str)
    progressed = pyqtSignal(int, int, int)
    ended = pyqtSignal(int, object)


class Task(QObject):
    """A function that runs in the background, as the window sees it.

    Just one of ``succeeded``, ``failed`` and ``cancelled`` is emitted, then ``finished``.
    """

    said = pyqtSignal(str)
    progressed = pyqtSignal(int, int)
    succeeded = pyqtSignal(object)
    """With what the function returned."""
    failed = pyqtSignal(object)
    """With the exception that the function raised."""
    cancelled = pyqtSignal()
    finished = pyqtSignal()

    def __init__(self, name: str, control: Control, to_the_end: bool) -> None:
        super().__init__()
        self.name = name
        self.to_the_end = to_the_end
        self._control = control
        self._is_running = True

    @property
    def is_running(self) -> bool:
        """Whether the outcome has not come yet."""
        return self._is_running

    def cancel(self) -> None:
        """Ask to stop. Whatever the function still returns, ``cancelled`` is what comes."""
        self._control.stop()

    def settle(self, outcome: _Outcome) -> None:
        """Say how it ended."""
        self._is_running = False
        if self._control.should_stop() or isinstance(outcome.error, Cancelled):
            self.cancelled.emit()
        elif outcome.error is not None:
            self.failed.emit(outcome.error)
        else:
            self.succeeded.emit(outcome.value)
        self.finished.emit()


class TaskRunner(QObject):
    """Starts tasks, and stops them all when the window closes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._numbers = itertools.count()
        self._tasks: dict[int, tuple[Task, Control]] = {}
        # Threads hold the relay and no task, so that tasks live and die in the window's thread.
        self._relay = _Relay(self)
        self._relay.said.connect(self._on_said)
        self._relay.progressed.connect(self._on_progressed)
        self._relay.ended.connect(self._on_ended)

    def start(
        self, name: str, work: Work, *, to_the_end: bool = False, urgent: bool = False
    ) -> Task:
        """Run ``work`` in a thread; connect the task's signals before returning to Qt's loop.

        Parameters
        ----------
        name:
            What is done, for the log.
        to_the_end:
            Whether ``stop_all`` lets it end instead of cancelling it, as the user who closes a
            window expects of a file that was just saved.
        urgent:
            Whether it goes before all tasks that still wait for a thread.
        """
        number = next(self._numbers)
        control = Control(number, self._relay)
        task = Task(name, control, to_the_end)
        self._tasks[number] = task, control
        self._pool.start(_run(number, name, work, control, self._relay), int(urgent))
        return task

    @property
    def is_busy(self) -> bool:
        """Whether any task runs."""
        return bool(self._tasks)

    def stop_all(self, wait_s: float) -> bool:
        """Cancel all tasks and wait for their threads; tell whether they have ended.

        A task that runs to its end is waited for, but tells nothing any more.
        """
        for task, control in self._tasks.values():
            if not task.to_the_end:
                control.stop()
        have_ended = bool(self._pool.waitForDone(int(wait_s * 1000)))
        for _, control in self._tasks.values():
            control.stop()
        return have_ended

    def _on_said(self, number: int, text: str) -> None:
        if task := self._task(number):
            task.said.emit(text)

    def _on_progressed(self, number: int, done: int, total: int) -> None:
        if task := self._task(number):
            task.progressed.emit(done, total)

    def _on_ended(self, number: int, outcome: _Outcome) -> None:
        task, _ = self._tasks.pop(number)
        task.settle(outcome)

    def _task(self, number: int) -> Task | None:
        """The task, unless it was cancelled: it has nothing to tell any more."""
        task, control = self._tasks[number]
        return None if control.should_stop() else task


def _run(number: int, name: str, work: Work, control: Control, relay: _Relay) -> Callable[[], None]:
    def run() -> None:
        began = time.monotonic()
        try:
            control.check()
            outcome = _Outcome(value=work(control))
        except BaseException as error:
            outcome = _Outcome(error=error)
        logger.debug("%s: %.0f ms", name, (time.monotonic() - began) * 1000)
        relay.ended.emit(number, outcome)

    return run
