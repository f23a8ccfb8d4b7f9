"""The runtimes: they compute what PyTorch computes, from files, in silence, without torch."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks.candidates import candidate
from benchmarks.engines import ENGINES, load_engine
from benchmarks.messages import Done, Failed, NotPrepared, Prepare, Result
from benchmarks.prepared import (
    ABANDONED_AFTER_S,
    CACHE_VARIABLE,
    FILES,
    LOGITS,
    Form,
    expected,
    form_for,
    store,
)
from benchmarks.scenarios import Precision, Scenario
from tests import commands
from tests.talk import (
    ENDLESS,
    ROOT,
    TINY,
    Worker,
    exported,
    measure,
    only,
    prepared,
    ready_worker,
)
from tests.wording import Wording

ONNX_ENGINES = [info.name for info in ENGINES.values() if info.export == "onnx"]
INSTALLED = [name for name, info in ENGINES.items() if find_spec(info.distribution)]
NETWORKS = ["0.25-32-full-n10", "squeezenet1_0"]
needs_proc = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
needs_executorch = pytest.mark.skipif(
    find_spec("executorch") is None, reason="ExecuTorch is not installed"
)
only_openvino = pytest.mark.parametrize("worker", ["openvino"], indirect=True)
only_onnxruntime = pytest.mark.parametrize("worker", ["onnxruntime"], indirect=True)
pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=ONNX_ENGINES)
def worker(request: pytest.FixtureRequest) -> Iterator[Worker]:
    """One process for all tests of an engine: none leaves it unusable."""
    with ready_worker(request.param) as worker:
        yield worker


def engine_of(worker: Worker) -> str:
    return str(worker.process.args[-1])  # type: ignore[index]


def errors_of(
    worker: Worker, *networks: str, batch: int = 1, precision: Precision = "float32"
) -> list[float]:
    """What the engine says of its answers; it must have one for each."""
    command = measure(*networks, engine=engine_of(worker), batch=batch, precision=precision)
    events = worker.ask(command)
    assert only(Failed, events) == []
    found = [final.measurement.output_error for final in only(Result, events)[-len(networks) :]]
    errors = [error for error in found if error is not None]
    assert len(errors) == len(networks)
    return errors


def test_the_engine_computes_what_eager_pytorch_computes(worker: Worker) -> None:
    (error,) = errors_of(worker, TINY)

    assert error < 1e-4


@pytest.mark.slow("exports three networks, once for both engines")
def test_it_computes_all_kinds_of_networks_and_every_image_of_a_batch(worker: Worker) -> None:
    assert max(errors_of(worker, *NETWORKS)) < 1e-4
    assert expected(exported(TINY, 3)).shape == (3, 10)
    assert max(errors_of(worker, TINY, batch=3)) < 1e-4


def test_what_they_are_compared_with_depends_on_the_image_and_on_the_class() -> None:
    for network in NETWORKS:
        session = load_engine("eager").load(candidate(network), Scenario(batch=2), None)
        logits = session.logits()

        assert 0.05 < logits.std() < 20
        assert np.abs(logits[0] - logits[1]).max() > 0.01 * logits.std()
        assert logits.std(axis=1).min() > 0.01


def test_an_exported_network_is_loaded_and_not_exported_again(worker: Worker) -> None:
    folder = exported()
    before = (folder / FILES["onnx"]).stat().st_mtime_ns

    errors_of(worker, TINY)

    assert (folder / FILES["onnx"]).stat().st_mtime_ns == before


def test_an_unknown_device_is_refused_with_the_known_one(worker: Worker, wording: Wording) -> None:
    engine = engine_of(worker)
    command = measure(TINY, engine=engine)
    task = replace(command.tasks[0], scenario=Scenario(engine=engine, device="tpu"))

    (failed,) = only(Failed, worker.ask(replace(command, tasks=(task,))))

    assert ENGINES[engine].label in failed.failure.reason
    wording(failed.failure.reason)
    assert (exported() / FILES["onnx"]).is_file()  # the file is not to blame


@pytest.mark.parametrize("content", [b"", b"no network", None], ids=["empty", "text", "cut off"])
def test_a_broken_file_is_a_failure_in_words_and_the_worker_goes_on(
    worker: Worker, tmp_path: Path, content: bytes | None
) -> None:
    whole = (exported() / FILES["onnx"]).read_bytes()
    (tmp_path / FILES["onnx"]).write_bytes(whole[: len(whole) // 2] if content is None else content)
    np.save(tmp_path / LOGITS, expected(exported()))
    command = measure(TINY, engine=engine_of(worker))

    events = worker.ask(replace(command, tasks=(replace(command.tasks[0], folder=str(tmp_path)),)))

    (failed,) = only(Failed, events)
    assert "refused" in failed.failure.reason
    assert str(tmp_path) not in failed.failure.reason  # reasons are shared, paths are not
    assert events[-1] == Done()
    assert errors_of(worker, TINY)


def test_a_file_for_another_batch_is_a_failure_in_words(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / FILES["onnx"]).write_bytes((exported() / FILES["onnx"]).read_bytes())
    np.save(tmp_path / LOGITS, np.repeat(expected(exported()), 3, axis=0))
    engine = engine_of(worker)
    command = measure(TINY, engine=engine)
    task = replace(
        command.tasks[0], scenario=Scenario(engine=engine, batch=3), folder=str(tmp_path)
    )

    (failed,) = only(Failed, worker.ask(replace(command, tasks=(task,))))

    assert "refused" in failed.failure.reason


def test_networks_batches_and_releases_of_torch_have_folders_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [TINY, "0.25-32-n11", "0.25-32-c8-n10", "resnet18"]
    folders = {Form(candidate(name), batch).folder() for name in names for batch in (1, 2)}

    monkeypatch.setattr("benchmarks.prepared.version", lambda package: "99.0")
    later = {Form(candidate(name), batch).folder() for name in names for batch in (1, 2)}

    assert len(folders | later) == 16


def test_an_export_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with store(tmp_path / "cache" / "network") as unfinished:
            (unfinished / LOGITS).touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_finished_export_replaces_an_earlier_one_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "network"
    for content in ("old", "new"):
        with store(folder) as unfinished:
            (unfinished / content).touch()

    assert [path.name for path in folder.iterdir()] == ["new"]


def test_what_a_killed_export_left_is_removed_once_it_can_only_be_dead(tmp_path: Path) -> None:
    dead, under_way = tmp_path / ".unfinished-dead", tmp_path / ".unfinished-living"
    for left in (dead, under_way):
        left.mkdir()
        (left / FILES["onnx"]).touch()
    long_ago = time.time() - ABANDONED_AFTER_S - 1
    os.utime(dead, (long_ago, long_ago))

    with store(tmp_path / "network"):
        pass

    assert not dead.exists()
    assert under_way.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from benchmarks.prepared import FILES, store
with store(Path(sys.argv[1])) as unfinished:
    (unfinished / FILES["onnx"]).touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_killed_export_is_not_taken_for_a_finished_one(tmp_path: Path) -> None:
    folder = tmp_path / "network"

    done = subprocess.run([sys.executable, "-c", KILLED, folder], cwd=ROOT, check=False)

    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.glob(f".unfinished-*/{FILES['onnx']}"))
    assert not folder.exists()


@pytest.mark.slow("compiles C++")
def test_a_compiled_network_is_one_file_and_leaves_no_copy_when_its_worker_is_killed(
    tmp_path: Path,
) -> None:
    command = measure(TINY, engine="compiled", plan=ENDLESS)
    (task,) = command.tasks
    assert task.folder is not None

    assert sorted(path.name for path in Path(task.folder).iterdir()) == [LOGITS, "network.so"]
    with ready_worker("compiled", {"TMPDIR": str(tmp_path)}) as worker:
        worker.say(command)
        while not isinstance(worker.hear(), Result):
            pass
        worker.process.kill()
        worker.process.wait()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow("compiles C++")
def test_a_compiled_network_computes_what_eager_pytorch_computes() -> None:
    measure(TINY, engine="compiled")  # exports it first
    with ready_worker("compiled") as worker:
        (error,) = errors_of(worker, TINY)

    assert error < 1e-4


@pytest.mark.slow("exports as far as the compiler")
def test_without_a_compiler_the_reason_says_what_to_install(
    tmp_path: Path, wording: Wording
) -> None:
    form = form_for(candidate("0.25-32-n11"), Scenario(engine="compiled"))
    assert form is not None

    with ready_worker("eager", {"CXX": "/nonexistent", "PATH": ""}) as worker:
        answer, _ = worker.ask(Prepare("a run", form, str(tmp_path / "network")))

    assert isinstance(answer, NotPrepared)
    assert "g++" in answer.reason
    wording(answer.reason)


@needs_executorch
@pytest.mark.slow("exports for ExecuTorch")
def test_executorch_computes_what_eager_pytorch_computes_and_only_in_its_own_batch() -> None:
    batch = measure(TINY, engine="executorch", batch=3)
    wrong = replace(batch.tasks[0], scenario=Scenario(engine="executorch", batch=2))

    with ready_worker("executorch") as worker:
        assert max(errors_of(worker, TINY, batch=3)) < 1e-4
        (failed,) = only(Failed, worker.ask(replace(batch, tasks=(wrong,))))

    assert "ExecuTorch refused" in failed.failure.reason


def test_int8_is_off_by_as_much_as_rounding_explains(worker: Worker) -> None:
    (error,) = errors_of(worker, TINY, precision="int8")

    assert 0.01 < error < 0.8  # less would be float32 under another name


@pytest.mark.slow("quantises a larger network, once for both engines")
def test_so_it_is_with_a_larger_network(worker: Worker) -> None:
    (error,) = errors_of(worker, "squeezenet1_0", precision="int8")

    assert 0.01 < error < 0.8


def test_a_quantised_network_takes_less_than_half_the_room() -> None:
    """A quarter for the weights; the rest of a file does not shrink, which counts in a tiny one."""

    def size(precision: Precision) -> int:
        form = Form(candidate(TINY), 1, "onnx", precision)
        return (prepared(form) / form.file).stat().st_size

    assert size("int8") < 0.5 * size("float32")


def test_int8_is_quantised_once_for_all_runtimes_that_read_the_file() -> None:
    forms = {form_for(candidate(TINY), Scenario(one, precision="int8")) for one in ONNX_ENGINES}

    assert len(forms) == 1


@only_openvino
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_openvino_rounds_by_itself_and_refuses_what_the_cpu_cannot(
    worker: Worker, precision: Precision
) -> None:
    whole = exported(TINY)

    events = worker.ask(measure(TINY, engine="openvino", precision=precision))

    if failures := only(Failed, events):
        assert f"no instructions for {precision}" in failures[0].failure.reason
        assert (whole / FILES["onnx"]).is_file()  # the file is not to blame
    else:
        error = only(Result, events)[-1].measurement.output_error
        assert error is not None
        assert error > 1e-4


def test_compiled_code_is_kept_for_its_threads_and_other_forms_for_all() -> None:
    def folders(engine: str) -> set[Path]:
        forms = [form_for(candidate(TINY), Scenario(engine, threads=n)) for n in (1, 2)]
        return {form.folder() for form in forms if form is not None}

    assert len(folders("compiled")) == 2
    assert len(folders("openvino")) == 1


def test_an_accelerator_is_given_no_file_made_for_the_cpu() -> None:
    assert form_for(candidate(TINY), Scenario("compiled", device="cuda")) is None


@only_onnxruntime
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_answer_of_another_network_is_refused_in_every_precision(
    worker: Worker, precision: Precision, tmp_path: Path
) -> None:
    command = measure(TINY, engine="onnxruntime", precision=precision)
    (task,) = command.tasks
    assert task.folder is not None
    shutil.copytree(task.folder, tmp_path / "network")
    logits = expected(Path(task.folder))
    np.save(tmp_path / "network" / LOGITS, np.roll(logits, 1, axis=1))
    swapped = replace(task, folder=str(tmp_path / "network"))

    (failed,) = only(Failed, worker.ask(replace(command, tasks=(swapped,))))

    assert "gave another answer than PyTorch" in failed.failure.reason


@needs_proc
def test_runtimes_that_load_files_never_load_torch(worker: Worker) -> None:
    errors_of(worker, TINY)

    libraries = Path(f"/proc/{worker.process.pid}/maps").read_text()

    assert ENGINES[engine_of(worker)].module.split(".")[-1] in libraries
    assert "libtorch" not in libraries
    assert "/torch/" not in libraries


WATCH = """
import os, socket, sys
def refuse(event, arguments):
    if event.startswith("socket.") and event not in ("socket.gethostname",):
        with open(os.environ["WATCHED"], "a") as file:
            file.write(f"{os.getpid()} {event} {arguments}\\n")
        if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
            raise PermissionError("a test forbids this")
