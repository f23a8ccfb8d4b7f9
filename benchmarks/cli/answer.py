"""How every command answers: standard output for answers, standard error for all else, a status."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from benchmarks.jobs.request import Request
    from benchmarks.results import Run

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # 130 = 128 + SIGINT, as shells count it
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def stop(message: str, status: int) -> typer.Exit:
    tell(f"Error: {message}")
    return typer.Exit(status)


def tell(text: str) -> None:
    """To a person: on standard error, broken into lines between words where that is a terminal."""
    width = terminal_width() if sys.stderr.isatty() else len(text)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    typer.echo("\n".join(lines), err=True)


def print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2))


def print_aligned(rows: Sequence[Sequence[str]]) -> None:
    """Rows as columns; the last one is broken into lines where the terminal ends."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        indent = "  ".join([*cells, ""])
        lines = textwrap.wrap(row[-1], max(20, terminal_width() - len(indent))) or [""]
        for number, line in enumerate(lines):
            typer.echo(((" " * len(indent) if number else indent) + line).rstrip())


def terminal_width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def carried_out(request: Request) -> Run:
    """With a bar. Ends the program where it cannot be started."""
    from benchmarks.api import carry_out
    from benchmarks.progress import ProgressBar

    try:
        with ProgressBar() as bar:
            return carry_out(request, bar.show)
    except OSError as error:
        reason = error.strerror or str(error)
        raise stop(f"The measurement could not be started: {reason}.", FAILED) from error
