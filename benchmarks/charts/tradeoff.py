"""Accuracy against what it costs: every network as a point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.charts.axes import QUANTITIES, log_axis
from benchmarks.charts.figure import SMALL_FONT_SIZE, Figure, axis, empty, layout
from benchmarks.charts.fronts import Front, front_lines
from benchmarks.charts.palette import ink
from benchmarks.charts.points import Point, legend, markers, points, ring
from benchmarks.charts.tradeoff_labels import Plot, label_places, led_label
from benchmarks.units import percent
from benchmarks.variants import Metric, Variant

HEIGHT = 480
MARGIN = {"l": 58, "r": 14, "t": 56, "b": 52}
TELEPHONE_PX = 390
PAGE_EDGE_PX = 30  # what the page keeps of it
WIDE_PX = 600  # on a narrower screen the legend may have four lines; its margin holds two
LEGEND_PX = 30  # what the third and fourth line take from the plot


def tradeoff(
    variants: Iterable[Variant],
    *,
    metric: Metric,
    selected: str | None,
    baseline: str | None = None,
    pareto: Sequence[Front] = (),
    screen_px: int = TELEPHONE_PX,
    dark: bool,
) -> Figure:
    """Top-1 accuracy over `metric`; `customdata[0]` of a point is its candidate's key.

    selected, baseline: keys of candidates. pareto: what the caller lets compete with each other.
    screen_px: labels find room on a screen so wide, and on any wider one.
    """
    shown = points(variants, metric)
    quantity = QUANTITIES[metric]
    if not shown:
        message = f"Nothing to show: no network has both<br>an accuracy and a {quantity.name}."
        return empty(message, dark=dark)
    costs = [point.x for point in shown]
    if metric == "latency":
        costs += [end for point in shown for end in _ends(point)]
    xaxis = log_axis(min(costs), max(costs), quantity.unit, pad=0.07)
    low = min(point.y - (point.error or 0) for point in shown) - 2.5
    high = max(point.y + (point.error or 0) for point in shown) + 3.5
    ringed = [key for key in dict.fromkeys((selected, baseline)) if key is not None]
    left, right = xaxis["range"]
    plot = Plot(
        width_px=screen_px - PAGE_EDGE_PX - MARGIN["l"] - MARGIN["r"],
        height_px=HEIGHT - MARGIN["t"] - MARGIN["b"] - (LEGEND_PX if screen_px < WIDE_PX else 0),
        left=left,
        right=right,
        low=low,
        high=high,
    )
    places = label_places(shown, plot, metric=metric, ringed=ringed, fronts=pareto)
    sides = {index: found.side for index, found in places.items() if found.side is not None}
    return {
        "data": [
            *front_lines(pareto, metric, dark),
            markers(
                shown,
                {index: side for index, side in sides.items() if shown[index].key not in ringed},
                intervals=metric == "latency",
                dark=dark,
            ),
            *legend(shown, dark),
            *(
                ring(point, key == selected, side=sides.get(index), dark=dark)
                for key in reversed(ringed)
                for index, point in enumerate(shown)
                if point.key == key
            ),
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(f"{quantity.title} (log scale)", dark=dark, **xaxis),
            yaxis=axis("ImageNet top-1", dark=dark, range=[low, high], ticksuffix=" %"),
            annotations=[
                _better(dark),
                *(
                    led_label(shown[i], found, bold=shown[i].key == selected, dark=dark)
                    for i, found in places.items()
                    if found.side is None
                ),
            ],
        ),
    }


def undrawn(variants: Iterable[Variant], metric: Metric) -> tuple[Variant, ...]:
    """Those without an accuracy or without a value on the axis: they are not on the chart."""
    return tuple(
        variant for variant in variants if variant.top1 is None or variant.metric(metric) is None
    )


def why_undrawn(variant: Variant, metric: Metric) -> str | None:
    """Why this network is not on the chart, for people; None if it is."""
    name = variant.candidate.name
    if variant.metric(metric) is None:
        return f"{name} is not on this chart: it has not been measured."
    if variant.top1 is None:
        return f"{name} is not on this chart: no accuracy is known for it."
    return None


def tradeoff_alt(
    variants: Iterable[Variant],
    *,
    metric: Metric,
    selected: str | None,
    pareto: Sequence[Front] = (),
) -> str:
    """What the chart shows, in numbers."""
    everything = tuple(variants)
    shown = sorted(points(everything, metric), key=lambda point: point.x)
    quantity = QUANTITIES[metric]
    subject = f"ImageNet top-1 accuracy against {quantity.name}"
    if not shown:
        return f"{subject}: no network has both."
    parts = [
        f"{len(own)} {name}{'s' if len(own) > 1 else ''} from {_said(own[0], metric)} "
        f"to {_said(own[-1], metric)}"
        for name, own in (
            ("MobileNet", [point for point in shown if point.variant.candidate.config]),
            ("reference network", [point for point in shown if point.variant.candidate.reference]),
        )
        if own
    ]
    parts += [f"selected {_said(point, metric)}" for point in shown if point.key == selected]
    parts += [
        f"on the front {front.name}: {', '.join(v.candidate.label for v in front.variants)}"
        for front in pareto
        if front.variants
    ]
    for name, count in (
        ("previews", sum(point.preview for point in shown)),
        ("estimated accuracies", sum(point.error is not None for point in shown)),
        ("not drawn", len(undrawn(everything, metric))),
    ):
        parts += [f"{name}: {count}"] if count else []
    return f"{subject}: {'; '.join(parts)}."


def _ends(point: Point) -> tuple[float, ...]:
    """Of its interval, so that it stays on the chart; a very long one may run off it."""
    timed = point.variant.measurement
    if timed is None or timed.interval_s is None:
        return ()
    return max(timed.interval_s.low, point.x / 1.5), min(timed.interval_s.high, point.x * 1.5)


def _said(point: Point, metric: Metric) -> str:
    accuracy = percent(point.y, error_percent=point.error)
    return f"{point.label} ({QUANTITIES[metric].text(point.x)}, {accuracy})"


def _better(dark: bool) -> Figure:
    return {
        "text": "↖ better",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "top",
        "xshift": 6,
        "yshift": -4,
        "showarrow": False,
        "font": {"size": SMALL_FONT_SIZE, "color": ink(dark).muted},
    }
