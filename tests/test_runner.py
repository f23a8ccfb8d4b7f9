"""One request from the queue to its last result, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import psutil
import pytest

from benchmarks import prepared
from benchmarks.candidates import candidate
from benchmarks.collection import collect
from benchmarks.jobs import conversation
from benchmarks.jobs.machine_queue import MachineLock, lock_folder
from benchmarks.jobs.request import MAX_CANDIDATES, Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update, Waiting
from benchmarks.machine import read_machine, read_state
from benchmarks.messages import Progress
from benchmarks.results import Failure, Measurement
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.timing.protocol import EFFORTS, Effort
from tests.jobs import LONG, MANY, machine_is_free, names, request, run, tickets, workers
from tests.builders import undisturbed
from tests.talk import ROOT, TINY, exported
from tests.waiting import has_ended, soon

OTHER = "0.25-64-n10"
Started = Callable[[], list[psutil.Process]]
AT_ONCE_S = 3.0  # also on a machine that is busy with other tests
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@pytest.fixture(scope="module")
def kept_runner() -> Iterator[Runner]:
    """Its warm worker is imported once for all tests that do it no harm."""
    runner = Runner()
    yield runner
    runner.close()


@pytest.fixture
def runner() -> Iterator[Runner]:
    """For tests that do harm."""
    runner = Runner()
    yield runner
    runner.close()


@pytest.fixture
def started() -> Started:
    """The workers that were started in this test and live."""
    before = workers()
    return lambda: [worker for worker in workers() if worker not in before]


@pytest.fixture(autouse=True)
def _exported() -> None:
    exported(TINY)
    exported(OTHER)


def test_results_come_in_the_order_in_which_they_were_asked_for(kept_runner: Runner) -> None:
    done = run(kept_runner, request(OTHER, TINY, engines=("onnxruntime", "eager")))

    assert names(done) == [
        ("onnxruntime", OTHER),
        ("onnxruntime", TINY),
        ("eager", OTHER),
        ("eager", TINY),
    ]
    assert (done.failures, done.cancelled) == ((), False)
    assert {m.quality for m in done.measurements} == {"preliminary"}
    assert len({m.run_id for m in done.measurements}) == 2  # one after the other: not to be paired


def test_everything_that_happens_is_told_on_the_way(kept_runner: Runner) -> None:
    told: list[Update] = []

    done = run(kept_runner, request(TINY, OTHER, engines=("eager", "onnxruntime")), told.append)

    progress = [update for update in told if isinstance(update, Progress)]
    fractions = [step.fraction for step in progress]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1] > 0.5) == (0, True)
    firsts = [update for update in told if isinstance(update, Measurement)]
    assert firsts[0].quality == "preview"
    assert firsts[-1] == done.measurements[-1]


def test_what_is_left_is_told_only_in_the_last_part_where_it_is_known(
    kept_runner: Runner,
) -> None:
    told: list[Progress] = []

    def listen(update: Update) -> None:
        if isinstance(update, Progress):
            told.append(update)

    run(kept_runner, request(TINY, preset="standard", engines=("eager", "onnxruntime")), listen)

    for step in told:
        assert step.remaining_s is None or step.fraction > 0.5


def test_a_run_frees_the_machine_and_gives_its_place_up(kept_runner: Runner) -> None:
    run(kept_runner, request())

    assert machine_is_free()
    assert tickets() == []


def test_previews_share_a_worker_and_measurements_have_one_of_their_own(
    kept_runner: Runner,
) -> None:
    seen: list[set[int]] = []

    def listen(update: Update) -> None:
        if isinstance(update, Measurement):
            seen.append({worker.pid for worker in workers()})

    run(kept_runner, request(), listen)
    run(kept_runner, request(), listen)
    run(kept_runner, request(fresh=True), listen)
    after = {worker.pid for worker in workers()}

    assert len(after) == 1
    assert seen[0] == seen[1] == after
    assert any(pids > after for pids in seen)


def test_an_effort_of_its_own_stands_above_the_presets(kept_runner: Runner) -> None:
    two = Effort(2, 2, half_width=1.0, budget_s=60.0)
    wanted = request(TINY, preset="quick", quality="measured", fresh=True)

    done = run(kept_runner, replace(wanted, effort=two))

    assert EFFORTS["quick"].min_workers > 2
    assert [row.workers for row in done.measurements] == [2]


def test_an_export_happens_once_and_is_told(
    kept_runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOBILENET_BENCH_CACHE", str(tmp_path))
    phases: list[str] = []

    def listen(update: Update) -> None:
        if isinstance(update, Progress):
            phases.append(update.phase)

    first = run(kept_runner, request(engines=("onnxruntime",)), listen)
    again = run(kept_runner, request(engines=("onnxruntime",)), listen)

    assert phases.count("Exporting 0.25-32 (10 classes)") == 1
    assert first.measurements[0].prepare_s is not None
    assert again.measurements[0].prepare_s is None


def test_who_cancels_within_the_delay_has_started_nothing(started: Started) -> None:
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    runner = Runner()

    done = run(runner, replace(request(), delay_s=60.0), stop=stop)
    runner.close()

    assert done.cancelled
    assert started() == []
    assert tickets() == []


def test_the_lead_is_timed_first_and_pairs_with_itself(kept_runner: Runner) -> None:
    pair = tuple(candidate(name) for name in (TINY, "0.25-64-n10"))
    rest = candidate("0.5-32-n10")
    heard: list[Measurement] = []

    def listen(update: Update) -> None:
        if isinstance(update, Measurement):
            heard.append(update)

    wanted = replace(request(quality="preview"), candidates=(rest, *pair), lead=pair)
    done = run(kept_runner, wanted, listen)

    first = collect(one for one in heard if one.run_id != wanted.id)
    found = first.together(*pair, Scenario())
    assert found is not None
    assert undisturbed(found[0]).ratio_to(undisturbed(found[1])) is not None
    assert heard.index(found[0]) < min(n for n, one in enumerate(heard) if one.candidate == rest)
    assert {one.run_id for one in done.measurements} == {wanted.id}
    assert len(done.measurements) == 3


def test_an_exporter_that_is_not_installed_is_a_failure_with_the_command(
    kept_runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "onnxscript":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(prepared, "version", version)

    done = run(kept_runner, request(engines=("onnxruntime", "eager")))

    assert names(done) == [("eager", TINY)]
    (failure,) = done.failures
    assert "onnxscript is not installed; run: pip install onnxscript" in failure.reason


def test_an_export_that_cannot_be_stored_is_a_failure_with_the_way_out(
    kept_runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOBILENET_BENCH_CACHE", str(tmp_path / "file"))

    done = run(kept_runner, request(engines=("onnxruntime", "eager")))

    assert names(done) == [("eager", TINY)]
    (failure,) = done.failures
    assert "could not be exported: could not be stored" in failure.reason
    assert "set MOBILENET_BENCH_CACHE to a folder with room" in failure.reason


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(disk)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_an_export_onto_a_full_disk_leaves_nothing_there(
    kept_runner: Runner, monkeypatch: pytest.MonkeyPatch, tiny_disk: Path
) -> None:
    monkeypatch.setenv("MOBILENET_BENCH_CACHE", str(tiny_disk))

    done = run(kept_runner, request(engines=("onnxruntime",)))

    (failure,) = done.failures
    assert "No space left on device" in failure.reason
    assert list(tiny_disk.iterdir()) == []


def test_a_cancel_while_others_measure_gives_the_place_up(kept_runner: Runner) -> None:
    lock = MachineLock(lock_folder())
    assert lock.try_acquire()
    stop = threading.Event()
    told: list[Update] = []

    def listen(update: Update) -> None:
        told.append(update)
        stop.set()

    done = run(kept_runner, request(), listen, stop)

    assert isinstance(told[0], Waiting)
    assert (done.cancelled, done.measurements) == (True, ())
    assert tickets() == []
    lock.close()


def test_a_request_that_was_cancelled_before_it_began_starts_nothing(
    runner: Runner, started: Started
) -> None:
    stop = threading.Event()
    stop.set()

    done = run(runner, request(), stop=stop)

    assert (done.cancelled, done.measurements, done.failures) == (True, (), ())
    assert started() == []
    assert machine_is_free()


@pytest.fixture
def unless_poked_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a poke that is missed is seen, however busy the machine is."""
    monkeypatch.setattr(conversation, "POLL_WORKER_S", 20.0)


