"""Layer by layer: every runtime's steps are the network's layers, or it says why they are not."""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks.api import request_for
from benchmarks.candidates import candidate
from benchmarks.dissection import MIN_PASSES, dissect
from benchmarks.engines import ENGINES
from benchmarks.engines.onnxruntime_profile import steps_in
from benchmarks.engines.openvino import second_ns
from benchmarks.engines.profile import ROLES, Pass, Step, layer_times
from benchmarks.engines.session import EngineError
from benchmarks.engines.stages import stages
from benchmarks.engines.torch_session import TorchSession
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.layer_times import Ceiling, LayerTimes
from benchmarks.messages import Dissect, Dissected, Failed, Gauge, Gauged, Progress, Task
from benchmarks.networks import build
from benchmarks.scenarios import Precision, Scenario, ScenarioError
from mobilenet.config import MobileNetConfig
from mobilenet.cost import cost
from mobilenet.model import MobileNet
from tests.jobs import request, run, workers
from tests.talk import TINY, exported, only, ready_worker, task_of

FULL = "0.25-32-full-n10"
NETWORKS = [TINY, FULL, "0.25-64-shallow-n10"]
CONFIG = MobileNetConfig(0.25, 32, num_classes=10)
LAYERS = cost(CONFIG).layers


def names(config: MobileNetConfig | None) -> list[str]:
    assert config is not None
    return [layer.name for layer in cost(config).layers]


def steps(*, other_ns: int = 7) -> list[Step]:
    """Of a faithful runtime: layer number n takes n microseconds; one step is no layer."""
    found = [Step(ROLES[layer.kind], 1000 * n) for n, layer in enumerate(LAYERS, 1)]
    return [*found[:1], Step(None, other_ns), *found[1:]]


# What a runtime tells


def test_steps_become_the_layers_of_the_network_in_its_order() -> None:
    found = layer_times(CONFIG, "profiler", [steps(other_ns=7), steps(other_ns=9)], [11, 12])

    assert [one.layer for one in found.layers] == names(CONFIG)
    assert [one.times_ns for one in found.layers[:2]] == [(1000, 1000), (2000, 2000)]
    assert (found.other_ns, found.whole_ns) == ((7, 9), (11, 12))


def test_convolutions_that_a_runtime_does_not_tell_apart_are_known_by_their_place() -> None:
    vague = [
        replace(one, role="convolution") if one.role in ("dense", "depthwise") else one
        for one in steps()
    ]

    assert layer_times(CONFIG, "profiler", [vague], [1]) == layer_times(
        CONFIG, "profiler", [steps()], [1]
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (steps()[1:], "ran 26 convolutions where the network has 27"),
        ([*steps(), Step("depthwise", 5)], "ran 28 convolutions"),
        (steps()[:-1], "other layers, or in another order"),
        ([*steps(), Step("classifier", 5)], "other layers"),
        ([*steps()[:2], steps()[3], steps()[2], *steps()[4:]], "in another order"),
        (steps()[::-1], "in another order"),
        ([], "ran 0 convolutions"),
    ],
)
def test_a_profile_that_is_not_of_this_network_is_refused(wrong: Pass, reason: str) -> None:
    with pytest.raises(EngineError, match=reason):
        layer_times(CONFIG, "profiler", [steps(), wrong], [1, 2])


def test_a_profile_of_more_or_of_no_inferences_is_refused() -> None:
    for passes in ([], [steps()]):
        with pytest.raises(EngineError, match=f"told of {len(passes)} inferences, and 2 ran"):
            layer_times(CONFIG, "profiler", passes, [1, 2])


def event(op: str, us: int, *shapes: list[int]) -> dict[str, object]:
    args = {"op_name": op, "input_type_shape": [{"float": shape} for shape in shapes]}
    return {"cat": "Node", "name": f"{op}_kernel_time", "dur": us, "args": args}


def test_a_profile_of_onnx_runtime_is_read_inference_by_inference() -> None:
    end = {"cat": "Session", "name": "model_run", "dur": 99, "args": {}}
    image = [1, 8, 4, 4]
    told = [
        {"cat": "Session", "name": "session_initialization", "dur": 9, "args": {}},
        event("Conv", 3, image, [16, 8, 1, 1], [16]),
        event("Conv", 2, image, [8, 1, 3, 3], [8]),
        event("ReorderOutput", 1, image),
        end,
        event("QLinearConv", 0, image, [], [8]),
        event("Gemm", 4, [1, 8], [10]),
        end,
    ]

    assert steps_in(json.dumps(told)) == [
        (Step("dense", 3500), Step("depthwise", 2500), Step(None, 1500)),
        (Step("convolution", 500), Step("classifier", 4500)),
    ]


