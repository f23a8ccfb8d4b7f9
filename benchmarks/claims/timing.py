"""What times say of a claim: inside the criterion, outside of it, or neither for certain. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median

from benchmarks import units
from benchmarks.claims.claim import Decision, label
from benchmarks.claims.counting import counted
from benchmarks.claims.criteria import (
    BETWEEN_PROCESSES,
    BlocksFaster,
    Faster,
    TimeRatio,
    TimeShare,
    TimeTest,
    Unbeaten,
)
from benchmarks.claims.evidence import Evidence, Pair, doubt
from benchmarks.insight import judged, told
from benchmarks.layer_times import NANOSECONDS, LayerTimes
from benchmarks.references import references
from benchmarks.timing.statistics import Interval, median_interval
from benchmarks.timing.verdicts import null_effect
from benchmarks.validity import null_ratio

INNER_BLOCKS = tuple(range(7, 12))  # 14x14, 512 channels at 1.0-224
ACROSS = "The interval lies across the limit."
COPIES_DIFFER = "counts, as two copies of one network differ"
TOO_FEW = "Too few passes for an interval."


def decide(test: TimeTest, found: Evidence) -> Decision:
    match test:
        case TimeRatio():
            return _ratio(test, found)
        case Faster():
            return _faster(test, found)
        case Unbeaten():
            return _unbeaten(test, found)
        case TimeShare():
            return _share(test, found)
        case BlocksFaster():
            return _blocks(test, found)


def _ratio(test: TimeRatio, found: Evidence) -> Decision:
    pair = found.pair(test.slow, test.fast)
    if isinstance(pair, Decision):
        return pair
    bounds = pair.ratio.interval
    assert bounds is not None  # a pair has one
    believed = _believed(pair, bounds)
    wider = "" if believed == bounds else f"; {_span(believed)} {COPIES_DIFFER}"
    text = (
        f"{label(test.slow)} takes {units.times(pair.ratio.value, digits=3)} as long as "
        f"{label(test.fast)} ({_span(bounds)}{wider})"
    )
    if test.scale is not None:
        power = math.log(pair.ratio.value) / math.log(test.scale)
        text += f": as the power {units.significant(power, 2)} of the multiplier"
    return _within(believed, test.low, test.high, f"{text}.", doubt(pair.run))


def _believed(pair: Pair, bounds: Interval) -> Interval:
    """Wider where two copies of one network seem to differ: twice as much is not believed."""
    null = null_ratio(pair.run, pair.one) if pair.run else None
    factor = math.exp(2 * abs(null_effect(null)) / 100)
    return bounds if factor == 1 else Interval(bounds.low / factor, bounds.high * factor)


def _within(
    bounds: Interval, low: float, high: float, text: str, unbelieved: str | None
) -> Decision:
    if unbelieved is not None:
        return Decision("cannot tell", unbelieved, text)
    if low <= bounds.low and bounds.high <= high:
        return Decision("holds", "The whole interval is inside.", text)
    if bounds.high < low or high < bounds.low:
        return Decision("fails", "The whole interval is outside.", text)
    return Decision("cannot tell", ACROSS, text)


def _faster(test: Faster, found: Evidence) -> Decision:
    pair = found.pair(test.fast, test.slow)
    if isinstance(pair, Decision):
        return pair
    text = _compared(pair)
    if (unbelieved := doubt(pair.run)) is not None:
        return Decision("cannot tell", unbelieved, text)
    match told(pair.one, pair.other, pair.run):
        case "faster":
            return Decision("holds", "It is faster for certain.", text)
        case "cannot tell":
            return Decision("cannot tell", "The difference is too small to be told.", text)
    return Decision("fails", "It is not faster.", text)


def _compared(pair: Pair) -> str:
    verdict = judged(pair.one, pair.other, pair.run)
    return (
        f"{pair.one.candidate.label} {units.milliseconds(pair.one.median_s)}, "
        f"{pair.other.candidate.label} {units.milliseconds(pair.other.median_s)}: {verdict}."
    )


def _unbeaten(test: Unbeaten, found: Evidence) -> Decision:
    pairs = {rival: found.pair(rival, test.network) for rival in test.rivals}
    timed = {rival: pair for rival, pair in pairs.items() if isinstance(pair, Pair)}
    text = (
        "; ".join(f"{label(rival)} {_than(pair)}" for rival, pair in timed.items()) + "."
        if timed
        else None
    )
    for pair in timed.values():
        if (unbelieved := doubt(pair.run)) is not None:
            return Decision("cannot tell", unbelieved, text)
    verdicts = {rival: told(pair.one, pair.other, pair.run) for rival, pair in timed.items()}
    ahead = [rival for rival, verdict in verdicts.items() if verdict == "faster"]
    if ahead:
        names = ", ".join(
            f"{label(one)} ({units.percent(references()[one].recipe.top1_percent)})"
            for one in ahead
        )
        return Decision("fails", f"Faster and at least as accurate: {names}.", text)
    missing = [pair for pair in pairs.values() if isinstance(pair, Decision)]
    for outcome in ("not measured", "cannot tell"):
        if lacking := [one for one in missing if one.outcome == outcome]:
            return Decision(lacking[0].outcome, lacking[0].why, text)
    if "cannot tell" in verdicts.values():
        unsure = ", ".join(label(one) for one, said in verdicts.items() if said == "cannot tell")
        return Decision("cannot tell", f"Too close to be told: {unsure}.", text)
    return Decision("holds", "None of them is faster.", text)


def _than(pair: Pair) -> str:
    return judged(pair.one, pair.other, pair.run) or units.NOT_MEASURED


def _share(test: TimeShare, found: Evidence) -> Decision:
    layers = found.layers(test.network)
    if isinstance(layers, Decision):
        return layers
    kinds = {layer.name: layer.kind for layer in counted(test.network).layers}
    (times,) = layers.times
    of_kind = _sums_ns(times, lambda name: kinds.get(name) == test.kind)
    of_all = _sums_ns(times, lambda name: True)
    bounds = median_interval([part / all_ for part, all_ in zip(of_kind, of_all, strict=True)])
    if bounds is None:
        return Decision("cannot tell", TOO_FEW)
    more = 1 + BETWEEN_PROCESSES
    possible = Interval(_weighted(bounds.low, 1 / more), _weighted(bounds.high, more))
    text = (
        f"{units.percent_span(100 * bounds.low, 100 * bounds.high)} of the time of all layers "
        f"({_how(times)}); {units.percent_span(100 * possible.low, 100 * possible.high)} counts, "
        "as processes differ."
    )
    return _within(possible, test.least, 1.0, text, doubt(layers.run))


def _weighted(share: float, factor: float) -> float:
    """The share of a part that took `factor` times as long, beside a rest that did not."""
    return share * factor / (share * factor + 1 - share)


def _blocks(test: BlocksFaster, found: Evidence) -> Decision:
    layers = found.layers(test.slow, test.fast)
    if isinstance(layers, Decision):
        return layers
    sums = [_sums_ns(one, _is_inner) for one in layers.times]
    slow, fast = map(median_interval, sums)
    if slow is None or fast is None:
        return Decision("cannot tell", TOO_FEW)
    bounds = Interval(slow.low / fast.high, slow.high / fast.low)
    each = [median(passes) * NANOSECONDS / len(INNER_BLOCKS) for passes in sums]
    text = (
        f"One such layer takes {units.milliseconds(each[0])}, then {units.milliseconds(each[1])}: "
        f"{units.times(each[0] / each[1], digits=3)} less ({_span(bounds)}; "
        f"{_how(layers.times[0])})."
    )
    if (unbelieved := doubt(layers.run)) is not None:
        return Decision("cannot tell", unbelieved, text)
    if bounds.low > 1 + BETWEEN_PROCESSES:
        return Decision("holds", "It is faster for certain.", text)
    if bounds.high < 1 / (1 + BETWEEN_PROCESSES):
        return Decision("fails", "It is slower.", text)
    return Decision("cannot tell", ACROSS, text)


def _span(bounds: Interval) -> str:
    return units.span(bounds.low, bounds.high, digits=3)


def _is_inner(name: str) -> bool:
    words = name.split()
    return words[0] == "block" and int(words[1]) in INNER_BLOCKS


def _sums_ns(times: LayerTimes, wanted: Callable[[str], bool]) -> list[int]:
    """Of each pass: the layers that are wanted, added up."""
    rows = [one.times_ns for one in times.layers if wanted(one.layer)]
    return [sum(passes) for passes in zip(*rows, strict=True)]


def _how(times: LayerTimes) -> str:
    return {
        "profiler": "by the runtime's own profiler",
        "stages": "layers called one by one",
    }[times.method]
