"""What a person gives `measure` as networks: names, configurations, candidates, own modules.

Imports torch only once there is a module: whoever has one has imported it anyway.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, cast

from benchmarks.candidates import Candidate, CandidateError, candidate, free_name
from mobilenet.config import MobileNetConfig


class Module(Protocol):
    """`torch.nn.Module`, as far as it can be told without torch."""

    training: bool

    def parameters(self, recurse: bool = True) -> Iterator[Any]: ...


Network = Candidate | MobileNetConfig | str | Module | tuple[str, Module]
Shape = tuple[int, int, int]
Own = tuple[str | None, Module]  # None: nobody has named it


def several(networks: Iterable[Network] | Network) -> list[Network]:
    """A list of what may be one alone; a module that has parts to iterate over is one."""
    if isinstance(networks, (Candidate, MobileNetConfig, str)) or own_in(networks) is not None:
        return [cast(Network, networks)]
    return list(networks) if isinstance(networks, Iterable) else [networks]


def own_in(network: object) -> Own | None:
    """Somebody's own module with its name, if that is one."""
    if isinstance(network, tuple) and len(network) == 2 and _is_module(network[1]):
        return network
    return (None, cast(Module, network)) if _is_module(network) else None


def candidates_of(
    networks: Sequence[Network], input_shape: Shape | None = None
) -> tuple[tuple[Candidate, ...], dict[str, bytes]]:
    """The candidates that are meant, each once, and the own modules among them, pickled, by key.

    input_shape: channels, height and width of one image, for all own modules. A module that no
    pair names has the name of its class, with a number where several would be called the same.

    Raises CandidateError and ConfigError.
    """
    own = {place: one for place, network in enumerate(networks) if (one := own_in(network))}
    found: dict[int, Candidate] = {
        place: _known(network) for place, network in enumerate(networks) if place not in own
    }
    if not own and input_shape is not None:
        raise CandidateError(
            "input_shape is for modules of your own, and none was given. A MobileNet's resolution "
            "stands in its configuration, a reference has its own: leave input_shape out."
        )
    labels = {one.label for one in found.values()}
    payloads: dict[str, bytes] = {}
    for places, name, module in _named(own, labels):
        network, payload = _described(module, name, input_shape)
        found |= dict.fromkeys(places, network)
        payloads[network.key] = payload
    return tuple(dict.fromkeys(found[place] for place in sorted(found))), payloads


def _named(own: dict[int, Own], labels: set[str]) -> Iterator[tuple[list[int], str, Module]]:
    """Each module once, with its places and a name that nothing else has.

    labels: of the other networks. Raises CandidateError where two were given one name.
    """
    places: dict[tuple[str | None, int], list[int]] = {}
    for place, (name, module) in own.items():
        places.setdefault((name, id(module)), []).append(place)
    taken = set(labels)
    for name, _ in places:
        if name is not None and name in taken:
            raise CandidateError(f"Two networks are called {name!r}. Give each a name of its own.")
        taken |= {name} if name is not None else set()
    for (name, _), at in places.items():
        module = own[at[0]][1]
        if name is None:
            name = free_name(type(module).__name__, lambda name: name not in taken)
            taken.add(name)
        yield at, name, module


def _described(module: Module, name: str, input_shape: Shape | None) -> tuple[Candidate, bytes]:
    from benchmarks.own import describe

    if input_shape is None:
        raise CandidateError(
            f"{name} needs the shape of one image: give input_shape as channels, height and width, "
            "such as (3, 224, 224)."
        )
    shape = tuple(input_shape) if isinstance(input_shape, (list, tuple)) else input_shape
    network, pickled = describe(cast(Any, module), name, cast(Shape, shape))
    return Candidate(own=network), pickled


def _known(network: Network) -> Candidate:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(network, type) and issubclass(network, torch.nn.Module):
        name = network.__name__
        raise CandidateError(f"{name} is a class. Give a network made of it, such as {name}().")
    return candidate(cast(str, network))


def _is_module(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)
