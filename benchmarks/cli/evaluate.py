"""The command evaluate."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

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
from benchmarks.cli.train import Data, Threads, all_threads, check_paths
from benchmarks.cli.weights import NAMED, Classes, Resolution, Width, found_weights
from benchmarks.training.order import Examination

if TYPE_CHECKING:
    from benchmarks.messages import Scored
    from mobilenet.weights.catalogue import Released


def evaluate(
    weights: Annotated[str, typer.Argument(metavar="WEIGHTS", help=NAMED)],
    data: Data = "digits",
    width: Width = None,
    resolution: Resolution = None,
    classes: Classes = 1000,
    whole: Annotated[
        bool, typer.Option("--all", help="All images of a folder, not only those that test.")
    ] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="eager (the default), openvino, …, or all."),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(metavar="LIST", help="float32 (the default), float16, bfloat16, int8."),
    ] = None,
    batch: Annotated[int, typer.Option(help="Images looked at together.")] = 32,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Find out how many images of a test set a network recognises, with its interval.

    In every engine and precision that is named: what int8 or a half precision costs is told from
    the same images. Of a folder without train and val, the 30 % count that training leaves out,
    or, with --all, every image. ImageNet's validation images are such a folder, with a sub-folder
    for each of its 1000 classes: so a released file's published accuracy is verified.

    \b
    Examples:
      mobilenet-bench evaluate runs/0.25-32/weights.safetensors
      mobilenet-bench evaluate mine.safetensors --engine all --precision int8
      mobilenet-bench evaluate tf-slim/0.25-128 --data val --all
    """
    from benchmarks.cli.given import InputError, engine_names, entries
    from benchmarks.jobs.request import scenarios_for
    from benchmarks.scenarios import ScenarioError

    path, config, released = found_weights(weights, width, resolution, classes)
    check_paths(data, str(path))
    try:
        precisions = entries("--precision", precision) or ["float32"]
        names = engine_names(engine, precisions, "cpu")
        ways = scenarios_for(
            names, precisions, device="cpu", threads=threads or all_threads(), batch=batch
        )
    except (InputError, ScenarioError) as error:
        raise stop(str(error), BAD_INPUT) from error
    found = _examine(Examination(str(path), data, ways, config, whole))
    if as_json:
        print_json(asdict(found))
    else:
        _show_answers(found, data)
        if released is not None:
            _show_published(found, released)
    raise typer.Exit(FAILED if any(one.reason for one in found.answered) else 0)


def _show_answers(found: Scored, data: str) -> None:
    from benchmarks import units
    from benchmarks.insight import engine_label
    from benchmarks.training.words import changed

    typer.echo(f"{found.config.label}, {found.origin}\n{found.images:,} images of {data}\n")
    rows = [("Engine", "Precision", "Top-1", "95 % interval", "Top-5", "Against PyTorch, float32")]
    for one in found.answered:
        way = (engine_label(one.way), one.way.precision)
        if one.score is None:
            none = units.NOT_MEASURED
            rows.append((*way, none, none, none, one.reason or none))
            continue
        score = one.score
        rows.append(
            (
                *way,
                units.percent(score.top1_percent),
                units.percent_span(*score.top1_bounds),
                units.percent(score.top5_percent),
                changed(one),
            )
        )
    print_aligned(rows)


def _show_published(found: Scored, released: Released) -> None:
    """Whether what was published for these weights is what was found, as far as that can tell."""
    from benchmarks import units
    from mobilenet.accuracy import SOURCES, published

    figures = [one for one in published(released.config) if one.source == released.accuracy]
    score = found.answered[0].score
    if not figures or score is None:
        return
    top1, bounds = figures[0].top1_percent, score.top1_bounds
    verdict = "inside" if bounds.low <= top1 <= bounds.high else "outside"
    typer.echo(
        f"\nPublished for ImageNet's validation images: {units.percent(top1)} "
        f"({SOURCES[released.accuracy].title}), {verdict} the first interval."
    )


def _examine(examination: Examination) -> Scored:
    from benchmarks.jobs import trainer
    from benchmarks.jobs.conversation import Cancelled
    from benchmarks.progress import ProgressBar

    try:
        with ProgressBar() as bar:
            return trainer.examine(examination, bar.show)
    except Cancelled as error:
        tell("Interrupted.")
        raise typer.Exit(INTERRUPTED) from error
    except trainer.ExaminationError as error:
        raise stop(str(error), FAILED) from error