@pytest.mark.parametrize(
    "text", ["", "[", "1", '["text"]', '[{"cat": "Node", "name": "a_kernel_time"}]']
)
def test_another_file_than_a_profile_is_refused(text: str) -> None:
    with pytest.raises(EngineError, match="not known here"):
        steps_in(text)


@pytest.mark.parametrize("first", [0.4, 3.0, 7.9])
@pytest.mark.parametrize("second", [0.2, 0.9, 3.5, 120.7])
def test_the_second_of_two_openvino_inferences_is_known_to_a_microsecond(
    first: float, second: float
) -> None:
    """It tells means of times in whole microseconds, and those in whole ones too."""
    told_first, told_mean = int(first), (int(first) + int(second)) // 2

    found_ns = second_ns(timedelta(microseconds=told_first), timedelta(microseconds=told_mean))

    assert found_ns > 0
    assert abs(found_ns - 1000 * second) <= 1000


# The networks themselves


@pytest.mark.parametrize("network", NETWORKS)
def test_layers_called_one_after_the_other_are_the_network(network: str) -> None:
    model = build(candidate(network))
    assert isinstance(model, MobileNet)
    maps = image = torch.randn(1, *candidate(network).image_shape)

    with torch.inference_mode():
        for layer, stage in zip(cost(model.config).layers, stages(model), strict=True):
            maps = stage(maps)
            assert maps.flatten().numel() == np.prod(layer.output_shape)
        assert torch.equal(maps, model(image))


@pytest.mark.parametrize(
    ("engine", "method"),
    [
        ("eager", "stages"),
        ("channels_last", "stages"),
        ("onnxruntime", "profiler"),
        ("openvino", "profiler"),
    ],
)
def test_every_runtime_that_tells_anything_tells_of_all_layers(
    engine: str, method: str, tmp_path: Path
) -> None:
    with ready_worker(engine, {"TMPDIR": str(tmp_path)}) as worker:
        for network in (TINY,) if ENGINES[engine].export else NETWORKS:
            events = worker.ask(Dissect("a run", task_of(network, Scenario(engine=engine))))
            assert only(Failed, events) == []
            (found,) = (one.layer_times for one in only(Dissected, events))
            check(found, candidate(network).config)
            assert found.method == method

    assert list(tmp_path.iterdir()) == []  # the profile is not left behind


def check(found: LayerTimes, config: MobileNetConfig | None) -> None:
    passes = len(found.whole_ns)
    assert [one.layer for one in found.layers] == names(config)
    assert passes >= MIN_PASSES
    assert {len(one.times_ns) for one in found.layers} == {passes}
    assert len(found.other_ns) == passes
    assert min(min(one.times_ns) for one in found.layers) > 0


@pytest.mark.parametrize(
    ("engine", "precision"),
    [("onnxruntime", "int8"), ("openvino", "int8")],
)
def test_int8_networks_are_told_of_as_well(engine: str, precision: Precision) -> None:
    with ready_worker(engine) as worker:
        scenario = Scenario(engine=engine, precision=precision)
        events = worker.ask(Dissect("a run", task_of(TINY, scenario)))

    (found,) = only(Dissected, events)
    check(found.layer_times, CONFIG)


class PlantedSession:
    """Answers as a network does, and tells of it what it is told to."""

    wanted = None

    def __init__(self, told: Sequence[Step]) -> None:
        self._told, self._passes = told, 0
        self.method = "profiler"

    def time_ns(self) -> int:
        return 50_000

    def logits(self) -> np.ndarray:  # type: ignore[type-arg]
        return np.arange(10, dtype=np.float32)[None]

    @contextmanager
    def profile(self) -> Iterator["PlantedSession"]:
        yield self

    def run(self) -> None:
        self._passes += 1

    def passes(self) -> list[Sequence[Step]]:
        return [self._told] * self._passes


def dissected(session: object) -> LayerTimes:
    planted = SimpleNamespace(load=lambda *asked: session)
    command = Dissect("a run", Task(candidate(TINY), Scenario()))
    return dissect(command, lambda: None, engines=lambda name: planted)  # type: ignore[arg-type,return-value]


def test_the_first_passes_do_not_count() -> None:
    found = dissected(PlantedSession(steps()))

    assert len(found.whole_ns) == len(found.other_ns) < 30
    assert found.layers_s == pytest.approx(sum(range(1, 30)) * 1e-6)


def test_a_runtime_that_runs_other_layers_is_not_believed() -> None:
    with pytest.raises(EngineError, match="not known which is which"):
        dissected(PlantedSession(steps()[1:]))


