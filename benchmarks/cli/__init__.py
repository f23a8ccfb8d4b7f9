"""The command line: `mobilenet-bench`, or `python -m benchmarks` in a checkout.

Answers go to standard output, all else to standard error. Exit status: 0 done, 1 something failed,
2 bad input, 130 interrupted. What a command needs is imported when it runs, so that help is quick.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from benchmarks.cli import (
    choose,
    data,
    evaluate,
    machine,
    measure,
    paper,
    share,
    tasks,
    teach,
    train,
    weights,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    measure.measure,
    choose.choose,
    paper.paper,
    tasks.tasks,
    share.report,
    share.compare,
    data.data,
    train.train,
    teach.teach,
    teach.ask,
    evaluate.evaluate,
    weights.weights,
    weights.export,
    machine.engines,
    machine.machine,
    machine.validate,
):
    app.command()(command)
app.add_typer(share.snapshots)


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


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # "≈" where the terminal's encoding lacks it
    app()
