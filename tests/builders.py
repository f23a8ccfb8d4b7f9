"""Runs that nobody had to measure, for tests of what is done with a run."""

from dataclasses import replace

from benchmarks.candidates import candidate
from benchmarks.layer_times import Ceiling, LayerTime, LayerTimes
from benchmarks.machine import Machine
from benchmarks.results import Block, Measurement, Quality, Run
from benchmarks.scenarios import Scenario
from mobilenet.cost import cost

MACHINE = Machine(
    cpu="Example CPU",
    physical_cpus=2,
    logical_cpus=4,
    usable_cpus=2,
    memory_bytes=8_000_000_000,
    accelerators=(),
    system="Linux x86_64",
    python="3.11.0",
    packages=(("torch", "2.0"), ("openvino", "2026.0")),
)


def measurement(
    network: str,
    *,
    engine: str = "eager",
    median_ms: float = 4.0,
    rounds: int = 12,
    calls: int = 5,
    quality: Quality = "measured",
    batch: int = 1,
) -> Measurement:
    """Rounds that scatter by up to 2 % around `median_ms`."""
    middle_ns = round(median_ms * 1e6)
    blocks = tuple(
        Block(number, 2 * middle_ns, (middle_ns + (number % 5 - 2) * middle_ns // 100,) * calls)
        for number in range(rounds)
    )
    return Measurement(
        candidate=candidate(network),
        scenario=Scenario(engine=engine, batch=batch),
        quality=quality,
        run_id="0123456789ab",
        measured_utc="2026-01-31T12:00:01.250+00:00",
        warmup_ns=(3 * middle_ns, middle_ns),
        blocks=blocks,
        load_s=0.25,
        prepare_s=None if engine == "eager" else 1.5,
        output_error=None if engine == "eager" else 2e-6,
    )


def a_run(*measurements: Measurement) -> Run:
    return Run("0123456789ab", "2026-01-31T12:00:00+00:00", MACHINE, measurements)


def with_layers(run: Run) -> Run:
    """With times of the layers of its first network, a MobileNet, in two passes, and a ceiling.

    Layers take what their mult-adds would at 50 GFLOP/s, and a microsecond more.
    """
    config = run.measurements[0].candidate.config
    assert config is not None
    layers = tuple(
        LayerTime(layer.name, (1000 + layer.mult_adds // 25, 1200 + layer.mult_adds // 25))
        for layer in cost(config).layers
    )
    whole_ns = sum(one.times_ns[0] for one in layers)
    times = LayerTimes("profiler", layers, other_ns=(0, 200), whole_ns=(whole_ns, whole_ns))
    first, *others = run.measurements
    return replace(
        run,
        measurements=(replace(first, layer_times=times), *others),
        ceilings=(Ceiling(1, 2 * 1024**3, (20_000_000, 21_000_000), 2**28, (9_000_000,)),),
    )


def undisturbed(measurement: Measurement) -> Measurement:
    """As if nothing had disturbed its turns, for tests that a busy machine must not decide."""
    blocks = tuple(replace(block, signals=None) for block in measurement.blocks)
    return replace(measurement, blocks=blocks)
