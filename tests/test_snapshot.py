"""The file format: what goes in comes out, and nothing else gets in."""

import getpass
import json
import os
import random
import re
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

from benchmarks import snapshot, summary
from benchmarks.candidates import Candidate, OwnNetwork, candidate
from benchmarks.layer_times import Ceiling, LayerTime, LayerTimes
from benchmarks.machine import Machine, read_machine
from benchmarks.references import references
from benchmarks.results import Block, Failure, Measurement, Run
from benchmarks.samples import samples
from benchmarks.scenarios import Scenario
from benchmarks.snapshot import SnapshotError, document, dumps, load, loads, parts, save
from benchmarks.timing.contamination import GpuSignals, Signals
from benchmarks.timing.protocol import PROTOCOL_VERSION
from benchmarks.usage import NVML, PACKAGE, Energy, Memory
from mobilenet.config import MobileNetConfig
from tests.builders import SCRIPTURES, THREE, a_run, disturbed, measurement, with_layers
from tests.wording import Wording

ROOT = Path(__file__).resolve().parents[1]
Change = Callable[[dict[str, Any]], object]

times_ns = st.integers(1, 10**12)
seconds = st.floats(0, 1e6)
texts = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=30)
reasons = st.text("Not found: memory, 3 ünits\n語", max_size=30)
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
own_networks = st.builds(
    OwnNetwork,
    name=st.text("aZ9 <b>&'\"=語é", min_size=1, max_size=60).filter(
        lambda name: name == name.strip()
    ),
    input_shape=st.tuples(st.integers(1, 64), st.integers(1, 512), st.integers(1, 512)),
    parameters=st.integers(0, 10**12),
    mult_adds=st.integers(0, 10**12),
    size_bytes=st.integers(0, 10**12),
    digest=st.text("0123456789abcdef", min_size=16, max_size=16),
)
candidates = st.one_of(
    st.builds(Candidate, config=configs),
    st.builds(Candidate, reference=st.sampled_from(sorted(references()))),
    st.builds(Candidate, own=own_networks),
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
    blocks=st.lists(blocks, min_size=1, max_size=3, unique_by=lambda one: one.round).map(tuple),
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
    settings=st.lists(st.tuples(st.just("KMP_BLOCKTIME"), st.integers(0, 9)), max_size=2).map(
        tuple
    ),
)
runs = st.builds(
    Run,
    id=st.just("0123456789ab"),
    started_utc=utc,
    machine=machines,
    measurements=st.lists(
        measurements, max_size=3, unique_by=lambda one: (one.candidate, one.scenario)
    ).map(tuple),
    failures=st.lists(st.builds(Failure, candidates, scenarios, reasons), max_size=2).map(tuple),
    cancelled=st.booleans(),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.fixture
def run() -> Run:
    return PLAIN


def changed(run: Run, change: Change) -> str:
    """The document of `run` after `change` was made to it."""
    content = json.loads(dumps(run))
    change(content)
    return json.dumps(content)


def first(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["run"]["measurements"][0]
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
    assert loads(dumps(run)).run == run


@given(seed=st.integers(0, 2**32), value=json_values)
@settings(deadline=None, max_examples=150)
def test_a_document_with_one_value_replaced_is_a_run_or_a_snapshot_error(
    seed: int, value: Any
) -> None:
    content = json.loads(dumps(a_run(measurement("0.5-160", rounds=2, calls=2))))
    *path, last = random.Random(seed).choice(places(content))
    inner = content
    for key in path:
        inner = inner[key]
    inner[last] = value

    try:
        found = loads(json.dumps(content)).run
    except SnapshotError:
        return

    assert loads(dumps(found)).run == found
    assert len(found.to_frame()) == len(found.measurements)
    assert repr(found)


def without_memory(content: dict[str, Any]) -> None:
    for found in content["run"]["measurements"]:
        del found["memory"], found["energy"]


def without_gpu(content: dict[str, Any]) -> None:
    for block in first(content)["blocks"]:
        del block["device_ns"], block["signals"]["gpu"]


@pytest.mark.parametrize("forget", [without_memory, without_gpu])
def test_a_document_from_before_something_was_measured_needs_no_word_of_it(forget: Change) -> None:
    run = a_run(disturbed(measurement("0.5-160"), by=Signals(1)))

    assert loads(changed(run, forget)).run == run


@given(st.text() | st.text('[]{}:,"0123456789.eE-truefalsn \\u'))
@settings(deadline=None)
def test_any_other_text_is_a_snapshot_error(text: str) -> None:
    with pytest.raises(SnapshotError):
        loads(text)


def test_a_document_cut_short_is_a_snapshot_error(run: Run) -> None:
    text = dumps(run)

    for length in range(0, len(text), 97):
        with pytest.raises(SnapshotError):
            loads(text[:length])


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (Run, parts.Run),
        (Measurement, parts.Measurement),
        (Block, parts.Block),
        (Failure, parts.Failure),
        (Candidate, parts.Candidate),
        (OwnNetwork, parts.OwnNetwork),
        (MobileNetConfig, parts.Config),
        (Scenario, parts.Scenario),
        (Machine, parts.Machine),
        (Memory, parts.Memory),
        (Energy, parts.Energy),
        (LayerTime, parts.LayerTime),
        (LayerTimes, parts.LayerTimes),
        (Ceiling, parts.Ceiling),
        (Signals, parts.Signals),
        (GpuSignals, parts.Gpu),
        (summary.Summary, document.Summary),
        (summary.Row, document.Row),
        (summary.ToFirst, document.ToFirst),
    ],
    ids=lambda value: value.__name__,
)
def test_every_field_of_a_value_has_its_place_in_the_format(value: Any, part: Any) -> None:
    assert set(part.model_fields) == {field.name for field in fields(value)}


