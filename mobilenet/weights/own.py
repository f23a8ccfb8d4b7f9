"""This program's own files of weights: safetensors, with all that the network needs beside them.

No other format says which padding, which classes and which images the weights are for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mobilenet.config import MobileNetConfig
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import Table, Theirs
from mobilenet.weights.preprocessing import Preprocessing

KEY = "mobilenet_bench"  # of the words in the file
VERSION = 1
MAX_WORDS = 1_000_000  # the places of ten thousand cells take a fifth of that


@dataclass(frozen=True, config={"extra": "forbid"})
class Words:
    """What stands in the file beside its arrays."""

    version: int
    config: dict[str, Any]
    convention: str
    preprocessing: Preprocessing
    origin: str
    classes: tuple[str, ...] | None

    @property
    def network(self) -> MobileNetConfig:
        return MobileNetConfig(**self.config)

    @property
    def rules(self) -> Convention:
        return _CONVENTIONS[self.convention]


_CONVENTIONS = {one.name: one for one in (PYTORCH, TENSORFLOW)}
_WORDS = TypeAdapter(Words)


def names(shapes: Mapping[str, object]) -> Table:
    return {name: Theirs(name) for name in shapes}


def written(
    config: MobileNetConfig,
    convention: Convention,
    preprocessing: Preprocessing,
    origin: str,
    classes: tuple[str, ...] | None,
) -> dict[str, str]:
    described = dataclasses.asdict(config)
    words = Words(VERSION, described, convention.name, preprocessing, origin, classes)
    return {KEY: _WORDS.dump_json(words).decode()}


def read(metadata: Mapping[str, str]) -> Words:
    """Raises WeightsError for words that this program did not write."""
    text = metadata[KEY]
    if len(text) > MAX_WORDS:
        raise WeightsError(f"The file's words are {len(text)} characters long: not written here.")
    try:
        words = _WORDS.validate_json(text)
        if words.version != VERSION:
            raise WeightsError(
                f"The file is of version {words.version}; this program reads {VERSION}. Update it."
            )
        words.network, words.rules  # noqa: B018  # they raise where there is no such network
    except (ValidationError, TypeError, ValueError, KeyError) as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError("What the file says of its network makes no sense.") from error
    return words
