"""Released weights and files of one's own: the commands weights and export."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from benchmarks.cli.answer import BAD_INPUT, FAILED, AsJson, print_aligned, print_json, stop, tell
from mobilenet.config import ConfigError, MobileNetConfig
from mobilenet.weights.catalogue import Released

ALIKE = "It answers as the network does."
NAMED = "A file of weights, or the name of released ones that were fetched."
Form = Literal[
    "own", "keras", "hugging_face", "timm", "onnx", "torch_export", "saved_model", "tflite"
]
Width = Annotated[
    float | None, typer.Option(help="Of the network they are for, where the file does not say.")
]
Resolution = Annotated[int | None, typer.Option(help="The same, in pixels.")]
Classes = Annotated[int, typer.Option(help="Outputs of its classifier.")]


def weights(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which to fetch; without it, a list.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the weights that others released, or fetch some to this computer.

    Nothing is asked of any server until NAME is given. What was fetched stays; a broken connection
    is gone on from where it broke. Accuracies are published, and not verified here.

    \b
    Examples:
      mobilenet-bench weights
      mobilenet-bench weights keras/0.25-128
    """
    from benchmarks.fetched import weights_folder
    from mobilenet.weights.catalogue import RELEASED, released
    from mobilenet.weights.download import kept
    from mobilenet.weights.error import WeightsError

    folder = weights_folder()
    if name is None:
        if as_json:
            print_json(
                [asdict(one) | {"kept": str(kept(one, folder) or "") or None} for one in RELEASED]
            )
            return
        rows = [("Name", "Published by", "Top-1", "Here", "Licence")]
        for one in RELEASED:
            here = "yes" if kept(one, folder) else "no"
            top1 = _top1(one.config, one.accuracy)
            rows.append((one.key, one.publisher, top1, here, one.licence))
        print_aligned(rows)
        return
    try:
        wanted = released(name)
    except WeightsError as error:
        raise stop(str(error), BAD_INPUT) from error
    tell(f"Licence: {wanted.licence}, by {wanted.licence_source}.")
    try:
        path = _fetched(wanted.key, folder)
    except WeightsError as error:
        raise stop(str(error), FAILED) from error
    if as_json:
        print_json(asdict(wanted) | {"kept": str(path)})
    else:
        typer.echo(path)


def export(
    file: Annotated[str, typer.Argument(metavar="WEIGHTS", help=NAMED)],
    to: Annotated[Form, typer.Option(help="Whose program is to read them.")],
    out: Annotated[
        Path, typer.Option(metavar="PATH", help="The file; or the folder, where it is one.")
    ],
    width: Width = None,
    resolution: Resolution = None,
    classes: Classes = 1000,
    licence: Annotated[
        str | None,
        typer.Option(help="Of your own weights, for their card; such as apache-2.0."),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(metavar="PYTHON", help="Of an environment with TensorFlow, for its forms."),
    ] = None,
) -> None:
    """Write weights as another program's file, and let that program answer before it ends.

    own (safetensors), keras (.h5), hugging_face (a folder), timm (safetensors), onnx, torch_export
    (.pt2), saved_model (a folder) and tflite; the last two by TensorFlow, which is not asked of
    everybody. Detectors go into onnx and torch_export, which give the raw answers for each place.
    A file that gives other answers than the network is not handed over. TF-slim's
    checkpoints (.tgz, .index) are read only. Beside safetensors goes a card (README.md or PATH.md)
    with data, recipe, accuracy and licence, as far as they are known.

    \b
    Examples:
      mobilenet-bench export weights.safetensors --to keras --out mine.h5
      mobilenet-bench export tf-slim/0.25-128 --to onnx --out mobilenet.onnx
      mobilenet-bench export mine.h5 --width 0.5 --resolution 96 --to tflite \\
        --out mine.tflite --python tf/bin/python
    """
    from benchmarks.releasing import release
    from benchmarks.releasing.card import card
    from benchmarks.training.record import record_of
    from mobilenet.files import FileError
    from mobilenet.tasks.detection import saved
    from mobilenet.weights.error import WeightsError
    from mobilenet.weights.files import read

    path, config, known = found_weights(file, width, resolution, classes)
    if out.resolve() == path.resolve():
        raise stop("An export may not replace its source. Name another file.", BAD_INPUT)
    try:
        if saved.is_detector(path):
            detector = saved.read(path)
            release(detector, out, to)
            tell(f"Saved {detector.detector.label} ({detector.origin}) to {out}. {ALIKE}")
            return
        found = read(path, config)
        words = card(found, record=record_of(path), released=known, licence=licence)
        release(found, out, to, python=python, card=words)
    except WeightsError as error:
        raise stop(str(error), BAD_INPUT) from error
    except FileError as error:
        raise stop(str(error), FAILED) from error
    tell(f"Saved {found.config.label} ({found.origin}) to {out}. {ALIKE}")


def found_weights(
    named: str, width: float | None, resolution: int | None, classes: int
) -> tuple[Path, MobileNetConfig | None, Released | None]:
    """The file that somebody means, and its network: a path, or the name of released weights that
    were fetched. Ends the command where there is none."""
    from benchmarks.fetched import weights_folder
    from mobilenet.weights.catalogue import RELEASED
    from mobilenet.weights.download import kept

    config = network_for(width, resolution, classes)
    known = next((one for one in RELEASED if one.key == named), None)
    if known is None or Path(named).exists():
        return Path(named), config, None
    path = kept(known, weights_folder())
    if path is None:
        raise stop(f"{named} is not here yet. Fetch it: mobilenet-bench weights {named}", BAD_INPUT)
    return path, known.config, known


def network_for(
    width: float | None, resolution: int | None, classes: int
) -> MobileNetConfig | None:
    """The network that options name; None without them. Ends the command where there is none."""
    if width is None and resolution is None:
        return None
    if width is None or resolution is None:
        raise stop("Give both --width and --resolution, or neither.", BAD_INPUT)
    try:
        return MobileNetConfig(width, resolution, classes)
    except ConfigError as error:
        raise stop(str(error), BAD_INPUT) from error


def _top1(config: MobileNetConfig, source: str) -> str:
    from benchmarks import units
    from mobilenet.accuracy import published

    found = [one.top1_percent for one in published(config) if one.source == source]
    return units.percent(found[0]) if found else units.NOT_MEASURED


def _fetched(name: str, folder: Path) -> Path:
    """The file, fetched under a bar that shows how much has come."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    from mobilenet.weights.catalogue import released
    from mobilenet.weights.download import fetch

    console = Console(stderr=True)
    columns = (BarColumn(24), DownloadColumn(), TransferSpeedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)
        return fetch(
            released(name),
            folder,
            lambda here, total: bar.update(task, completed=here, total=total),
        )
