"""One replicate of a proper measurement: fresh worker processes, one a runtime, that take turns.

All are alive and wait; this side grants turns to one at a time. So runtimes are compared round by
round without sharing a process, where their threads would get into each other's way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.machine import busy_cpu_s, cpu_s_of
from benchmarks.messages import Event, Failed, Load, Loaded, Progress, Task, Turned, Turns
from benchmarks.results import Block
from benchmarks.timing.contamination import disturbances
from benchmarks.timing.protocol import Plan, Schedule, schedule
from benchmarks.timing.warmup import typical_s

RETRIES = 2  # of a round that was disturbed
MAX_EXTRA = 0.5  # turns that retries may add, as a share of those that were planned
GRANT_S = 1.0  # of turns that are granted at once, so that a stop is soon heard


@dataclass(frozen=True)
class Runtime:
    """What a worker process is started for: a runtime, by one of its engines, and its threads.

    python: the interpreter of another environment; None: this program's own.
    """

    engine: str
    threads: int
    python: str | None = None


Start = Callable[[Runtime], WorkerProcess]
Hear = Callable[[Task, Loaded | Block | str], None]  # a text says why a task came to nothing


@dataclass(frozen=True)
class _Arm:
    """One network in one of the processes, ready for its turns."""

    task: Task
    place: int
    worker: WorkerProcess
    call_s: float


class Replicate:
    """Runs once. hear: told of each network that is loaded, each block, and each that failed.

    tasks: by runtime; a runtime's first is its anchor.
    """

    def __init__(
        self,
        number: int,
        run_id: str,
        tasks: Mapping[Runtime, Sequence[Task]],
        plan: Plan,
        talk: Conversation,
        hear: Hear,
        report: Callable[[Progress], None],
    ) -> None:
        self._number = number
        self._run_id = run_id
        self._tasks = tasks
        self._plan = plan
        self._talk = talk
        self._hear = hear
        self._report = report
        self._workers: dict[WorkerProcess, Sequence[Task]] = {}
        self._arms: dict[str, _Arm] = {}
        self._rng = random.Random(f"{run_id} {number}")
        self.others_cpus: float | None = None

    def run(self, start: Start) -> None:
        """Raises Cancelled; whatever happens, its processes are gone at the end."""
        began = time.monotonic()
        try:
            for runtime, tasks in self._in_order():
                self._load(start, runtime, tasks)
            if self._arms:
                self._take_turns(self._plan.after_start(time.monotonic() - began))
        finally:
            for worker in self._workers:
                worker.kill()

    def _in_order(self) -> list[tuple[Runtime, Sequence[Task]]]:
        """As asked for, and in every other replicate the other way round: with one thread, the
        process that is started first is slower by 1 to 2 % than an identical one after it."""
        order = list(self._tasks.items())
        return order[::-1] if self._number % 2 else order

    def _load(self, start: Start, runtime: Runtime, tasks: Sequence[Task]) -> None:
        worker = start(runtime)
        self._workers[worker] = tasks

        def hear(event: Event) -> None:
            match event:
                case Loaded(place, warmup_ns):
                    name = f"{len(self._workers)}.{place}"
                    self._arms[name] = _Arm(tasks[place], place, worker, typical_s(warmup_ns))
                    self._hear(tasks[place], event)
                case Failed(failure):
                    for task in tasks:
                        if (task.candidate, task.scenario) == (failure.candidate, failure.scenario):
                            self._hear(task, failure.reason)
                case Progress():
                    self._report(replace(event, fraction=0.3 * event.fraction))

        try:
            self._talk.await_ready(worker)
            self._talk.ask(worker, Load(self._run_id, tuple(tasks), self._plan), hear)
        except WorkerDied as death:
            self._lose(worker, str(death))

    def _take_turns(self, wanted: Plan) -> None:
        plan = schedule({name: arm.call_s for name, arm in self._arms.items()}, wanted, self._rng)
        pids = [worker.pid for worker in self._workers]
        began, busy_s, own_s = time.monotonic(), busy_cpu_s(), cpu_s_of(pids)
        allowed = round(MAX_EXTRA * len(plan.turns))
        number_of_next = plan.rounds
        done = 0
        for number, names in _by_round(plan.turns):
            disturbed = self._round(number, names, plan)
            done += len(names)
            for _ in range(RETRIES):
                again = self._to_repeat(disturbed)
                if not disturbed or len(again) > allowed:
                    break
                allowed -= len(again)
                disturbed = disturbed & self._round(number_of_next, again, plan)
                number_of_next += 1
            left_s = plan.remaining_s(done)
            self._report(Progress("Timing", 0.3 + 0.7 * done / len(plan.turns), left_s))
        others_s = busy_cpu_s() - busy_s - (cpu_s_of(pids) - own_s)
        self.others_cpus = max(0.0, others_s / (time.monotonic() - began))

    def _round(self, number: int, names: Sequence[str], plan: Schedule) -> set[str]:
        """Everybody's turn, process by process; the names of those that something disturbed."""
        disturbed: set[str] = set()
        by_worker: dict[WorkerProcess, list[str]] = {}
        for name in names:
            if (arm := self._arms.get(name)) is not None:  # else lost on the way
                by_worker.setdefault(arm.worker, []).append(name)
        for worker, own in by_worker.items():
            for some in _portions(own, plan):
                turns = tuple((self._arms[name].place, plan.calls[name]) for name in some)
                try:
                    answer = self._talk.grant(worker, Turns(self._run_id, number, turns))
                except WorkerDied as death:
                    self._lose(worker, str(death))
                    break
                assert isinstance(answer, Turned)
                disturbed |= self._note(answer, some)
        return disturbed

    def _note(self, answer: Turned, names: Sequence[str]) -> set[str]:
        """Pass on what came of these turns; the names of those that something disturbed."""
        by_place = {self._arms[name].place: name for name in names}
        disturbed = set()
        for place, block in answer.blocks:
            name = by_place[place]
            self._hear(self._arms[name].task, replace(block, worker=self._number))
            if disturbances(block.signals):
                disturbed.add(name)
        for place, reason in answer.failed:
            self._hear(self._arms.pop(by_place[place]).task, reason)
        return disturbed

    def _to_repeat(self, disturbed: set[str]) -> list[str]:
        """Those that were disturbed, and each anchor, so that pairs come about; in random order."""
        again = [name for name, arm in self._arms.items() if name in disturbed or arm.place == 0]
        self._rng.shuffle(again)
        return again

    def _lose(self, worker: WorkerProcess, reason: str) -> None:
        """A process that died takes all its networks along, those not loaded yet as well."""
        self._arms = {name: arm for name, arm in self._arms.items() if arm.worker is not worker}
        for task in self._workers[worker]:
            self._hear(task, reason)


def _by_round(turns: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    rounds: dict[int, list[str]] = {}
    for number, name in turns:
        rounds.setdefault(number, []).append(name)
    yield from rounds.items()


def _portions(names: Sequence[str], plan: Schedule) -> Iterator[list[str]]:
    """Turns to grant at once: as many as take `GRANT_S`, one at least."""
    some: list[str] = []
    taken_s = 0.0
    for name in names:
        if some and taken_s + plan.turn_s(name) > GRANT_S:
            yield some
            some, taken_s = [], 0.0
        some.append(name)
        taken_s += plan.turn_s(name)
    if some:
        yield some
