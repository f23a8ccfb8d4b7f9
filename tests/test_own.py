"""Somebody's own modules: timed beside other networks, told in snapshots, and kept nowhere."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
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
from benchmarks.jobs.request import Request
from benchmarks.jobs.updates import Update
from benchmarks.messages import COMMAND, NotPrepared, Prepare, Receive
from benchmarks.own import describe
from benchmarks.prepared import Form
from benchmarks.results import Failure, Run
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.snapshot import SnapshotError
from mobilenet import MobileNet, MobileNetConfig, cost
from tests import nets
from tests.jobs import tickets, workers
from tests.nets import Net
from tests.builders import a_run, measurement
from tests.talk import ROOT, TINY, exported, ready_worker

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
        ("NoNumber", "not all of it are finite numbers"),
        ("OnlyOneImage", "KeyError: 'one at a time'"),
        ("OnlyHere", "cannot be rebuilt in a worker process: ValueError: no licence there"),
    ],
)
def test_a_module_that_goes_wrong_fails_alone_and_says_why(run: Run, name: str, says: str) -> None:
    reasons = [one.reason for one in run.failures if one.candidate.label == name]

    assert len(reasons) == 2
    assert any(says in reason for reason in reasons), reasons


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


def test_memory_of_an_own_module_is_measured() -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
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
before = SecretCell.forward
run = bench.measure(
    [("wide", SecretCell()), MobileNetConfig(0.25, 32, num_classes=10)],
    input_shape=(3, 32, 32),
    engines=sys.argv[3:],
    preset=sys.argv[2],
    listen=listen,
)
bench.save(run, sys.argv[1])
measured = [[one.scenario.engine, one.candidate.label] for one in run.measurements]
failures = [one.reason for one in run.failures]
print(json.dumps([measured, failures, SecretCell.forward is before]))
"""


def notebook(folder: Path, preset: str, *engines: str) -> "subprocess.Popen[str]":
    """A process with a class in its `__main__`; its temporary files lie in `folder`."""
    exported(TINY)
    (folder / "temporary").mkdir()
    path = str(folder / "run.json")
    return subprocess.Popen(
        [sys.executable, "-c", IN_A_NOTEBOOK % (VALUES,), path, preset, *engines],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_class_of_a_notebook_cell_is_timed_and_none_of_it_is_kept(tmp_path: Path) -> None:
    with notebook(tmp_path, "preview", "eager", "onnxruntime") as process:
        output, errors = process.communicate(timeout=120)

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
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL], ids=lambda sent: sent.name)
def test_however_a_run_ends_its_folder_is_removed(tmp_path: Path, sent: signal.Signals) -> None:
    folder = tmp_path / "temporary"
    with notebook(tmp_path, "certify", "onnxruntime") as process:
        assert process.stdout is not None
        assert any(line.strip() == "Measurement" for line in process.stdout)
        (aside,) = folder.glob("mobilenet-bench-*")
        assert aside.stat().st_mode & 0o777 == 0o700
        assert any(MARK in path.read_bytes() for path in kept(aside))
        os.killpg(process.pid, sent)
        process.communicate(timeout=20)

    deadline = time.monotonic() + 10
    while list(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(folder.iterdir()) == []


def test_a_worker_that_is_killed_is_a_failure_and_leaves_nothing(temporary: Path) -> None:
    def kill(update: Update) -> None:
        if isinstance(update, bench.Measurement):
            for worker in workers():
                worker.kill()

    run = bench.measure(Net(), input_shape=SHAPE, listen=kill)

    assert [type(one) for one in run.failures] == [Failure]
    assert "SIGKILL" in run.failures[0].reason
    assert workers() == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("networks", "shape", "says"),
    [
        (Net(), None, r"Net needs the shape of one image: give input_shape"),
        (Net(), (1, 32, 32), r"does not take an input of shape \(1, 1, 32, 32\): RuntimeError: G"),
        (Net(), (1, 3, 32, 32), r"Give input_shape as channels, height and width of one image"),
        (Net(), (3, 0, 32), "each 1 to 10000"),
        (Net(), (3, 9999, 9999), "at most 100,000,000"),
        (Net(), "3, 32, 32", "cannot be had"),
        (TINY, SHAPE, "leave input_shape out"),
        (Net, None, r"Net is a class\. Give a network made of it, such as Net\(\)"),
        ([("wide", TINY)], None, "is no network"),
        (("", Net()), SHAPE, "is no name for a network. Give a text of 1 to 60 characters"),
        (("x" * 61, Net()), SHAPE, "is no name for a network"),
        (("two\nlines", Net()), SHAPE, r"U\+000A"),
        ([("wide", Net()), ("wide", Net())], SHAPE, "Two networks are called 'wide'"),
        ([("ResNet-18", Net()), "resnet18"], SHAPE, "Two networks are called 'ResNet-18'"),
        (nets.Pair(), SHAPE, "Pair gives a tuple. Only networks that give one tensor"),
        (nets.Chosen(), SHAPE, r"gives a tensor of shape \(1,\) in int64"),
        (nets.WithoutBatch(), SHAPE, r"gives a tensor of shape \(10,\) in float32"),
        (nets.Locked(), SHAPE, r"because of its attribute 'features\.lock': TypeError"),
        (Net().half(), SHAPE, r"features\.0\.weight of Net is in float16.*module\.float\(\)"),
        (Net().double(), SHAPE, "is in float64"),
        (Net().to("meta"), SHAPE, "has no values yet"),
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), SHAPE, "has no values yet"),
        ("own:wide-00000000", None, "cannot be made from its name"),
    ],
    ids=str,
)
def test_what_cannot_be_timed_is_refused_before_anything_starts(
    networks: Network, shape: tuple[int, int, int] | None, says: str
) -> None:
    heard: list[Update] = []

    with pytest.raises(CandidateError, match=says):
        bench.measure(networks, input_shape=shape, listen=heard.append)

    assert heard == []
    assert tickets() == []


