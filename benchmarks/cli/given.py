"""What the command line's lists mean, and what must be right before a measurement starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import product
from pathlib import Path
from typing import TypeVar

from pydantic import ByteSize, TypeAdapter, ValidationError

from benchmarks import snapshot
from benchmarks.cli.against import limit_of
from benchmarks.engines import ENGINES
from benchmarks.jobs.request import Request
from mobilenet.config import BASE_RESOLUTION

ALL = "all"
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}
_LATENCY = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>s|ms|us)")
_SIZE = TypeAdapter(ByteSize)
Number = TypeVar("Number", int, float)


class InputError(ValueError):
    """The command line says something that cannot be meant."""


def pairs(widths: list[str] | None, resolutions: list[str] | None) -> list[tuple[float, int]]:
    """The product of both lists; one of them alone goes with the other's base value."""
    some_widths = [_number("--width", float, text) for text in entries("--width", widths)]
    sizes = [_number("--resolution", int, text) for text in entries("--resolution", resolutions)]
    if not some_widths and not sizes:
        return []
    return list(product(some_widths or [1.0], sizes or [BASE_RESOLUTION]))


def entries(option: str, values: list[str] | None) -> list[str]:
    """`--width 0.25,0.5 --width 1` as one list."""
    found = [entry.strip() for value in values or [] for entry in value.split(",")]
    if "" in found:
        raise InputError(f"{option} has an empty entry. Separate entries by single commas.")
    return found


def latency_of(text: str) -> float:
    """Seconds of "10ms", "0.5 s" or "800us"."""
    found = _LATENCY.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f"{text[:40]!r} is no latency. Give a number and its unit, such as 10ms.")
    return float(found["number"]) / _PER_SECOND[found["unit"]]


def size_of(text: str) -> int:
    """Bytes of "6MB" or "6 MiB"."""
    try:
        if text.strip().isdecimal():
            raise InputError(f"{text[:40]!r} has no unit. Give one, such as 6MB.")
        return _SIZE.validate_python(text)
    except ValidationError as error:
        raise InputError(f"{text[:40]!r} is no size. Give one such as 6MB.") from error


def engine_names(values: list[str] | None, precisions: Collection[str], device: str) -> list[str]:
    """`--engine`; "all" stands for those that are installed and offer one of `precisions`.

    Raises InputError where that is none.
    """
    named = entries("--engine", values) or ["eager"]
    if ALL not in named:
        return named
    from benchmarks.engines.probe import runnable

    found = [
        name for name in runnable(device) if set(ENGINES[name].precisions).intersection(precisions)
    ]
    if not found:
        raise InputError(
            f"No engine that is installed here offers {', '.join(precisions)} on {device}. "
            "See: mobilenet-bench engines"
        )
    return found


def check_named(networks: Sequence[object]) -> None:
    if not networks:
        raise InputError(
            "No network was named. For example: "
            "mobilenet-bench measure --width 0.25,0.5 --resolution 160"
        )


def check_against(
    against: str | None, fail_if_slower: str | None, against_out: Path | None, *, memory: bool
) -> float | None:
    """The share of `--fail-if-slower`. Raises InputError for options that do not go together."""
    if against is None and (fail_if_slower is not None or against_out is not None):
        raise InputError("--fail-if-slower and --against-out go with --against only.")
    if against is not None and memory:
        raise InputError("--memory is not measured with --against. Leave one of them out.")
    if fail_if_slower is None:
        return None
    try:
        return limit_of(fail_if_slower)
    except ValueError as error:
        raise InputError(str(error)) from error


def check_target(
    request: Request, out: Path | None, title: str, note: str, *, as_json: bool
) -> None:
    """What can be known before a measurement should not fail after it."""
    if (title or note) and out is None and not as_json:
        raise InputError("--title and --note are of a snapshot. Add --out FILE, or --json.")
    snapshot.check_words(title, note)
    if out is not None:
        snapshot.check_target(out)
        count = len(request.candidates) * len(request.scenarios)
        on_gpu = any(scenario.device != "cpu" for scenario in request.scenarios)
        layers = bool(request.layers)
        snapshot.check_room(count, request.preset, on_gpu=on_gpu, layers=layers)


def _number(option: str, kind: Callable[[str], Number], text: str) -> Number:
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number, such as 160" if kind is int else "a number, such as 0.5"
        raise InputError(f"{option}: {text!r} is not {wanted}.") from None
