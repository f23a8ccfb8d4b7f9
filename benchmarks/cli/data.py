"""The command data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from benchmarks.cli.answer import BAD_INPUT, FAILED, AsJson, print_aligned, print_json, stop, tell
from mobilenet.tasks.public_sets import PUBLIC_SETS


def data(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which to fetch; without it, a list.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List public sets of images to train on, or fetch one to this computer.

    Nothing is asked of any server until NAME is given. What was fetched stays; torchvision checks
    that it is what was published.

    \b
    Examples:
      mobilenet-bench data
      mobilenet-bench data cifar10
      mobilenet-bench train --data cifar10 --resolution 32
    """
    from benchmarks import units
    from benchmarks.fetched import data_folder

    folder = data_folder()
    if name is None:
        if as_json:
            print_json([asdict(one) for one in PUBLIC_SETS.values()])
            return
        rows = [("Name", "Images", "To fetch", "Terms")]
        for one in PUBLIC_SETS.values():
            rows.append((one.name, one.title, units.megabytes(one.download_bytes), one.terms))
        print_aligned(rows)
        return
    if name not in PUBLIC_SETS:
        raise stop(f"{name} is not known. There are {', '.join(PUBLIC_SETS)}.", BAD_INPUT)
    from mobilenet.tasks.data import DataError
    from mobilenet.tasks.public import fetch

    wanted = PUBLIC_SETS[name]
    tell(f"{wanted.title}: {units.megabytes(wanted.download_bytes)}. Terms: {wanted.terms}.")
    try:
        found = fetch(name, folder)
    except DataError as error:
        raise stop(str(error), FAILED) from error
    facts = {split: found.count(split) for split in ("train", "test")}
    if as_json:
        print_json(asdict(wanted) | facts | {"classes": found.classes, "folder": str(folder)})
    else:
        typer.echo(
            f"{facts['train']:,} images train, {facts['test']:,} test, "
            f"{len(found.classes)} classes, in {folder}."
        )