def test_a_module_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.own.MAX_BYTES", 1000)

    with pytest.raises(CandidateError, match="at most"):
        bench.measure(Net(), input_shape=SHAPE)


def test_another_environment_cannot_time_an_own_module() -> None:
    with pytest.raises(ScenarioError, match="wide is a module of this Python"):
        bench.measure_against(sys.executable, [TINY, ("wide", Net())])


def test_who_has_no_module_cannot_ask_for_it() -> None:
    with pytest.raises(ScenarioError, match="only who has its module can time it"):
        Request("a test", (own(),), (Scenario(),), "preview", "preview")


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
        with pytest.raises(CandidateError, match="cannot be made from its name"):
            candidate(key)


def test_a_module_that_is_given_twice_is_timed_once() -> None:
    from benchmarks.asked import candidates_of

    module = Net()
    found, payloads = candidates_of([module, TINY, module, Net(), ("Net", Net())], SHAPE)

    assert [one.label for one in found] == ["Net 2", "0.25-32 (10 classes)", "Net 3", "Net"]
    assert list(payloads) == [one.key for one in found if one.own is not None]


def test_a_module_that_cannot_be_exported_is_told_with_the_exporters_reason(tmp_path: Path) -> None:
    network, pickled = describe(nets.Undecided(), "undecided", SHAPE)
    received = COMMAND.dump_json(Receive(network.key, len(pickled), (str(ROOT),)))
    wanted = COMMAND.dump_json(
        Prepare("a run", Form(Candidate(own=network), 1), str(tmp_path / "network"))
    )

    with ready_worker("eager") as worker:
        worker.say_line(received + b"\n" + pickled + wanted)
        answer, _ = worker.hear_all()

    assert isinstance(answer, NotPrepared)
    assert "data-dependent expression" in answer.reason
    assert answer.reason.isprintable()
    assert kept(tmp_path) == []


def test_a_module_that_is_cut_short_on_its_way_ends_the_worker() -> None:
    with ready_worker("onnxruntime") as worker:
        worker.say_line(COMMAND.dump_json(Receive("own:x-00000000", 10, ())))
        worker.say_line(b"half")
        worker.hang_up()

        assert worker.last_words()[0] == b""
        assert worker.process.wait(10) == 0


def test_telling_what_a_module_is_takes_no_compiler() -> None:
    code = (
        "import sys; from benchmarks.own import describe; from tests.nets import Net;"
        "describe(Net(), 'one', (3, 32, 32)); print('torch._dynamo' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert found.stdout == "False\n"


def test_importing_the_program_does_not_take_torch_for_modules() -> None:
    code = (
        "import sys; import benchmarks.asked as a; a.several(['x']); print('torch' in sys.modules)"
    )
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


def test_an_older_document_cannot_hold_an_own_module() -> None:
    content = json.loads(snapshot.dumps(a_run(replace(measurement("0.5-160"), candidate=own()))))

    with pytest.raises(SnapshotError, match="documents of version 3 and later"):
        snapshot.loads(json.dumps(content | {"schema_version": 2}))
