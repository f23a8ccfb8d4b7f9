"""The command paper."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from benchmarks.cli.answer import (
    BAD_INPUT,
    FAILED,
    INTERRUPTED,
    AsJson,
    carried_out,
    print_json,
    stop,
    tell,
    terminal_width,
)

if TYPE_CHECKING:
    from benchmarks.jobs.request import Request
    from benchmarks.results import Run

Preset = Literal["quick", "standard", "certify"]


def paper(
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIST", help="eager (the default), openvino, …, or all: see `engines`."
        ),
    ] = None,
    threads: Annotated[int, typer.Option(help="CPU threads that an engine may use.")] = 1,
    preset: Annotated[
        Preset, typer.Option(help="Ever more fresh processes, from left to right.")
    ] = "quick",
    given: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Judge this saved run; nothing is measured."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the run there as a snapshot.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The MobileNets paper on this machine: which of its claims hold here, and which do not.

    Counts what can be counted, looks up what has been published, and times the paper's networks
    and those it is compared with, in turns. Takes some minutes an engine. A claim that fails is an
    answer, not an error. Ctrl-C keeps what has been measured.

    \b
    Examples:
      mobilenet-bench paper --engine onnxruntime --out paper.json
      mobilenet-bench paper --engine all --preset standard
      mobilenet-bench paper --from paper.json

    Exit status: 0 done, 1 something failed, 2 bad input, 130 interrupted.
    """
    from benchmarks.cli.given import InputError, check_target
    from benchmarks.scenarios import ScenarioError
    from benchmarks.snapshot import SnapshotError, load

    try:
        if given is not None:
            _check_alone(engine, out)
            _answer(load(given), as_json=as_json)
            return
        request = _request(engine, threads, preset)
        check_target(request, out, "", "", as_json=as_json)
    except (InputError, ScenarioError, SnapshotError) as error:
        raise stop(str(error), BAD_INPUT) from error
    run = carried_out(request)
    problem = _saved(run, out)
    _answer(run, as_json=as_json)
    if problem is not None:
        raise stop(problem, FAILED)
    raise typer.Exit(INTERRUPTED if run.cancelled else FAILED if _is_incomplete(run) else 0)


def _reliability(run: Run) -> list[str]:
    if (state := run.state) is None:
        return ["A preview, from which nothing can be concluded."]
    return [f"The run is {state.word}.", *(f"{one.text} {one.advice}" for one in state.reasons)]


def _is_incomplete(run: Run) -> bool:
    """Whether a network was not timed. That some engines do not tell of layers is no failure."""
    timed = {(one.candidate, one.scenario) for one in run.measurements}
    return any((one.candidate, one.scenario) not in timed for one in run.failures)


def _check_alone(engine: list[str] | None, out: Path | None) -> None:
    from benchmarks.cli.given import InputError

    if engine or out is not None:
        raise InputError("--from measures nothing. Leave --engine and --out out.")


def _request(engine: list[str] | None, threads: int, preset: Preset) -> Request:
    from benchmarks import claims
    from benchmarks.cli.given import engine_names
    from benchmarks.jobs.request import scenarios_for

    names = engine_names(engine, ["float32"], "cpu")
    scenarios = scenarios_for(names, ["float32"], device="cpu", threads=threads, batch=1)
    return replace(claims.request(scenarios[0], preset), scenarios=scenarios)


def _saved(run: Run, out: Path | None) -> str | None:
    """Why it could not be saved: what was measured is shown all the same."""
    from benchmarks import snapshot

    if out is None:
        return None
    try:
        snapshot.save(run, out, title="The paper on this machine", note="")
    except snapshot.SnapshotError as error:
        return str(error)
    tell(f"Saved to {out}.")
    return None


def _answer(run: Run, *, as_json: bool) -> None:
    from benchmarks import claims
    from benchmarks.claims import telling
    from benchmarks.insight import scenario_label
    from benchmarks.tables import describe_failure, heading

    every = [one.scenario for one in run.measurements] + [one.scenario for one in run.failures]
    scenarios = dict.fromkeys(every)
    found = {scenario: claims.findings(run, scenario) for scenario in scenarios}
    for failure in run.failures:
        tell(f"Failed: {describe_failure(failure)}")
    if as_json:
        print_json(
            [
                {
                    "scenario": asdict(scenario),
                    "counts": telling.to_counts(own),
                    "findings": telling.to_rows(own),
                }
                for scenario, own in found.items()
            ]
        )
        return
    typer.echo("\n".join([telling.ABOUT, heading(run)[0], *_reliability(run)]))
    for scenario, own in found.items():
        typer.echo(f"\n{scenario_label(scenario)}\n")
        typer.echo(telling.to_text(own, width=terminal_width()))
