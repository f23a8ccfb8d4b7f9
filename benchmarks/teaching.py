"""The paper's applications from code: a task's network is trained, and says what it sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.jobs.learning import Asking, Photograph
from benchmarks.jobs.updates import Listener
from benchmarks.progress import listening
from benchmarks.training.tasks.order import TaskAnswer, TaskOutcome
from benchmarks.training.tasks.plain import planned
from benchmarks.training.tasks.words import name_of, notes, rows, said, sentences
from mobilenet.tasks.names import GENERATED, LEAST_SCORE, TaskName

if TYPE_CHECKING:
    import plotly.graph_objects as go


class TeachingError(RuntimeError):
    """Nothing was trained, or no answer came; the message says why."""


@dataclass(frozen=True)
class Answer:
    """What a task's network says of pictures. Prints as text, in a notebook as HTML.

    said: names and how sure it is, 0 to 1, the surest first; of a detector its boxes. alike: of two
        faces, the cosine of their embeddings, -1 to 1. The views are PNGs in base64.
    """

    said: TaskAnswer
    outcome: TaskOutcome

    def __repr__(self) -> str:
        lines = [f"{name:<24} {sure:>8}" for name, sure in said(self.said)]
        return "\n".join([*lines, *sentences(self.said, self.outcome)])

    def _repr_html_(self) -> str:
        views = "".join(
            f'<img alt="What the network sees" width="240" src="data:image/png;base64,{view}"> '
            for view in self.said.views
        )
        told = "".join(f"<p>{escape(one)}</p>" for one in sentences(self.said, self.outcome))
        return f"<div>{views}{_table(said(self.said))}{told}</div>"


@dataclass(frozen=True)
class Taught:
    """A network that was trained for a task. Prints as text, in a notebook as HTML."""

    outcome: TaskOutcome

    @property
    def weights(self) -> Path:
        """Where its weights are; for `mobilenet-bench export` and `ask`."""
        return self.outcome.order.weights

    def learning(self) -> go.Figure:
        """The first measure by epoch, beside chance: the dashboard's chart."""
        from benchmarks.charts import as_figure, task_learning

        return as_figure(task_learning(self.outcome, dark=False))

    def ask(
        self,
        *pictures: Path | str,
        example: int = 0,
        least_score: float = LEAST_SCORE,
        listen: Listener | None = None,
    ) -> Answer:
        """What it says of a picture, or of two faces; without any, of a picture that tested it.

        pictures: files. example: which of those that tested it, from 0 on. least_score: boxes of a
            detector that is less sure of them, 0 to 1, are left out.

        Raises TeachingError for what is no picture, and for a training that has not ended.
        """
        from benchmarks.jobs import trainer

        if not self.outcome.is_done:
            raise TeachingError("It is not trained to the end. Ask `teach` for the same again.")
        try:
            given = tuple(Photograph(Path(one).name, Path(one).read_bytes()) for one in pictures)
            with listening(listen) as hear:
                asked = Asking("Ask a network", self.outcome.order, given, example, least_score)
                found = trainer.ask(asked, hear)
        except (trainer.ExaminationError, OSError) as error:
            raise TeachingError(str(error)) from error
        return Answer(found, self.outcome)

    def __repr__(self) -> str:
        found = rows(self.outcome)
        widths = [max(len(row[place]) for row in found) for place in range(len(found[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in found
        ]
        return "\n".join([name_of(self.outcome), "", *lines, "", *notes(self.outcome)])

    def _repr_html_(self) -> str:
        heads, *figures = rows(self.outcome)
        told = "".join(f"<p>{escape(one)}</p>" for one in notes(self.outcome))
        title = f'<p style="font-weight:600">{escape(name_of(self.outcome))}</p>'
        return f"<div>{title}{_table(figures, heads)}{told}</div>"


def teach(
    task: TaskName,
    data: Path | str = GENERATED,
    *,
    width: float | None = None,
    resolution: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    start: Path | str | None = None,
    teacher: Taught | Path | str | None = None,
    folder: Path | str | None = None,
    threads: int | None = None,
    listen: Listener | None = None,
    **recipe: Any,
) -> Taught:
    """Train a MobileNet for one of the paper's tasks (sections 4.3 to 4.7), in a worker process.

    task: "dogs", "geolocation", "attributes", "detection" or "embedding". data: "generated", or
        yours: a folder per class or person, a CSV file, COCO's JSON file (`mobilenet.tasks.names`).
    width, resolution, epochs and `recipe` (fields of `mobilenet.tasks.recipe.Recipe`): None is what
        suits the generated data. start: weights to fine-tune. teacher: emulate this network's
        outputs instead of labels (attributes, embedding; sections 4.5 and 4.7).
    folder: of weights and checkpoint; None: where the dashboard finds them. The same again goes on.
    threads: all CPUs, if not said. An interrupt (Ctrl-C) keeps the epochs that are trained.

    Raises ConfigError and RecipeError for a network or a recipe that cannot be, TeachingError where
    nothing was trained.
    """
    from benchmarks.jobs import trainer
    from benchmarks.machine import read_machine

    order = planned(
        task,
        str(data),
        width=width,
        resolution=resolution,
        start=_absolute(start),
        teacher=_absolute(teacher.weights if isinstance(teacher, Taught) else teacher),
        folder=None if folder is None else Path(folder).absolute(),
        epochs=epochs,
        seed=seed,
        **recipe,
    )
    with listening(listen) as hear:
        outcome = trainer.teach(order, threads or read_machine().usable_cpus, hear)
    if outcome is None or outcome.failure is not None:
        raise TeachingError((outcome and outcome.failure) or "Interrupted before its turn.")
    return Taught(outcome)


def _absolute(path: Path | str | None) -> str | None:
    return None if path is None else str(Path(path).absolute())


def _table(found: Sequence[Sequence[str]], heads: Sequence[str] = ()) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in found
    )
    return f"<table>{'<tr>' + top + '</tr>' if top else ''}{body}</table>"
