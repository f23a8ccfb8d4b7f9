"""What can be counted: exact figures beside those that the paper prints. Pure."""

from __future__ import annotations

from typing import Literal

from benchmarks import units
from benchmarks.candidates import candidate
from benchmarks.claims.claim import Number, Reasoned
from benchmarks.claims.criteria import OTHERS_SLACK
from mobilenet.cost import Cost, LayerCost, LayerKind, cost

Count = Literal["mult-adds", "parameters"]


def counted(key: str) -> Cost:
    """Raises ValueError for a network that is no MobileNet."""
    config = candidate(key).config
    if config is None:
        raise ValueError(f"{key} is no MobileNet. Its layers are not counted.")
    return cost(config)


def total(key: str, what: Count) -> int:
    """Of a MobileNet the paper's count of parameters: weights only."""
    one = candidate(key)
    if what == "mult-adds":
        return one.mult_adds
    return one.parameters if one.config is None else cost(one.config).paper_parameters


def millions(what: Count, printed: dict[str, str]) -> tuple[Number, ...]:
    """printed: what the paper gives of each network, in millions, by the network's key."""
    return tuple(
        Number(
            candidate(key).label,
            figure,
            total(key, what) / 1e6,
            slack=OTHERS_SLACK if candidate(key).reference else None,
        )
        for key, figure in printed.items()
    )


def fewer(what: Count, key: str, than: str, printed: str) -> Number:
    """How many times fewer than a reference network's."""
    ratio = total(than, what) / total(key, what)
    name = f"fewer {what} than {candidate(than).label}:"
    return Number(name, printed, ratio, "×", OTHERS_SLACK)


def share(kind: LayerKind, what: Count, printed: str, name: str) -> Number:
    """Of one kind of layers in 1.0-224, in percent (Table 2)."""
    whole = counted("1.0-224")
    part = sum(_amount(layer, what) for layer in whole.layers if layer.kind == kind)
    everything = sum(_amount(layer, what) for layer in whole.layers)
    return Number(name, printed, 100 * part / everything, "%")


def inner_layer(what: Count, printed: dict[str, str]) -> tuple[Number, ...]:
    """Of block 7, whose layer Table 3 takes apart, in millions."""
    names = {
        "1.0-224-full": "convolution",
        "1.0-224": "separable",
        "0.75-224": "α = 0.75",
        "0.75-160": "ρ = 0.714",
    }
    return tuple(
        Number(names[key], figure, _block(counted(key), 7, what) / 1e6)
        for key, figure in printed.items()
    )


def savings() -> tuple[float, ...]:
    """Mult-adds of a full convolution over those of the separable one, of each of the 13 blocks."""
    full, separable = counted("1.0-224-full"), counted("1.0-224")
    return tuple(
        _block(full, number, "mult-adds") / _block(separable, number, "mult-adds")
        for number in range(1, 14)
    )


def weighted_layers(key: str) -> tuple[LayerCost, ...]:
    """As the paper counts layers: those that have weights."""
    return tuple(layer for layer in counted(key).layers if layer.weights)


def falls_with_square(what: Count, keys: dict[str, float], slack: float) -> Reasoned:
    """Whether the count falls as the square of a multiplier. keys: network to multiplier."""
    falls = {key: total("1.0-224", what) / total(key, what) for key in keys}
    holds = all(abs(fall * keys[key] ** 2 - 1) <= slack for key, fall in falls.items())
    told = ", ".join(
        f"{candidate(key).label} {units.times(fall, digits=3)} fewer (square: "
        f"{units.times(keys[key] ** -2, digits=3)})"
        for key, fall in falls.items()
    )
    return Reasoned(holds, f"{told}.")


def _block(whole: Cost, number: int, what: Count) -> int:
    return sum(
        _amount(layer, what)
        for layer in whole.layers
        if layer.name.split()[:2] == ["block", str(number)]
    )


def _amount(layer: LayerCost, what: Count) -> int:
    return layer.mult_adds if what == "mult-adds" else layer.weights
