"""One replicate of a proper measurement: fresh worker processes, one a scenario, that take turns.

All are alive and wait; this side grants one turn at a time. So runtimes are compared round by round
without sharing a process, where their threads would get into each other's way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.machine import busy_cpu_s, cpu_s_of
from benchmarks.messages import Event, Failed, Load, Loaded, Progress, Task, Turn, Turned
from benchmarks.results import Scenario
from benchmarks.timing.contamination import disturbances
from benchmarks.timing.protocol import Plan, schedule, typical_s

RETRIES = 2  # of a round that was disturbed
MAX_EXTRA = 0.5  # turns that retries may add, as a share of those that were planned

Start = Callable[[Scenario], WorkerProcess]
Hear = Callable[[Task, Loaded | Turned | str], None]  # a text says why a task came to nothing


@dataclass(frozen=True)
class _Arm:
    """One network in one of the processes, ready for its turns."""

    task: Task
    place: int
    worker: WorkerProcess
    call_s: float


class Replicate:
    """Runs once. hear: told of each network that is loaded, each block, and each that failed."""

    def __init__(
        self,
        number: int,
        run_id: str,
        tasks: Mapping[Scenario, Sequence[Task]],
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
        self._workers: list[WorkerProcess] = []
        self._arms: dict[str, _Arm] = {}
        self._rng = random.Random(f"{run_id} {number}")
        self.others_cpus: float | None = None

    def run(self, start: Start) -> None:
        """Raises Cancelled; whatever happens, its processes are gone at the end."""
        try:
            for scenario, tasks in self._tasks.items():
                self._load(start, scenario, tasks)
            if self._arms:
                self._take_turns()
        finally:
            for worker in self._workers:
                worker.kill()

    def _load(self, start: Start, scenario: Scenario, tasks: Sequence[Task]) -> None:
        worker = start(scenario)
        self._workers.append(worker)

        def hear(event: Event) -> None:
            match event:
                case Loaded(place, warmup_ns):
                    name = f"{len(self._workers)}.{place}"
                    self._arms[name] = _Arm(tasks[place], place, worker, typical_s(warmup_ns))
                    self._hear(tasks[place], event)
                case Failed(failure):
                    for task in tasks:
                        if task.candidate == failure.candidate:
                            self._hear(task, failure.reason)
                case Progress():
                    self._report(replace(event, fraction=0.3 * event.fraction))

        try:
            self._talk.await_ready(worker)
            self._talk.ask(worker, Load(self._run_id, tuple(tasks), self._plan), hear)
        except WorkerDied as death:
            self._lose(worker, str(death), tasks)

    def _take_turns(self) -> None:
        plan = schedule(
            {name: arm.call_s for name, arm in self._arms.items()}, self._plan, self._rng
        )
        pids = [worker.pid for worker in self._workers]
        began, busy_s, own_s = time.monotonic(), busy_cpu_s(), cpu_s_of(pids)
        allowed = round(MAX_EXTRA * len(plan.turns))
        number_of_next = self._plan.rounds
        done = 0
        for number, names in _by_round(plan.turns):
            disturbed = self._round(number, names, plan.calls)
            done += len(names)
            for _ in range(RETRIES):
                again = self._to_repeat(disturbed)
                if not disturbed or len(again) > allowed:
                    break
                allowed -= len(again)
                disturbed = disturbed & self._round(number_of_next, again, plan.calls)
                number_of_next += 1
            left_s = plan.remaining_s(done)
            self._report(Progress("Timing", 0.3 + 0.7 * done / len(plan.turns), left_s))
        others_s = busy_cpu_s() - busy_s - (cpu_s_of(pids) - own_s)
        self.others_cpus = max(0.0, others_s / (time.monotonic() - began))

    def _round(self, number: int, names: Sequence[str], calls: Mapping[str, int]) -> set[str]:
        """Everybody's turn; the names of those that something disturbed."""
        disturbed = set()
        for name in names:
            arm = self._arms.get(name)
            if arm is None:  # lost on the way
                continue
            try:
                answer = self._talk.grant(
                    arm.worker, Turn(self._run_id, arm.place, number, calls[name])
                )
            except WorkerDied as death:
                self._lose(arm.worker, str(death), self._tasks[arm.task.scenario])
                continue
            match answer:
                case Turned(_, block):
                    block = replace(block, worker=self._number)
                    self._hear(arm.task, replace(answer, block=block))
                    if disturbances(block.signals):
                        disturbed.add(name)
                case Failed(failure):
                    del self._arms[name]
                    self._hear(arm.task, failure.reason)
        return disturbed

    def _to_repeat(self, disturbed: set[str]) -> list[str]:
        """Those that were disturbed, and the anchor, so that pairs come about; in random order."""
        again = [
            name
            for name, arm in self._arms.items()
            if name in disturbed
            or arm.task.candidate == self._tasks[arm.task.scenario][0].candidate
        ]
        self._rng.shuffle(again)
        return again

    def _lose(self, worker: WorkerProcess, reason: str, tasks: Sequence[Task]) -> None:
        self._arms = {name: arm for name, arm in self._arms.items() if arm.worker is not worker}
        for task in tasks:
            self._hear(task, reason)


def _by_round(turns: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    rounds: dict[int, list[str]] = {}
    for number, name in turns:
        rounds.setdefault(number, []).append(name)
    yield from rounds.items()
