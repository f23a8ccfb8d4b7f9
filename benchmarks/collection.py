"""Measurements collected over time: which to show for each network, and which may be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from benchmarks.candidates import Candidate
from benchmarks.results import Measurement, Run, better, trust
from benchmarks.scenarios import Scenario

Key = tuple[str, Scenario]
K = TypeVar("K")
V = TypeVar("V")
KEPT_NETWORKS = 2000  # a week of slider moves; the oldest go first
KEPT_RUNS = 100


def key_of(measurement: Measurement) -> Key:
    return (measurement.candidate.key, measurement.scenario)


@dataclass(frozen=True)
class Collection:
    """What has been measured on this machine since the program started.

    best: for each network and scenario the measurement to show, oldest first.
    runs: what was timed in turns, by run, oldest first; only those can be paired.
    finished: runs that came to their end, by their id; they know how far they can be relied on.
    """

    best: Mapping[Key, Measurement] = field(default_factory=dict)
    runs: Mapping[str, Mapping[Key, Measurement]] = field(default_factory=dict)
    finished: Mapping[str, Run] = field(default_factory=dict)

    def get(self, candidate: Candidate, scenario: Scenario) -> Measurement | None:
        return self.best.get((candidate.key, scenario))

    def plus(self, measurement: Measurement) -> Collection:
        """With one more; an earlier part of the same measurement is replaced."""
        key = key_of(measurement)
        best = dict(self.best)
        known = best.pop(key, None)
        best[key] = better(known, measurement) if known else measurement
        run = {**self.runs.get(measurement.run_id, {}), key: measurement}
        runs = {**self.runs, measurement.run_id: run}
        return replace(self, best=_newest(best, KEPT_NETWORKS), runs=_newest(runs, KEPT_RUNS))

    def plus_run(self, run: Run) -> Collection:
        """Knowing that `run` has ended; its measurements are here already."""
        return replace(self, finished=_newest({**self.finished, run.id: run}, KEPT_RUNS))

    def together(
        self, a: Candidate, b: Candidate, scenario: Scenario
    ) -> tuple[Measurement, Measurement] | None:
        """Both from the run to trust most of those that timed them in turns; None if none did.

        Where that is no proper measurement, it must be the one that is shown: a ratio beside two
        times from elsewhere would contradict them.
        """
        pairs = [
            (run[a.key, scenario], run[b.key, scenario])
            for run in self.runs.values()
            if (a.key, scenario) in run and (b.key, scenario) in run
        ]
        found = max(
            pairs, key=lambda pair: (min(map(trust, pair)), pair[0].measured_utc), default=None
        )
        if found is None or all(one.quality == "measured" for one in found):
            return found
        is_shown = found == (self.get(a, scenario), self.get(b, scenario))
        return found if is_shown else None


def collect(measurements: Iterable[Measurement]) -> Collection:
    collection = Collection()
    for measurement in measurements:
        collection = collection.plus(measurement)
    return collection


def _newest(entries: dict[K, V], count: int) -> dict[K, V]:
    return dict(list(entries.items())[-count:]) if len(entries) > count else entries