PLAIN = a_run(measurement("0.5-160"), measurement("resnet18", engine="openvino"))
LAYERS = with_layers(PLAIN)
DETECTOR = replace(
    PLAIN,
    measurements=(
        replace(PLAIN.measurements[0], candidate=candidate("ssd-0.5-300-n3-boxes")),
        *PLAIN.measurements[1:],
    ),
)


def layers_of(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = first(content)["layer_times"]
    return found


def detector_of(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = first(content)["candidate"]["detector"]
    return found


def refusal_of(text: str) -> str:
    with pytest.raises(SnapshotError) as refused:
        loads(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("load_s", lambda d: first(d).update(load_s=float("nan"))),
        ("load_s", lambda d: first(d).update(load_s=float("inf"))),
        ("output_error", lambda d: first(d).update(output_error=float("inf"))),
        ("load_s", lambda d: first(d).update(load_s=-1.0)),
        ("load_s", lambda d: first(d).update(load_s="1")),
        ("blocks[2].times_ns[1]", lambda d: first(d)["blocks"][2].update(times_ns=[5, -5])),
        ("blocks[2].times_ns[0]", lambda d: first(d)["blocks"][2].update(times_ns=[0])),
        ("blocks[2].times_ns[0]", lambda d: first(d)["blocks"][2].update(times_ns=[1.5])),
        ("blocks[2].times_ns", lambda d: first(d)["blocks"][2].update(times_ns=[])),
        ("blocks", lambda d: first(d).update(blocks=[])),
        ("memory.floor_bytes", lambda d: first(d).update(memory={"peak_bytes": 1})),
        ("warmup_ns", lambda d: first(d).update(warmup_ns=[1] * 500_001)),
        ("quality", lambda d: first(d).update(quality="best")),
        ("surprise", lambda d: first(d).update(surprise=1)),
        ("prepare_s", lambda d: first(d).pop("prepare_s")),
        ("scenario.engine", lambda d: first(d)["scenario"].update(engine="<b>")),
        ("run.machine.cpu", lambda d: d["run"]["machine"].update(cpu="x" * 201)),
        ("layer_times.layers[3].times_ns[1]", lambda d: layer(d, 3).update(times_ns=[1, 0])),
        ("layer_times.other_ns[1]", lambda d: layers_of(d).update(other_ns=[0, -1])),
        ("layer_times.other_ns", lambda d: layers_of(d).update(other_ns=[0] * 1001)),
        ("layer_times.whole_ns[0]", lambda d: layers_of(d).update(whole_ns=[0, 1])),
        ("layer_times.method", lambda d: layers_of(d).update(method="guess")),
        ("run.ceilings[0].threads", lambda d: d["run"]["ceilings"][0].update(threads=0)),
        ("run.ceilings[0].flops", lambda d: d["run"]["ceilings"][0].update(flops=0)),
        ("run.ceilings[0].copy_ns", lambda d: d["run"]["ceilings"][0].update(copy_ns=[])),
    ],
)
def test_a_refusal_says_where_the_fault_is(place: str, change: Change) -> None:
    """place: in the first measurement, if it is not of the run."""
    path = place if place.startswith("run.") else f"run.measurements[0].{place}"

    assert f" At {path}: " in refusal_of(changed(LAYERS, change))


def layer(content: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = layers_of(content)["layers"][number]
    return found


REFUSED: dict[str, tuple[Run, Change]] = {
    "width 9": (PLAIN, lambda d: first(d)["candidate"]["config"].update(width_multiplier=9)),
    "no network": (PLAIN, lambda d: first(d)["candidate"].update(config=None)),
    "batch 0": (PLAIN, lambda d: first(d)["scenario"].update(batch=0)),
    "no time zone": (PLAIN, lambda d: first(d).update(measured_utc="2026-01-01T00:00:00")),
    "no time": (PLAIN, lambda d: d["run"].update(started_utc="yesterday")),
    "version 6": (PLAIN, lambda d: d.update(schema_version=6, unknown="field")),
    "no rules": (PLAIN, lambda d: d.update(protocol_version=None)),
    "network twice": (PLAIN, lambda d: d["run"]["measurements"].append(first(d))),
    "round twice": (PLAIN, lambda d: first(d)["blocks"].append(first(d)["blocks"][0])),
    "detector of width 9": (DETECTOR, lambda d: detector_of(d).update(width_multiplier=9.0)),
    "VGG of a width": (DETECTOR, lambda d: detector_of(d).update(backbone="vgg16")),
    "detector in version 4": (DETECTOR, lambda d: d.update(schema_version=4)),
    "28 layers": (LAYERS, lambda d: layers_of(d)["layers"].pop()),
    "layers reversed": (LAYERS, lambda d: layers_of(d)["layers"].reverse()),
    "unknown layer": (LAYERS, lambda d: layer(d, 3).update(layer="<b>")),
    "a pass less": (LAYERS, lambda d: layer(d, 3).update(times_ns=[1])),
    "layers of a reference": (
        LAYERS,
        lambda d: d["run"]["measurements"][1].update(layer_times=layers_of(d)),
    ),
    "ceilings twice": (LAYERS, lambda d: d["run"]["ceilings"].append(d["run"]["ceilings"][0])),
    "layers in version 3": (LAYERS, lambda d: d.update(schema_version=3)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_cannot_be_is_refused_in_words(name: str, wording: Wording) -> None:
    wording(refusal_of(changed(*REFUSED[name])))


def test_fields_and_frameworks_that_are_not_known_are_named() -> None:
    extra = changed(PLAIN, lambda content: content.update(extra=1))
    yolo = changed(DETECTOR, lambda content: detector_of(content).update(framework="yolo"))

    assert " At extra: " in refusal_of(extra)
    assert "candidate.detector.framework: " in refusal_of(yolo)


@pytest.mark.parametrize("run", [LAYERS, DETECTOR], ids=["layers", "detector"])
def test_times_of_layers_and_detectors_come_back_as_they_were(run: Run) -> None:
    assert loads(dumps(run)).run == run


@pytest.mark.parametrize(
    "text",
    ['{"name": "something else"}', '{"schema_version": 1, "run": ' + "[" * 100_000],
    ids=["other JSON", "too deep"],
)
def test_what_is_no_document_is_refused(text: str) -> None:
    refusal_of(text)


def test_what_is_too_large_is_refused_before_it_is_read(tmp_path: Path, wording: Wording) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk

    with pytest.raises(SnapshotError, match=r"5\.00 MB"):
        load(huge)
    wording(refusal_of(" " * 5_000_001))


def test_a_run_that_is_too_large_for_a_document_is_refused(wording: Wording) -> None:
    widths = [number / 10 for number in range(1, 9)]
    large = a_run(*[measurement(f"{width}-160", rounds=500, calls=200) for width in widths])

    with pytest.raises(SnapshotError, match=r"5\.00 MB") as refused:
        dumps(large)
    wording(refused.value)


@pytest.mark.parametrize(
    ("fits", "too_many", "preset", "more"),
    [
        (48, 1000, "certify", {}),
        (180, 180, "certify", {"on_gpu": True}),
        (500, 500, "preview", {"layers": True}),
    ],
    ids=["CPU", "GPU", "layers"],
)
def test_room_for_too_many_measurements_is_refused_before_they_are_made(
    fits: int, too_many: int, preset: str, more: dict[str, bool], wording: Wording
) -> None:
    snapshot.check_room(fits, preset)  # type: ignore[arg-type]

    with pytest.raises(SnapshotError, match=r"5\.00 MB") as refused:
        snapshot.check_room(too_many, preset, **more)
    wording(refused.value)


def test_a_block_of_either_kind_takes_no_more_room_than_is_counted_for_it() -> None:
    times = (3_214_567,) * 20
    on_cpu = Block(99, times[0], times, 59, Signals(99_999_999, 9_999_999, 9999, 9999, 9999))
    watched = replace(on_cpu.signals or Signals(1), gpu=GpuSignals(1980, 1980, 0x1FF, 99))
    on_gpu = replace(on_cpu, device_ns=times, signals=watched)

    def bytes_of(block: Block) -> int:
        return len(parts.Block.model_validate(block).model_dump_json())

    allowed = 20 * snapshot.SAMPLE_BYTES + snapshot.BLOCK_BYTES
    assert bytes_of(on_cpu) <= allowed
    assert bytes_of(on_gpu) <= allowed + 20 * snapshot.SAMPLE_BYTES + snapshot.GPU_BYTES


def test_times_of_layers_take_no_more_room_than_is_counted_for_them(run: Run) -> None:
    times = with_layers(run).measurements[0].layer_times
    assert times is not None
    long_ns = (987_654_321,) * 30  # of a second
    layers = tuple(replace(one, times_ns=long_ns) for one in times.layers)
    full = replace(times, layers=layers, other_ns=long_ns, whole_ns=long_ns)
    assert len(parts.LayerTimes.model_validate(full).model_dump_json()) <= snapshot.LAYERS_BYTES


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


PIPE = pytest.param(
    "pipe", marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
)


@pytest.mark.parametrize("name", ["missing/run.json", "folder", PIPE])
def test_a_place_that_takes_no_file_is_refused(
    name: str, run: Run, tmp_path: Path, wording: Wording
) -> None:
    (tmp_path / "folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())

    with pytest.raises(SnapshotError) as refused:
        save(run, tmp_path / name)

    assert sorted(tmp_path.iterdir()) == before
    assert not (tmp_path / "pipe").is_file()
    wording(str(refused.value).replace(str(tmp_path), "FOLDER"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """Linux refuses to write more than the limit, as a full disk does."""
    path = tmp_path / "run.json"
    save(a_run(), path)
    before = path.read_bytes()
    code = (
        "import resource, sys\n"
        "from benchmarks.snapshot import save, SnapshotError\n"
        "from tests.builders import a_run, measurement\n"
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

    assert "File too large" in told
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_checking_a_target_leaves_nothing_behind(tmp_path: Path) -> None:
    snapshot.check_target(tmp_path / "run.json")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"PK\x03\x04", None])
def test_a_file_that_is_no_snapshot_or_not_there_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SnapshotError, match=r"run\.json"):
        load(path)


def test_a_snapshot_keeps_what_was_written_about_it(run: Run) -> None:
    found = loads(dumps(run, title="  Before the upgrade ", note="Torch 2.14.\nQuiet machine.\n"))

    assert (found.title, found.note) == ("Before the upgrade", "Torch 2.14.\nQuiet machine.")
    assert found.run == run


@pytest.mark.parametrize("title", SCRIPTURES)
def test_a_title_in_any_script_comes_back_as_it_was(run: Run, title: str) -> None:
    found = loads(dumps(run, title=title, note=title))

    assert (found.title, found.note) == (title, title)


@pytest.mark.parametrize(
    ("title", "note", "place", "what"),
    [
        ("x" * 121, "", "title", "120"),
        ("", "x" * 4001, "note", "4000"),
        ("bell \x07", "", "title", "Character 6 is U+0007"),
        ("two\nlines", "", "title", "Character 4 is U+000A"),
        ("", "evil \u202egpj.exe", "note", "U+202E (right-to-left override)"),
        ("\u2066isolated", "", "title", "U+2066 (left-to-right isolate)"),
    ],
)
def test_words_that_no_snapshot_takes_are_refused_before_a_measurement(
    title: str, note: str, place: str, what: str
) -> None:
    with pytest.raises(SnapshotError, match=f"{place}: .*{re.escape(what)}"):
        snapshot.check_words(title, note)


def test_the_id_is_of_the_content_and_not_of_how_it_is_written_down(run: Run) -> None:
    text = dumps(run, title="One")
    rearranged = json.dumps(dict(reversed(json.loads(text).items())), indent=3, ensure_ascii=True)

    assert loads(rearranged).id == loads(text).id
    assert loads(rearranged).text == loads(text).text == text
    assert re.fullmatch("[a-z2-7]{26}", loads(text).id)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(title="Another"),
        lambda d: d.update(note="Another"),
        lambda d: d["run"].update(cancelled=True),
    ],
)
def test_other_content_has_another_id(run: Run, change: Change) -> None:
    assert loads(changed(run, change)).id != loads(dumps(run)).id


def two_networks() -> Run:
    """Properly timed, so that the second has a verdict."""
    return a_run(
        measurement("0.5-160", workers=THREE),
        measurement("1.0-224", median_ms=9.0, workers=THREE),
    )


def test_a_document_tells_what_follows_from_its_times() -> None:
    run = two_networks()
    told = json.loads(dumps(run))["summary"]

    assert told["state"] == "valid"
    assert [row["median_s"] for row in told["rows"]] == [one.median_s for one in run.measurements]
    assert told["rows"][0]["to_first"] is None
    assert told["rows"][1]["to_first"]["verdict"] == "slower"
    assert told["rows"][1]["to_first"]["ratio"] == pytest.approx(2.25)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("rows[1].median_s is 0.001", lambda d: d["summary"]["rows"][1].update(median_s=1e-3)),
        (
            "rows[1].to_first.verdict is 'faster'",
            lambda d: d["summary"]["rows"][1]["to_first"].update(verdict="faster"),
        ),
        ("state is 'degraded'", lambda d: d["summary"].update(state="degraded")),
        ("rows has 1", lambda d: d["summary"]["rows"].pop()),
        ("rows[0].median_s is", lambda d: first(d)["blocks"][0].update(times_ns=[1] * 900)),
        ("rows[0].network is '0.5-160'", lambda d: d["run"]["measurements"].reverse()),
    ],
)
def test_a_summary_that_does_not_follow_from_the_times_is_refused(
    place: str, change: Change
) -> None:
    assert f"summary.{place}" in refusal_of(changed(two_networks(), change))


def test_figures_made_by_other_rules_are_made_again_and_marked() -> None:
    run = two_networks()

    def older_rules(content: dict[str, Any]) -> None:
        content["protocol_version"] = PROTOCOL_VERSION + 1
        content["summary"]["rows"][1]["median_s"] = 0.001

    found = loads(changed(run, older_rules))

    assert found.is_recomputed
    assert found.run == run
    assert not loads(dumps(run)).is_recomputed


def version_1(run: Run) -> str:
    content = json.loads(dumps(run))
    for name in ("protocol_version", "title", "note", "summary"):
        del content[name]
    content["schema_version"] = 1
    return json.dumps(content)


def test_a_document_of_version_1_is_read_and_its_figures_are_made_again(run: Run) -> None:
    found = loads(version_1(run))

    assert (found.run, found.title, found.note) == (run, "", "")
    assert found.is_recomputed
    assert loads(found.text) == found


def without_own(content: dict[str, Any]) -> None:
    for one in content["run"]["measurements"]:
        del one["candidate"]["own"]


def without_layers(content: dict[str, Any]) -> None:
    for one in content["run"]["measurements"]:
        del one["layer_times"]
    del content["run"]["ceilings"]


def without_detector(content: dict[str, Any]) -> None:
    for one in content["run"]["measurements"]:
        del one["candidate"]["detector"]


@pytest.mark.parametrize(
    ("version", "forget"), [(2, without_own), (3, without_layers), (4, without_detector)]
)
def test_a_document_of_an_older_version_is_read_as_it_was_and_keeps_its_id(
    version: int, forget: Change
) -> None:
    content = json.loads(dumps(PLAIN, title="Before"))
    forget(content)
    text = json.dumps(content | {"schema_version": version})

    found = loads(text)

    assert (found.run, found.title) == (PLAIN, "Before")
    assert not found.is_recomputed
    assert json.loads(found.text) == json.loads(text)
    assert found.id == snapshot.digest(document.canonical(text))


def test_the_examples_have_the_ids_by_which_they_are_known() -> None:
    known = ["zyumdxl5rqc7g2kobvaomnc7jo", "krpqvnax6yqmu7ydjezm627mwh"]  # links hold them

    assert [one.id for one in samples()] == known


def test_reasons_of_failures_lose_folders_and_names_and_keep_what_is_wrong(run: Run) -> None:
    home, host = str(Path.home() / "secret-project"), socket.gethostname()
    reason = (
        f"status 1: [Errno 2] No such file: '{home}/cache/model.onnx' on {host}; \x1b[31mC:\\Users"
        "\\ann\\net.xml is 1/2 read, see https://example.org/help"
    )
    failed = Failure(run.measurements[0].candidate, run.measurements[0].scenario, reason)

    (found,) = loads(dumps(replace(run, failures=(failed,)))).run.failures

    assert "'…/model.onnx'" in found.reason
    assert "…/net.xml is 1/2 read" in found.reason
    for private in (home, "secret-project", host, "ann", "\x1b"):
        assert private not in found.reason


def test_the_published_schema_is_that_of_the_program() -> None:
    published = (ROOT / "docs" / "snapshot.schema.json").read_text(encoding="utf-8")

    assert published == document.schema(), (
        "Write it anew: python -c 'from benchmarks.snapshot import document; "
        'print(document.schema(), end="")\' > docs/snapshot.schema.json'
    )
