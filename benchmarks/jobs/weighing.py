"""After the timing: each network once more, in a process of its own, for the memory it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.jobs.collected import Collected
from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.replicate import Runtime, Start
from benchmarks.jobs.worker_process import WorkerDied
from benchmarks.messages import Event, Failed, Progress, Task, Weigh, Weighed
from benchmarks.references import references
from benchmarks.results import Failure
from benchmarks.scenarios import Scenario
from mobilenet.config import MIN_RESOLUTION, MIN_WIDTH, MobileNetConfig

SHARE = 0.2  # of a request that weighs as well, for the progress shown
WORKER_IS_READY = 0.3  # of the time that one network takes

TaskFor = Callable[[Candidate, Scenario, Collected], Task | None]


def weigh_all(
    run_id: str,
    tasks: Sequence[Task],
    talk: Conversation,
    out: Collected,
    start: Start,
    task_for: TaskFor,
) -> None:
    """Add to each measurement what its network takes. Where that fails, the timings stay."""
    timed = [task for task in tasks if out.measurement_of(task) is not None]
    out.next_part(SHARE)
    for number, task in enumerate(timed):
        out.done, out.share = number / len(timed), 1 / len(timed)
        found = _weigh(run_id, task, talk, out, start, task_for)
        timings = out.measurement_of(task)
        if isinstance(found, Weighed) and timings is not None:
            out.add(replace(timings, memory=found.memory, energy=found.energy))
        else:
            reason = f"memory could not be measured: {found}"
            out.fail(Failure(task.candidate, task.scenario, reason))


def _weigh(
    run_id: str,
    task: Task,
    talk: Conversation,
    out: Collected,
    start: Start,
    task_for: TaskFor,
) -> Weighed | str:
    """What came of one network, or why nothing did."""
    small = smallest(task)
    aside = Collected(lambda update: None)  # the small network is no part of the request
    before = task_for(small, replace(task.scenario, precision="float32", batch=1), aside)
    if before is None:
        return f"{small.name} {aside.failures[0].reason}"
    found: Weighed | str = "the worker process gave no answer"

    def hear(event: Event) -> None:
        nonlocal found
        match event:
            case Weighed():
                found = event
            case Failed(failure):
                found = failure.reason

    worker = start(Runtime(task.scenario.engine, task.scenario.threads))
    try:
        talk.await_ready(worker)
        out.report(Progress(f"Weighing {task.candidate.label}", WORKER_IS_READY))
        talk.ask(worker, Weigh(run_id, task, before), hear)
    except WorkerDied as death:
        return str(death)
    finally:
        worker.kill()
    return found


def smallest(task: Task) -> Candidate:
    """What shows, once it has run, how much the runtime takes anyway: the smaller the better.

    For a reference network or a detector in PyTorch a reference network: torchvision, which builds
    them, takes 130 MB.
    """
    one = task.candidate
    with_torchvision = one.reference is not None or one.detector is not None
    if not with_torchvision or ENGINES[task.scenario.engine].export is not None:
        return Candidate(config=MobileNetConfig(MIN_WIDTH, MIN_RESOLUTION, num_classes=10))
    sizes = {name: one.size_bytes for name, one in references().items()}
    return Candidate(reference=min(sizes, key=sizes.__getitem__))
