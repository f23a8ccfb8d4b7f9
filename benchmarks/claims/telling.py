"""Findings in words, for a terminal, a file or a program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from benchmarks.claims.claim import Finding, Outcome
from benchmarks.claims.deciding import by_origin, by_table, counts, summary
from benchmarks.texts import cleaned

ABOUT = "The claims of the MobileNets paper (arXiv:1704.04861), tested on this machine"
TESTED = "Tested"
_INDENT = "    "


def facts(one: Finding) -> tuple[tuple[str, str], ...]:
    """What stands behind a finding: name and text, each a sentence or two. Nothing is empty."""
    counted = "Published" if one.claim.basis == "published" else "By arithmetic"
    rows = (
        ("The paper", one.claim.printed),
        (counted, one.by_arithmetic),
        ("Measured here", one.measured and cleaned(one.measured)),
        (one.word.capitalize(), None if _is_plain(one) else cleaned(one.why)),
        (TESTED, one.claim.test),
        ("Erratum", one.claim.erratum),
        ("Note", one.claim.note),
        ("Asked here", one.claim.asked_here),
    )
    return tuple((name, text) for name, text in rows if text)


def brief(one: Finding) -> tuple[tuple[str, str], ...]:
    """The same, without the criterion where figures agree that stand beside each other."""
    return tuple(row for row in facts(one) if not (row[0] == TESTED and _is_plain(one)))


def to_text(found: Sequence[Finding], *, width: int = 100) -> str:
    """All of them by table, and how many came out how."""
    parts = []
    for table, own in by_table(found).items():
        lines = [table]
        for one in own:
            lines += textwrap.wrap(
                f"{one.word.upper()}: {one.claim.sentence}", width, subsequent_indent="  "
            )
            for name, text in brief(one):
                lines += textwrap.wrap(
                    f"{name}: {text}",
                    width,
                    initial_indent=_INDENT,
                    subsequent_indent=_INDENT + "  ",
                    break_on_hyphens=False,
                )
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, f"{summary(found)}."])


def to_rows(found: Iterable[Finding]) -> list[dict[str, object]]:
    """For programs: a mapping a claim, None where there is nothing to say."""
    return [
        {
            "id": one.claim.id,
            "table": one.claim.table,
            "sentence": one.claim.sentence,
            "paper": one.claim.printed or None,
            "source": one.claim.source,
            "test": one.claim.test,
            "networks": list(one.claim.networks),
            "is_papers": one.claim.is_papers,
            "note": one.claim.note,
            "asked_here": one.claim.asked_here,
            "by_arithmetic": one.by_arithmetic,
            "arithmetic": one.arithmetic,
            "measured": one.measured,
            "outcome": one.outcome,
            "why": one.why,
            "erratum": one.claim.erratum,
        }
        for one in found
    ]


def to_counts(found: Iterable[Finding]) -> dict[str, dict[Outcome, int]]:
    """How many of the paper's own claims came out how, and how many of those asked here."""
    papers, asked = by_origin(found)
    return {"paper": counts(papers), "asked_here": counts(asked)}


def _is_plain(one: Finding) -> bool:
    """Whether it holds by figures that stand beside each other anyway."""
    return one.outcome == "holds" and one.claim.timing is None
