"""Somebody's own modules: timed beside other networks, told in snapshots, and kept nowhere."""

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import benchmarks as bench
from benchmarks import report, snapshot, tables
from benchmarks.asked import Network
from benchmarks.candidates import Candidate, CandidateError, OwnNetwork, candidate
from benchmarks.compare import compare
from benchmarks.jobs import worker_process
from benchmarks.jobs.request import Request
from benchmarks.jobs.updates import Update
from benchmarks.messages import COMMAND, NotPrepared, Prepare, Prepared, Receive
from benchmarks.own import describe
from benchmarks.prepared import Form
from benchmarks.results import Failure, Run
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.snapshot import SnapshotError
from mobilenet import MobileNet, MobileNetConfig, cost
from tests import nets
from tests.builders import a_run, measurement
from tests.fake_worker import FakeMachine, environment
from tests.jobs import tickets
from tests.nets import Net
from tests.talk import ROOT, TINY, exported, ready_worker
from tests.waiting import soon
from tests.wording import Wording

pytestmark = pytest.mark.real
SHAPE = (3, 32, 32)
VALUES = (0.7182818, -0.3141593, 0.2718281, 0.1618034)
MARK = struct.pack("<4f", *VALUES)
HOSTILE = "<img src=x onerror=alert(1)> %{x} & co"


def own(name: str = "wide", digest: str = "0" * 16) -> Candidate:
    return Candidate(own=OwnNetwork(name, SHAPE, 1000, 20_000, 4000, digest))


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this process and its workers put temporary files."""
    exported(TINY)  # torch leaves a folder of its compiler's there
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr("tempfile.tempdir", None)
        yield folder


@pytest.fixture(scope="module")
def run(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Good ones and bad ones together, in two engines of one worker, two images at a time."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "my_own_nets.py").write_text("from tests.nets import Net\nclass Mine(Net): pass\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        from my_own_nets import Mine  # type: ignore[import-not-found]

        networks: list[Network] = [
            (HOSTILE, Net(2)),
            Net(),
            Net(),
            Mine(),
            nets.Zeros(),
            nets.NoNumber(),
            nets.OnlyOneImage(),
            nets.OnlyHere(),
            TINY,
        ]
        return bench.measure(
            networks,
            input_shape=SHAPE,
            engines=["eager", "channels_last"],
            preset="preview",
            batch=2,
        )


def test_own_modules_are_timed_in_every_engine_beside_other_networks(run: Run) -> None:
    good = [HOSTILE, "Net", "Net 2", "Mine", "Zeros", "0.25-32 (10 classes)"]

    for engine in ("eager", "channels_last"):
        rows = [one for one in run.measurements if one.scenario.engine == engine]
        assert [one.candidate.label for one in rows] == good
        assert all(one.scenario.batch == 2 for one in rows)
    assert all((one.output_error or 0) < 1e-4 for one in run.measurements)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("NoNumber", "finite"),
        ("OnlyOneImage", "KeyError: 'one at a time'"),
        ("OnlyHere", "ValueError: no licence there"),
    ],
)
def test_a_module_that_goes_wrong_fails_alone_and_says_why(
    run: Run, name: str, says: str, wording: Wording
) -> None:
    reasons = {one.reason for one in run.failures if one.candidate.label == name}

    assert [one for one in reasons if says in one]
    for reason in sorted(reasons):
        wording(reason)


def test_nothing_of_a_module_is_left_in_cache_and_temporary_folder(
    run: Run, temporary: Path
) -> None:
    assert list(temporary.iterdir()) == []
    names = [path.name for path in Path(os.environ["MOBILENET_BENCH_CACHE"]).iterdir()]
    assert not [name for name in names if name.startswith("own")]


def test_a_run_with_own_modules_comes_back_from_a_snapshot_and_can_be_compared(
    run: Run, tmp_path: Path
) -> None:
    bench.save(run, tmp_path / "run.json")
    loaded = bench.load(tmp_path / "run.json")

    assert [one.candidate for one in loaded.measurements] == [
        one.candidate for one in run.measurements
    ]
    beside = compare(run, replace(loaded, id="another"))
    assert len(beside.rows) == len(run.measurements)
    assert beside.missing == ()


def test_a_name_from_a_stranger_is_only_text_wherever_it_is_shown(run: Run) -> None:
    found = snapshot.loads(snapshot.dumps(run))

    assert HOSTILE in repr(found.run)
    body, _, rest = report.to_html(found).partition('id="chart-config"')
    figures = rest.partition('id="chart-figures">')[2].partition("</script>")[0]
    drawn = json.dumps(json.loads(figures), ensure_ascii=False)
    for shown in (tables.to_html(found.run), report.to_markdown(found), body, drawn):
        assert "<img" not in shown
        assert "&lt;img" in shown
    assert "&lt;img src=x onerror=alert(1)&gt; %{x}</b>" not in drawn  # a template fills that in
    assert "own:img-src" in report.to_csv(found)
    assert HOSTILE not in report.to_csv(found)


def test_what_is_not_known_of_an_own_module_is_missing_in_the_frame(run: Run) -> None:
    frame = run.to_frame().set_index("network")
    row = frame.loc[run.measurements[1].candidate.key].iloc[0]

    assert row[["top1_percent", "activation_bytes"]].isna().all()
    assert row["parameters"] == sum(one.numel() for one in Net().parameters())


@pytest.mark.slow("weighs in processes of their own")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_an_own_module_is_measured() -> None:
    large = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5000))

    run = bench.measure(("large", large), input_shape=SHAPE, preset="preview", memory=True)

    (row,) = run.measurements
    assert row.memory_bytes is not None
    assert 0.9 * row.candidate.size_bytes < row.memory_bytes < 2 * row.candidate.size_bytes


IN_A_NOTEBOOK = """
import json, sys
import torch
from torch import nn
import benchmarks as bench
from benchmarks.jobs import worker_process
from mobilenet import MobileNetConfig
class SecretCell(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)
        weights = torch.tensor(%r).repeat(27).reshape(4, 3, 3, 3)
        self.layer.weight = nn.Parameter(weights)
    def forward(self, images):
        return helper(self.layer(images))
