"""Layer by layer: every runtime's steps are the network's layers, or it says why they are not."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.api import request_for
from benchmarks.candidates import candidate
from benchmarks.dissection import MIN_PASSES, dissect
from benchmarks.engines.onnxruntime_profile import steps_in
from benchmarks.engines.openvino import second_ns
from benchmarks.engines.profile import ROLES, Pass, Step, layer_times
from benchmarks.engines.session import EngineError
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.layer_times import Ceiling, LayerTimes
from benchmarks.messages import Dissect, Dissected, Failed, Gauge, Gauged, Progress, Task
from benchmarks.scenarios import Precision, Scenario, ScenarioError
from mobilenet.config import MobileNetConfig
from mobilenet.cost import cost
from tests.fake_worker import FakeMachine
from tests.jobs import request, run
from tests.talk import TINY, Worker, only, ready_worker, task_of
from tests.wording import Wording

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
    ("wrong", "names"),
    [
        (steps()[1:], "26 .* 27"),
        ([*steps(), Step("depthwise", 5)], "28 .* 27"),
        (steps()[:-1], "other layers"),
        ([*steps(), Step("classifier", 5)], "other layers"),
        ([*steps()[:2], steps()[3], steps()[2], *steps()[4:]], "another order"),
        (steps()[::-1], "another order"),
        ([], "0 .* 27"),
    ],
    ids=["one less", "one more", "no classifier", "two classifiers", "swapped", "reversed", "none"],
)
def test_a_profile_that_is_not_of_this_network_is_refused(
    wrong: Pass, names: str, wording: Wording
) -> None:
    with pytest.raises(EngineError, match=names) as refused:
        layer_times(CONFIG, "profiler", [steps(), wrong], [1, 2])
    wording(refused.value)


@pytest.mark.parametrize("passes", [[], [steps()]], ids=["none", "one"])
def test_a_profile_of_more_or_of_no_inferences_is_refused(
    passes: list[Pass], wording: Wording
) -> None:
    with pytest.raises(EngineError, match=f"{len(passes)} inferences.* 2") as refused:
        layer_times(CONFIG, "profiler", passes, [1, 2])
    wording(refused.value)


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
def test_another_file_than_a_profile_is_refused(text: str, wording: Wording) -> None:
    with pytest.raises(EngineError) as refused:
        steps_in(text)
    wording(refused.value)


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
    import torch

    from benchmarks.engines.stages import stages
    from benchmarks.networks import build
    from mobilenet.model import MobileNet

    model = build(candidate(network))
    assert isinstance(model, MobileNet)
    maps = image = torch.randn(1, *candidate(network).image_shape)

    with torch.inference_mode():
        for layer, stage in zip(cost(model.config).layers, stages(model), strict=True):
            maps = stage(maps)
            assert maps.flatten().numel() == np.prod(layer.output_shape)
        assert torch.equal(maps, model(image))


@pytest.fixture(scope="module")
def worker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """Of this engine's runtime, with a folder of its own for temporary files."""
    folder = tmp_path_factory.mktemp("profiles")
    with ready_worker(request.param, {"TMPDIR": str(folder)}) as worker:
        yield worker
    assert list(folder.iterdir()) == []  # no profile is left behind


quantises = pytest.mark.slow("quantises a network")


@pytest.mark.real
@pytest.mark.parametrize(
    ("worker", "engine", "precision", "method"),
    [
        ("eager", "eager", "float32", "stages"),
        ("eager", "channels_last", "float32", "stages"),
        ("onnxruntime", "onnxruntime", "float32", "profiler"),
        pytest.param("onnxruntime", "onnxruntime", "int8", "profiler", marks=quantises),
        ("openvino", "openvino", "float32", "profiler"),
        pytest.param("openvino", "openvino", "int8", "profiler", marks=quantises),
    ],
    indirect=["worker"],
)
def test_every_runtime_that_tells_anything_tells_of_all_layers(
    worker: Worker, engine: str, precision: Precision, method: str
) -> None:
    for network in (TINY, FULL) if engine == "eager" else (TINY,):
        task = task_of(network, Scenario(engine=engine, precision=precision))
        events = worker.ask(Dissect("a run", task))

        assert only(Failed, events) == []
        (found,) = (one.layer_times for one in only(Dissected, events))
        check(found, candidate(network).config)
        assert found.method == method


@pytest.mark.real
@pytest.mark.parametrize("worker", ["eager"], indirect=True)
def test_the_ceiling_is_of_as_many_threads_as_were_asked_for(worker: Worker) -> None:
    (found,) = only(Gauged, worker.ask(Gauge("a run", 1)))

    ceiling: Ceiling = found.ceiling
    assert ceiling.threads == 1
    assert ceiling.copied_bytes >= 2 * 64e6
    assert min(len(ceiling.flops_ns), len(ceiling.copy_ns)) >= 3
    assert ceiling.flops_per_s > 1e8
    assert ceiling.bytes_per_s > 1e8