sys.addaudithook(refuse)
"""


@pytest.fixture
def watched(tmp_path: Path) -> Mapping[str, str]:
    """An environment in which Python's sockets are written down, and a home that is empty."""
    (tmp_path / "site").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WATCH)
    return {
        "PYTHONPATH": str(tmp_path / "site"),
        "WATCHED": str(tmp_path / "watched"),
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / ".cache"),
    }


def seen(watched: Mapping[str, str]) -> list[str]:
    path = Path(watched["WATCHED"])
    return path.read_text().splitlines() if path.exists() else []


def new_in_home(watched: Mapping[str, str]) -> list[Path]:
    return list(Path(watched["HOME"]).rglob("*"))


def test_the_watch_sees_a_look_up(watched: Mapping[str, str]) -> None:
    code = "import socket; socket.getaddrinfo('example.org', 443)"

    done = subprocess.run([sys.executable, "-c", code], env=os.environ | watched, check=False)

    assert done.returncode != 0
    assert "socket.getaddrinfo" in seen(watched)[0]


def answer_of(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    return done.stdout


@pytest.mark.slow("exports for every engine and precision, cold; system calls are watched")
def test_engines_run_what_they_say_and_none_opens_a_connection_to_the_internet(
    watched: Mapping[str, str], tmp_path: Path
) -> None:
    """By system calls too, so that C code is seen: whoever wants a host opens such a socket."""
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", str(trace)]
    try:
        subprocess.run([*strace, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        strace = []
    own = watched | {CACHE_VARIABLE: str(tmp_path / "cache")}

    rows = json.loads(answer_of([*strace, *commands.command("engines", "--json")], own))

    found = {(row["engine"], row["device"], row["precision"]): row for row in rows}
    for name in INSTALLED:
        tried = {precision for engine, _, precision in found if engine == name}
        assert tried == set(ENGINES[name].precisions)
        assert found[name, "cpu", "float32"]["available"], name
    assert found["eager", "cpu", "float32"]["versions"].keys() == {"torch"}
    assert all(row["available"] == (row["reason"] is None) for row in rows)
    assert seen(watched) == []
    assert new_in_home(watched) == []
    if not strace:
        pytest.skip("system calls: needs strace and the right to use it")
    assert [line for line in trace.read_text().splitlines() if "AF_INET" in line] == []
