"""All that the next epoch depends on, in one file that is there whole or not at all."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch

from mobilenet.files import write_whole
from mobilenet.tasks.score import Epoch, TaskEpoch

CHECKPOINT = "checkpoint.pt"
VERSION = 1


class TrainingError(RuntimeError):
    """It cannot go on; the message says why, and what to do."""


class Part(Protocol):
    """A network, an optimiser, a learning rate's schedule."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...


Parts = Mapping[str, Part]
EpochKind = TypeVar("EpochKind", Epoch, TaskEpoch)


def keep(path: Path, what: dict[str, Any], parts: Parts, epochs: Sequence[EpochKind]) -> None:
    """what: tells one training from another. Raises FileError."""
    memory = BytesIO()
    state = {
        "version": VERSION,
        "what": what,
        "epochs": [asdict(epoch) for epoch in epochs],
        **{name: part.state_dict() for name, part in parts.items()},
    }
    torch.save(state, memory)
    write_whole(path, memory.getvalue())


def resumed(
    path: Path, what: dict[str, Any], parts: Parts, told: Callable[[dict[str, Any]], EpochKind]
) -> list[EpochKind]:
    """Put the parts into the state that was kept; the epochs that led to it.

    told: an epoch from its plain values, which must be of its kind.

    Raises TrainingError for a file that is no checkpoint, or of another training.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        kept, version = state["what"], state["version"]
    except (
        OSError,
        EOFError,
        RuntimeError,
        pickle.UnpicklingError,
        LookupError,
        TypeError,
    ) as error:
        raise TrainingError(
            f"{path} is no checkpoint of this program. Move it away to begin anew."
        ) from error
    if (version, kept) != (VERSION, what):
        raise TrainingError(
            f"{path} belongs to another training: {_differing(kept, what)}. Name another "
            "folder, or ask for the same again."
        )
    try:
        for name, part in parts.items():
            part.load_state_dict(state[name])
        return [told(epoch) for epoch in state["epochs"]]
    except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise TrainingError(f"{path} is damaged. Move it away to begin anew.") from error


def _differing(one: Any, other: dict[str, Any]) -> str:
    if not isinstance(one, dict):
        return "what it is of is not written in it"
    differing = ", ".join(
        f"its {name} differs{_which(one.get(name), other[name])}"
        for name in other
        if one.get(name) != other[name]
    )
    return differing or "it was kept by another version of this program"


def _which(one: Any, other: Any) -> str:
    """ " (seed 0, not 1)"."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return ""
    named = [
        f"{key} {one.get(key)}, not {other[key]}" for key in other if one.get(key) != other[key]
    ]
    return f" ({'; '.join(named)})" if named else ""
