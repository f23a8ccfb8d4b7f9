"""How far a run is: a bar in a terminal or a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from benchmarks import units
from benchmarks.jobs.updates import Learned, Listener, Update, Waiting
from benchmarks.messages import Progress as Step
from benchmarks.tables import printable
from mobilenet.tasks.score import Epoch

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
            case Step():
                self._draw(step_text(update), update.fraction)
            case Learned():
                self._bar.console.print(learned_text(update), markup=False, highlight=False)

    def _draw(self, text: str, fraction: float) -> None:
        self._bar.update(self._task, description=text, completed=fraction, refresh=True)


@contextmanager
def listening(listen: Listener | None) -> Iterator[Listener]:
    """`listen`; without it a bar where somebody looks, and nothing elsewhere."""
    if listen is not None:
        yield listen
    elif is_notebook():
        from benchmarks.notebook.bar import NotebookBar

        with NotebookBar() as bar:
            yield bar.show
    elif sys.stderr.isatty():
        with ProgressBar() as bar:
            yield bar.show
    else:
        yield lambda update: None


def is_notebook() -> bool:
    """Whether this process is the kernel of one."""
    ipython = sys.modules.get("IPython")  # where nobody has imported it, there is none
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def step_text(step: Step) -> str:
    """ "Process 2 of 3: Timing, 12 s left"."""
    left = "" if step.remaining_s is None else f", {units.duration(step.remaining_s)} left"
    return f"{step.phase}{left}"


def learned_text(learned: Learned) -> str:
    """ "0.25-32: epoch 3, loss 0.514, top-1 88.5 %"."""
    epoch = learned.epoch
    if isinstance(epoch, Epoch):
        measure, percent = "top-1", epoch.score.top1_percent
    else:
        measure, percent = epoch.quality[0].measure, epoch.quality[0].percent
    loss = units.significant(epoch.loss)
    score = units.percent(percent)
    return f"{learned.network}: epoch {epoch.number}, loss {loss}, {measure} {score}"


def waiting_text(waiting: Waiting) -> str:
    """ "2 measurements ahead: Measure 16 networks"; the machine is asked for one at a time."""
    ahead = waiting.place.ahead
    if not ahead:
        return "Waiting for this machine"
    noun = "measurement" if ahead == 1 else "measurements"
    first = f": {printable(waiting.place.first)}" if waiting.place.first else ""
    return f"{ahead} {noun} ahead{first}"
