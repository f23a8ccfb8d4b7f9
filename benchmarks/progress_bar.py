"""How far a run is, on standard error."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from benchmarks import units
from benchmarks.jobs.updates import Update, Waiting
from benchmarks.messages import Progress as Step
from benchmarks.tables import printable

BAR_WIDTH = 24


class ProgressBar:
    """Give `show` to `measure` as its listener. Gone when the run is over.

    Drawn only when there is news: nothing of this process should run beside a measurement. Where
    standard error is no terminal, only waiting is told.
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._is_drawn = console.is_terminal
        self._bar = Progress(
            BarColumn(BAR_WIDTH),
            TextColumn("{task.percentage:3.0f} %"),
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis"),
            ),
            console=console,
            auto_refresh=False,
            transient=True,
            disable=not self._is_drawn,
        )
        self._task = self._bar.add_task("", total=1.0)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, update: Update) -> None:
        match update:
            case Waiting():
                self._draw(waiting_text(update), 0.0)
                if not self._is_drawn:
                    print(waiting_text(update), file=sys.stderr, flush=True)
            case Step(phase, fraction, remaining_s):
                left = "" if remaining_s is None else f", {units.duration(remaining_s)} left"
                self._draw(f"{phase}{left}", fraction)

    def _draw(self, text: str, fraction: float) -> None:
        self._bar.update(self._task, description=text, completed=fraction, refresh=True)


def waiting_text(waiting: Waiting) -> str:
    """ "2 measurements ahead: Measure 16 networks"; the machine is asked for one at a time."""
    ahead = waiting.place.ahead
    if not ahead:
        return "Waiting for this machine"
    noun = "measurement" if ahead == 1 else "measurements"
    first = f": {printable(waiting.place.first)}" if waiting.place.first else ""
    return f"{ahead} {noun} ahead{first}"
