"""The command train."""

from __future__ import annotations

from dataclasses import asdict, replace
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
from benchmarks.cli.weights import found_weights
from benchmarks.training.order import ConventionName, Order, Outcome
from mobilenet.tasks.public_sets import PUBLIC_SETS
from mobilenet.tasks.recipe import Augmentation, Optimiser, Recipe

_PLAIN = Recipe()
DIGITS = "digits"
WIDTH, DIGITS_RESOLUTION, FOLDER_RESOLUTION = 0.25, 32, 128  # where nothing is said
Data = Annotated[
    str,
    typer.Option(
        metavar="DATA",
        help="digits, a set that `data` lists, or a folder with a folder per class.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="CPU threads; all that this process may use, if not said."),
]


def train(
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A sub-folder per network goes there. Default: where the dashboard finds them.",
        ),
    ] = None,
    data: Data = "digits",
    width: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="Width multipliers, such as 0.25,0.5. Default: 0.25."),
    ] = None,
    resolution: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIST", help="Input sizes in pixels. Default: 32 for digits, 128 for a folder."
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Times that every image is seen.")] = _PLAIN.epochs,
    optimiser: Annotated[
        Optimiser, typer.Option(help="The paper's rmsprop, or today's.")
    ] = _PLAIN.optimiser,
    learning_rate: Annotated[
        float, typer.Option(help="At the start; it falls.")
    ] = _PLAIN.learning_rate,
    batch: Annotated[int, typer.Option(help="Images in one step.")] = _PLAIN.batch,
    weight_decay: Annotated[
        float, typer.Option(help="None on depthwise filters, as the paper advises.")
    ] = _PLAIN.weight_decay,
    decay_depthwise: Annotated[
        bool, typer.Option("--decay-depthwise", help="On these too.")
    ] = False,
    augmentation: Annotated[
        Augmentation, typer.Option(help="How images are varied; digits are only shifted.")
    ] = _PLAIN.augmentation,
    label_smoothing: Annotated[float, typer.Option(help="The paper has none.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same gives the same again, on one machine.")] = 0,
    convention: Annotated[
        ConventionName,
        typer.Option(help="tensorflow's padding, for Keras; or pytorch's, for timm."),
    ] = "tensorflow",
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="WEIGHTS",
            help="Fine-tune these, with their convention: a file, or released ones by name.",
        ),
    ] = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Train MobileNets from scratch, or fine-tune one, on images of your own or on digits.

    Widths and resolutions span their product; each network is trained in turn, while nothing is
    measured on this machine. Ctrl-C or a crash loses the epoch at most: the same command goes on.
    Images that test are never trained on. Digits are real data, but small and easy: they show that
    all of it works, and little about networks.

    \b
    Examples:
      mobilenet-bench train --width 0.25,0.5
      mobilenet-bench train --data photos --resolution 128,160 --out runs
      mobilenet-bench train --data photos --width 0.5 --resolution 160 \\
        --from keras/0.5-160 --out runs

    Exit status: 0 all was trained, 1 something failed, 2 bad input, 130 interrupted.
    """
    from benchmarks.cli.given import InputError, pairs
    from benchmarks.jobs import trainer
    from benchmarks.progress import ProgressBar
    from mobilenet.config import ConfigError
    from mobilenet.tasks.recipe import RecipeError

    check_paths(data, None)
    if start is not None:
        start = str(found_weights(start, None, None, 1000)[0])
        check_paths(data, start)
    sizes = resolution or [str(DIGITS_RESOLUTION if data == DIGITS else FOLDER_RESOLUTION)]
    try:
        recipe = Recipe(
            optimiser=optimiser,
            learning_rate=learning_rate,
            epochs=epochs,
            batch=batch,
            weight_decay=weight_decay,
            decay_depthwise=decay_depthwise,
            augmentation=augmentation,
            label_smoothing=label_smoothing,
            seed=seed,
        )
        orders = tuple(
            _order(out, Order(*pair, data, "", recipe, convention, start))
            for pair in pairs(width or [str(WIDTH)], sizes)
        )
    except (InputError, ConfigError, RecipeError) as error:
        raise stop(str(error), BAD_INPUT) from error
    with ProgressBar() as bar:
        outcomes = trainer.train(orders, threads or all_threads(), bar.show)
    if as_json:
        print_json([_json(outcome) for outcome in outcomes])
    elif any(outcome.epochs for outcome in outcomes):
        _show(outcomes)
    for outcome in outcomes:
        if outcome.failure:
            tell(f"Error: {outcome.order.label}: {outcome.failure}")
    cancelled = len(outcomes) < len(orders) or any(outcome.cancelled for outcome in outcomes)
    if cancelled and any(outcome.epochs for outcome in outcomes):
        tell("Interrupted. The same command goes on after the last epoch.")
    elif cancelled:
        tell("Interrupted before an epoch was done. The same command begins anew.")
    failed = any(outcome.failure for outcome in outcomes)
    raise typer.Exit(INTERRUPTED if cancelled else FAILED if failed else 0)


def check_paths(data: str, weights: str | None) -> None:
    """Ends the command for files that are not there, before it waits for its turn."""
    if data not in (DIGITS, *PUBLIC_SETS) and (not data or not Path(data).is_dir()):
        raise stop(
            f"{data or 'An empty name'} is no folder. Name one that has a sub-folder per class, "
            f"or {', '.join((DIGITS, *PUBLIC_SETS))}.",
            BAD_INPUT,
        )
    if weights is not None and not Path(weights).is_file():
        raise stop(f"{weights} is no file. Name a file of weights.", BAD_INPUT)


def _order(out: Path | None, order: Order) -> Order:
    """With a folder of its own; raises ConfigError for a network that is none."""
    if out is None:
        from benchmarks.training.record import with_folder

        return with_folder(order)
    return replace(order, folder=str(out / order.label))


def all_threads() -> int:
    from benchmarks.machine import read_machine

    return read_machine().usable_cpus


def _show(outcomes: tuple[Outcome, ...]) -> None:
    from benchmarks import units
    from benchmarks.training.words import told_apart

    rows = [("Network", "Top-1", "95 % interval", "Loss", "Epochs", "Trained in")]
    scored = [(outcome, outcome.score) for outcome in outcomes]
    for outcome, score in scored:
        if score is None:
            continue
        recipe = outcome.order.recipe
        rows.append(
            (
                outcome.order.label,
                units.percent(score.top1_percent),
                units.percent_span(*score.top1_bounds),
                units.significant(outcome.epochs[-1].loss),
                f"{len(outcome.epochs)} of {recipe.epochs}",
                units.duration(outcome.seconds),
            )
        )
    print_aligned(rows)
    known = [(outcome.order.label, score) for outcome, score in scored if score is not None]
    typer.echo(f"\n{known[0][1].total:,} test images. The last epoch counts, not the best.")
    for sentence in told_apart(known):
        typer.echo(sentence)
    for outcome in outcomes:
        if outcome.is_done:
            tell(f"Saved to {outcome.order.weights}.")


def _json(outcome: Outcome) -> dict[str, object]:
    score = outcome.score
    return asdict(outcome) | {
        "label": outcome.order.label,
        "weights": str(outcome.order.weights) if outcome.is_done else None,
        "top1_percent": score and score.top1_percent,
        "top1_bounds_percent": score and list(score.top1_bounds),
    }
