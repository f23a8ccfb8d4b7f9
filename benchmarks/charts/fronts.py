"""Networks that no other of the same kind beats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from benchmarks.charts.figure import Figure
from benchmarks.charts.palette import ink
from benchmarks.variants import Metric, Variant, pareto_front, recipe_of

DASHES = ("dot", "dash", "dashdot", "longdash")


class Front(NamedTuple):
    """Cheapest first; see `benchmarks.variants.pareto_front`. The caller decides who competes."""

    name: str
    variants: tuple[Variant, ...]

    def corners(self, metric: Metric) -> list[tuple[float, float]]:
        """Cost and accuracy of each network that has both."""
        return [
            (cost, variant.top1.percent)
            for variant in self.variants
            if variant.top1 is not None and (cost := variant.metric(metric)) is not None
        ]


def front_lines(fronts: Sequence[Front], metric: Metric, dark: bool) -> list[Figure]:
    """Steps: between two networks of a front the cheaper one is the best to be had."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": escape(front.name),
            "x": [cost for cost, _ in corners],
            "y": [top1 for _, top1 in corners],
            "line": {
                "shape": "hv",
                "dash": DASHES[index % len(DASHES)],
                "width": 1.5,
                "color": ink(dark).muted,
            },
            "hoverinfo": "skip",
        }
        for index, front in enumerate(fronts)
        if len(corners := front.corners(metric)) > 1
    ]


def fronts(variants: Iterable[Variant], metric: Metric, *, across: bool = False) -> list[Front]:
    """One for each training recipe that has more than one network on it; `across` all of them,
    which compares recipes as much as networks."""
    if across:
        return [Front("all recipes", pareto_front(variants, metric))]
    known = [variant for variant in variants if variant.top1 is not None]
    recipes = dict.fromkeys(str(recipe_of(variant)) for variant in known)
    found = (
        Front(recipe, pareto_front([one for one in known if recipe_of(one) == recipe], metric))
        for recipe in recipes
    )
    return [front for front in found if len(front.variants) > 1]