class StopAt:
    """A listener that cancels at the update of this number, and knows when that was."""

    def __init__(self, runner: Runner, number: int) -> None:
        self.stop = threading.Event()
        self.at: float | None = None
        self._runner, self._left = runner, number

    def __call__(self, update: Update) -> None:
        self._left -= 1
        if self._left == 0:
            self.at = time.monotonic()
            self.stop.set()
            self._runner.poke()


@pytest.mark.parametrize(
    ("engine", "number"),
    [("onnxruntime", n) for n in (1, 2, 3)] + [("eager", n) for n in (1, 2, 3, 8)],
)
@pytest.mark.usefixtures("unless_poked_it_sleeps")
def test_a_cancel_at_any_moment_is_obeyed_at_once(
    kept_runner: Runner, engine: str, number: int
) -> None:
    """Starting, loading the first network, having shown it, loading another, being in turns."""
    networks = MANY[:3] if engine == "eager" else (TINY, OTHER)
    listener = StopAt(kept_runner, number)

    done = run(
        kept_runner, request(*networks, engines=(engine,), preset=LONG), listener, listener.stop
    )

    assert listener.at is not None
    assert time.monotonic() - listener.at < AT_ONCE_S
    assert done.cancelled
    assert {m.quality for m in done.measurements} <= {"preview"}  # a first look, and marked so
    assert machine_is_free()


