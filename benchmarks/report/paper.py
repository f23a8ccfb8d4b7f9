"""The paper's claims in a report, of a run that timed what they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import claims
from benchmarks.claims import Finding
from benchmarks.insight import scenario_label
from benchmarks.results import Run


@dataclass(frozen=True)
class Tested:
    """The findings in one scenario, by table. summary: how many came out how."""

    title: str
    summary: str
    tables: Mapping[str, Sequence[Finding]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(one for own in self.tables.values() for one in own)


def tested(run: Run) -> tuple[Tested, ...]:
    """One a scenario; none for runs of other networks."""
    parts = []
    for scenario in dict.fromkeys(one.scenario for one in run.measurements):
        found = claims.findings(run, scenario)
        if claims.is_tested(found):
            title = f"The MobileNets paper's claims in {scenario_label(scenario)}"
            parts.append(Tested(title, f"{claims.summary(found)}.", claims.by_table(found)))
    return tuple(parts)