def helper(found):
    return found.flatten(1)
def listen(update):
    print(type(update).__name__, flush=True)
path, preset, worker_process.MODULE, *engines = sys.argv[1:]
before = SecretCell.forward
run = bench.measure(
    [("wide", SecretCell()), MobileNetConfig(0.25, 32, num_classes=10)],
    input_shape=(3, 32, 32),
    engines=engines,
    preset=preset,
    listen=listen,
)
bench.save(run, path)
measured = [[one.scenario.engine, one.candidate.label] for one in run.measurements]
failures = [one.reason for one in run.failures]
print(json.dumps([measured, failures, SecretCell.forward is before]))
"""
REAL, FAKE = worker_process.MODULE, "tests.fake_worker"


def notebook(
    folder: Path, preset: str, worker: str, *engines: str, machine: FakeMachine | None = None
) -> "subprocess.Popen[str]":
    """A process with a class in its `__main__`; its temporary files lie in `folder`."""
    (folder / "temporary").mkdir()
    path = str(folder / "run.json")
    own = {"TMPDIR": str(folder / "temporary")}
    return subprocess.Popen(
        [sys.executable, "-c", IN_A_NOTEBOOK % (VALUES,), path, preset, worker, *engines],
        cwd=ROOT,
        env=os.environ | own | (environment(machine) if machine else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow("a kernel, two engines and an export")
def test_a_class_of_a_notebook_cell_is_timed_and_none_of_it_is_kept(tmp_path: Path) -> None:
    exported(TINY)
    with notebook(tmp_path, "preview", REAL, "eager", "onnxruntime") as process:
        output, errors = process.communicate(timeout=300)

    measured, failures, is_same_class = json.loads(output.splitlines()[-1])
    names = ["wide", "0.25-32 (10 classes)"]
    assert measured == [[engine, name] for engine in ("eager", "onnxruntime") for name in names]
    assert failures == []
    assert is_same_class
    assert errors == ""
    assert list((tmp_path / "temporary").iterdir()) == []
    written = [*kept(tmp_path), *kept(Path(os.environ["MOBILENET_BENCH_CACHE"]))]
    assert {path.suffix for path in written} >= {".json", ".onnx", ".npy"}
    for path in written:
        assert MARK not in path.read_bytes()
        assert b"SecretCell" not in path.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(
    "worker",
    [
        FAKE,
        pytest.param(REAL, marks=pytest.mark.slow("exports for real, to see what is written")),
    ],
)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL], ids=lambda sent: sent.name)
def test_however_a_run_ends_its_folder_is_removed(
    tmp_path: Path, sent: signal.Signals, worker: str
) -> None:
    folder = tmp_path / "temporary"
    machine = FakeMachine(holds={"turns"})
    with notebook(tmp_path, "certify", worker, "onnxruntime", machine=machine) as process:
        assert soon(lambda: any(path.name == "network.onnx" for path in kept(folder)), 300)
        (aside,) = folder.glob("mobilenet-bench-*")
        assert aside.stat().st_mode & 0o777 == 0o700
        if worker == REAL:
            assert soon(lambda: any(MARK in path.read_bytes() for path in kept(aside)), 300)
        os.killpg(process.pid, sent)
        process.communicate(timeout=300)

    assert soon(lambda: list(folder.iterdir()) == [], 60)


def test_a_worker_that_dies_is_a_failure_and_leaves_nothing(
    fake_machine: FakeMachine, temporary: Path
) -> None:
    fake_machine.dies_of["turns"] = "the worker process was ended by SIGKILL"
    before = set(temporary.iterdir())

    run = bench.measure(Net(), input_shape=SHAPE)

    assert [type(one) for one in run.failures] == [Failure]
    assert "SIGKILL" in run.failures[0].reason
    assert fake_machine.living() == []
    assert set(temporary.iterdir()) == before


def test_only_workers_that_build_networks_get_the_module(fake_machine: FakeMachine) -> None:
    run = bench.measure(Net(), input_shape=SHAPE, engines=["eager", "onnxruntime"], memory=True)

    (key,) = {one.candidate.key for one in run.measurements}
    assert run.failures == ()
    got = {worker.engine: set(worker.payloads) for worker in fake_machine.workers}
    assert got == {"eager": {key}, "onnxruntime": set()}


@pytest.mark.parametrize(
    ("networks", "shape", "wrong"),
    [
        (Net(), None, ["Net", "input_shape"]),
        (Net(), (1, 32, 32), ["(1, 1, 32, 32)", "RuntimeError"]),
        (Net(), (1, 3, 32, 32), ["input_shape"]),
        (Net(), (3, 0, 32), ["1 to 10000"]),
        (Net(), (3, 9999, 9999), ["100,000,000"]),
        (Net(), "3, 32, 32", ["3, 32, 32"]),
        (TINY, SHAPE, ["input_shape"]),
        (Net, None, ["Net is a class", "Net()"]),
        ([("wide", TINY)], None, ["wide"]),
        (("", Net()), SHAPE, ["1 to 60"]),
        (("x" * 61, Net()), SHAPE, ["xxx", "1 to 60"]),
        (("two\nlines", Net()), SHAPE, ["U+000A"]),
        ([("wide", Net()), ("wide", Net())], SHAPE, ["'wide'"]),
        ([("ResNet-18", Net()), "resnet18"], SHAPE, ["'ResNet-18'"]),
        (nets.Pair(), SHAPE, ["Pair", "tuple"]),
        (nets.Chosen(), SHAPE, ["(1,)", "int64"]),
        (nets.WithoutBatch(), SHAPE, ["(10,)", "float32"]),
        (nets.Locked(), SHAPE, ["'features.lock'", "TypeError"]),
        (Net().half(), SHAPE, ["features.0.weight", "float16"]),
        (Net().double(), SHAPE, ["float64"]),
        (Net().to("meta"), SHAPE, ["no values"]),
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), SHAPE, ["no values"]),
        ("own:wide-00000000", None, ["own:wide-00000000"]),
    ],
    ids=[
        "without a shape", "one channel of three", "four dimensions", "no height", "too large",
        "a text as a shape", "a shape for a MobileNet", "a class", "a name for a name", "no name",
        "a long name", "a name of two lines", "one name twice", "another network's name",
        "a tuple", "whole numbers", "no batch", "a lock", "half", "double", "meta", "lazy", "a key",
    ],
)  # fmt: skip
def test_what_cannot_be_timed_is_refused_before_anything_starts(
    networks: Network,
    shape: tuple[int, int, int] | None,
    wrong: list[str],
    fake_machine: FakeMachine,
) -> None:
    heard: list[Update] = []

    with pytest.raises(CandidateError) as refused:
        bench.measure(networks, input_shape=shape, listen=heard.append)

    assert [part for part in wrong if part not in str(refused.value)] == []
    assert heard == []
    assert fake_machine.workers == []
    assert tickets() == []


def test_a_refusal_says_what_to_do(wording: Wording) -> None:
    """Those whose words are this program's alone."""
    for module, shape in (
        (Net(), None),
        (Net(), (1, 3, 32, 32)),
        (Net(), (3, 0, 32)),
        (Net(), (3, 9999, 9999)),
        (Net, None),
        (("", Net()), SHAPE),
        ([("wide", Net()), ("wide", Net())], SHAPE),
        (nets.Pair(), SHAPE),
        (nets.Chosen(), SHAPE),
        (Net().half(), SHAPE),
        (Net().to("meta"), SHAPE),
        ("own:wide-00000000", None),
    ):
        with pytest.raises(CandidateError) as refused:
            bench.measure(module, input_shape=shape)
        wording(refused.value)


