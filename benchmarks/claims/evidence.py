"""What has been measured in one scenario, as far as it can prove something."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.candidates import candidate
from benchmarks.claims.claim import Decision, label
from benchmarks.collection import Collection, collect
from benchmarks.layer_times import LayerTimes
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.statistics import MIN_WORKERS, Ratio

NOT_TOGETHER = "These networks have not been timed in turns here."
FIRST_LOOK = "Timed in one process only, which is no proof: it takes a proper measurement."
NO_LAYERS = "Where the time of this network goes, layer by layer, has not been measured here."


@dataclass(frozen=True)
class Pair:
    """Two networks that took turns in one run; run: None where it is not known how that ended."""

    one: Measurement
    other: Measurement
    ratio: Ratio
    run: Run | None


@dataclass(frozen=True)
class Layers:
    """Of networks that were measured in one run."""

    times: tuple[LayerTimes, ...]
    run: Run | None


@dataclass(frozen=True)
class Evidence:
    collection: Collection
    scenario: Scenario

    def pair(self, one: str, other: str) -> Pair | Decision:
        """Both, with how many times as long `one` takes; or why that cannot be said."""
        both = candidate(one), candidate(other)
        found = self.collection.together(*both, self.scenario)
        if found is None:
            failed = self._failed((one, other), although_timed=False)
            return _missing(failed, NOT_TOGETHER)
        ratio = found[0].ratio_to(found[1])
        is_proper = all(row.quality == "measured" for row in found)
        if not is_proper or ratio is None or ratio.workers < MIN_WORKERS or not ratio.interval:
            return Decision("not measured", FIRST_LOOK)
        return Pair(*found, ratio, self.collection.finished.get(found[0].run_id))

    def layers(self, *keys: str) -> Layers | Decision:
        """Of the newest run that has them all, properly; or why there is none."""
        why = NO_LAYERS
        for run_id, run in list(self.collection.runs.items())[::-1]:
            rows = [run.get((candidate(key).key, self.scenario)) for key in keys]
            known = [row for row in rows if row and row.layer_times]
            times = [row.layer_times for row in known if row.quality == "measured"]
            if len(times) == len(keys):
                proper = tuple(one for one in times if one is not None)
                return Layers(proper, self.collection.finished.get(run_id))
            if len(known) == len(keys):
                why = FIRST_LOOK
        return _missing(self._failed(keys, although_timed=True), why)

    def _failed(self, keys: tuple[str, ...], *, although_timed: bool) -> str | None:
        """What came to nothing, in the newest run that tried.

        although_timed: whether it counts that of a network, which was timed, something else failed.
        """
        for run in list(self.collection.finished.values())[::-1]:
            timed = {(row.candidate, row.scenario) for row in run.measurements}
            for failure in run.failures:
                if failure.scenario != self.scenario or failure.candidate.key not in keys:
                    continue
                if although_timed or (failure.candidate, failure.scenario) not in timed:
                    return f"{label(failure.candidate.key)}: {failure.reason.rstrip('.')}."
        return None


def _missing(failed: str | None, why: str) -> Decision:
    return Decision("cannot tell", failed) if failed else Decision("not measured", why)


def evidence(measured: Run | Collection, scenario: Scenario) -> Evidence:
    if isinstance(measured, Run):
        return Evidence(collect(measured.measurements).plus_run(measured), scenario)
    return Evidence(measured, scenario)


def doubt(run: Run | None) -> str | None:
    """Why nothing of a run is believed; None where it is."""
    if run is None or (state := run.state) is None or state.word != "invalid":
        return None
    return f"The run is invalid: {state.reasons[0].text}"
