"""What can be timed: a MobileNet or a reference network, named without loading torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.references import ReferenceNetwork, references
from mobilenet.config import ConfigError, MobileNetConfig
from mobilenet.cost import cost

_KEY = re.compile(
    r"(?P<width>\d+(?:\.\d+)?)-(?P<resolution>\d+)"
    r"(?P<full>-full)?(?P<shallow>-shallow)?(?P<eights>-c8)?(?:-n(?P<classes>\d+))?"
)


class CandidateError(ValueError):
    """A network was named that cannot be timed here."""


@dataclass(frozen=True)
class Candidate:
    """One network: a MobileNet by its configuration, or a reference network by torchvision's name.

    Counts are for batch 1 at the network's own resolution; see `mobilenet.cost.Cost` for what
    is counted.
    """

    config: MobileNetConfig | None = None
    reference: str | None = None

    def __post_init__(self) -> None:
        if (self.config is None) == (self.reference is None):
            raise CandidateError("A candidate is either a MobileNetConfig or a reference's name.")
        if self.reference is not None and self.reference not in references():
            known = ", ".join(references())
            raise CandidateError(
                f"Reference network {self.reference!r} is not known. Choose one of: {known}."
            )

    @property
    def key(self) -> str:
        """Short, unique, fit for a link: "0.5-160", "1.0-224-full", "resnet18"."""
        if self.config is None:
            return str(self.reference)
        config = self.config
        parts = [str(float(config.width_multiplier)), str(config.resolution)]
        parts += ["full"] if config.block == "full" else []
        parts += ["shallow"] if config.depth == "shallow" else []
        parts += ["c8"] if config.channel_multiple == 8 else []
        parts += [f"n{config.num_classes}"] if config.num_classes != 1000 else []
        return "-".join(parts)

    @property
    def label(self) -> str:
        """For people: "0.5-160" (the field's short name for a MobileNet) or "ResNet-18"."""
        return self.config.label if self.config is not None else self._network.label

    @property
    def name(self) -> str:
        """For a sentence: "MobileNet 0.5-160" or "ResNet-18"."""
        return f"MobileNet {self.label}" if self.config is not None else self.label

    @property
    def resolution(self) -> int:
        return self.config.resolution if self.config is not None else self._network.resolution

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (3, self.resolution, self.resolution)

    @property
    def mult_adds(self) -> int:
        return (cost(self.config) if self.config is not None else self._network).mult_adds

    @property
    def parameters(self) -> int:
        return (cost(self.config) if self.config is not None else self._network).parameters

    @property
    def size_bytes(self) -> int:
        return (cost(self.config) if self.config is not None else self._network).size_bytes

    @property
    def peak_activation_bytes(self) -> int:
        counted = cost(self.config) if self.config is not None else self._network
        return counted.peak_activation_bytes

    @property
    def _network(self) -> ReferenceNetwork:
        assert self.reference is not None
        return references()[self.reference]


def candidate(value: Candidate | MobileNetConfig | str) -> Candidate:
    """The candidate that a person means: a config, a key such as "0.5-160", or "resnet18".

    Raises CandidateError, or ConfigError for a MobileNet outside its limits.
    """
    if isinstance(value, Candidate):
        return value
    if isinstance(value, MobileNetConfig):
        return Candidate(config=value)
    if not isinstance(value, str):
        raise CandidateError(
            f"{value!r} is no network. Give a MobileNetConfig, a key such as '0.5-160', "
            "or a reference's name."
        )
    found = _KEY.fullmatch(value)
    if found is None:
        return Candidate(reference=value)
    return Candidate(
        config=MobileNetConfig(
            width_multiplier=float(found["width"]),
            resolution=int(found["resolution"]),
            num_classes=int(found["classes"] or 1000),
            block="full" if found["full"] else "separable",
            depth="shallow" if found["shallow"] else "paper",
            channel_multiple=8 if found["eights"] else 1,
        )
    )


def parse_candidates(text: str) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Candidates of a comma-separated list, and a sentence for each entry that is none."""
    good: list[Candidate] = []
    problems: list[str] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            found = candidate(entry)
        except (CandidateError, ConfigError) as error:
            problems.append(str(error))
        else:
            if found not in good:
                good.append(found)
    return tuple(good), tuple(problems)
