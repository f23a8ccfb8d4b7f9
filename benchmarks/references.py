"""Reference networks beside which MobileNets are shown: their size, accuracy and origin. No torch.

The figures come from `references.json`, which `python -m benchmarks.reference_table` generates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

PATH = Path(__file__).with_name("references.json")
FIRST_GENERATION = "IMAGENET1K_V1"  # torchvision's name


@dataclass(frozen=True)
class Recipe:
    """One set of torchvision's weights: its ImageNet-1K accuracy and how the images were prepared.

    resize: pixels of the shorter side before the centre crop of `resolution` pixels.
    """

    name: str
    top1_percent: float
    top5_percent: float
    resolution: int
    resize: int


@dataclass(frozen=True)
class PaperFigures:
    """What the MobileNets paper says of this network, which need not agree with what we count.

    top1_percent: ImageNet; None where the paper's accuracy is for other images.
    note: an erratum, or why the figures differ from ours; empty if there is nothing to say.
    """

    table: str
    top1_percent: float | None
    mult_adds: int
    parameters: int
    note: str


@dataclass(frozen=True)
class ReferenceNetwork:
    """A network of torchvision, counted at its own resolution, batch 1, without auxiliary heads.

    The counts mean what they mean in `mobilenet.cost.Cost`.

    key: torchvision's name of the network.
    family: networks that share a colour.
    paper: arXiv number.
    weights: first generation first; fair comparisons use that one.
    note: where torchvision's network departs from its paper.
    """

    key: str
    label: str
    family: str
    year: int
    paper: str
    resolution: int
    parameters: int
    mult_adds: int
    size_bytes: int
    peak_activation_bytes: int
    weights: tuple[Recipe, ...]
    paper_figures: PaperFigures | None
    note: str

    @property
    def recipe(self) -> Recipe:
        """The weights whose accuracy is shown unless somebody asks for others."""
        return self.weights[0]

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.paper}"


@dataclass(frozen=True)
class ReferenceTable:
    """The whole file: the networks, and the versions that counted them."""

    about: str
    torch: str
    torchvision: str
    networks: tuple[ReferenceNetwork, ...]


@lru_cache(maxsize=1)
def references() -> Mapping[str, ReferenceNetwork]:
    """Every reference network by its key, in the order of the table."""
    return MappingProxyType({network.key: network for network in stored_table().networks})


@lru_cache(maxsize=1)
def stored_table() -> ReferenceTable:
    """The table as the repository has it."""
    stored = json.loads(PATH.read_text(encoding="utf-8"))
    networks = tuple(_network(**row) for row in stored.pop("networks"))
    return ReferenceTable(**stored, networks=networks)


def _network(
    *, weights: list[dict[str, Any]], paper_figures: dict[str, Any] | None, **rest: Any
) -> ReferenceNetwork:
    return ReferenceNetwork(
        **rest,
        weights=tuple(Recipe(**recipe) for recipe in weights),
        paper_figures=None if paper_figures is None else PaperFigures(**paper_figures),
    )
