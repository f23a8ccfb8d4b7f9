"""The command line: `mobilenet-bench`, or `python -m benchmarks` in a checkout.

Answers go to standard output, all else to standard error. Exit status: 0 done, 1 something failed,
2 bad input, 130 interrupted. What a command needs is imported when it runs, so that help is quick.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mobilenet.config import BlockKind, ConfigError, Depth, MobileNetConfig

if TYPE_CHECKING:
    from benchmarks.jobs.request import Request
    from benchmarks.results import Run

LOOK_S = 0.5  # the span in which a busy machine shows
FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # 130 = 128 + SIGINT, as shells count it
Preset = Literal["preview", "quick", "standard", "certify"]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from benchmarks.snapshot import program_version

        typer.echo(f"mobilenet-bench {program_version() or '(not installed)'}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Build MobileNets from two multipliers and time them on this machine.

    \b
    mobilenet-bench engines                                  what runs here
    mobilenet-bench measure --width 0.5 --resolution 160     time one network
    mobilenet-bench measure --help                           more examples
    """


@app.command()
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
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the run there as a snapshot.")
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

    Exit status: 0 all was measured, 1 something failed, 2 bad input, 130 interrupted.
    """
    from benchmarks.api import request_for
    from benchmarks.candidates import CandidateError
    from benchmarks.cli_input import (
        InputError,
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
        request = request_for(networks, scenarios, preset, memory=memory)
        check_target(request, out)
    except (CandidateError, ConfigError, InputError, ScenarioError, SnapshotError) as error:
        raise _stop(str(error), BAD_INPUT) from error
    _answer(_run(request), out, as_json=as_json)


@app.command()
def engines(as_json: AsJson = False) -> None:
    """List the engines, and whether each really runs here.

    A tiny network is run in each: some 20 seconds, and a minute or more the first time, when it is
    exported and compiled.
    """
    from benchmarks.engines import ENGINES
    from benchmarks.engines.probe import probe
    from benchmarks.progress_bar import ProgressBar

    with ProgressBar() as bar:
        found = probe(bar.show)
    if as_json:
        _print_json([asdict(status) | {"versions": dict(status.versions)} for status in found])
        return
    rows = [("Name", "Engine", "Device", "Precision", "Runs here", "")]
    for status in found:
        versions = ", ".join(" ".join(pair) for pair in status.versions[:1])
        answer = "yes" if status.available else "no"
        label = ENGINES[status.engine].label
        rows.append(
            (
                status.engine,
                label,
                status.device,
                status.precision,
                answer,
                status.reason or versions,
            )
        )
    _print_aligned(rows)


@app.command()
def validate(
    engine: Annotated[str, typer.Option(help="The runtime to do it in.")] = "onnxruntime",
    threads: Annotated[int, typer.Option(help="CPU threads that it may use.")] = 1,
    runs: Annotated[int, typer.Option(min=1, max=100, help="A minute each, or less.")] = 4,
    preset: Annotated[Preset, typer.Option(help="As for measure.")] = "standard",
    as_json: AsJson = False,
) -> None:
    """Find out whether this machine can be measured, and what difference it would find.

    Copies of one network are timed in turns. They are identical, so whatever they differ by is
    chance, and a difference that is reported is an error. Runs that are invalid compare nothing
    and are not counted. In --json, "resolution" is the difference, relative, that four of five
    such runs would find.

    Exit status: 0 it can be measured, 1 it cannot now, 2 bad input, 130 interrupted.
    """
    from benchmarks import validation
    from benchmarks.progress_bar import ProgressBar
    from benchmarks.scenarios import ScenarioError

    try:
        with ProgressBar() as bar:
            found = validation.validate(
                bar.show, engine=engine, threads=threads, runs=runs, preset=preset
            )
    except ScenarioError as error:
        raise _stop(str(error), BAD_INPUT) from error
    if as_json:
        _print_json(validation.to_json(found))
    else:
        _print_aligned(validation.to_rows(found))
    raise typer.Exit(0 if found.can_be_measured else FAILED)


@app.command()
def machine(as_json: AsJson = False) -> None:
    """Show the facts of this machine that a latency depends on, and what would disturb now.

    The facts go into every snapshot; no host name, user name or path is among them.
    """
    from benchmarks import units
    from benchmarks.machine import read_machine, read_signs, read_state
    from benchmarks.preflight import check

    facts, state = read_machine(), read_state()
    before = read_signs()
    time.sleep(LOOK_S)
    findings = check(read_signs(), before)
    if as_json:
        described = asdict(facts) | {"packages": dict(facts.packages)}
        looked_at = [asdict(finding) for finding in findings]
        _print_json({"machine": described, "state": asdict(state), "findings": looked_at})
        return
    memory = units.gigabytes(facts.memory_bytes)
    free = units.gigabytes(state.memory_available_bytes)
    packages = [" ".join(package) for package in facts.packages]
    busy = state.load_1min
    load = "unknown" if busy is None else f"{units.significant(busy, 2)} in the last minute"
    _print_aligned(
        [
            ("CPU", facts.cpu),
            ("CPUs", f"{facts.usable_cpus} usable, {facts.logical_cpus} logical"),
            ("Memory", f"{memory}, {free} free"),
            ("Accelerators", ", ".join(facts.accelerators) or "none found"),
            ("System", facts.system),
            ("Python", facts.python),
            ("Load", load),
            *zip(("Packages", *[""] * len(packages)), packages, strict=False),
            *(
                (
                    one.title,
                    " ".join(filter(None, [one.word, one.text, one.advice])),
                )
                for one in findings
            ),
        ]
    )


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # "≈" where the terminal's encoding lacks it
    app()


def _run(request: Request) -> Run:
    from benchmarks.api import carry_out
    from benchmarks.progress_bar import ProgressBar

    try:
        with ProgressBar() as bar:
            return carry_out(request, bar.show)
    except OSError as error:
        reason = error.strerror or str(error)
        raise _stop(f"The measurement could not be started: {reason}.", FAILED) from error


def _answer(run: Run, out: Path | None, *, as_json: bool) -> None:
    """Save before anything is printed; what could not be saved is printed all the same."""
    from benchmarks import snapshot
    from benchmarks.tables import describe_failure, to_text

    answer, problem = "", None
    try:
        answer = snapshot.dumps(run) if as_json else to_text(run, width=_terminal_width())
        if out is not None:
            snapshot.save(run, out)
    except snapshot.SnapshotError as error:
        problem = error
    if answer:
        typer.echo(answer)
    for failure in run.failures if as_json else ():
        _tell(f"Failed: {describe_failure(failure)}")
    if problem is not None:
        raise _stop(str(problem), FAILED) from problem
    if out is not None:
        _tell(f"Saved to {out}.")
    raise typer.Exit(INTERRUPTED if run.cancelled else FAILED if run.failures else 0)


def _stop(message: str, status: int) -> typer.Exit:
    _tell(f"Error: {message}")
    return typer.Exit(status)


def _tell(text: str) -> None:
    """To a person: on standard error, broken into lines between words where that is a terminal."""
    width = _terminal_width() if sys.stderr.isatty() else len(text)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    typer.echo("\n".join(lines), err=True)


def _print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2))


def _print_aligned(rows: Sequence[Sequence[str]]) -> None:
    """Rows as columns; the last one is broken into lines where the terminal ends."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        indent = "  ".join([*cells, ""])
        lines = textwrap.wrap(row[-1], max(20, _terminal_width() - len(indent))) or [""]
        for number, line in enumerate(lines):
            typer.echo(((" " * len(indent) if number else indent) + line).rstrip())


def _terminal_width() -> int:
    return shutil.get_terminal_size((100, 24)).columns