def test_a_runtime_that_tells_nothing_is_named_with_those_that_do() -> None:
    session = PlantedSession(steps())
    mute = SimpleNamespace(time_ns=session.time_ns, logits=session.logits, wanted=None)

    with pytest.raises(
        EngineError, match="does not tell what its layers take; PyTorch eager, ONNX"
    ):
        dissected(mute)


def test_what_pytorch_has_compiled_cannot_be_taken_apart() -> None:
    session = TorchSession(lambda batch: batch, torch.zeros(1))

    with pytest.raises(EngineError, match="no longer layer by layer"), session.profile():
        pass


# In a run


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def wanted(*networks: str, engine: str = "onnxruntime") -> Request:
    for network in networks if ENGINES[engine].export else ():
        exported(network)
    asked = request(*networks, engines=(engine,), fresh=True, quality="measured")
    layers = tuple(one for one in asked.candidates if one.config is not None)
    return replace(asked, layers=layers)


def is_dissecting(update: Update) -> bool:
    return isinstance(update, Progress) and update.phase.startswith("Timing layers")


def test_each_mobilenet_gets_its_layers_beside_its_times_and_the_run_a_ceiling(
    runner: Runner,
) -> None:
    told: list[Update] = []

    done = run(runner, wanted(TINY), told.append)

    assert done.failures == ()
    for row in done.measurements:
        assert row.layer_times is not None
        check(row.layer_times, row.candidate.config)
        assert row.median_s > 0
    (ceiling,) = done.ceilings
    assert ceiling.threads == 1
    fractions = [one.fraction for one in told if isinstance(one, Progress)]
    assert any(map(is_dissecting, told))
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1


def test_nobody_asked_nobody_looks(runner: Runner) -> None:
    told: list[Update] = []

    done = run(runner, replace(wanted(TINY), layers=()), told.append)

    assert done.measurements[0].layer_times is None
    assert done.ceilings == ()
    assert not any(map(is_dissecting, told))


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_worker_that_dies_meanwhile_costs_the_layers_and_no_time(runner: Runner) -> None:
    before = workers()

    def listen(update: Update) -> None:
        if is_dissecting(update):
            for worker in workers():
                if worker not in before:
                    worker.kill()

    done = run(runner, wanted(TINY, FULL, engine="eager"), listen)

    assert [row.layer_times for row in done.measurements] == [None, None]
    assert {row.quality for row in done.measurements} == {"measured"}
    assert len(done.failures) == 2
    for failure in done.failures:
        assert failure.reason.startswith("layers could not be timed: the worker process was ended")


def test_a_run_that_is_stopped_meanwhile_keeps_its_times(runner: Runner) -> None:
    stop = threading.Event()

    def listen(update: Update) -> None:
        if is_dissecting(update):
            stop.set()

    done = run(runner, wanted(TINY), listen, stop)

    assert done.cancelled
    assert done.failures == ()
    assert [row.quality for row in done.measurements] == ["measured"]


def test_the_ceiling_is_of_as_many_threads_as_were_asked_for() -> None:
    with ready_worker("eager") as worker:
        (found,) = only(Gauged, worker.ask(Gauge("a run", 1)))

    ceiling: Ceiling = found.ceiling
    assert ceiling.threads == 1
    assert ceiling.copied_bytes >= 2 * 64e6
    assert min(len(ceiling.flops_ns), len(ceiling.copy_ns)) >= 3
    assert ceiling.flops_per_s > 1e8
    assert ceiling.bytes_per_s > 1e8


def test_all_mobilenets_of_a_request_are_meant_and_only_those() -> None:
    asked = request_for(["resnet18", TINY, "0.5-32"], (Scenario(),), "quick", layers=True)

    assert asked.layers == (candidate(TINY), candidate("0.5-32"))
    assert request_for([TINY], (Scenario(),), "quick").layers == ()


def test_other_networks_cannot_be_asked_for_layer_by_layer() -> None:
    with pytest.raises(ScenarioError, match="Only MobileNets"):
        request_for(["resnet18"], (Scenario(),), "quick", layers=True)
    with pytest.raises(ScenarioError, match="ResNet-18 cannot be timed layer by layer"):
        replace(request("resnet18"), layers=(candidate("resnet18"),))
    with pytest.raises(ScenarioError, match="Choose MobileNets of the request"):
        replace(request(TINY), layers=(candidate("0.5-32"),))
    with pytest.raises(ScenarioError, match="in one environment only"):
        replace(request(TINY), layers=(candidate(TINY),), against="python")
