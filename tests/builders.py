"""Measurements, runs and snapshots with the times that a test wants."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from benchmarks.calibration import calibration_networks
from benchmarks.candidates import Candidate, candidate
from benchmarks.claims import claims
from benchmarks.layer_times import Ceiling, LayerTime, LayerTimes
from benchmarks.machine import Machine
from benchmarks.results import Block, Failure, Measurement, Quality, Run
from benchmarks.scenarios import Precision, Scenario
from benchmarks.snapshot import Snapshot, dumps, loads
from benchmarks.timing.contamination import Signals
from mobilenet.config import MobileNetConfig
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
MS = 1_000_000
RUN_ID = "0123456789ab"
EAGER, ONNX = Scenario(), Scenario("onnxruntime")

# Measurements. `workers` of one: how many times as slow each of its processes is.

THREE = (1.0, 1.0, 1.0)
STEADY = (1.0, 1.001, 0.999, 1.0, 1.0)
USUAL = (1.0, 1.01, 0.99, 1.0, 1.0)
WAITED = Signals(20 * MS, delay_ns=10 * MS)


def measurement(
    network: str | MobileNetConfig | Candidate,
    *,
    median_ms: float = 4.0,
    workers: Sequence[float] = (1.0,),
    rounds: int = 12,
    calls: int = 5,
    engine: str = "eager",
    device: str = "cpu",
    precision: Precision = "float32",
    threads: int = 1,
    batch: int = 1,
    quality: Quality = "measured",
    run_id: str = RUN_ID,
    second: int = 1,
    warmup_ms: Sequence[float] | None = None,
    device_share: float | None = None,
) -> Measurement:
    """In each of `workers`, rounds that scatter by up to 2 % around `median_ms`.

    second: of the minute in which it was measured. device_share: the device's clock says that much
    of the host's; None: it has no clock.
    """
    middle_ns = round(median_ms * 1e6)
    rounds_ns = [middle_ns + (number % 5 - 2) * middle_ns // 100 for number in range(rounds)]
    blocks = tuple(
        Block(
            number,
            2 * middle_ns,
            (round(ns * factor),) * calls,
            worker,
            device_ns=None
            if device_share is None
            else (round(ns * factor * device_share),) * calls,
        )
        for worker, factor in enumerate(workers)
        for number, ns in enumerate(rounds_ns)
    )
    if warmup_ms is None:
        warmup_ms = (3 * median_ms, median_ms)
    return Measurement(
        candidate=_candidate(network),
        scenario=Scenario(engine, device, precision, threads, batch),
        quality=quality,
        run_id=run_id,
        measured_utc=f"2026-01-31T12:00:{second:02}.250+00:00",
        warmup_ns=tuple(round(ms * MS) for ms in warmup_ms),
        blocks=blocks,
        load_s=0.25,
        prepare_s=None if engine == "eager" else 1.5,
        output_error=None if engine == "eager" else 2e-6,
    )


def disturbed(measured: Measurement, share: float = 1.0, by: Signals = WAITED) -> Measurement:
    """The first `share` of its blocks were disturbed, by default by waiting for a CPU."""
    count = round(share * len(measured.blocks))
    blocks = tuple(replace(block, signals=by) for block in measured.blocks[:count])
    return replace(measured, blocks=blocks + measured.blocks[count:])


def undisturbed(measured: Measurement) -> Measurement:
    """As if nothing had disturbed its blocks, for tests that a busy machine must not decide."""
    blocks = tuple(replace(block, signals=None) for block in measured.blocks)
    return replace(measured, blocks=blocks)


def with_times(measured: Measurement, *rounds_ns: int, calls: int = 5) -> Measurement:
    """In one process, its rounds took these times."""
    blocks = tuple(Block(number, ns, (ns,) * calls) for number, ns in enumerate(rounds_ns))
    return replace(measured, blocks=blocks)


def _candidate(network: str | MobileNetConfig | Candidate) -> Candidate:
    if isinstance(network, MobileNetConfig):
        return Candidate(config=network)
    return candidate(network) if isinstance(network, str) else network


# Runs.


def a_run(
    *measurements: Measurement,
    run_id: str | None = None,
    machine: Machine = MACHINE,
    failures: Sequence[Failure] = (),
    controls: Sequence[Measurement] = (),
) -> Run:
    """run_id: stands in its measurements too. controls: second copies of the first network."""
    if run_id is not None:
        measurements = tuple(replace(one, run_id=run_id) for one in measurements)
    return Run(
        run_id or RUN_ID,
        "2026-01-31T12:00:00+00:00",
        machine,
        measurements,
        failures=tuple(failures),
        controls=tuple(controls),
    )


QUIET_COPIES = (USUAL,) * 6


def aa_test(*copies: Sequence[float], busy: bool = False) -> Run:
    """A/A test: a network and its copies, each in workers that are so many times as slow.

    busy: the first copy's blocks were disturbed.
    """
    first, *others = (measurement("0.5-160", workers=workers) for workers in copies)
    return a_run(disturbed(first) if busy else first, controls=others)


def layer_times(
    network: str | MobileNetConfig | Candidate,
    *,
    ns_per_thousand: Mapping[str, float] | None = None,
) -> LayerTimes:
    """Twelve passes that follow mult-adds, 10 ns for a thousand; of some kinds at another pace."""
    config = _candidate(network).config
    assert config is not None
    pace = ns_per_thousand or {}
    layers = tuple(
        LayerTime(
            layer.name,
            tuple(
                1 + round(layer.mult_adds / 1000 * pace.get(layer.kind, 10) * wobble)
                for wobble in (1.0, 1.01, 0.99) * 4
            ),
        )
        for layer in cost(config).layers
    )
    return LayerTimes("profiler", layers, (1000,) * 12, (10 * MS,) * 12)


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
        ceilings=(Ceiling(1, 2 * 1024**3, (20 * MS, 21 * MS), 2**28, (9 * MS,)),),
    )


# A runtime whose truth is known: 20 GFLOP/s, 5 GB/s, 0.1 ms, slow where channels are no multiple.

MULTIPLE = 4


def planted_ms(config: MobileNetConfig, multiple: int = MULTIPLE) -> float:
    """What the planted runtime takes: twice as long where channels are no `multiple`."""
    total = 0.1
    for layer in cost(config).layers:
        is_slow = layer.kind in ("pointwise", "depthwise") and layer.input_shape[0] % multiple != 0
        total += 2e3 * layer.mult_adds / 20e9 * (2 if is_slow else 1)
        total += 1e3 * (layer.activation_bytes + 4 * layer.weights) / 5e9
    return total


def planted(
    config: MobileNetConfig,
    *,
    multiple: int = MULTIPLE,
    factor: float = 1.0,
    workers: Sequence[float] = (0.996, 1.0, 1.004),
    engine: str = "onnxruntime",
    quality: Quality = "measured",
) -> Measurement:
    """As the planted runtime takes for it, times `factor`."""
    ms = factor * planted_ms(config, multiple)
    return measurement(config, median_ms=ms, workers=workers, engine=engine, quality=quality)


@cache
def planted_calibration(
    multiple: int = MULTIPLE, *, engine: str = "onnxruntime", quality: Quality = "preliminary"
) -> tuple[Measurement, ...]:
    """The networks that a latency model learns from, with half a percent of noise."""
    noise = random.Random(5)
    return tuple(
        planted(
            config,
            multiple=multiple,
            factor=1 + noise.gauss(0, 0.005),
            workers=(1.0,),
            engine=engine,
            quality=quality,
        )
        for config in calibration_networks()
    )


# The paper's networks.

PAPER_NETWORKS = tuple(dict.fromkeys(key for claim in claims() for key in claim.networks))
WITH_LAYERS = tuple(dict.fromkeys(key for claim in claims() for key in claim.layers))
MS_PER_MILLION = 0.01


def paper_run(changed_ms: Mapping[str, float] | None = None) -> Run:
    """All of the paper's networks: their times follow mult-adds, except those that are given."""
    arithmetic = {key: candidate(key).mult_adds / 1e6 * MS_PER_MILLION for key in PAPER_NETWORKS}
    rows = [
        measurement(key, median_ms=ms, workers=THREE)
        for key, ms in (arithmetic | dict(changed_ms or {})).items()
    ]
    return a_run(
        *(
            replace(row, layer_times=layer_times(row.candidate))
            if row.candidate.key in WITH_LAYERS
            else row
            for row in rows
        )
    )


# Snapshots, and words of strangers in them.

SCRIPT = "<script>alert(1)</script>"
SCRIPTS = [
    SCRIPT,
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}",
    "${7*7}",
    "javascript:alert(1)",
    "]]><svg/onload=alert(1)>",
]
SCRIPTURES = ["مقارنة", "השוואה \u200f1", "比较", "👩🏽‍🔬 ½"]


def a_snapshot(
    title: str = "A title", note: str = "A note.\nTwo lines.", *, run: Run | None = None
) -> Snapshot:
    """If no run is given: of two MobileNets, ResNet-18 in OpenVINO, and VGG-16, which failed."""
    if run is None:
        failed = Failure(candidate("vgg16"), EAGER, f"did not fit {SCRIPT}")
        run = a_run(
            measurement("0.5-160"),
            measurement("1.0-224", median_ms=16),
            measurement("resnet18", engine="openvino"),
            failures=[failed],
        )
    return loads(dumps(run, title=title, note=note))
