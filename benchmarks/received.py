"""Somebody's own networks in a worker: pickled, in memory alone, each until the process ends.

They came over the pipe from the process that has the modules. They are never written anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engines.session import EngineError


@dataclass(frozen=True)
class Payload:
    """One module. import_paths: where its process looks for modules: its class may be in one."""

    pickled: bytes
    import_paths: Sequence[str]


_payloads: dict[str, Payload] = {}  # by the candidate's key


def keep(key: str, payload: Payload) -> None:
    _payloads[key] = payload


def payload_of(key: str) -> Payload:
    """Raises EngineError where this process was never given it."""
    if key not in _payloads:
        raise EngineError("the worker process was not given the module")
    return _payloads[key]


def has(key: str) -> bool:
    return key in _payloads
