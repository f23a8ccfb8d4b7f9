"""What a choice within a budget says, in words."""

from __future__ import annotations

from benchmarks import units
from benchmarks.calibration import space
from benchmarks.choosing import Budget, Option, Outlook
from benchmarks.latency_model import LatencyModel
from benchmarks.scenarios import Scenario


def answer(found: Outlook) -> str:
    """One sentence: what to take, or that there is nothing to take, and what comes nearest."""
    wanted = asked_for(found.budget)
    if found.best is not None and found.is_settled:
        name = found.best.candidate.name
        return f"{name} is the most accurate that was measured within {wanted}: {told(found.best)}."
    if found.best is not None:
        name, limit_s = found.best.candidate.name, found.budget.max_latency_s
        likely = [one for one in found.shortlist if one.predicted_s <= limit_s]
        other, word = (likely[0], "should") if likely else (found.shortlist[0], "may")
        return (
            f"{name} is the most accurate measured so far within {wanted}: {told(found.best)}. "
            f"{other.candidate.name} {word} be better: {told(other)}."
        )
    if not found.options:
        return f"None stays within {wanted}: the smallest network is larger."
    if found.predicted is not None and found.predicted.measurement is None:
        name = found.predicted.candidate.name
        return f"{name} should be it: {told(found.predicted)}. That has not been measured."
    nearest = min(found.options, key=lambda one: one.latency_s)
    shown = "shown" if any(one.measurement is not None for one in found.options) else "predicted"
    name = nearest.candidate.name
    return f"None is {shown} to stay within {wanted}. The fastest is {name}: {told(nearest)}."


def doubt(option: Option) -> str:
    """Of a more accurate one, of which it cannot be told."""
    return f"Cannot be told of {option.candidate.name}: {told(option)}."


def asked_for(budget: Budget) -> str:
    """ "10.0 ms and 6.00 MB"."""
    size = "" if budget.max_size_bytes is None else f" and {units.megabytes(budget.max_size_bytes)}"
    return f"{units.milliseconds(budget.max_latency_s)}{size}"


def told(option: Option) -> str:
    """ "9.41 ms (9.22 to 9.60), 5.63 MB, top-1 63.1 ± 0.5 %"."""
    if option.measurement is None:
        latency = f"about {units.milliseconds(option.predicted_s)}, predicted"
    else:
        interval = option.measurement.interval_s
        latency = units.milliseconds(option.measurement.median_s)
        latency += f" ({units.milliseconds_interval(interval)})" if interval else ""
    top1 = units.percent(option.top1_percent, error_percent=option.top1_error)
    return f"{latency}, {units.megabytes(option.size_bytes)}, top-1 {top1}"


def about_accuracy(scenario: Scenario) -> str | None:
    """What must be known of the accuracies where weights are not in float32."""
    if scenario.precision == "float32":
        return None
    return f"Accuracies are of float32; what {scenario.precision} costs is not in them."


def about_model(model: LatencyModel) -> str:
    """How far its predictions may be relied on, and what it found out."""
    found = ""
    if model.likes_multiples:
        multiple = model.kernels.multiple
        found = f" Layers run faster here whose channels are a multiple of {multiple}."
    return (
        f"Learned from {len(model.left_out)} networks, to choose among {len(space())}; each of "
        f"them, predicted from the others, is off by {units.share(model.error)} typically and "
        f"{units.share(max(abs(one.error) for one in model.left_out))} at most.{found}"
    )
