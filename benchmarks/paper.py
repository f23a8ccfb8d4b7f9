"""The paper's claims from code: one measurement, and what came of each claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from benchmarks.api import carry_out
from benchmarks.claims import Claim, Finding, by_table, claims, findings, request, summary
from benchmarks.claims.telling import brief, to_text
from benchmarks.collection import Collection
from benchmarks.insight import scenario_label
from benchmarks.jobs.updates import Listener
from benchmarks.progress import listening
from benchmarks.results import Run
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.timing.protocol import PLANS, Preset

_WORDS = 'style="font-weight:600"'


@dataclass(frozen=True)
class PaperCheck:
    """What came of the paper's claims on this machine. Prints as text, in a notebook as HTML.

    run: None where nothing had to be timed. findings: of all claims, or of those of the tables that
        were asked for.
    """

    run: Run | None
    scenario: Scenario
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        return f"{scenario_label(self.scenario)}\n\n{to_text(self.findings)}"

    def _repr_html_(self) -> str:
        parts = [f"<p {_WORDS}>{escape(scenario_label(self.scenario))}. {self._summary}.</p>"]
        for table, found in by_table(self.findings).items():
            items = "".join(f"<li>{_finding(one)}</li>" for one in found)
            parts.append(f"<p {_WORDS}>{escape(table)}</p><ul>{items}</ul>")
        return f"<div>{''.join(parts)}</div>"

    @property
    def _summary(self) -> str:
        return escape(summary(self.findings))


def check_paper(
    engine: str = "eager",
    *,
    threads: int = 1,
    preset: Preset = "quick",
    tables: Iterable[str] | None = None,
    listen: Listener | None = None,
) -> PaperCheck:
    """Test the claims of the MobileNets paper (arXiv:1704.04861, Tables 1 to 9) on this machine.

    tables: such as ["Table 4", "Figure 4"]; None: all, which takes some minutes. A preview decides
        nothing. An interrupt (Ctrl-C) keeps what was measured.

    Raises ScenarioError for an engine, a table or a number of threads that is not to be had.
    """
    if preset not in PLANS:
        raise ScenarioError(f"Preset {preset!r} is not known. Choose one of: {', '.join(PLANS)}.")
    scenario = Scenario(engine, threads=threads)
    wanted = _of(tables)
    run = None
    if any(claim.networks for claim in wanted):
        with listening(listen) as hear:
            run = carry_out(request(scenario, preset, wanted), hear)
    found = findings(Collection() if run is None else run, scenario)
    return PaperCheck(run, scenario, tuple(one for one in found if one.claim in wanted))


def _of(tables: Iterable[str] | None) -> tuple[Claim, ...]:
    if tables is None:
        return claims()
    asked = [tables] if isinstance(tables, str) else list(tables)
    known = dict.fromkeys(claim.table for claim in claims())
    if not asked:
        raise ScenarioError(f"No table was asked for. Choose from: {', '.join(known)}.")
    if unknown := [table for table in asked if table not in known]:
        raise ScenarioError(
            f"{unknown[0]!r} is no table of these claims. Choose from: {', '.join(known)}."
        )
    return tuple(claim for claim in claims() if claim.table in asked)


def _finding(one: Finding) -> str:
    facts = "".join(f"<br>{escape(name)}: {escape(text)}" for name, text in brief(one))
    return f"<b>{escape(one.word)}</b>: {escape(one.claim.sentence)}<small>{facts}</small>"
