"""The command measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from benchmarks.cli import against as comparing
from benchmarks.cli.answer import (
    BAD_INPUT,
    FAILED,
    INTERRUPTED,
    AsJson,
    carried_out,
    stop,
    tell,
    terminal_width,
)
from mobilenet.config import BlockKind, ConfigError, Depth, MobileNetConfig

if TYPE_CHECKING:
    from benchmarks.results import Run

Preset = Literal["preview", "quick", "standard", "certify"]


def measure(
    width: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="Width multipliers, 0.05 to 2, such as 0.25,0.5."),
    ] = None,
    resolution: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="Input sizes in pixels, 32 to 1024, such as 128,160."),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="Reference networks, such as resnet18,mobilenet_v2."),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIST", help="eager (the default), openvino, …, or all: see `engines`."
        ),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="float32 (the default), float16, bfloat16, int8."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, or an accelerator by torch's name.")] = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads that an engine may use.")] = 1,
    batch: Annotated[int, typer.Option(help="Images in one inference.")] = 1,
    block: Annotated[
        BlockKind, typer.Option(help="separable, or full convolutions (the paper's Table 4).")
    ] = "separable",
    depth: Annotated[
        Depth, typer.Option(help="paper, or shallow: without five blocks (Table 5).")
    ] = "paper",
    classes: Annotated[int, typer.Option(help="Outputs of the classifier.")] = 1000,
    preset: Annotated[
        Preset, typer.Option(help="Ever more fresh processes, from left to right.")
    ] = "quick",
    memory: Annotated[
        bool, typer.Option("--memory", help="Peak memory too, and energy where it is counted.")
    ] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="MobileNets layer by layer too, beside a ceiling.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the run there as a snapshot.")
    ] = None,
    title: Annotated[str, typer.Option(help="Of the snapshot, for whoever gets it.")] = "",
    note: Annotated[str, typer.Option(help="What else they should know.")] = "",
    against: Annotated[
        str | None,
        typer.Option(metavar="PYTHON", help="Another environment's python, to compare with."),
    ] = None,
    fail_if_slower: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Than that by so much, such as 5%: exit status 3."),
    ] = None,
    against_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the other environment's run there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Time networks on this machine, one measurement at a time.

    Lists are separated by commas, or the option is repeated. Widths and resolutions span their
    product, and each network is timed in each engine. Ctrl-C keeps what has been measured.

    \b
    Examples:
      mobilenet-bench measure --width 0.25,0.5 --resolution 128,160
      mobilenet-bench measure --reference resnet18 --engine eager,openvino
      mobilenet-bench measure --width 0.5 --engine all     which is fastest?
      mobilenet-bench measure --width 0.5 --preset standard --out run.json
      mobilenet-bench measure --width 0.5 --layers         where does the time go?
      mobilenet-bench measure --width 0.5 --against old/.venv/bin/python

    Exit status: 0 all was measured, 1 something failed, 2 bad input, 130 interrupted. With
    --fail-if-slower: 3 some network is slower by more than that, 4 it cannot be told.
    """
    from benchmarks.api import request_for
    from benchmarks.candidates import CandidateError
    from benchmarks.cli.given import (
        InputError,
        check_against,
        check_named,
        check_target,
        engine_names,
        entries,
        pairs,
    )
    from benchmarks.jobs.request import scenarios_for
    from benchmarks.scenarios import ScenarioError
    from benchmarks.snapshot import SnapshotError

    try:
        networks: list[MobileNetConfig | str] = [
            MobileNetConfig(a_width, pixels, classes, block, depth)
            for a_width, pixels in pairs(width, resolution)
        ]
        networks += entries("--reference", reference)
        check_named(networks)
        precisions = entries("--precision", precision) or ["float32"]
        scenarios = scenarios_for(
            engine_names(engine, precisions, device),
            precisions,
            device=device,
            threads=threads,
            batch=batch,
        )
        request = request_for(networks, scenarios, preset, memory=memory, layers=layers)
        if against is not None and layers:
            raise InputError("--layers are not timed with --against. Leave one of them out.")
        limit = check_against(against, fail_if_slower, against_out, memory=memory)
        check_target(request, out or against_out, title, note, as_json=as_json)
        check_target(request, against_out or out, title, note, as_json=as_json)
    except (CandidateError, ConfigError, InputError, ScenarioError, SnapshotError) as error:
        raise stop(str(error), BAD_INPUT) from error
    if against is not None:
        comparing.answer(request, against, limit, out, against_out, title, note, as_json=as_json)
    else:
        _answer(carried_out(request), out, title, note, as_json=as_json)


def _answer(run: Run, out: Path | None, title: str, note: str, *, as_json: bool) -> None:
    """Save before anything is printed; what could not be saved is printed all the same."""
    from benchmarks import layer_table, snapshot
    from benchmarks.tables import describe_failure, to_text

    answer, problem = "", None
    width = terminal_width()
    try:
        answer = (
            snapshot.dumps(run, title=title, note=note)
            if as_json
            else "\n\n".join(
                filter(None, [to_text(run, width=width), layer_table.to_text(run, width=width)])
            )
        )
        if out is not None:
            snapshot.save(run, out, title=title, note=note)
    except snapshot.SnapshotError as error:
        problem = error
    if answer:
        typer.echo(answer)
    for failure in run.failures if as_json else ():
        tell(f"Failed: {describe_failure(failure)}")
    if problem is not None:
        raise stop(str(problem), FAILED) from problem
    if out is not None:
        tell(f"Saved to {out}.")
    raise typer.Exit(INTERRUPTED if run.cancelled else FAILED if run.failures else 0)
