"""What a runtime tells of one inference step by step, and which of its steps are which layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from benchmarks.engines.session import EngineError
from benchmarks.layer_times import LayerTime, LayerTimes, Method
from mobilenet.config import MobileNetConfig
from mobilenet.cost import LayerKind, cost

# As much as runtimes tell of what a step is: some call 1x1 and 3x3 convolutions the same ("dense"),
# and some say no more than "convolution".
Role = Literal["convolution", "dense", "depthwise", "pooling", "classifier"]
ROLES: Mapping[LayerKind, Role] = {
    "convolution": "dense",
    "pointwise": "dense",
    "depthwise": "depthwise",
    "pooling": "pooling",
    "classifier": "classifier",
}
_CONVOLUTIONS = frozenset({"convolution", "dense", "depthwise"})
HALF_A_MICROSECOND_NS = 500  # what is cut off, on average, of a time told in whole microseconds


@dataclass(frozen=True)
class Step:
    """role: None for what is no layer, such as a change of layout."""

    role: Role | None
    time_ns: int


Pass = Sequence[Step]  # of one inference, in the order in which the steps ran


class Profile(Protocol):
    """Inferences that a runtime is looking at. Where a session has a method `profile`, that is a
    context manager that gives one."""

    method: Method

    def run(self) -> None:
        """One pass, and before it an inference that does not count. Raises EngineError."""

    def passes(self) -> Sequence[Pass]:
        """All of them so far; asked once, at the end. Raises EngineError."""


def layer_times(
    config: MobileNetConfig, method: Method, passes: Sequence[Pass], whole_ns: Sequence[int]
) -> LayerTimes:
    """The steps of each pass as the layers of `config`, one to one and in order.

    Raises EngineError unless there are exactly as many, of the right kinds, in every pass: nothing
    is guessed.
    """
    layers = cost(config).layers
    wanted = [ROLES[layer.kind] for layer in layers]
    times: list[list[int]] = []
    other_ns: list[int] = []
    for steps in passes:
        found = [step for step in steps if step.role is not None]
        _check([str(step.role) for step in found], wanted)
        times.append([step.time_ns for step in found])
        other_ns.append(sum(step.time_ns for step in steps if step.role is None))
    if not times or len(times) != len(whole_ns):
        raise EngineError(f"the runtime told of {len(times)} inferences, and {len(whole_ns)} ran")
    return LayerTimes(
        method=method,
        layers=tuple(
            LayerTime(layer.name, own)
            for layer, own in zip(layers, zip(*times, strict=True), strict=True)
        ),
        other_ns=tuple(other_ns),
        whole_ns=tuple(whole_ns),
    )


def _check(found: Sequence[str], wanted: Sequence[Role]) -> None:
    there, expected = _convolutions(found), _convolutions(wanted)
    if there != expected:
        raise EngineError(
            f"the runtime ran {there} convolutions where the network has {expected}, so it is not "
            "known which is which"
        )
    if len(found) != len(wanted) or not all(map(_fits, found, wanted)):
        raise EngineError("the runtime ran other layers, or in another order, than the network has")


def _convolutions(roles: Sequence[str]) -> int:
    return sum(role in _CONVOLUTIONS for role in roles)


def _fits(found: str, wanted: str) -> bool:
    return found == wanted or (found == "convolution" and wanted in _CONVOLUTIONS)
