"""`measure --against`: two environments in turns, and an exit status that a CI job can use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from benchmarks.cli.answer import BAD_INPUT, FAILED, INTERRUPTED, print_json, stop, tell
from benchmarks.cli.share import comparison_json, print_comparison

if TYPE_CHECKING:
    from benchmarks.compare import Comparison
    from benchmarks.jobs.request import Request
    from benchmarks.results import Run

SLOWER, CANNOT_TELL = 3, 4
MAX_LIMIT = 10.0


def limit_of(text: str) -> float:
    """ "5%", "5 %" or "0.05" as a share. Raises ValueError with the way out."""
    number = text.strip()
    try:
        share = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= MAX_LIMIT:
        raise ValueError(
            f"--fail-if-slower: {text!r} is no share from 0 to {MAX_LIMIT:.0%}. Write it as 5%."
        )
    return share


def status_of(found: Comparison, limit: float, *, is_invalid: bool) -> int:
    """SLOWER where a network is: its interval lies above the limit. Else CANNOT_TELL where that is
    not ruled out for all. found: this environment beside the other."""
    bounds = [row.interval for row in found.rows]
    if is_invalid or not bounds or found.missing or None in bounds:
        return CANNOT_TELL
    if any(
        row.verdict == "slower" and row.interval and row.interval.low > 1 + limit
        for row in found.rows
    ):
        return SLOWER
    return CANNOT_TELL if any(one and one.high > 1 + limit for one in bounds) else 0


def answer(
    request: Request,
    python: str,
    limit: float | None,
    out: Path | None,
    against_out: Path | None,
    title: str,
    note: str,
    *,
    as_json: bool,
) -> None:
    """Measure in both, save what is asked for, print how this one compares, and end."""
    from benchmarks import compare, snapshot
    from benchmarks.setups import facts as facts_of
    from benchmarks.tables import describe_failure
    from mobilenet.files import FileError, write_whole

    ours, theirs = _run(request, python)
    try:
        both = [
            snapshot.loads(snapshot.dumps(run, title=title, note=note)) for run in (theirs, ours)
        ]
    except snapshot.SnapshotError as error:
        raise stop(str(error), FAILED) from error
    problems = []
    for one, path in zip(both, (against_out, out), strict=True):
        if path is not None:
            try:
                write_whole(path, one.text.encode() + b"\n")
                tell(f"Saved to {path}.")
            except FileError as error:
                problems.append(str(error))
    found = compare.compare(theirs, ours, called="this environment")
    facts = facts_of(both)
    if as_json:
        print_json(comparison_json(both, facts, [found]))
    else:
        print_comparison(["The other environment", "This one"], facts, [found])
    for failure in ours.failures:
        tell(f"Failed: {describe_failure(failure)}")
    if problems:
        raise stop(" ".join(problems), FAILED)
    if ours.cancelled:
        raise typer.Exit(INTERRUPTED)
    if ours.failures:
        raise typer.Exit(FAILED)
    if limit is not None:
        is_invalid = any(run.state is None or run.state.word == "invalid" for run in (ours, theirs))
        raise typer.Exit(status_of(found, limit, is_invalid=is_invalid))


def _run(request: Request, python: str) -> tuple[Run, Run]:
    from benchmarks.api import carry_out_against
    from benchmarks.jobs.environment import OtherEnvironmentError, find_environment
    from benchmarks.progress import ProgressBar
    from benchmarks.scenarios import ScenarioError

    try:
        other = find_environment(python)
        with ProgressBar() as bar:
            return carry_out_against(request, other, bar.show)
    except (OtherEnvironmentError, ScenarioError) as error:
        raise stop(str(error), BAD_INPUT) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise stop(f"The measurement could not be started: {reason}.", FAILED) from error