@pytest.mark.usefixtures("unless_poked_it_sleeps")
def test_a_cancel_by_somebody_else_is_obeyed_at_once(kept_runner: Runner) -> None:
    """From another thread, at moments that no update marks."""
    run(kept_runner, request())
    for delay_s in (0.0, 0.003, 0.02, 0.1, 0.3):
        stop = threading.Event()
        cancelled_at: list[float] = []

        def cancel(stop: threading.Event = stop, times: list[float] = cancelled_at) -> None:
            times.append(time.monotonic())
            stop.set()
            kept_runner.poke()

        timer = threading.Timer(delay_s, cancel)
        timer.start()
        done = run(kept_runner, request(*MANY, preset=LONG), stop=stop)
        timer.join()

        assert done.cancelled
        assert time.monotonic() - cancelled_at[0] < AT_ONCE_S


def test_a_cancel_while_the_warm_worker_starts_does_not_cost_its_start(
    runner: Runner, started: Started
) -> None:
    listener = StopAt(runner, 1)

    done = run(runner, request(), listener, listener.stop)
    (starting,) = started()
    again = run(runner, request())

    assert done.cancelled
    assert [worker.pid for worker in started()] == [starting.pid]
    assert names(again) == [("eager", TINY)]


def test_a_cancel_that_nobody_hurries_is_obeyed_within_a_second(kept_runner: Runner) -> None:
    stop = threading.Event()
    stopped_at: list[float] = []

    def listen(update: Update) -> None:
        if isinstance(update, Measurement) and not stop.is_set():
            stop.set()
            stopped_at.append(time.monotonic())

    done = run(kept_runner, request(*MANY, preset=LONG), listen, stop)

    assert done.cancelled
    assert time.monotonic() - stopped_at[0] < AT_ONCE_S


@pytest.mark.usefixtures("unless_poked_it_sleeps")
def test_a_cancel_while_a_worker_of_its_own_starts_ends_that_at_once(
    kept_runner: Runner, started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "onnxruntime.py").write_text(SLOW)  # so it says nothing for long
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    stop = threading.Event()
    cancelled_at: list[float] = []

    def cancel() -> None:
        assert soon(lambda: len(started()) > 0)
        cancelled_at.append(time.monotonic())
        stop.set()
        kept_runner.poke()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    done = run(kept_runner, request(engines=("onnxruntime",)), stop=stop)
    canceller.join()

    assert done.cancelled
    assert time.monotonic() - cancelled_at[0] < AT_ONCE_S
    assert started() == []


