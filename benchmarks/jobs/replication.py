"""A proper measurement: one set of fresh workers after the other, until it is known well enough."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

from benchmarks import units
from benchmarks.engines import ENGINES
from benchmarks.jobs.collected import Collected
from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.replicate import Replicate, Runtime, Start
from benchmarks.jobs.request import Request
from benchmarks.jobs.tally import Tally
from benchmarks.messages import Loaded, Progress, Task
from benchmarks.results import Block, Failure, Measurement, Quality
from benchmarks.timing.protocol import EFFORTS, PLANS, Effort, is_enough
from benchmarks.timing.statistics import Ratio


class Replication:
    """The sets of fresh workers of one request, and what they bring in."""

    def __init__(
        self,
        request: Request,
        tasks: Sequence[Task],
        talk: Conversation,
        out: Collected,
    ) -> None:
        self._request = request
        self._tasks = by_runtime(tasks)
        self._effort = request.effort or EFFORTS[request.preset]
        if self._effort.has_control:
            self._tasks = {
                runtime: _with_copies(own, request.copies) for runtime, own in self._tasks.items()
            }
        self._talk = talk
        self._out = out
        self._tally = Tally(request.id)
        self._number = 0
        self._rest_s: float | None = None  # what the workers after this one will take
        self._name = ""

    def run(self, start: Start) -> None:
        effort = self._effort
        began = time.monotonic()
        for number in count():
            self._begin_worker(number, effort, time.monotonic() - began)
            replicate = Replicate(
                number,
                self._request.id,
                self._tasks,
                PLANS[self._request.preset],
                self._talk,
                self._hear,
                self._report,
            )
            try:
                replicate.run(start)
            finally:
                # Only now: a page that draws what has come in would disturb the turns.
                self._out.note_others(replicate.others_cpus)
                self._show("preview")
            self._leave_out_failed()
            spent_s = time.monotonic() - began
            if not self._tasks or is_enough(self._ratios(), effort, number + 1, spent_s):
                break
        self._show(self._request.quality)

    def _begin_worker(self, number: int, effort: Effort, spent_s: float) -> None:
        self._number = number
        share = 1 / max(effort.min_workers, number + 1)
        self._out.done, self._out.share = number * share, share
        more = effort.min_workers - number - 1  # after this one
        # How long one takes is known once one has run; those beyond the least cannot be told.
        self._rest_s = None if number == 0 and more else max(0, more) * spent_s / max(1, number)
        self._name = f"Process {number + 1} of {effort.min_workers}"
        if number >= effort.min_workers:
            self._name = f"Process {number + 1}, until ± {units.share(effort.half_width)}"

    def _report(self, progress: Progress) -> None:
        left_s = progress.remaining_s
        if left_s is not None:
            left_s = None if self._rest_s is None else left_s + self._rest_s
        self._out.report(
            replace(progress, phase=f"{self._name}: {progress.phase}", remaining_s=left_s)
        )

    def _hear(self, task: Task, what: Loaded | Block | str) -> None:
        match what:
            case Loaded():
                self._tally.loaded(task, what)
                if self._number == 0:
                    self._show("preview")
            case Block():
                self._tally.turned(task, what)
            case str() as reason:
                where = "in the other environment: " if task.python else ""
                self._out.fail(Failure(task.candidate, task.scenario, where + reason))

    def _show(self, quality: Quality) -> None:
        every = [task for own in self._tasks.values() for task in own]
        ours = [task for task in every if task.python is None]
        theirs = [task for task in every if task.python is not None]
        for measurement in self._measurements(ours, quality, copies=False):
            self._out.add(measurement)
        self._out.controls = self._measurements(ours, quality, copies=True)
        self._out.against = self._measurements(theirs, quality, copies=False)
        self._out.against_controls = self._measurements(theirs, quality, copies=True)

    def _measurements(
        self, tasks: Iterable[Task], quality: Quality, *, copies: bool
    ) -> tuple[Measurement, ...]:
        return self._tally.measurements(
            (task for task in tasks if bool(task.copy) == copies), quality
        )

    def _leave_out_failed(self) -> None:
        """What failed once is not tried again: it would fail in each of the workers."""
        self._tasks = {
            runtime: left
            for runtime, own in self._tasks.items()
            if (left := tuple(task for task in own if not self._out.has_failed(task)))
        }

    def _ratios(self) -> list[Ratio | None]:
        """A run is precise enough when these are: of all to the first; where two environments are
        compared, of each network in the one to the same in the other."""
        every = [task for own in self._tasks.values() for task in own]
        if self._request.against is not None:
            ours = [task for task in every if not task.copy and task.python is None]
            pairs = [(one, replace(one, python=self._request.against)) for one in ours]
            timed = [self._tally.measurements(pair, "measured") for pair in pairs]
            return [both[0].ratio_to(both[1]) for both in timed if len(both) == 2]
        first, *others = self._tally.measurements(every, self._request.quality)
        return [other.ratio_to(first) for other in others]


def by_runtime(tasks: Iterable[Task]) -> dict[Runtime, tuple[Task, ...]]:
    """Tasks by the worker process that they share: engines of one runtime have one together."""
    first: dict[tuple[str, int, str | None], Runtime] = {}
    found: dict[Runtime, tuple[Task, ...]] = {}
    for task in tasks:
        engine, threads, python = task.scenario.engine, task.scenario.threads, task.python
        shared = (ENGINES[engine].runtime, threads, python)
        home = first.setdefault(shared, Runtime(engine, threads, python))
        found[home] = (*found.get(home, ()), task)
    return found


def _with_copies(tasks: tuple[Task, ...], count: int) -> tuple[Task, ...]:
    """With further copies of the first, the anchor."""
    return (*tasks, *(replace(tasks[0], copy=number) for number in range(1, count + 1)))
