"""Is the engine that a quick comparison finds fastest the fastest, as a later run says?

Networks of one batch and number of threads are measured together, as the page's grid is. The later
run leaves out engines that took half as long again for each of them: nothing turns that around.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.api import carry_out, request_for
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import runnable
from benchmarks.jobs.request import scenarios_for
from benchmarks.machine import read_machine
from benchmarks.results import Measurement, Run
from benchmarks.timing.protocol import EFFORTS, Preset
from benchmarks.timing.verdicts import verdict
from benchmarks.validity import null_ratio
from tests.bench.figure import Figure, judged
from tests.bench.findings import Share
from tests.bench.worth import worth

WIDTHS = ("1.0", "0.75", "0.5", "0.25")
RESOLUTIONS = (224, 192, 160, 128)
BATCHES = (1, 4)
THREADS = (1, 2)
GOAL = 0.95
HOPELESS = 1.5


@dataclass(frozen=True)
class Setting:
    batch: int
    threads: int

    def __str__(self) -> str:
        return f"batch {self.batch}, threads {self.threads}"

    def run(self, networks: Iterable[str], engines: Iterable[str], preset: Preset) -> Run:
        """Fresh workers that take turns, so many as the preset's least."""
        scenarios = scenarios_for(
            engines, ["float32"], device="cpu", threads=self.threads, batch=self.batch
        )
        effort = replace(EFFORTS[preset], max_workers=EFFORTS[preset].min_workers)
        request = replace(request_for(networks, scenarios, preset), effort=effort)
        return carry_out(request, lambda update: None)


def figures(times: int) -> Iterator[Figure]:
    """times: checks."""
    chosen: dict[Setting, list[str]] = {}
    for network, setting in cases(read_machine().usable_cpus)[:times]:
        chosen.setdefault(setting, []).append(network)
    agreed: list[bool] = []
    for setting, networks in chosen.items():
        first = setting.run(networks, soon_prepared(), "quick")
        later = setting.run(networks, hopeful(first, networks), "standard")
        found = {network: holds(network, first, later) for network in networks}
        yield Figure(
            f"{setting}: quick run's fastest is later the fastest",
            f"{sum(found.values())} of {len(found)}; first {worth(first)}; later {worth(later)}",
        )
        for network in networks:
            if not found[network]:
                yield Figure(
                    f"  {network}", f"{_times(network, first)}; later {_times(network, later)}"
                )
        agreed += found.values()
    share = Share(sum(agreed), len(agreed))
    yield Figure(
        "recommended engine is the fastest, or cannot be told from it",
        str(share),
        f"{100 * GOAL:.0f} %",
        judged(share.count >= GOAL * share.total),
    )


def cases(usable_cpus: int) -> list[tuple[str, Setting]]:
    """All, in an order that is random and always the same."""
    threads = [count for count in THREADS if count <= usable_cpus]
    networks = [f"{width}-{side}" for width, side in itertools.product(WIDTHS, RESOLUTIONS)]
    settings = [Setting(*parts) for parts in itertools.product(BATCHES, threads)]
    found = list(itertools.product(networks, settings))
    random.Random(0).shuffle(found)
    return found


def soon_prepared() -> list[str]:
    """Engines that are installed and take no compiler: that takes twenty seconds a network."""
    return [name for name in runnable("cpu") if ENGINES[name].export != "aot"]


def ranked(network: str, run: Run) -> list[Measurement]:
    """Its engines, the fastest first, as `recommend` ranks them. Raises ValueError where all
    failed."""
    rows = [row for row in run.measurements if row.candidate.key == network]
    if not rows:
        raise ValueError(f"No engine ran: {[failure.reason for failure in run.failures]}")
    return sorted(rows, key=lambda row: _times_as_long(row, rows[0]))


def hopeful(run: Run, networks: Sequence[str]) -> list[str]:
    """Engines that may be the fastest for one of `networks`."""
    found: dict[str, None] = {}
    for network in networks:
        best, *_ = rows = ranked(network, run)
        found |= {
            row.scenario.engine: None for row in rows if _times_as_long(row, best) <= HOPELESS
        }
    return list(found)


def holds(network: str, first: Run, later: Run) -> bool:
    """Whether the fastest of the first run is the fastest later, or cannot be told from it."""
    best, *_ = rows = ranked(network, later)
    engine = ranked(network, first)[0].scenario.engine
    row = next((one for one in rows if one.scenario.engine == engine), None)
    if row is None:
        return False
    return row is best or verdict(row.ratio_to(best), null=null_ratio(later, row)) != "slower"


def _times(network: str, run: Run) -> str:
    best, *_ = rows = ranked(network, run)
    return ", ".join(f"{row.scenario.engine} {_times_as_long(row, best):.3f}" for row in rows)


def _times_as_long(row: Measurement, other: Measurement) -> float:
    ratio = row.ratio_to(other)
    return ratio.value if ratio else row.median_s / other.median_s
