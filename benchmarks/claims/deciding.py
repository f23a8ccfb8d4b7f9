"""From claims and measurements to findings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from benchmarks.claims.claim import OUTCOMES, Basis, Claim, Finding, Outcome
from benchmarks.claims.designs import designs
from benchmarks.claims.evidence import Evidence, evidence
from benchmarks.claims.layers import layers
from benchmarks.claims.rivals import rivals
from benchmarks.claims.scalings import scalings
from benchmarks.claims.timing import decide
from benchmarks.collection import Collection
from benchmarks.results import Run
from benchmarks.scenarios import Scenario

_AGREES: Mapping[Basis, tuple[str, str]] = {
    "counted": ("Exact counting agrees.", "Exact counting does not agree."),
    "published": (
        "What others have published agrees.",
        "What others have published does not agree.",
    ),
}
_COUNTED: Mapping[Outcome, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "cannot tell": ("cannot be told", "cannot be told"),
    "not measured": ("is not measured yet", "are not measured yet"),
}


@lru_cache(maxsize=1)
def claims() -> tuple[Claim, ...]:
    """All of them, in the order in which the paper makes them."""
    return (*layers(), *designs(), *scalings(), *rivals())


def findings(measured: Run | Collection, scenario: Scenario) -> tuple[Finding, ...]:
    """What came of each claim by what was measured in `scenario`; none is left out."""
    found = evidence(measured, scenario)
    return tuple(_finding(claim, found) for claim in claims())


def missing(found: Iterable[Finding]) -> tuple[Claim, ...]:
    """Those that a measurement could still decide."""
    return tuple(one.claim for one in found if one.outcome == "not measured")


def is_tested(found: Iterable[Finding]) -> bool:
    """Whether all was timed that the claims need, but for layers, which some engines hide."""
    return all(claim.layers for claim in missing(found))


def by_table(found: Iterable[Finding]) -> dict[str, list[Finding]]:
    """In the order of the paper."""
    tables: dict[str, list[Finding]] = {}
    for one in found:
        tables.setdefault(one.claim.table, []).append(one)
    return tables


def summary(found: Iterable[Finding]) -> str:
    """ "The paper's own: 21 hold, 3 fail. Asked here: 4 hold".

    What there is none of is left out.
    """
    papers, asked = by_origin(found)
    parts = {"The paper's own": _counted(papers), "Asked here": _counted(asked)}
    return ". ".join(f"{whose}: {counts}" for whose, counts in parts.items() if counts)


def by_origin(found: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those of what the paper claims, and those of what is asked here beside it."""
    every = list(found)
    papers = [one for one in every if one.claim.is_papers]
    return papers, [one for one in every if not one.claim.is_papers]


def counts(found: Iterable[Finding]) -> dict[Outcome, int]:
    """How many came out how."""
    outcomes = [one.outcome for one in found]
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}


def _counted(found: Iterable[Finding]) -> str:
    return ", ".join(
        f"{count} {_COUNTED[outcome][count > 1]}"
        for outcome, count in counts(found).items()
        if count
    )


def _finding(claim: Claim, found: Evidence) -> Finding:
    arithmetic, text = _arithmetic(claim)
    if claim.timing is not None:
        decided = decide(claim.timing, found)
        return Finding(claim, text, arithmetic, decided.measured, decided.outcome, decided.why)
    if claim.untestable is not None:
        return Finding(claim, text, arithmetic, None, "cannot tell", claim.untestable)
    if arithmetic is None:
        raise ValueError(f"{claim.id} does not say how it is tested.")
    return Finding(claim, text, arithmetic, None, arithmetic, _why(claim, arithmetic))


def _arithmetic(claim: Claim) -> tuple[Outcome | None, str | None]:
    counted = ", ".join(one.as_counted for one in claim.numbers)
    parts = [_sentence(counted)] if counted else []
    parts += [claim.reasoned.text] if claim.reasoned else []
    said = [one.agrees for one in claim.numbers]
    if claim.reasoned is not None and claim.reasoned.holds is not None:
        said.append(claim.reasoned.holds)
    outcome: Outcome | None = None if not said else "holds" if all(said) else "fails"
    return outcome, " ".join(parts) or None


def _why(claim: Claim, outcome: Outcome) -> str:
    off = [f"{one.as_counted} instead of {one.figure}" for one in claim.numbers if not one.agrees]
    if off:
        return _sentence(", ".join(off))
    return _AGREES[claim.basis][outcome == "fails"]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
