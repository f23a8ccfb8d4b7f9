"""The file format: what goes in comes out, and nothing else gets in."""

import getpass
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import snapshot
from benchmarks.candidates import Candidate
from benchmarks.machine import Machine, read_machine
from benchmarks.references import references
from benchmarks.results import Block, Failure, Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.snapshot import SnapshotError, dumps, load, loads, save
from benchmarks.timing.contamination import GpuSignals, Signals
from benchmarks.usage import NVML, PACKAGE, Energy, Memory
from mobilenet.config import MobileNetConfig
from tests.samples import a_run, measurement

ROOT = Path(__file__).resolve().parents[1]
Change = Callable[[dict[str, Any]], object]

times_ns = st.integers(1, 10**12)
seconds = st.floats(0, 1e6)
texts = st.text(max_size=30)
utc = st.datetimes().map(lambda moment: moment.isoformat() + "+00:00")
configs = st.builds(
    MobileNetConfig,
    width_multiplier=st.floats(0.05, 2),
    resolution=st.integers(32, 1024),
    num_classes=st.integers(1, 1_000_000),
    block=st.sampled_from(["separable", "full"]),
    depth=st.sampled_from(["paper", "shallow"]),
    channel_multiple=st.sampled_from([1, 8]),
)
candidates = st.one_of(
    st.builds(Candidate, config=configs),
    st.builds(Candidate, reference=st.sampled_from(sorted(references()))),
)
scenarios = st.builds(
    Scenario,
    engine=st.sampled_from(["eager", "onnxruntime", "openvino"]),
    device=st.sampled_from(["cpu", "cuda"]),
    threads=st.integers(1, 1024),
    batch=st.integers(1, 1024),
)
counts = st.none() | st.integers(0, 10**9)
signals = st.builds(
    Signals,
    wall_ns=times_ns,
    delay_ns=counts,
    throttled=counts,
    gpu=st.none() | st.builds(GpuSignals, counts, counts, st.none() | st.just(2**64 - 1), counts),
)
blocks = st.builds(
    Block,
    round=st.integers(0, 200),
    settle_ns=times_ns,
    times_ns=st.lists(times_ns, min_size=1, max_size=4).map(tuple),
    signals=st.none() | signals,
    device_ns=st.none() | st.lists(times_ns, min_size=1, max_size=4).map(tuple),
)
memories = st.builds(
    Memory,
    floor_bytes=st.integers(0, 10**12),
    loaded_bytes=st.integers(0, 10**12),
    peak_bytes=st.integers(0, 10**12),
    device_allocated_bytes=st.none() | st.integers(0, 10**12),
    device_reserved_bytes=st.none() | st.integers(0, 10**12),
    device_process_bytes=st.none() | st.integers(0, 10**12),
)
energies = st.builds(
    Energy,
    joules=st.floats(1e-6, 1e6),
    inferences=st.integers(1, 10**6),
    seconds=st.floats(1e-3, 1e4),
    source=st.sampled_from([PACKAGE, NVML]),
)
measurements = st.builds(
    Measurement,
    candidate=candidates,
    scenario=scenarios,
    quality=st.sampled_from(["preview", "preliminary", "measured"]),
    run_id=st.just("0123456789ab"),
    measured_utc=utc,
    warmup_ns=st.lists(times_ns, min_size=1, max_size=4).map(tuple),
    blocks=st.lists(blocks, min_size=1, max_size=3).map(tuple),
    load_s=seconds,
    prepare_s=st.none() | seconds,
    output_error=st.none() | seconds,
    memory=st.none() | memories,
    energy=st.none() | energies,
)
machines = st.builds(
    Machine,
    cpu=texts,
    physical_cpus=st.none() | st.integers(1, 512),
    logical_cpus=st.integers(1, 512),
    usable_cpus=st.integers(1, 512),
    memory_bytes=st.integers(1, 10**13),
    accelerators=st.lists(texts, max_size=2).map(tuple),
    system=texts,
    python=texts,
    packages=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)