def check(found: LayerTimes, config: MobileNetConfig | None) -> None:
    passes = len(found.whole_ns)
    assert [one.layer for one in found.layers] == names(config)
    assert passes >= MIN_PASSES
    assert {len(one.times_ns) for one in found.layers} == {passes}
    assert len(found.other_ns) == passes
    assert min(min(one.times_ns) for one in found.layers) > 0


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
    with pytest.raises(EngineError, match=r"26 .* 27"):
        dissected(PlantedSession(steps()[1:]))


def test_a_runtime_that_tells_nothing_is_named_with_those_that_do(wording: Wording) -> None:
    session = PlantedSession(steps())
    mute = SimpleNamespace(time_ns=session.time_ns, logits=session.logits, wanted=None)

    with pytest.raises(EngineError, match="ONNX") as refused:
        dissected(mute)
    wording(refused.value)


def test_what_pytorch_has_compiled_cannot_be_taken_apart(wording: Wording) -> None:
    import torch

    from benchmarks.engines.torch_session import TorchSession

    session = TorchSession(lambda batch: batch, torch.zeros(1))

    with pytest.raises(EngineError) as refused, session.profile():
        pass
    wording(refused.value)


# In a run


@pytest.fixture
def runner(fake_machine: FakeMachine) -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def wanted(*networks: str, engine: str = "eager") -> Request:
    timed = request(*networks, engines=(engine,), fresh=True, quality="measured")
    layers = tuple(one for one in timed.candidates if one.config is not None)
    return replace(timed, layers=layers)


def is_dissecting(update: Update) -> bool:
    return isinstance(update, Progress) and update.phase.startswith("Timing layers")


def test_each_mobilenet_gets_its_layers_beside_its_times_and_the_run_a_ceiling(
    runner: Runner,
) -> None:
    told: list[Update] = []

    done = run(runner, wanted(TINY, FULL, "resnet18"), told.append)

    assert done.failures == ()
    *mobilenets, other = done.measurements
    for row in mobilenets:
        assert row.layer_times is not None
        check(row.layer_times, row.candidate.config)
        assert row.median_s > 0
    assert other.layer_times is None
    assert [one.threads for one in done.ceilings] == [1]
    fractions = [one.fraction for one in told if isinstance(one, Progress)]
    assert any(map(is_dissecting, told))
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1


def test_nobody_asked_nobody_looks(runner: Runner, fake_machine: FakeMachine) -> None:
    done = run(runner, replace(wanted(TINY), layers=()))

    assert done.measurements[0].layer_times is None
    assert done.ceilings == ()
    assert not any("dissect" in one.commands for one in fake_machine.workers)


@pytest.mark.parametrize("how", ["declines", "dies_of"])
def test_what_fails_meanwhile_costs_the_layers_and_no_time(
    runner: Runner, fake_machine: FakeMachine, how: str, wording: Wording
) -> None:
    getattr(fake_machine, how)["dissect"] = "ended by SIGKILL"

    done = run(runner, wanted(TINY, FULL))

    assert [row.layer_times for row in done.measurements] == [None, None]
    assert {row.quality for row in done.measurements} == {"measured"}
    first, second = done.failures
    assert first.reason == second.reason
    wording(first.reason)


def test_a_ceiling_that_cannot_be_found_costs_no_layers(
    runner: Runner, fake_machine: FakeMachine, wording: Wording
) -> None:
    fake_machine.dies_of["gauge"] = "ended by SIGKILL"

    done = run(runner, wanted(TINY))

    assert done.ceilings == ()
    assert done.measurements[0].layer_times is not None
    (failure,) = done.failures
    wording(failure.reason)


def test_a_run_that_is_stopped_meanwhile_keeps_its_times(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("dissect")
    stop = threading.Event()

    def listen(update: Update) -> None:
        if is_dissecting(update):
            stop.set()

    done = run(runner, wanted(TINY), listen, stop)

    assert done.cancelled
    assert done.failures == ()
    assert [row.quality for row in done.measurements] == ["measured"]


def test_all_mobilenets_of_a_request_are_meant_and_only_those() -> None:
    found = request_for(["resnet18", TINY, "0.5-32"], (Scenario(),), "quick", layers=True)

    assert found.layers == (candidate(TINY), candidate("0.5-32"))
    assert request_for([TINY], (Scenario(),), "quick").layers == ()


def test_other_networks_cannot_be_asked_for_layer_by_layer(wording: Wording) -> None:
    with pytest.raises(ScenarioError) as refused:
        request_for(["resnet18"], (Scenario(),), "quick", layers=True)
    wording(refused.value)
    with pytest.raises(ScenarioError, match="ResNet-18") as refused:
        replace(request("resnet18"), layers=(candidate("resnet18"),))
    wording(refused.value)
    with pytest.raises(ScenarioError, match=r"0\.5-32") as refused:
        replace(request(TINY), layers=(candidate("0.5-32"),))
    wording(refused.value)
    with pytest.raises(ScenarioError) as refused:
        replace(request(TINY), layers=(candidate(TINY),), against="python")
    wording(refused.value)
