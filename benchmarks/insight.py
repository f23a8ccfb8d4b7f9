"""What this machine shows, in one sentence with its numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.engines import ENGINES
from benchmarks.layer_times import NANOSECONDS
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import OF_GPU, disturbances
from benchmarks.timing.statistics import MIN_WORKERS, Interval
from benchmarks.timing.verdicts import MARGIN, Verdict, null_effect, verdict
from benchmarks.validity import DEGRADED_SHARE, null_ratio
from mobilenet.config import MobileNetConfig

LARGEST = Candidate(config=MobileNetConfig(1.0, 224))
SMALLEST = Candidate(config=MobileNetConfig(0.25, 128))
MIN_ROUNDS = 3  # of a run that is under way; fewer would make the sentence jump


def headline(collection: Collection, scenario: Scenario) -> str | None:
    """How arithmetic and time part ways here, from the paper's two corners.

    None until both have taken a few turns in `scenario`; "about" unless they took them in one run.
    """
    faster = _how_much_faster(collection, scenario)
    if faster is None:
        return None
    arithmetic = units.times(LARGEST.mult_adds / SMALLEST.mult_adds)
    return (
        f"{SMALLEST.label} does {arithmetic} less arithmetic than {LARGEST.label}, and is {faster}."
    )


def _how_much_faster(collection: Collection, scenario: Scenario) -> str | None:
    large, small = collection.get(LARGEST, scenario), collection.get(SMALLEST, scenario)
    if large is None or small is None:
        return None
    pair = collection.together(LARGEST, SMALLEST, scenario)
    ratio = pair[0].ratio_to(pair[1]) if pair else None
    if ratio is not None and ratio.rounds >= MIN_ROUNDS:
        bounds = ratio.interval
        if bounds is not None and ratio.value < 1:  # it is called slower by the inverse
            bounds = Interval(1 / bounds.high, 1 / bounds.low)
        span = f" ({units.span(bounds.low, bounds.high)})" if bounds else ""
        return f"{_in_words(ratio.value)} here{span}"
    if min(len(large.blocks), len(small.blocks)) < MIN_ROUNDS:
        return None
    return f"about {_in_words(large.median_s / small.median_s)} here"


def caveat(collection: Collection, scenario: Scenario) -> str:
    """What weakens the headline: "a first look", "the machine was busy"; empty if nothing does."""
    shown = [collection.get(corner, scenario) for corner in (LARGEST, SMALLEST)]
    found = [one for one in shown if one is not None]
    parts = ["a first look"] if any(one.quality == "preview" for one in found) else []
    parts += troubles(one for one in found if one.disturbed_share >= DEGRADED_SHARE)
    return ", ".join(parts)


def troubles(measurements: Iterable[Measurement]) -> list[str]:
    """What disturbed their turns: "the machine was busy", "the GPU was slowed down"."""
    kinds = {
        kind
        for one in measurements
        for block in one.disturbed
        for kind in disturbances(block.signals)
    }
    busy = ["the machine was busy"] if kinds - OF_GPU else []
    return busy + (["the GPU was slowed down"] if kinds & OF_GPU else [])


def compared(
    one: Candidate, other: Candidate, scenario: Scenario, collection: Collection
) -> str | None:
    """How `one` compares with `other`: "2.1 × faster", "same within 2 %", "cannot tell".

    Measured in several workers it is a verdict; in one, "no difference seen" is as much as can be
    said. Says "about" unless the two took turns for six rounds; None until both are timed.
    """
    pair = collection.together(one, other, scenario)
    ratio = pair[1].ratio_to(pair[0]) if pair else None
    if pair and ratio and ratio.workers >= MIN_WORKERS:
        return judged(pair[0], pair[1], collection.finished.get(pair[0].run_id))
    if ratio is None or ratio.interval is None:
        a, b = collection.get(one, scenario), collection.get(other, scenario)
        return None if a is None or b is None else f"about {_in_words(b.median_s / a.median_s)}"
    if ratio.interval.low <= 1 <= ratio.interval.high:
        return "no difference seen"
    return _in_words(ratio.value)


def judged(one: Measurement, other: Measurement, run: Run | None) -> str | None:
    """The verdict on `one` against `other` of the same run, in words; None below three workers.

    run: where both are from, once it has ended: its control may withdraw the verdict.
    """
    ratio = one.ratio_to(other)
    if ratio is None or ratio.interval is None or ratio.workers < MIN_WORKERS:
        return None
    found = told(one, other, run)
    if found == "same":
        return f"same within {units.share(MARGIN)}"
    if found == "cannot tell":
        return f"cannot tell ({units.span(ratio.interval.low, ratio.interval.high)})"
    return _in_words(1 / ratio.value)


def told(one: Measurement, other: Measurement, run: Run | None) -> Verdict:
    """The verdict on `one` against `other` of the same run, of which it may say that nothing in it
    can be told. Two processes have a control each: the one that is further off counts."""
    if run is None:
        return verdict(one.ratio_to(other))
    if (state := run.state) is not None and state.word == "invalid":
        return "cannot tell"
    nulls = (null_ratio(run, one), null_ratio(run, other))
    return verdict(one.ratio_to(other), null=max(nulls, key=lambda null: abs(null_effect(null))))


def about(run: Run) -> str:
    """What a run is of, in a few words: "4 networks in ONNX Runtime, 2 threads"."""
    if not run.measurements:
        return "Nothing measured"
    networks = list(dict.fromkeys(one.candidate.name for one in run.measurements))
    what = networks[0] if len(networks) == 1 else units.counted(len(networks), "network")
    scenarios = list(dict.fromkeys(one.scenario for one in run.measurements))
    ways = dict.fromkeys(way_label(scenario) for scenario in scenarios)
    how = None if len(ways) == 1 else f"{len(ways)} ways"
    return f"{what} in {scenario_label(scenarios[0], called=how)}"


def scenario_label(scenario: Scenario, *, called: str | None = None) -> str:
    """ "OpenVINO, int8, 2 threads, batch 4, cuda"; called: instead of engine and precision."""
    parts = [called or way_label(scenario), units.counted(scenario.threads, "thread")]
    parts += [f"batch {scenario.batch}"] if scenario.batch > 1 else []
    parts += [scenario.device] if scenario.device != "cpu" else []
    return ", ".join(parts)


def engine_label(scenario: Scenario) -> str:
    """A snapshot of a newer program may name an engine that is unknown here."""
    engine = ENGINES.get(scenario.engine)
    return engine.label if engine else scenario.engine


def way_label(scenario: Scenario) -> str:
    """ "OpenVINO"; "OpenVINO, int8": float32 goes without saying."""
    precision = "" if scenario.precision == "float32" else f", {scenario.precision}"
    return f"{engine_label(scenario)}{precision}"


def start(measurement: Measurement) -> str:
    """How its first calls went: "first call 12.3 ms, steady after 4 calls (21 ms)"."""
    first = f"first call {units.milliseconds(measurement.first_call_s)}"
    calls = measurement.steady_after
    if measurement.never_steady:
        watched = units.duration(sum(measurement.warmup_ns) * NANOSECONDS)
        return f"{first}, never became steady in {watched}"
    if calls is None:  # too few calls to tell
        return first
    if calls < 2:
        return f"{first}, steady {'after it' if calls else 'from then on'}"
    return (
        f"{first}, steady after {calls} calls ({units.milliseconds(measurement.time_to_steady_s)})"
    )


def on_device(measurement: Measurement) -> str | None:
    """What its accelerator's own clock shows: "device 0.41 ms of 0.52 ms". None without one."""
    device_s = measurement.device_median_s
    if device_s is None:
        return None
    return f"device {units.milliseconds(device_s)} of {units.milliseconds(measurement.median_s)}"


def _in_words(times_as_fast: float) -> str:
    word = "faster" if times_as_fast >= 1 else "slower"
    return f"{units.factor(max(times_as_fast, 1 / times_as_fast))} {word}"