def test_what_was_timed_before_a_cancel_is_kept(kept_runner: Runner) -> None:
    stop = threading.Event()

    def listen(update: Update) -> None:
        if isinstance(update, Measurement) and update.scenario.engine == "onnxruntime":
            stop.set()
            kept_runner.poke()

    wanted = request(engines=("eager", "onnxruntime"))
    done = run(kept_runner, wanted, listen, stop)

    assert names(done) == [("eager", TINY), ("onnxruntime", TINY)]
    assert done.measurements[0].quality == "preliminary"


@pytest.fixture
def kill_worker(started: Started) -> Callable[[Update], None]:
    """A listener: the first worker that has timed something is killed, as Linux may do."""
    killed: list[psutil.Process] = []

    def listen(update: Update) -> None:
        if isinstance(update, Measurement) and not killed:
            killed.extend(started())
            for worker in killed:
                worker.send_signal(signal.SIGKILL)

    return listen


@posix
def test_a_killed_worker_fails_what_it_had_to_do_and_nothing_else(
    runner: Runner, kill_worker: Callable[[Update], None]
) -> None:
    engines = ("onnxruntime", "openvino")

    done = run(runner, request(TINY, OTHER, engines=engines, preset=LONG), kill_worker)

    assert [failure.scenario.engine for failure in done.failures] == ["onnxruntime", "onnxruntime"]
    assert "ended by SIGKILL; Linux does this when memory runs out" in done.failures[0].reason
    finals = [m for m in done.measurements if m.quality == "preliminary"]
    assert [m.scenario.engine for m in finals] == ["openvino", "openvino"]


@posix
def test_after_a_worker_was_killed_the_next_request_gets_a_new_one(
    runner: Runner, kill_worker: Callable[[Update], None], started: Started
) -> None:
    failed = run(runner, request(*MANY, preset=LONG), kill_worker)

    done = run(runner, request())

    assert len(failed.failures) == len(MANY)
    assert names(done) == [("eager", TINY)]
    assert len(started()) == 1


@posix
def test_a_warm_worker_that_died_while_it_waited_is_replaced_unseen(
    runner: Runner, started: Started
) -> None:
    run(runner, request())
    threads = threading.active_count()
    (idle,) = started()
    idle.send_signal(signal.SIGKILL)
    assert soon(lambda: threading.active_count() < threads)  # nobody listens to it any more

    done = run(runner, request())

    assert (names(done), done.failures) == ([("eager", TINY)], ())


@posix
def test_an_engine_that_hangs_is_ended_and_that_is_said(runner: Runner, started: Started) -> None:
    def hang(update: Update) -> None:
        if isinstance(update, Measurement):
            runner.silence_limit_s = 1.0
            for worker in started():
                worker.suspend()

    done = run(runner, request(TINY, OTHER, engines=("onnxruntime",), preset=LONG), hang)

    assert len(done.failures) == 2
    assert "said nothing for 1 s and was ended; try a smaller batch" in done.failures[0].reason
    assert started() == []
    assert machine_is_free()


@posix
def test_a_hung_worker_that_does_not_even_read_is_ended_too(
    runner: Runner, started: Started
) -> None:
    """What it is told no longer fits into its pipe."""
    run(runner, request())
    (idle,) = started()
    idle.suspend()
    runner.silence_limit_s = 1.0
    many = [f"0.25-32-n{classes}" for classes in range(100, 100 + MAX_CANDIDATES)]

    done = run(runner, request(*many))

    assert len(done.failures) == MAX_CANDIDATES
    assert "said nothing for 1 s" in done.failures[0].reason
    runner.silence_limit_s = 60.0
    assert names(run(runner, request())) == [("eager", TINY)]


