"""The commands teach and ask: a task's network is trained, and says what it sees."""

from __future__ import annotations

import base64
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.answer import (
    BAD_INPUT,
    FAILED,
    INTERRUPTED,
    AsJson,
    print_aligned,
    print_json,
    stop,
    tell,
)
from benchmarks.cli.train import Threads, all_threads
from benchmarks.training.tasks.order import TaskAnswer, TaskOutcome
from mobilenet.tasks.names import GENERATED, LEAST_SCORE, WANTED, TaskName
from mobilenet.tasks.recipe import Augmentation, Optimiser

PLAINLY = "Default: what suits the generated data."


def teach(
    task: Annotated[TaskName, typer.Argument(metavar="TASK", help="As `tasks` calls it.")],
    data: Annotated[
        str,
        typer.Option(
            metavar="DATA",
            help="generated, or yours: a folder per class (dogs) or person (embedding), a CSV "
            "file (geolocation, attributes), COCO's JSON file or a folder with train.json and "
            "test.json (detection).",
        ),
    ] = GENERATED,
    width: Annotated[float | None, typer.Option(help="Width multiplier. " + PLAINLY)] = None,
    resolution: Annotated[int | None, typer.Option(help="In pixels. " + PLAINLY)] = None,
    epochs: Annotated[int | None, typer.Option(help=PLAINLY)] = None,
    optimiser: Annotated[Optimiser | None, typer.Option(help=PLAINLY)] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At the start. " + PLAINLY)] = None,
    batch: Annotated[int | None, typer.Option(help="Images in one step. " + PLAINLY)] = None,
    augmentation: Annotated[
        Augmentation | None, typer.Option(help="How images are varied. " + PLAINLY)
    ] = None,
    seed: Annotated[int, typer.Option(help="The same gives the same again.")] = 0,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="WEIGHTS",
            help="Fine-tune these, of the same width; a detector's body begins as they are.",
        ),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            metavar="WEIGHTS",
            help="Emulate this network's outputs instead of labels (attributes, embedding).",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Default: where the dashboard finds them."),
    ] = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Train a network for one of the paper's tasks, and say what it is good for.

    Its quality is of images that train nothing, with a 95 % interval, beside what chance and the
    same network before its first step reach. Generated data show that all of it works, and nothing
    about photographs. Ctrl-C or a crash loses the epoch at most: the same command goes on.

    \b
    Examples:
      mobilenet-bench teach detection
      mobilenet-bench teach geolocation --data places.csv --width 0.5 --resolution 128
      mobilenet-bench teach attributes --teacher larger/weights.safetensors --out small

    Exit status: 0 trained, 1 these data or weights cannot be used or something failed, 2 an option
    is wrong, 130 interrupted.
    """
    from benchmarks.jobs import trainer
    from benchmarks.progress import ProgressBar
    from benchmarks.training.tasks.plain import planned
    from mobilenet.config import ConfigError
    from mobilenet.tasks.recipe import RecipeError

    for what, path in (("--from", start), ("--teacher", teacher)):
        if path is not None and not path.is_file():
            raise stop(f"{what} {path} is no file. Name a file of weights.", BAD_INPUT)
    if data != GENERATED and not Path(data).exists():
        raise stop(
            f"{data or 'An empty name'} is not there. Name {WANTED[task]}; or {GENERATED}.",
            BAD_INPUT,
        )
    try:
        order = planned(
            task,
            data,
            width=width,
            resolution=resolution,
            start=None if start is None else str(start.absolute()),
            teacher=None if teacher is None else str(teacher.absolute()),
            folder=out,
            optimiser=optimiser,
            learning_rate=learning_rate,
            epochs=epochs,
            batch=batch,
            augmentation=augmentation,
            seed=seed,
        )
    except (ConfigError, RecipeError) as error:
        raise stop(str(error), BAD_INPUT) from error
    with ProgressBar() as bar:
        outcome = trainer.teach(order, threads or all_threads(), bar.show)
    if outcome is None:
        tell("Interrupted before its turn.")
        raise typer.Exit(INTERRUPTED)
    if as_json:
        print_json(_json(outcome))
    elif outcome.epochs:
        _show(outcome)
    if outcome.failure:
        tell(f"Error: {outcome.failure}")
    if outcome.cancelled:
        tell("Interrupted. The same command goes on after the last epoch.")
    raise typer.Exit(INTERRUPTED if outcome.cancelled else FAILED if outcome.failure else 0)


def ask(
    weights: Annotated[
        Path, typer.Argument(metavar="WEIGHTS", help="That `teach` saved, with task.json beside.")
    ],
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PICTURE]...", help="One; two of faces. None: a test picture."),
    ] = None,
    example: Annotated[
        int, typer.Option(min=0, help="Which test picture; beyond the last, from the first again.")
    ] = 0,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Of objects: how sure it must be of one.")
    ] = LEAST_SCORE,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save what it was shown, with found objects drawn: PNG."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a network that `teach` trained what it sees.

    Two faces are compared with each other and with nobody else's: no gallery is searched, and
    nobody is named.

    \b
    Examples:
      mobilenet-bench ask runs/detection/weights.safetensors street.jpg --out found.png
      mobilenet-bench ask runs/faces/weights.safetensors one.jpg other.jpg

    Exit status: 0 answered, 1 the pictures cannot be used or something failed, 2 no such file, 130
    interrupted.
    """
    from benchmarks.jobs import trainer
    from benchmarks.jobs.conversation import Cancelled
    from benchmarks.jobs.learning import Asking, Photograph
    from benchmarks.progress import ProgressBar
    from benchmarks.training.tasks.record import record_of
    from mobilenet.files import FileError, write_whole

    outcome = record_of(weights)
    if outcome is None:
        raise stop(
            f"{weights} has no task.json beside it that can be read and is of an ended training. "
            "Name weights that `mobilenet-bench teach` saved.",
            BAD_INPUT,
        )
    try:
        given = tuple(Photograph(path.name, path.read_bytes()) for path in pictures or [])
    except OSError as error:
        raise stop(f"{error.filename} cannot be read: {error.strerror}.", BAD_INPUT) from error
    try:
        with ProgressBar() as bar:
            asked = Asking("Ask a network", outcome.order, given, example, least)
            answer = trainer.ask(asked, bar.show)
        if out is not None and answer.views:
            write_whole(out, base64.b64decode(answer.views[0]))
    except Cancelled as error:
        raise typer.Exit(INTERRUPTED) from error
    except (trainer.ExaminationError, FileError, OSError) as error:
        raise stop(str(error), FAILED) from error
    if as_json:
        print_json({**asdict(answer), "views": len(answer.views)})
        return
    _say(answer, outcome)


def _show(outcome: TaskOutcome) -> None:
    from benchmarks.training.tasks.words import notes, rows

    print_aligned(rows(outcome))
    typer.echo("")
    for sentence in notes(outcome):
        typer.echo(sentence)
    if outcome.is_done:
        tell(f"Saved to {outcome.order.weights}.")


def _say(answer: TaskAnswer, outcome: TaskOutcome) -> None:
    from benchmarks.training.tasks.words import said, sentences

    if answer.guesses:
        print_aligned([("It says", "How sure"), *said(answer)])
    for sentence in sentences(answer, outcome):
        typer.echo(sentence)


def _json(outcome: TaskOutcome) -> dict[str, object]:
    return asdict(outcome) | {"weights": str(outcome.order.weights) if outcome.is_done else None}
