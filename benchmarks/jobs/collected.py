"""What a run has brought in so far, and passing it on to whoever listens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from benchmarks.candidates import Candidate
from benchmarks.jobs.updates import Listener
from benchmarks.layer_times import Ceiling
from benchmarks.messages import Event, Failed, Progress, Result, Task
from benchmarks.results import Failure, Measurement
from benchmarks.scenarios import Scenario


class Collected:
    """What has come in so far; each measurement replaces its own earlier parts."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self.done, self.share = 0.0, 1.0  # of the whole request: before this part, and this part
        self.knows_rest = True  # whether nothing comes after what is under way
        self._part = (0.0, 1.0)  # of the whole: what is reported as 0, and how much follows
        self.measurements: dict[tuple[str, Scenario], Measurement] = {}
        self.failures: list[Failure] = []
        self.controls: tuple[Measurement, ...] = ()
        self.against: tuple[Measurement, ...] = ()  # the same networks in another environment
        self.against_controls: tuple[Measurement, ...] = ()
        self.others_cpus: float | None = None  # the most of any replicate
        self.pressure_before: float | None = None
        self.ceilings: tuple[Ceiling, ...] = ()

    def take(self, event: Event) -> None:
        """What a worker says of itself."""
        match event:
            case Result(measurement):
                self.add(measurement)
            case Failed(failure):
                self.fail(failure)
            case Progress():
                left_s = event.remaining_s if self.knows_rest else None
                self.report(replace(event, remaining_s=left_s))

    def note_others(self, cpus: float | None) -> None:
        if cpus is not None:
            self.others_cpus = max(cpus, self.others_cpus or 0.0)

    def first_part(self, share: float) -> None:
        """What is done from now on is so much of the whole, and `next_part` follows."""
        self._part = (0.0, share)

    def next_part(self, share: float) -> None:
        """The same for what comes after; so much of the whole."""
        start, extent = self._part
        self._part = (start + extent, share)
        self.done, self.share = 0.0, 1.0

    def measurement_of(self, task: Task) -> Measurement | None:
        return self.measurements.get((task.candidate.key, task.scenario))

    def has_failed(self, task: Task) -> bool:
        return self._is_noted(task.candidate, task.scenario)

    def add(self, measurement: Measurement) -> None:
        self.measurements[(measurement.candidate.key, measurement.scenario)] = measurement
        self._listen(measurement)

    def fail(self, failure: Failure) -> None:
        """The first reason counts: what comes after it is its consequence."""
        if self._is_noted(failure.candidate, failure.scenario):
            return
        self.failures.append(failure)
        self._listen(failure)

    def _is_noted(self, candidate: Candidate, scenario: Scenario) -> bool:
        return any((one.candidate, one.scenario) == (candidate, scenario) for one in self.failures)

    def report(self, progress: Progress) -> None:
        """Pass progress on, as a fraction of the whole request."""
        start, extent = self._part
        fraction = start + extent * (self.done + self.share * progress.fraction)
        left_s = progress.remaining_s if extent == 1 else None  # of all, or not known
        self._listen(replace(progress, fraction=fraction, remaining_s=left_s))

    def fail_missing(self, tasks: Iterable[Task], reason: str) -> None:
        """Note a failure for each task without a proper result; first looks are kept."""
        for task in tasks:
            self.fail(Failure(task.candidate, task.scenario, reason))
