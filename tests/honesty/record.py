"""`python -m tests.honesty.record FILE [--minutes 12]`: records turns of this program, for replay.

Identical networks in two processes at once, for each engine, with one thread and with all; networks
of different size; and the same beside busy programs. Let nothing else run meanwhile. One set of
fresh processes of every kind after the other, so that each kind is spread over the whole time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.api import measure
from benchmarks.candidates import candidate
from benchmarks.engines import ENGINES
from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.machine_queue import MachineLock, Ticket, lock_folder
from benchmarks.jobs.replicate import Replicate, Runtime
from benchmarks.jobs.worker_process import WorkerProcess
from benchmarks.machine import read_machine
from benchmarks.messages import Loaded, Task
from benchmarks.prepared import form_for
from benchmarks.results import Block
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import PLANS
from tests.honesty.capture import Arm, Capture, Group, save

NETWORK = "0.5-160"
SIZES = ("0.25-128", "0.5-160", "1.0-224")
COPIES = 4  # in a process: more would leave each fewer rounds than a usual run does
RECORDED = ("onnxruntime", "openvino", "eager")
PLAN = PLANS["standard"]
SELDOM = 2  # sets of the kinds that need fewer, one in so many passes
BUSY = "while True: pass"


@dataclass(frozen=True)
class _Process(Runtime):
    """A second process of one runtime is a runtime of its own in these sets."""

    number: int = 0


def kinds(engines: Sequence[str], cpus: int) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """What to record in every pass, and what only in some."""
    twice = tuple(Arm(NETWORK, process) for process in range(2) for _ in range(COPIES))
    once = tuple(Arm(NETWORK, 0) for _ in range(COPIES))
    sizes = tuple(Arm(network, 0) for network in SIZES)
    identical = tuple(
        Group(engine, threads, 0, twice)
        for engine in engines
        for threads in dict.fromkeys((1, cpus))
    )
    different = tuple(Group(engine, 1, 0, sizes) for engine in engines)
    busy = tuple(
        Group(engines[0], cpus, neighbours, once) for neighbours in dict.fromkeys((1, cpus))
    )
    return identical, different + busy


def record(
    kinds: tuple[tuple[Group, ...], tuple[Group, ...]], seconds: float, tell: Callable[[str], None]
) -> tuple[Group, ...]:
    """Pass after pass until the time is up; every kind once at least."""
    often, seldom = kinds
    found = [*often, *seldom]
    deadline = time.monotonic() + seconds
    number = 0
    with held_machine() as lock:
        while number == 0 or time.monotonic() < deadline:
            for place, group in enumerate(found):
                if place >= len(often) and number % SELDOM:
                    continue
                found[place] = with_one_more(group, lock)
            number += 1
            tell(f"pass {number}, {max(0, deadline - time.monotonic()):.0f} s left")
    return tuple(found)


def with_one_more(group: Group, lock: MachineLock) -> Group:
    """With one more set of fresh processes."""
    number = len(group.set_s)
    tasks, places = _tasks(group)
    came: list[tuple[int, Block]] = []

    def hear(task: Task, what: Loaded | Block | str) -> None:
        match what:
            case Block():
                came.append((places[task], what))
            case str():
                raise RuntimeError(f"{task.candidate.label} with {group.engine}: {what}")

    def start(runtime: Runtime) -> WorkerProcess:
        return WorkerProcess(runtime.engine, threads=runtime.threads, inherit=lock.descriptor)

    began = time.monotonic()
    talk = Conversation(threading.Event(), silence_limit_s=180)
    run_id = f"{group.engine}-{group.threads}-{len(group.arms)}-{group.neighbours}"
    with _neighbours(group.neighbours):
        Replicate(number, run_id, tasks, PLAN, talk, hear, lambda progress: None).run(start)
    return replace(
        group,
        set_s=(*group.set_s, time.monotonic() - began),
        blocks=(*group.blocks, *came),
    )


def _tasks(group: Group) -> tuple[Mapping[Runtime, tuple[Task, ...]], Mapping[Task, int]]:
    tasks: dict[Runtime, tuple[Task, ...]] = {}
    places: dict[Task, int] = {}
    for place, arm in enumerate(group.arms):
        network = candidate(arm.network)
        scenario = Scenario(engine=group.engine, threads=group.threads)
        form = form_for(network, scenario)
        folder = str(form.folder()) if form else None
        task = Task(network, scenario, folder, copy=place)
        process = _Process(group.engine, group.threads, arm.process)
        tasks[process] = (*tasks.get(process, ()), task)
        places[task] = place
    return tasks, places


@contextmanager
def held_machine() -> Iterator[MachineLock]:
    """No other measurement of this program meanwhile."""
    ticket, lock = Ticket(lock_folder(), "Recording"), MachineLock(lock_folder())
    try:
        while ticket.place().ahead or not lock.try_acquire():
            time.sleep(0.5)
        yield lock
    finally:
        lock.close()
        ticket.leave()


@contextmanager
def _neighbours(count: int) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(count):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            stack.callback(process.kill)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--engines", nargs="+", default=RECORDED, choices=ENGINES)
    asked = parser.parse_args()
    measure(SIZES, engines=asked.engines, preset="preview")  # exports them
    machine = read_machine()
    groups = record(kinds(asked.engines, machine.usable_cpus), 60 * asked.minutes, print)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    save(Capture(now, machine, groups), asked.file)
    print(f"{asked.file}: {asked.file.stat().st_size / 1e3:.0f} kB")
    for group in groups:
        print(
            f"{group.engine}, {group.threads} threads, {len(group.arms)} networks, "
            f"{group.neighbours} busy programs: {len(group.set_s)} sets of "
            f"{sum(group.set_s) / len(group.set_s):.1f} s"
        )


if __name__ == "__main__":
    main()
