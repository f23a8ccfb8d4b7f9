"""A network with everything known about it, for charts and tables: counts, accuracy, latency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.candidates import Candidate
from benchmarks.references import references
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from mobilenet.accuracy import DEFAULT_SOURCE, SOURCES, Estimate, accuracy

MOBILENET_FAMILY = "MobileNet v1"
OWN_FAMILY = "Own network"
DETECTOR_FAMILY = "Detector"
DEFAULT_WEIGHTS = "IMAGENET1K_V1"
Metric = Literal["latency", "mult_adds", "parameters", "size"]
METRICS: tuple[Metric, ...] = ("latency", "mult_adds", "parameters", "size")
Results = Mapping[tuple[str, Scenario], Measurement]


@dataclass(frozen=True)
class Top1:
    """ImageNet top-1 accuracy with where it comes from.

    error_percent: None for a published figure; for an estimate its error, in points.
    recipe: figures of different recipes are not to be ranked against each other.
    """

    percent: float
    error_percent: float | None
    source: str
    recipe: str


@dataclass(frozen=True)
class Variant:
    """One network as a point: what it costs, how accurate it is, how long it took here."""

    candidate: Candidate
    family: str
    top1: Top1 | None
    measurement: Measurement | None

    def metric(self, metric: Metric) -> float | None:
        """In seconds, counts or bytes; None where this machine has not measured it."""
        match metric:
            case "latency":
                return self.measurement.median_s if self.measurement else None
            case "mult_adds":
                return self.candidate.mult_adds
            case "parameters":
                return self.candidate.parameters
            case "size":
                return self.candidate.size_bytes


def describe(
    candidate: Candidate,
    results: Results,
    scenario: Scenario,
    *,
    source: str = DEFAULT_SOURCE,
    weights: str = DEFAULT_WEIGHTS,
) -> Variant:
    """`candidate` with its accuracy by the chosen recipe and its latency in `scenario`.

    source: which published accuracies of MobileNet v1; weights: torchvision's recipe for the
    references ("IMAGENET1K_V1", or "best" for the highest published).
    """
    return Variant(
        candidate=candidate,
        family=family_of(candidate),
        top1=_top1(candidate, source, weights),
        measurement=results.get((candidate.key, scenario)),
    )


def family_of(candidate: Candidate) -> str:
    if candidate.own is not None:
        return OWN_FAMILY
    if candidate.detector is not None:
        return DETECTOR_FAMILY
    if candidate.reference is None:
        return MOBILENET_FAMILY
    return references()[candidate.reference].family


def recipe_of(variant: Variant) -> str | None:
    """By which its accuracy was reached; None where none is known."""
    return variant.top1.recipe if variant.top1 else None


def pareto_front(variants: Iterable[Variant], metric: Metric) -> tuple[Variant, ...]:
    """Those that no other beats in both accuracy and `metric`, smallest first.

    Estimates and unmeasured networks take no part.
    """
    placed = [
        (value, -variant.top1.percent, variant)
        for variant in variants
        if variant.top1 is not None
        and variant.top1.error_percent is None
        and (value := variant.metric(metric)) is not None
    ]
    front: list[Variant] = []
    best = float("-inf")
    for _, negative_top1, variant in sorted(placed, key=lambda item: item[:2]):
        if -negative_top1 > best:
            best = -negative_top1
            front.append(variant)
    return tuple(front)


def _top1(candidate: Candidate, source: str, weights: str) -> Top1 | None:
    if candidate.config is not None:
        found = accuracy(candidate.config, source)
        if found is None:
            return None
        title = SOURCES[source].title
        error = found.error_percent if isinstance(found, Estimate) else None
        return Top1(found.top1_percent, error, title, recipe=title)
    if candidate.reference is None:
        return None
    recipes = references()[candidate.reference].weights
    chosen = (
        max(recipes, key=lambda recipe: recipe.top1_percent)
        if weights == "best"
        else next((recipe for recipe in recipes if recipe.name == weights), None)
    )
    if chosen is None:
        return None
    name = f"torchvision {chosen.name}"
    return Top1(chosen.top1_percent, None, name, recipe=name)