def test_a_module_that_is_too_large_is_refused(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    monkeypatch.setattr("benchmarks.own.MAX_BYTES", 1000)

    with pytest.raises(CandidateError) as refused:
        bench.measure(Net(), input_shape=SHAPE)

    wording(refused.value)


def test_another_environment_cannot_time_an_own_module(wording: Wording) -> None:
    with pytest.raises(ScenarioError) as refused:
        bench.measure_against(sys.executable, [TINY, ("wide", Net())])

    assert "wide" in str(refused.value)
    wording(refused.value)


def test_who_has_no_module_cannot_ask_for_it(wording: Wording) -> None:
    with pytest.raises(ScenarioError) as refused:
        Request("a test", (own(),), (Scenario(),), "preview", "preview")

    wording(refused.value)


def test_the_module_of_the_caller_stays_as_it_is() -> None:
    module = nets.Random().train()
    heard: list[object] = []
    module.features.register_forward_hook(lambda *told: heard.append(told))
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    random = torch.get_rng_state()

    describe(module, "mine", SHAPE)

    assert module.training
    assert module.features.training
    assert heard == []
    assert len(module.features._forward_hooks) == 1
    assert all(torch.equal(before[name], one) for name, one in module.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())


@pytest.mark.parametrize(
    "config", [MobileNetConfig(0.5, 160), MobileNetConfig(0.25, 96, 10, "full", "shallow")]
)
def test_a_mobilenet_given_as_a_module_has_the_counts_of_its_configuration(
    config: MobileNetConfig,
) -> None:
    side = config.resolution
    found, _ = describe(MobileNet(config), "mine", (3, side, side))

    assert found.mult_adds == cost(config).mult_adds
    assert found.parameters == cost(config).parameters
    assert found.size_bytes == cost(config).size_bytes


def test_the_digest_is_of_what_is_computed_and_not_of_weights_or_names() -> None:
    def digest(module: nn.Module, shape: tuple[int, int, int] = SHAPE) -> str:
        return describe(module, "one", shape)[0].digest

    assert digest(Net()) == digest(Net()) == digest(nets.SameByAnotherName())
    others = [digest(Net(2)), digest(Net(stride=1)), digest(Net(), (3, 64, 64))]
    assert len({digest(Net()), *others}) == 4


def test_keys_are_told_apart_and_fit_into_a_snapshot() -> None:
    names = ["网络", "比较", "wide", "Wide", "w ide", "x" * 60, HOSTILE]
    keys = [own(name).key for name in names] + [own(digest="1" * 16).key]

    assert len(set(keys)) == len(keys)
    for key in keys:
        assert key.startswith("own:")
        assert len(key) <= 64
        with pytest.raises(CandidateError):
            candidate(key)


def test_a_module_that_is_given_twice_is_timed_once() -> None:
    from benchmarks.asked import candidates_of

    module = Net()
    found, payloads = candidates_of([module, TINY, module, Net(), ("Net", Net())], SHAPE)

    assert [one.label for one in found] == ["Net 2", "0.25-32 (10 classes)", "Net 3", "Net"]
    assert list(payloads) == [one.key for one in found if one.own is not None]


@pytest.mark.slow("two exports")
def test_a_module_is_exported_or_the_exporter_says_why_not(tmp_path: Path) -> None:
    answers = []
    with ready_worker("eager") as worker:
        for name, module in {"decided": Net(), "undecided": nets.Undecided()}.items():
            network, pickled = describe(module, name, SHAPE)
            received = COMMAND.dump_json(Receive(network.key, len(pickled), (str(ROOT),)))
            form = Form(Candidate(own=network), 1)
            wanted = COMMAND.dump_json(Prepare("a run", form, str(tmp_path / name)))
            worker.say_line(received + b"\n" + pickled + wanted)
            answers += worker.hear_all()

    done, _, refused, _ = answers
    assert isinstance(done, Prepared)
    assert done.seconds > 0
    assert sorted(path.name for path in kept(tmp_path)) == ["logits.npy", "network.onnx"]
    assert isinstance(refused, NotPrepared)
    assert "data-dependent expression" in refused.reason
    assert refused.reason.isprintable()


def test_a_module_that_is_cut_short_on_its_way_ends_the_worker() -> None:
    with ready_worker("onnxruntime") as worker:
        worker.say_line(COMMAND.dump_json(Receive("own:x-00000000", 10, ())))
        worker.say_line(b"half")
        worker.hang_up()

        assert worker.last_words()[0] == b""
        assert worker.process.wait(60) == 0


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import benchmarks.asked as a; a.several(['x'])", "torch"),
        (
            "from benchmarks.own import describe; from tests.nets import Net;"
            "describe(Net(), 'one', (3, 32, 32))",
            "torch._dynamo",
        ),
    ],
    ids=["importing the program takes no torch", "telling what a module is takes no compiler"],
)
def test_nothing_is_imported_that_is_not_needed(code: str, unwanted: str) -> None:
    code = f"import sys; {code}; print({unwanted!r} in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert found.stdout == "False\n"


