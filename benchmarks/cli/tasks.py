"""The command tasks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from benchmarks.cli.answer import (
    BAD_INPUT,
    FAILED,
    INTERRUPTED,
    AsJson,
    carried_out,
    print_aligned,
    print_json,
    stop,
    tell,
)
from benchmarks.scenarios import Precision

if TYPE_CHECKING:
    from benchmarks.applications import Application
    from benchmarks.candidates import Candidate
    from benchmarks.results import Measurement, Run
    from benchmarks.scenarios import Scenario

Preset = Literal["quick", "standard", "certify"]
COLUMNS = (
    "Network",
    "Parameters",
    "Paper",
    "Mult-adds",
    "Paper",
    "Latency",
    "95 % interval",
)
TIMED = (5, 6)  # of the columns


def tasks(
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="TASK",
            help="dogs, geolocation, attributes, detection or embedding; all, if not said.",
        ),
    ] = None,
    width: Annotated[
        float | None, typer.Option(help="Add the task's network of this width multiplier.")
    ] = None,
    resolution: Annotated[
        int | None, typer.Option(help="And of this resolution, in pixels.")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Time the task's networks here, in turns.")
    ] = False,
    engine: Annotated[str, typer.Option(help="One of `engines`.")] = "eager",
    precision: Annotated[Precision, typer.Option(help="Of weights and arithmetic.")] = "float32",
    device: Annotated[str, typer.Option(help="cpu, or an accelerator by torch's name.")] = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads that an engine may use.")] = 1,
    batch: Annotated[int, typer.Option(help="Images in one inference.")] = 1,
    preset: Annotated[
        Preset, typer.Option(help="How thoroughly: ever more fresh processes.")
    ] = "quick",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save what was measured there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The paper's applications: what their networks cost by our count and by the paper's, and here.

    Recognising dogs, finding where a photograph was taken, attributes of faces, detecting objects,
    comparing two faces. "≠" marks a figure of the paper's that our count, rounded alike, is not;
    a sentence below says why, where that is known.

    \b
    Examples:
      mobilenet-bench tasks
      mobilenet-bench tasks detection --measure
      mobilenet-bench tasks geolocation --width 0.35 --resolution 192
      mobilenet-bench tasks dogs --measure --engine onnxruntime --out dogs.json

    Exit status: 0 done, 1 something failed, 2 bad input, 130 interrupted.
    """
    from benchmarks.application_table import LEGEND
    from benchmarks.applications import APPLICATIONS, with_network
    from mobilenet.config import ConfigError

    if task is not None and task not in APPLICATIONS:
        raise stop(f"Task {task!r} is not known. Choose: {', '.join(APPLICATIONS)}.", BAD_INPUT)
    if measure and task is None:
        raise stop(f"Name the task to measure: {', '.join(APPLICATIONS)}.", BAD_INPUT)
    if out is not None and not measure:
        raise stop("Nothing is measured, so there is nothing to save. Add --measure.", BAD_INPUT)
    if (width is None) != (resolution is None):
        raise stop("Give both --width and --resolution, or neither.", BAD_INPUT)
    chosen = [one for key, one in APPLICATIONS.items() if task in (None, key)]
    if width is not None and resolution is not None:
        try:
            chosen = [with_network(one, width, resolution) for one in chosen]
        except ConfigError as error:
            raise stop(str(error), BAD_INPUT) from error
    run = None
    if measure:
        run = _measured(chosen[0], engine, precision, device, threads, batch, preset, out)
    if as_json:
        print_json([_as_json(one, run) for one in chosen])
    else:
        for one in chosen:
            _show(one, run)
        tell(LEGEND)
    if run is None:
        return
    raise typer.Exit(INTERRUPTED if run.cancelled else FAILED if run.failures else 0)


def _measured(
    application: Application,
    engine: str,
    precision: Precision,
    device: str,
    threads: int,
    batch: int,
    preset: Preset,
    out: Path | None,
) -> Run:
    from benchmarks.application_table import runnable
    from benchmarks.jobs.request import Request, scenarios_for
    from benchmarks.scenarios import ScenarioError
    from benchmarks.snapshot import SnapshotError, check_target, save

    try:
        ways = scenarios_for([engine], [precision], device=device, threads=threads, batch=batch)
        if out is not None:
            check_target(out)
        request = Request(
            title=f"Task: {application.title}",
            candidates=runnable(application, ways[0]),
            scenarios=ways,
            preset=preset,
            quality="measured",
            fresh=True,
        )
    except (ScenarioError, SnapshotError) as error:
        raise stop(str(error), BAD_INPUT) from error
    _tell_what_is_left_out(application, ways[0])
    run = carried_out(request)
    if out is not None and run.measurements:
        try:
            save(run, out)
        except SnapshotError as error:
            raise stop(str(error), FAILED) from error
        tell(f"Saved to {out}.")
    return run


def _tell_what_is_left_out(application: Application, scenario: Scenario) -> None:
    from benchmarks.application_table import runnable
    from benchmarks.engines import ENGINES

    left = [one.label for one in application.timed if one not in runnable(application, scenario)]
    if left:
        tell(
            f"Not in {ENGINES[scenario.engine].label}, as they make as many boxes as they find: "
            f"{'; '.join(left)}. Eager times them."
        )


def _show(application: Application, run: Run | None) -> None:
    from benchmarks.application_table import agreement_text, notes, rows
    from benchmarks.tables import describe_failure, heading
    from benchmarks.tables import notes as notes_of_run

    typer.echo(f"{application.title} ({application.table}), {application.outputs}\n")
    found = rows(application, lambda one: _found(run, one))
    lines = [
        (*COLUMNS, f"Paper's {application.quality}"),
        *(tuple(asdict(row).values()) for row in found),
    ]
    kept = [place for place in range(len(lines[0])) if run is not None or place not in TIMED]
    print_aligned([[line[place] for place in kept] for line in lines])
    typer.echo(f"\n{agreement_text(application)}")
    for sentence in notes(application):
        typer.echo(sentence)
    if run is not None:
        typer.echo("\n".join([*heading(run), *notes_of_run(run)]))
        for failure in run.failures:
            tell(f"Error: {describe_failure(failure)}")
    typer.echo("")


def _found(run: Run | None, network: Candidate) -> Measurement | None:
    measured = run.measurements if run is not None else ()
    return next((one for one in measured if one.candidate == network), None)


def _as_json(application: Application, run: Run | None) -> dict[str, object]:
    from benchmarks.application_table import name_of, notes

    networks = []
    for entry in application.entries:
        network, paper = entry.candidate, entry.paper
        time = None if network is None else _found(run, network)
        interval = time.interval_s if time else None
        networks.append(
            {
                "network": name_of(entry),
                "key": entry.key,
                "is_baseline": entry.is_baseline,
                "parameters": network and network.parameters,
                "paper_parameters": paper and paper.parameters.value,
                "mult_adds": network and network.mult_adds,
                "paper_mult_adds": paper and paper.mult_adds.value,
                "paper_quality": paper and paper.quality,
                "median_s": time and time.median_s,
                "interval_s": interval and [interval.low, interval.high],
            }
        )
    return {
        "task": application.key,
        "title": application.title,
        "table": application.table,
        "networks": networks,
        "notes": notes(application),
    }
