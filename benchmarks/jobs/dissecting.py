"""After the timing: what each layer of a network takes, and what this machine does at best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.jobs.collected import Collected
from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.replicate import Runtime, Start
from benchmarks.jobs.replication import by_runtime
from benchmarks.jobs.worker_process import WorkerDied
from benchmarks.messages import Dissect, Dissected, Event, Failed, Gauge, Gauged, Progress, Task
from benchmarks.results import Failure

SHARE = 0.2  # of a request that times layers as well, for the progress shown


def dissect_all(
    run_id: str, tasks: Sequence[Task], talk: Conversation, out: Collected, start: Start
) -> None:
    """Add to each measurement the times of its layers. Where that fails, the timings stay.

    For what runs on the CPU the ceiling is measured besides, once for each number of threads.
    """
    timed = [task for task in tasks if out.measurement_of(task) is not None]
    out.next_part(SHARE)
    for runtime, own in by_runtime(timed).items():
        out.share = len(own) / len(timed)
        _dissect(run_id, runtime, own, talk, out, start)
        out.done += out.share
    first = {task.scenario.threads: task for task in timed[::-1] if task.scenario.device == "cpu"}
    for threads, task in sorted(first.items()):
        _gauge(Gauge(run_id, threads), task, talk, out, start)


def _dissect(
    run_id: str,
    runtime: Runtime,
    tasks: Sequence[Task],
    talk: Conversation,
    out: Collected,
    start: Start,
) -> None:
    """All networks of one runtime, in one process; if it dies, what is left has failed."""
    left = list(tasks)
    worker = start(runtime)
    try:
        talk.await_ready(worker)
        for task in tasks:
            _tell(task, 0.0, left, tasks, out)
            talk.ask(worker, Dissect(run_id, task), lambda event: _hear(event, left, tasks, out))
            left.remove(task)
    except WorkerDied as death:
        for task in left:
            _fail(task, f"layers could not be timed: {death}", out)
    finally:
        worker.kill()


def _hear(event: Event, left: Sequence[Task], tasks: Sequence[Task], out: Collected) -> None:
    """What is said of the first that is left."""
    task = left[0]
    match event:
        case Dissected(layer_times):
            if (timings := out.measurement_of(task)) is not None:
                out.add(replace(timings, layer_times=layer_times))
        case Failed(failure):
            _fail(task, f"layers could not be timed: {failure.reason}", out)
        case Progress():
            _tell(task, event.fraction, left, tasks, out)


def _tell(
    task: Task, fraction: float, left: Sequence[Task], tasks: Sequence[Task], out: Collected
) -> None:
    done = (len(tasks) - len(left) + fraction) / len(tasks)
    out.report(Progress(f"Timing layers of {task.candidate.label}", done))


def _gauge(command: Gauge, task: Task, talk: Conversation, out: Collected, start: Start) -> None:
    """task: some network that was timed with so many threads, which lacks a ceiling if it fails."""

    def hear(event: Event) -> None:
        if isinstance(event, Gauged):
            out.ceilings += (event.ceiling,)

    worker = start(Runtime("eager", command.threads))
    try:
        talk.await_ready(worker)
        talk.ask(worker, command, hear)
    except WorkerDied as death:
        _fail(task, f"what this machine does at best could not be measured: {death}", out)
    finally:
        worker.kill()


def _fail(task: Task, reason: str, out: Collected) -> None:
    out.fail(Failure(task.candidate, task.scenario, reason))
