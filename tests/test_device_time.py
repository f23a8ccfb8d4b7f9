"""Host time and device time: both of every inference, and never one for the other."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import gpu, insight
from benchmarks.candidates import Candidate
from benchmarks.engines import torch_session
from benchmarks.engines.session import EngineError, Logits, OutOfMemory
from benchmarks.engines.torch_session import TorchSession, check_precision, compute_as_asked
from benchmarks.messages import Result
from benchmarks.results import Block, Measurement
from benchmarks.scenarios import Scenario
from benchmarks.tables import to_frame, to_html, to_text
from benchmarks.timing.contamination import GpuSignals, GpuState, Signals
from benchmarks.timing.protocol import take_turn
from benchmarks.worker import measure as measure_in_worker
from tests.builders import a_run, measurement
from tests.talk import measure, only
from tests.wording import Wording

MS = 1_000_000
LAUNCH_NS, WORK_NS = MS, 3 * MS


def no_check() -> None: ...


@dataclass
class Stopwatch:
    """A pretended GPU: whoever stops it has to wait until its work is done. Its host's clock goes
    on only while somebody works or waits."""

    log: list[str] = field(default_factory=list)
    now_ns: int = 0
    left_ns: int = 0  # of work that was ordered before

    def synchronize(self) -> None:
        self.log.append("synchronize")
        self.now_ns += self.left_ns
        self.left_ns = 0

    def start(self) -> None:
        self.log.append("start")

    def stop(self) -> None:
        self.now_ns += self.left_ns + WORK_NS
        self.log.append("stop")

    def elapsed_ns(self) -> int:
        self.log.append("elapsed")
        return WORK_NS


def pretended(monkeypatch: pytest.MonkeyPatch) -> tuple[TorchSession, Stopwatch]:
    """A session on a pretended GPU, which takes orders at once and works afterwards."""
    stopwatch = Stopwatch()

    def launch(batch: Any) -> Any:
        stopwatch.log.append("launch")
        stopwatch.now_ns += LAUNCH_NS
        return batch

    clock = SimpleNamespace(perf_counter_ns=lambda: stopwatch.now_ns)
    monkeypatch.setattr(torch_session, "time", clock)
    monkeypatch.setattr(torch_session, "CudaStopwatch", lambda: stopwatch)
    monkeypatch.setattr(torch.cuda, "synchronize", stopwatch.synchronize)
    batch: Any = SimpleNamespace(is_cuda=True, is_cpu=False)
    return TorchSession(launch, batch), stopwatch


def test_the_hosts_time_is_from_the_call_until_the_result_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, stopwatch = pretended(monkeypatch)

    host_ns = session.time_ns()

    assert host_ns == LAUNCH_NS + WORK_NS
    assert stopwatch.log == ["synchronize", "start", "launch", "stop"]


def test_what_was_ordered_before_is_waited_for_and_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, stopwatch = pretended(monkeypatch)
    stopwatch.left_ns = 200 * MS

    assert session.time_ns() == LAUNCH_NS + WORK_NS
    assert stopwatch.left_ns == 0


def test_the_devices_time_is_asked_for_between_inferences_and_kept_beside_the_hosts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, stopwatch = pretended(monkeypatch)

    block = take_turn(session.time_ns, 0, 2, no_check, session.clock)

    assert block.device_ns == (WORK_NS, WORK_NS)
    assert block.times_ns == (LAUNCH_NS + WORK_NS,) * 2
    assert [word for word in stopwatch.log if word in ("stop", "elapsed")] == [
        "stop",  # the settle call, which does not count
        *["stop", "elapsed"] * 2,
    ]


def test_on_the_cpu_there_is_one_clock_only() -> None:
    session = TorchSession(lambda batch: batch, torch.zeros(1))

    assert session.clock is None
    assert take_turn(session.time_ns, 0, 3, no_check, session.clock).device_ns is None


def clocked(share: float = 0.75, workers: tuple[float, ...] = (1.0,)) -> Measurement:
    """Timed by both clocks, the device's `share` of the host's."""
    return measurement("0.5-160", rounds=15, workers=workers, device_share=share)


def test_the_devices_median_is_formed_like_the_hosts() -> None:
    assert clocked().device_median_s == pytest.approx(0.003)
    several = clocked(workers=(1.0, 2.0, 4.0))
    assert several.device_median_s == pytest.approx(0.006)
    assert several.device_median_s == pytest.approx(0.75 * several.median_s)


def test_the_latency_and_its_interval_are_the_hosts_whatever_the_device_says() -> None:
    host = measurement("0.5-160", median_ms=4.0, rounds=15)

    assert clocked(0.1).median_s == host.median_s
    assert clocked(0.1).interval_s == host.interval_s
    assert clocked(0.1).p90_s == host.p90_s


def test_turns_that_were_disturbed_do_not_count_by_the_devices_clock_either() -> None:
    timed = clocked()
    hot = replace(
        timed.blocks[0],
        device_ns=(900 * MS,) * 300,
        signals=Signals(MS, gpu=GpuSignals(reasons=0x40)),
    )

    found = replace(timed, blocks=(hot, *timed.blocks[1:])).device_median_s

    assert found == pytest.approx(0.003)


def test_a_time_that_was_not_measured_is_none() -> None:
    assert measurement("0.5-160").device_median_s is None
    assert insight.on_device(measurement("0.5-160")) is None


def test_both_are_told_in_words(wording: Wording) -> None:
    said = insight.on_device(clocked())

    assert said is not None
    assert said.index("3.00 ms") < said.index("4.00 ms")
    wording(said)


def test_the_frame_has_the_devices_median_as_a_number_or_none() -> None:
    frame = to_frame(a_run(clocked(), measurement("0.25-128")))

    assert frame["device_median_ms"].dtype == "float64"
    assert frame["device_median_ms"][0] == pytest.approx(3.0)
    assert frame["device_median_ms"].isna().tolist() == [False, True]
    assert to_frame(a_run(measurement("0.25-128")))["device_median_ms"].dtype == "float64"


@pytest.mark.parametrize("show", [lambda run: to_text(run, width=200), to_html])
def test_a_table_shows_the_devices_time_only_where_there_is_one(show: Callable[..., str]) -> None:
    with_clock = show(a_run(clocked(), measurement("0.25-128")))
    without = show(a_run(measurement("0.25-128")))

    assert with_clock.count("On device") == 2  # as a title, and explained
    assert "3.00 ms" in with_clock
    assert "On device" not in without


class OnGpu:
    """An engine and its session that pretend to have a GPU."""

    wanted = None
    accelerator = SimpleNamespace(uuid="GPU-pretended")

    def devices(self) -> tuple[str, ...]:
        return ("cpu", "cuda")

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> Any:
        return self

    def time_ns(self) -> int:
        return 5 * MS

    def clock(self) -> int:
        return 4 * MS

    def logits(self) -> Logits:
        return np.linspace(-1, 1, 10, dtype=np.float32)[None]


class OnCpu(OnGpu):
    accelerator = None  # type: ignore[assignment]
    clock = None  # type: ignore[assignment]


def blocks_of(engine: OnGpu) -> tuple[Block, ...]:
    events: list[Any] = []
    measure_in_worker(measure(), events.append, no_check, engines=lambda name: engine)
    return only(Result, events)[-1].measurement.blocks


def test_a_worker_gives_every_block_both_times_and_how_the_gpu_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = iter([GpuState(300, 0x1, 0), GpuState(1980, 0x40, 1)] * 100)
    watched: list[str] = []

    def watch(uuid: str) -> Callable[[], GpuState]:
        watched.append(uuid)
        return lambda: next(states)

    monkeypatch.setattr(gpu, "watch", watch)

    blocks = blocks_of(OnGpu())

    assert watched == ["GPU-pretended"]  # once a network, not once a block
    assert len(blocks) >= 6
    for block in blocks:
        assert block.device_ns == (4 * MS,) * len(block.times_ns)
        assert block.signals is not None
        assert block.signals.gpu == GpuSignals(300, 1980, reasons=0x41, others=1)


def test_a_gpu_that_nvml_does_not_know_leaves_the_systems_own_counters() -> None:
    for block in blocks_of(OnGpu()):
        assert block.signals is not None
        assert block.signals.gpu is None
        assert block.device_ns is not None


def test_on_the_cpu_no_gpu_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "watch", lambda uuid: pytest.fail("asked"))

    for block in blocks_of(OnCpu()):
        assert block.signals is not None
        assert block.signals.gpu is None
        assert block.device_ns is None


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] can't allocate memory: you tried"),
    ],
    ids=lambda error: str(error)[:30],
)
def test_whoever_finds_no_room_it_is_said_in_the_same_words(
    error: RuntimeError, wording: Wording
) -> None:
    def call(batch: object) -> Any:
        raise error

    with pytest.raises(OutOfMemory) as refused:
        TorchSession(call, torch.zeros(1)).time_ns()

    wording(refused.value)


def test_another_error_is_not_taken_for_a_lack_of_memory() -> None:
    def call(batch: object) -> Any:
        raise RuntimeError("CUDA error: device-side assert triggered\nlonger")

    with pytest.raises(EngineError, match="device-side assert triggered") as caught:
        TorchSession(call, torch.zeros(1)).time_ns()

    assert not isinstance(caught.value, OutOfMemory)


def test_float32_is_float32_and_kernels_are_not_picked_by_noise_whatever_was_set() -> None:
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True

    compute_as_asked()

    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cudnn.benchmark


def test_a_gpu_is_refused_bfloat16_only_where_it_would_be_emulated(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    has_it = True

    def is_supported(*, including_emulation: bool) -> bool:
        assert not including_emulation
        return has_it

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    check_precision("cuda", "bfloat16")
    has_it = False

    check_precision("cuda", "float16")
    check_precision("cuda", "float32")
    with pytest.raises(EngineError) as refused:
        check_precision("cuda", "bfloat16")
    wording(refused.value)
