"""Work in the background: nothing is lost, nothing comes in the wrong thread, all of it stops."""

import threading
import time

import pytest

from App.tasks import THREADS, Control, TaskRunner
from sbmir.errors import Cancelled, DataError


@pytest.fixture
def runner(qtbot):
    runner = TaskRunner()
    yield runner
    assert runner.stop_all(10)


def outcomes_of(task):
    """What comes of a task, in order."""
    seen = []
    task.succeeded.connect(lambda value: seen.append(("succeeded", value)))
    task.failed.connect(lambda error: seen.append(("failed", error)))
    task.cancelled.connect(lambda: seen.append(("cancelled",)))
    task.finished.connect(lambda: seen.append(("finished",)))
    return seen


def until_finished(qtbot, task):
    with qtbot.waitSignal(task.finished, timeout=10_000):
        pass


def wait_for_stop(control: Control) -> str:
    while not control.should_stop():
        time.sleep(0.005)
    return "too late"


def test_work_runs_in_another_thread_and_its_result_comes_back_to_this_one(qtbot, runner):
    threads = []
    task = runner.start("sum", lambda _: (threads.append(threading.get_ident()), 1 + 1)[1])
    task.succeeded.connect(lambda _: threads.append(threading.get_ident()))
    seen = outcomes_of(task)
    until_finished(qtbot, task)
    assert seen == [("succeeded", 2), ("finished",)]
    assert threads[0] != threading.get_ident()
    assert threads[1] == threading.get_ident()
    assert not runner.is_busy


def test_the_outcome_waits_for_signals_that_are_connected_after_the_start(qtbot, runner):
    task = runner.start("instant", lambda _: "done")
    time.sleep(0.1)  # the thread has ended before anybody listens
    seen = outcomes_of(task)
    until_finished(qtbot, task)
    assert seen[0] == ("succeeded", "done")


@pytest.mark.parametrize("error", [DataError("bad file"), ValueError("bug")])
def test_a_failure_is_said_with_its_exception(qtbot, runner, error):
    def fail(_: Control) -> None:
        raise error

    task = runner.start("fail", fail)
    seen = outcomes_of(task)
    until_finished(qtbot, task)
    assert seen == [("failed", error), ("finished",)]


def test_cancelled_work_never_delivers_a_result(qtbot, runner):
    task = runner.start("long", wait_for_stop)
    seen = outcomes_of(task)
    task.cancel()
    until_finished(qtbot, task)
    assert seen == [("cancelled",), ("finished",)]


def test_work_that_gives_up_by_itself_counts_as_cancelled(qtbot, runner):
    def give_up(_: Control) -> None:
        raise Cancelled

    task = runner.start("gives up", give_up)
    seen = outcomes_of(task)
    until_finished(qtbot, task)
    assert seen == [("cancelled",), ("finished",)]


def test_progress_is_thinned_out_but_the_last_step_always_arrives(qtbot, runner):
    def count(control: Control) -> None:
        control.say("counting")
        for done in range(1, 10_001):
            control.progress(done, 10_000)

    task = runner.start("count", count)
    texts, notes = [], []
    task.said.connect(texts.append)
    task.progressed.connect(lambda done, total: notes.append((done, total)))
    until_finished(qtbot, task)
    assert texts == ["counting"]
    assert notes[-1] == (10_000, 10_000)
    assert len(notes) < 1000


def test_a_cancelled_task_tells_no_more_progress(qtbot, runner):
    go_on = threading.Event()

    def work(control: Control) -> None:
        go_on.wait(5)
        control.progress(1, 1)

    task = runner.start("work", work)
    notes = []
    task.progressed.connect(lambda *note: notes.append(note))
    task.cancel()
    go_on.set()
    until_finished(qtbot, task)
    assert notes == []


def test_closing_stops_everything_that_runs(qtbot, runner):
    tasks = [runner.start(f"long {number}", wait_for_stop) for number in range(6)]
    seen = [outcomes_of(task) for task in tasks]
    assert runner.stop_all(10)
    qtbot.waitUntil(lambda: not runner.is_busy)
    assert all(one == [("cancelled",), ("finished",)] for one in seen)


def test_work_that_does_not_stop_in_time_is_told(qtbot, runner):
    runs, go_on = threading.Event(), threading.Event()

    def work(_: Control) -> None:
        runs.set()
        go_on.wait(10)

    runner.start("stubborn", work)
    assert runs.wait(10)
    assert not runner.stop_all(0.05)
    go_on.set()


def test_an_urgent_task_goes_before_those_that_wait(qtbot, runner):
    gates = [threading.Event() for _ in range(THREADS)]
    blocking = [runner.start("blocks", lambda _, gate=gate: gate.wait(10)) for gate in gates]
    order = []
    waiting = [runner.start("waits", lambda _: order.append("waits")) for _ in range(6)]
    urgent = runner.start("urgent", lambda _: order.append("urgent"), urgent=True)
    gates[0].set()  # one thread alone, so that what begins first also ends first
    if urgent.is_running:
        until_finished(qtbot, urgent)
    assert order[0] == "urgent"
    for gate in gates:
        gate.set()
    for task in (*blocking, *waiting):
        if task.is_running:
            until_finished(qtbot, task)