runs = st.builds(
    Run,
    id=st.just("0123456789ab"),
    started_utc=utc,
    machine=machines,
    measurements=st.lists(measurements, max_size=3).map(tuple),
    failures=st.lists(st.builds(Failure, candidates, scenarios, texts), max_size=2).map(tuple),
    cancelled=st.booleans(),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.fixture
def run() -> Run:
    return a_run(measurement("0.5-160"), measurement("resnet18", engine="openvino"))


def changed(run: Run, change: Change) -> str:
    """The document of `run` after `change` was made to it."""
    document = json.loads(dumps(run))
    change(document)
    return json.dumps(document)


def first(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["run"]["measurements"][0]
    return found


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value inside a JSON value."""
    if not isinstance(value, (dict, list)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for key, inner in items for place in ((*path, key), *places(inner, (*path, key)))]


@given(runs)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_run_comes_back_exactly_as_it_was(run: Run) -> None:
    assert loads(dumps(run)) == run


@given(seed=st.integers(0, 2**32), value=json_values)
@settings(deadline=None, max_examples=150)
def test_a_document_with_one_value_replaced_is_a_run_or_a_snapshot_error(
    seed: int, value: Any
) -> None:
    document = json.loads(dumps(a_run(measurement("0.5-160", rounds=2, calls=2))))
    *path, last = random.Random(seed).choice(places(document))
    inner = document
    for key in path:
        inner = inner[key]
    inner[last] = value

    try:
        found = loads(json.dumps(document))
    except SnapshotError:
        return

    assert loads(dumps(found)) == found
    assert len(found.to_frame()) == len(found.measurements)
    assert repr(found)


def test_a_document_of_a_run_that_nobody_weighed_needs_no_word_of_memory(run: Run) -> None:
    def forget(document: dict[str, Any]) -> None:
        for found in document["run"]["measurements"]:
            del found["memory"], found["energy"]

    assert loads(changed(run, forget)) == run


def test_a_document_from_before_gpus_were_watched_needs_no_word_of_them(run: Run) -> None:
    blocks = tuple(replace(one, signals=Signals(1)) for one in run.measurements[0].blocks)
    run = a_run(replace(run.measurements[0], blocks=blocks))

    def forget(document: dict[str, Any]) -> None:
        for block in first(document)["blocks"]:
            del block["device_ns"], block["signals"]["gpu"]

    assert loads(changed(run, forget)) == run


@given(st.text() | st.text('[]{}:,"0123456789.eE-truefalsn \\u'))
@settings(deadline=None)
def test_any_other_text_is_a_snapshot_error(text: str) -> None:
    with pytest.raises(SnapshotError, match="no snapshot"):
        loads(text)


def test_a_document_cut_short_is_a_snapshot_error(run: Run) -> None:
    text = dumps(run)

    for length in range(0, len(text), 97):
        with pytest.raises(SnapshotError):
            loads(text[:length])


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (Run, snapshot._Run),
        (Measurement, snapshot._Measurement),
        (Block, snapshot._Block),
        (Failure, snapshot._Failure),
        (Candidate, snapshot._Candidate),
        (MobileNetConfig, snapshot._Config),
        (Scenario, snapshot._Scenario),
        (Machine, snapshot._Machine),
        (Memory, snapshot._Memory),
        (Energy, snapshot._Energy),
        (Signals, snapshot._Signals),
        (GpuSignals, snapshot._Gpu),
    ],
)
def test_every_field_of_a_value_has_its_place_in_the_format(value: Any, part: Any) -> None:
    assert set(part.model_fields) == {field.name for field in fields(value)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: first(d).update(load_s=float("nan")), "measurements[0].load_s"),
        (lambda d: first(d).update(load_s=float("inf")), "measurements[0].load_s"),
        (lambda d: first(d).update(output_error=float("inf")), "measurements[0].output_error"),
        (lambda d: first(d).update(load_s=-1.0), "measurements[0].load_s"),
        (lambda d: first(d).update(load_s="1"), "measurements[0].load_s"),
        (lambda d: first(d)["blocks"][2].update(times_ns=[5, -5]), "blocks[2].times_ns[1]"),
        (lambda d: first(d)["blocks"][2].update(times_ns=[0]), "blocks[2].times_ns[0]"),
        (lambda d: first(d)["blocks"][2].update(times_ns=[1.5]), "blocks[2].times_ns[0]"),
        (lambda d: first(d)["blocks"][2].update(times_ns=[]), "blocks[2].times_ns"),
        (lambda d: first(d).update(blocks=[]), "measurements[0].blocks"),
        (lambda d: first(d).update(memory={"peak_bytes": 1}), "memory.floor_bytes"),
        (lambda d: first(d).update(warmup_ns=[1] * 500_001), "measurements[0].warmup_ns"),
        (lambda d: first(d).update(quality="best"), "measurements[0].quality"),
        (lambda d: first(d).update(surprise=1), "measurements[0].surprise"),
        (lambda d: first(d).pop("prepare_s"), "measurements[0].prepare_s"),
        (lambda d: first(d)["candidate"]["config"].update(width_multiplier=9), "outside 0.05 to 2"),
        (lambda d: first(d)["candidate"].update(config=None), "either a MobileNetConfig or"),
        (lambda d: first(d)["scenario"].update(batch=0), "Batch must be"),
        (lambda d: first(d)["scenario"].update(engine="<b>"), "scenario.engine"),
        (lambda d: first(d).update(measured_utc="2026-01-01T00:00:00"), "time in UTC"),
        (lambda d: d["run"].update(started_utc="yesterday"), "run.started_utc"),
        (lambda d: d["run"]["machine"].update(cpu="x" * 201), "run.machine.cpu"),
        (lambda d: d.update(extra=1), "extra"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(run: Run, change: Change, reason: str) -> None:
    with pytest.raises(SnapshotError) as refusal:
        loads(changed(run, change))

    assert reason in str(refusal.value)


def test_a_document_of_a_newer_program_is_refused_with_the_remedy(run: Run) -> None:
    newer = changed(run, lambda document: document.update(schema_version=2, unknown="field"))

    with pytest.raises(
        SnapshotError, match=r"newer than this program reads.*Update mobilenet-bench"
    ):
        loads(newer)


def test_other_json_is_no_snapshot() -> None:
    with pytest.raises(SnapshotError, match="no snapshot of MobileNet Bench"):
        loads('{"name": "something else"}')


def test_a_document_that_is_too_deep_is_refused() -> None:
    with pytest.raises(SnapshotError, match="recursion limit"):
        loads('{"schema_version": 1, "run": ' + "[" * 100_000)


def test_a_document_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(SnapshotError, match=r"5\.00 MB"):
        loads(" " * 5_000_001)


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk

    with pytest.raises(SnapshotError, match=r"5\.00 MB"):
        load(huge)


def test_a_run_that_is_too_large_for_a_document_is_refused() -> None:
    large = a_run(*[measurement("0.5-160", rounds=500, calls=200)] * 8)

    with pytest.raises(SnapshotError, match=r"MB is the limit. Measure fewer networks"):
        dumps(large)


def test_room_for_too_many_measurements_is_refused_before_they_are_made() -> None:
    snapshot.check_room(16 * 3, "certify")

    with pytest.raises(SnapshotError, match="Measure at most"):
        snapshot.check_room(1000, "certify")


def test_a_block_of_either_kind_takes_no_more_room_than_is_counted_for_it() -> None:
    times = (3_214_567,) * 20
    on_cpu = Block(99, times[0], times, 59, Signals(99_999_999, 9_999_999, 9999, 9999, 9999))
    watched = replace(on_cpu.signals or Signals(1), gpu=GpuSignals(1980, 1980, 0x1FF, 99))
    on_gpu = replace(on_cpu, device_ns=times, signals=watched)

    def bytes_of(block: Block) -> int:
        return len(snapshot._Block.model_validate(block).model_dump_json())

    allowed = 20 * snapshot.SAMPLE_BYTES + snapshot.BLOCK_BYTES
    assert bytes_of(on_cpu) <= allowed
    assert bytes_of(on_gpu) <= allowed + 20 * snapshot.SAMPLE_BYTES + snapshot.GPU_BYTES


def test_there_is_room_for_fewer_measurements_on_a_gpu() -> None:
    snapshot.check_room(180, "certify")

    with pytest.raises(SnapshotError, match="Measure at most"):
        snapshot.check_room(180, "certify", on_gpu=True)


def test_no_host_user_or_path_goes_into_a_document() -> None:
    text = dumps(replace(a_run(measurement("0.5-160")), machine=read_machine()))

    assert not [
        private
        for private in (socket.gethostname(), getpass.getuser(), str(Path.home()), str(Path.cwd()))
        if private in text
    ]


def test_a_saved_run_can_be_loaded(run: Run, tmp_path: Path) -> None:
    save(run, tmp_path / "run.json")

    assert load(tmp_path / "run.json") == run
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_saving_again_replaces_the_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save(a_run(), path)

    save(run, str(path))

    assert load(path) == run


def test_a_missing_folder_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"missing is no folder\. Choose another place"):
        save(run, tmp_path / "missing" / "run.json")


def test_a_folder_is_no_file_to_write_to(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no ordinary file"):
        save(run, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_device_or_pipe_is_not_replaced_by_a_file(run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(SnapshotError, match="no ordinary file"):
        save(run, pipe)

    assert pipe.is_fifo()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """Linux refuses to write more than the limit, as a full disk does."""
    path = tmp_path / "run.json"
    save(a_run(), path)
    before = path.read_bytes()
    code = (
        "import resource, sys\n"
        "from benchmarks.snapshot import save, SnapshotError\n"
        "from tests.samples import a_run, measurement\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    save(a_run(measurement('0.5-160')), sys.argv[1])\n"
        "except SnapshotError as error:\n"
        "    print(error)\n"
    )

    told = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "cannot be written: File too large. Choose another place." in told
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_checking_a_target_leaves_nothing_behind(tmp_path: Path) -> None:
    snapshot.check_target(tmp_path / "run.json")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"PK\x03\x04"])
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)

    with pytest.raises(SnapshotError, match="no snapshot"):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"run\.json cannot be read: No such file"):
        load(tmp_path / "run.json")


def test_a_document_holds_times_and_no_summary_that_could_differ_from_them(run: Run) -> None:
    """What a time is changed to is what the summary then says; there is nothing else to change."""
    document = json.loads(dumps(run))
    names = {name for row in document["run"]["measurements"] for name in row}
    for row in document["run"]["measurements"]:
        for block in row["blocks"]:
            block["times_ns"] = [2 * ns for ns in block["times_ns"]]

    changed = loads(json.dumps(document))

    assert {
        name for name in names if name.startswith(("median", "p9", "ratio", "interval"))
    } == set()
    for before, after in zip(run.measurements, changed.measurements, strict=True):
        assert after.median_s == pytest.approx(2 * before.median_s)
        assert after.tail(0.9).value_s == (
            None if before.p90_s is None else pytest.approx(2 * before.p90_s)
        )