@posix
def test_a_cancel_ends_a_worker_that_hangs(
    runner: Runner, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "CANCEL_GRACE_S", 0.2)
    stop = threading.Event()

    def hang_and_cancel(update: Update) -> None:
        if isinstance(update, Measurement):
            for worker in started():
                worker.suspend()
            stop.set()

    wanted = request(TINY, OTHER, engines=("onnxruntime",), preset=LONG)
    done = run(runner, wanted, hang_and_cancel, stop)

    assert done.cancelled
    assert started() == []


@posix
def test_a_worker_does_not_hear_the_interrupt_that_is_meant_for_its_supervisor(
    kept_runner: Runner,
) -> None:
    run(kept_runner, request())
    before = workers()

    for worker in before:
        worker.send_signal(signal.SIGINT)
    done = run(kept_runner, request())

    assert workers() == before
    assert names(done) == [("eager", TINY)]


FORKING = """
import os, time
if os.fork() == 0:
    time.sleep(60)
raise ImportError("no luck")
"""


@posix
def test_what_a_library_has_started_ends_with_its_worker(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else it would hold the worker's pipes, and the machine, when the worker is long gone."""
    (tmp_path / "onnxruntime.py").write_text(FORKING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    runner.silence_limit_s = 3.0
    started: set[psutil.Process] = set()
    watching = threading.Event()

    def watch() -> None:
        while not watching.wait(0.05):
            started.update(psutil.Process().children(recursive=True))

    before = set(psutil.Process().children(recursive=True))
    watcher = threading.Thread(target=watch)
    watcher.start()
    done = run(runner, request(engines=("onnxruntime",)))
    watching.set()
    watcher.join()

    assert len(done.failures) == 1
    assert len(started - before) >= 2  # and what an import runs for a moment
    assert all(soon(lambda one=one: has_ended(one)) for one in started - before)
    assert machine_is_free()


BROKEN = "raise ImportError('this installation is broken')"
SLOW = "import time; time.sleep(60)"
RAVING = """
import os, time
for descriptor in range(3, 20):
    try:
        os.write(descriptor, b"what a library says\\n")
    except OSError:
        continue
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("library", "reason"),
    [
        (BROKEN, "ended with status 1: ImportError: this installation is broken"),
        (SLOW, "said nothing for 2 s and was ended"),
        (RAVING, "said something that makes no sense and was ended"),
    ],
    ids=["broken", "slow", "raving"],
)
def test_a_worker_that_does_not_start_is_a_failure_in_words(
    runner: Runner,
    started: Started,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    library: str,
    reason: str,
) -> None:
    (tmp_path / "onnxruntime.py").write_text(library)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    runner.silence_limit_s = 2.0 if library == SLOW else 60.0

    done = run(runner, request(engines=("onnxruntime",)))

    (failure,) = done.failures
    assert reason in failure.reason
    assert started() == []
    assert machine_is_free()


def test_a_listener_that_fails_leaves_the_machine_free_and_the_runner_usable(
    runner: Runner,
) -> None:
    def fail(update: Update) -> None:
        if isinstance(update, Measurement):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(runner, request(*MANY[:2], preset=LONG), fail)

    assert machine_is_free()
    assert tickets() == []
    assert names(run(runner, request())) == [("eager", TINY)]


def test_a_worker_starts_from_any_folder_whatever_lies_there(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("raise ImportError('not ours')")
    (tmp_path / "random.py").write_text("raise ImportError('not ours')")
    code = (
        "from tests.jobs import *\nrunner = Runner()\n"
        "done = run(runner, request(engines=('onnxruntime',)))\nrunner.close()\n"
        "print(names(done), done.failures)"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.strip() == "[('onnxruntime', '0.25-32-n10')] ()", done.stderr


def test_the_machine_stays_taken_until_a_killed_supervisors_worker_is_gone(tmp_path: Path) -> None:
    """The worker ends by itself when its supervisor does; until then nobody else may measure."""
    code = (
        "from tests.jobs import *\n"
        "run(Runner(), request('1.0-224', preset=LONG), lambda u: print('x', flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout is not None
        for _ in range(3):
            supervisor.stdout.readline()
        (worker,) = psutil.Process(supervisor.pid).children()
        worker.suspend()  # so that it cannot end

        supervisor.kill()
        supervisor.wait()

        assert not soon(machine_is_free, within_s=0.3)
        worker.resume()
        assert soon(machine_is_free, within_s=2)


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
def test_many_runs_leave_no_file_no_thread_and_no_process(kept_runner: Runner) -> None:
    def counted() -> tuple[int, int, int]:
        me = psutil.Process()
        return me.num_fds(), threading.active_count(), len(me.children())

    run(kept_runner, request())
    run(kept_runner, request(engines=("onnxruntime",)))
    before = counted()

    for _ in range(5):
        run(kept_runner, request())
    for number in (1, 2, 3):
        listener = StopAt(kept_runner, number)
        run(kept_runner, request(engines=("onnxruntime",)), listener, listener.stop)

    assert soon(lambda: counted() == before)


def test_more_threads_than_cpus_are_refused_with_what_there_is() -> None:
    usable = read_machine().usable_cpus

    with pytest.raises(ScenarioError, match=rf"{usable + 1} threads .* Choose 1 to {usable}\."):
        Request("x", (candidate(TINY),), (Scenario(threads=usable + 1),), "quick", "measured")


@pytest.mark.parametrize("engine", ["eager", "onnxruntime"])
def test_a_batch_that_cannot_fit_is_refused_with_figures_and_the_way_out(engine: str) -> None:
    largest = candidate("2.0-1024")
    largest_batch = Scenario(engine=engine, batch=1024)

    with pytest.raises(ScenarioError, match=r"needs about [\d,]+ GB, and .* are free") as refused:
        Request("x", (largest,), (largest_batch,), "quick", "measured")

    free_gb = read_state().memory_available_bytes / 1e9
    if free_gb > 4:
        fits = int(str(refused.value).rsplit("at most ", 1)[1].rstrip("."))
        smaller = Scenario(engine=engine, batch=fits * 9 // 10)
        assert Request("x", (largest,), (smaller,), "quick", "measured")


def test_networks_that_fit_one_by_one_may_not_fit_together_where_all_stay_loaded() -> None:
    free_bytes = read_state().memory_available_bytes
    network = candidate("1.0-224")
    batch = min(1024, free_bytes // (10 * network.peak_activation_bytes))
    grid = tuple(candidate(f"1.0-{side}") for side in range(193, 225))
    one, all_of_them = (network,), grid

    assert Request("x", one, (Scenario(engine="openvino", batch=batch),), "quick", "measured")
    assert Request("x", all_of_them, (Scenario(engine="eager", batch=batch),), "quick", "measured")
    with pytest.raises(ScenarioError, match=r"of 32 networks needs about"):
        Request("x", all_of_them, (Scenario(engine="openvino", batch=batch),), "quick", "measured")


@pytest.mark.parametrize("count", [0, MAX_CANDIDATES + 1])
def test_too_few_and_too_many_networks_are_refused(count: int) -> None:
    some = tuple(candidate(f"0.25-32-n{classes}") for classes in range(1, count + 1))

    with pytest.raises(ScenarioError, match=rf"^{count} networks .* Choose 1 to {MAX_CANDIDATES}"):
        Request("x", some, (Scenario(),), "quick", "measured")


def test_no_engine_and_an_unknown_engine_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match=r"No engine was chosen.*eager.*openvino"):
        Request("x", (candidate(TINY),), (), "quick", "measured")
    with pytest.raises(ScenarioError, match=r"'tflite' is not known.*eager.*openvino"):
        Request("x", (candidate(TINY),), (Scenario(engine="tflite"),), "quick", "measured")


def test_a_failure_is_told_as_it_happens(kept_runner: Runner) -> None:
    told: list[Update] = []
    wanted = Request("x", (candidate(TINY),), (Scenario(device="tpu"),), "preview", "preview")

    done = run(kept_runner, wanted, told.append)

    assert [update for update in told if isinstance(update, Failure)] == list(done.failures)
    assert "PyTorch finds no device 'tpu' here" in done.failures[0].reason