def test_private_names_and_folders_in_the_name_of_a_module_are_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot, "private_names", lambda: ("annsmith",))
    rows = [
        replace(measurement("0.5-160"), candidate=own(name))
        for name in ("/home/annsmith/a/best.pt", "/home/annsmith/b/best.pt", "annsmith net")
    ]

    text = snapshot.dumps(replace(a_run(*rows), controls=(rows[0],)))

    run = snapshot.loads(text).run
    assert [one.candidate.label for one in run.measurements] == [
        "…/best.pt",
        "…/best.pt 2",
        "… net",
    ]
    assert run.controls[0].candidate == run.measurements[0].candidate
    assert "annsmith" not in text


def test_a_document_tells_a_name_and_counts_of_an_own_module_and_no_more() -> None:
    run = a_run(replace(measurement("0.5-160"), candidate=own()))

    told = json.loads(snapshot.dumps(run))["run"]["measurements"][0]["candidate"]

    assert told["config"] is told["reference"] is None
    assert set(told["own"]) == {
        "name", "input_shape", "parameters", "mult_adds", "size_bytes", "digest",
    }  # fmt: skip


def test_an_older_document_cannot_hold_an_own_module(wording: Wording) -> None:
    content = json.loads(snapshot.dumps(a_run(replace(measurement("0.5-160"), candidate=own()))))

    with pytest.raises(SnapshotError) as refused:
        snapshot.loads(json.dumps(content | {"schema_version": 2}))

    wording(refused.value)
