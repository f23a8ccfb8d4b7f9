"""One request from the queue to its last result, whatever happens on the way."""

import operator
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from benchmarks import prepared, worker
from benchmarks.candidates import candidate
from benchmarks.collection import collect
from benchmarks.jobs import conversation, worker_process
from benchmarks.jobs import request as request_module
from benchmarks.jobs.machine_queue import MachineLock, lock_folder
from benchmarks.jobs.request import MAX_CANDIDATES, Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update, Waiting
from benchmarks.machine import MachineState, read_machine
from benchmarks.messages import NotPrepared, Prepare, Progress
from benchmarks.prepared import CACHE_VARIABLE, Form, store
from benchmarks.results import Failure, Measurement
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.timing.protocol import EFFORTS, Effort
from tests.builders import undisturbed
from tests.fake_worker import FakeMachine, InProcessWorker, environment, processes
from tests.jobs import machine_is_free, names, request, run, tickets, workers
from tests.talk import ROOT, TINY
from tests.waiting import has_ended, result_of, soon
from tests.wording import Wording

OTHER = "0.25-64-n10"
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@pytest.fixture
def runner(fake_machine: FakeMachine) -> Iterator[Runner]:
    """Its workers are fakes."""
    runner = Runner()
    yield runner
    runner.close()


def test_results_come_in_the_order_in_which_they_were_asked_for(runner: Runner) -> None:
    done = run(runner, request(OTHER, TINY, engines=("onnxruntime", "eager")))

    assert names(done) == [
        ("onnxruntime", OTHER),
        ("onnxruntime", TINY),
        ("eager", OTHER),
        ("eager", TINY),
    ]
    assert (done.failures, done.cancelled) == ((), False)
    assert {m.quality for m in done.measurements} == {"preliminary"}
    assert len({m.run_id for m in done.measurements}) == 2  # one after the other: not to be paired


def test_everything_that_happens_is_told_on_the_way(runner: Runner) -> None:
    told: list[Update] = []

    done = run(runner, request(TINY, OTHER, engines=("eager", "onnxruntime")), told.append)

    progress = [update for update in told if isinstance(update, Progress)]
    fractions = [step.fraction for step in progress]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1] > 0.5) == (0, True)
    firsts = [update for update in told if isinstance(update, Measurement)]
    assert firsts[0].quality == "preview"
    assert firsts[-1] == done.measurements[-1]
    # What is left is known in the last part only.
    assert {step.fraction > 0.5 for step in progress if step.remaining_s is not None} == {True}


def test_a_run_frees_the_machine_and_gives_its_place_up(runner: Runner) -> None:
    run(runner, request())

    assert machine_is_free()
    assert tickets() == []


def test_previews_share_a_worker_and_measurements_have_one_of_their_own(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    run(runner, request())
    run(runner, request())
    run(runner, request(fresh=True))

    warm, own = fake_machine.workers
    assert warm.commands == ["measure", "measure"]
    assert own.commands[0] == "load"
    assert fake_machine.living() == [warm]


def test_an_effort_of_its_own_stands_above_the_presets(runner: Runner) -> None:
    two = Effort(2, 2, half_width=1.0, budget_s=60.0)
    wanted = request(TINY, preset="quick", quality="measured", fresh=True)

    done = run(runner, replace(wanted, effort=two))

    assert EFFORTS["quick"].min_workers > 2
    assert [row.workers for row in done.measurements] == [2]


def test_an_export_happens_once_and_is_told(runner: Runner) -> None:
    phases: list[str] = []

    def listen(update: Update) -> None:
        if isinstance(update, Progress):
            phases.append(update.phase)

    first = run(runner, request(engines=("onnxruntime",)), listen)
    again = run(runner, request(engines=("onnxruntime",)), listen)

    assert phases.count("Exporting 0.25-32 (10 classes)") == 1
    assert first.measurements[0].prepare_s is not None
    assert again.measurements[0].prepare_s is None


def test_the_lead_is_timed_first_and_pairs_with_itself(runner: Runner) -> None:
    pair = tuple(candidate(name) for name in (TINY, OTHER))
    rest = candidate("0.5-32-n10")
    heard: list[Measurement] = []

    def listen(update: Update) -> None:
        if isinstance(update, Measurement):
            heard.append(update)

    wanted = replace(request(quality="preview"), candidates=(rest, *pair), lead=pair)
    done = run(runner, wanted, listen)

    first = collect(one for one in heard if one.run_id != wanted.id)
    found = first.together(*pair, Scenario())
    assert found is not None
    assert undisturbed(found[0]).ratio_to(undisturbed(found[1])) is not None
    assert heard.index(found[0]) < min(n for n, one in enumerate(heard) if one.candidate == rest)
    assert {one.run_id for one in done.measurements} == {wanted.id}
    assert len(done.measurements) == 3


class TestWhatCannotBeRun:
    """A network or a runtime that fails is a failure of its own; the rest is measured."""

    def test_a_failure_is_told_as_it_happens(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        fake_machine.refuses[TINY] = "too large"
        told: list[Update] = []

        done = run(runner, request(TINY, OTHER), told.append)

        assert names(done) == [("eager", OTHER)]
        assert [update for update in told if isinstance(update, Failure)] == list(done.failures)
        assert [one.reason for one in done.failures] == ["too large"]

    def test_a_network_that_cannot_be_exported_does_not_hinder_other_engines(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        fake_machine.not_exported[TINY] = "no room"

        done = run(runner, request(engines=("onnxruntime", "eager")))

        assert names(done) == [("eager", TINY)]
        assert [one.reason for one in done.failures] == ["could not be exported: no room"]

    def test_an_exporter_that_is_not_installed_is_named_with_the_command(
        self, runner: Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def version(name: str) -> str:
            if name == "onnxscript":
                raise PackageNotFoundError(name)
            return "1.0"

        monkeypatch.setattr(prepared, "version", version)

        done = run(runner, request(engines=("onnxruntime", "eager")))

        assert names(done) == [("eager", TINY)]
        (failure,) = done.failures
        assert "pip install onnxscript" in failure.reason

    def test_a_killed_worker_fails_what_it_had_to_do_and_nothing_else(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        fake_machine.hold("round")

        def kill(update: Update) -> None:
            if isinstance(update, Measurement):
                for one in fake_machine.living():
                    if one.engine == "onnxruntime":
                        one.die("ended by SIGKILL")
                fake_machine.release()

        done = run(runner, request(TINY, OTHER, engines=("onnxruntime", "openvino")), kill)

        failed = [(one.scenario.engine, one.reason) for one in done.failures]
        assert failed == [("onnxruntime", "ended by SIGKILL")] * 2
        finals = [m for m in done.measurements if m.quality == "preliminary"]
        assert [m.scenario.engine for m in finals] == ["openvino", "openvino"]

    def test_after_a_worker_was_killed_the_next_request_gets_a_new_one(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        fake_machine.dies_of["measure"] = "ended by SIGKILL"
        failed = run(runner, request(TINY, OTHER))
        fake_machine.dies_of.clear()

        done = run(runner, request())

        assert len(failed.failures) == 2
        assert names(done) == [("eager", TINY)]
        assert fake_machine.living() == fake_machine.workers[1:]

    def test_a_warm_worker_that_died_while_it_waited_is_replaced_unseen(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        run(runner, request())
        fake_machine.workers[0].die()

        done = run(runner, request())

        assert (names(done), done.failures) == ([("eager", TINY)], ())

    def test_an_engine_that_hangs_is_ended_and_that_is_said(
        self,
        runner: Runner,
        fake_machine: FakeMachine,
        monkeypatch: pytest.MonkeyPatch,
        wording: Wording,
    ) -> None:
        monkeypatch.setattr(conversation, "POLL_WORKER_S", 0.02)
        run(runner, request(TINY, OTHER, engines=("onnxruntime",)))  # both are exported now
        fake_machine.hold("round")

        def hang(update: Update) -> None:
            if isinstance(update, Measurement):
                runner.silence_limit_s = 0.05
                fake_machine.workers[-1].hang()

        done = run(runner, request(TINY, OTHER, engines=("onnxruntime",)), hang)

        assert len(done.failures) == 2
        assert "0.05 s" in done.failures[0].reason
        wording(done.failures[0].reason)
        assert [one.engine for one in fake_machine.living()] == ["eager"]
        assert machine_is_free()

    def test_a_listener_that_fails_leaves_the_machine_free_and_the_runner_usable(
        self, runner: Runner
    ) -> None:
        def fail(update: Update) -> None:
            if isinstance(update, Measurement):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run(runner, request(TINY, OTHER), fail)

        assert machine_is_free()
        assert tickets() == []
        assert names(run(runner, request())) == [("eager", TINY)]


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
    monkeypatch: pytest.MonkeyPatch, tiny_disk: Path
) -> None:
    def prepare(form: Form, folder: Path) -> float:
        with store(folder) as unfinished:
            (unfinished / form.file).write_bytes(bytes(300_000))
        return 1.0

    monkeypatch.setitem(sys.modules, "benchmarks.exports", SimpleNamespace(prepare=prepare))
    form = Form(candidate(TINY), 1)

    answer = worker._prepare(Prepare("a run", form, str(tiny_disk / "network")))

    assert isinstance(answer, NotPrepared)
    assert os.strerror(28) in answer.reason
    assert CACHE_VARIABLE in answer.reason
    assert list(tiny_disk.iterdir()) == []


@pytest.fixture
def _only_a_poke_ends_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one that is missed is seen."""
    monkeypatch.setattr(conversation, "POLL_WORKER_S", 3600.0)


class StopAt:
    """A listener that cancels at the update of this number."""

    def __init__(self, runner: Runner, number: int) -> None:
        self.stop = threading.Event()
        self._runner, self._left = runner, number

    def __call__(self, update: Update) -> None:
        self._left -= 1
        if self._left == 0:
            self.stop.set()
            self._runner.poke()


class TestCancelling:
    def test_a_request_that_was_cancelled_before_it_began_starts_nothing(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        stop = threading.Event()
        stop.set()

        done = run(runner, request(), stop=stop)

        assert (done.cancelled, done.measurements, done.failures) == (True, (), ())
        assert fake_machine.workers == []
        assert machine_is_free()

    def test_who_cancels_within_the_delay_has_started_nothing(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        stop = threading.Event()
        threading.Timer(0.05, stop.set).start()

        done = result_of(lambda: run(runner, replace(request(), delay_s=3600.0), stop=stop))

        assert done.cancelled
        assert fake_machine.workers == []
        assert tickets() == []

    def test_a_cancel_while_others_measure_gives_the_place_up(self, runner: Runner) -> None:
        lock = MachineLock(lock_folder())
        assert lock.try_acquire()
        stop = threading.Event()
        told: list[Update] = []

        def listen(update: Update) -> None:
            told.append(update)
            stop.set()

        done = run(runner, request(), listen, stop)

        assert isinstance(told[0], Waiting)
        assert (done.cancelled, done.measurements) == (True, ())
        assert tickets() == []
        lock.close()

    @pytest.mark.parametrize(
        ("engine", "number"),
        [("onnxruntime", n) for n in (1, 2, 3)] + [("eager", n) for n in (1, 2, 3, 8)],
    )
    @pytest.mark.usefixtures("_only_a_poke_ends_a_wait")
    def test_a_cancel_at_any_moment_is_obeyed_at_once(
        self, runner: Runner, fake_machine: FakeMachine, engine: str, number: int
    ) -> None:
        """Starting, loading the first network, having shown it, loading another, being in turns."""
        wanted = request(TINY, OTHER, "0.5-32-n10", engines=(engine,))
        run(runner, wanted)  # so that all is exported
        fake_machine.hold("round 2")
        listener = StopAt(runner, number)
        if engine == "eager":
            runner.close()
            runner = Runner()  # its warm worker has yet to be started

        done = result_of(lambda: run(runner, replace(wanted, id="again"), listener, listener.stop))
        runner.close()

        assert done.cancelled
        assert {m.quality for m in done.measurements} <= {"preview"}  # a first look, marked so
        assert machine_is_free()

    @pytest.mark.usefixtures("_only_a_poke_ends_a_wait")
    def test_a_cancel_by_another_thread_is_obeyed_at_once(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        """At moments that no update marks."""
        fake_machine.hold("round 2")
        for delay_ms in range(20):
            stop = threading.Event()

            def cancel(stop: threading.Event = stop) -> None:
                stop.set()
                runner.poke()

            timer = threading.Timer(delay_ms / 1e3, cancel)
            timer.start()
            done = result_of(lambda stop=stop: run(runner, request(TINY, OTHER), stop=stop))
            timer.join()

            assert done.cancelled

    def test_a_cancel_while_the_warm_worker_starts_does_not_cost_its_start(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        fake_machine.hold("ready")
        listener = StopAt(runner, 1)

        done = run(runner, request(), listener, listener.stop)
        fake_machine.release()
        again = run(runner, request())

        assert done.cancelled
        assert len(fake_machine.workers) == 1
        assert names(again) == [("eager", TINY)]

    def test_a_cancel_that_nobody_hurries_is_obeyed_after_a_while(
        self, runner: Runner, fake_machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conversation, "POLL_WORKER_S", 0.02)
        fake_machine.hold("round")
        stop = threading.Event()

        def listen(update: Update) -> None:
            if isinstance(update, Measurement):
                stop.set()

        assert result_of(lambda: run(runner, request(), listen, stop)).cancelled

    @pytest.mark.usefixtures("_only_a_poke_ends_a_wait")
    def test_a_cancel_while_a_worker_of_its_own_starts_ends_that_at_once(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        wanted = request(engines=("onnxruntime",))
        run(runner, wanted)  # so that it is exported
        fake_machine.hold("ready")
        stop = threading.Event()

        def cancel() -> None:
            assert soon(lambda: len(fake_machine.workers) == 3)
            stop.set()
            runner.poke()

        canceller = threading.Thread(target=cancel)
        canceller.start()
        done = result_of(lambda: run(runner, wanted, stop=stop))
        canceller.join()

        assert done.cancelled
        assert [one.engine for one in fake_machine.living()] == ["eager"]

    def test_what_was_timed_before_a_cancel_is_kept(
        self, runner: Runner, fake_machine: FakeMachine
    ) -> None:
        stop = threading.Event()

        def listen(update: Update) -> None:
            if isinstance(update, Measurement):
                if update.scenario.engine == "onnxruntime":
                    stop.set()
                    runner.poke()
                elif update.quality == "preliminary":
                    fake_machine.hold("round")

        done = run(runner, request(engines=("eager", "onnxruntime")), listen, stop)

        assert done.cancelled
        found = [(m.scenario.engine, m.quality) for m in done.measurements]
        assert found == [("eager", "preliminary"), ("onnxruntime", "preview")]

    def test_a_cancel_ends_a_worker_that_hangs(
        self, runner: Runner, fake_machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conversation, "CANCEL_GRACE_S", 0.1)
        monkeypatch.setattr(conversation, "POLL_WORKER_S", 0.02)
        fake_machine.hold("round")
        stop = threading.Event()
        hung: list[InProcessWorker] = []

        def hang_and_cancel(update: Update) -> None:
            if isinstance(update, Measurement):
                hung.append(fake_machine.workers[-1])
                hung[-1].hang()
                stop.set()

        done = result_of(
            lambda: run(runner, request(engines=("onnxruntime",)), hang_and_cancel, stop)
        )

        assert done.cancelled
        assert hung[0].commands == ["measure", "cancel"]
        assert not hung[0].is_alive()


BROKEN = "raise ImportError('this installation is broken')"
SILENT = "import time; time.sleep(3600)"
RAVING = "import time; print('what a library says', flush=True); time.sleep(3600)"
DEAF = """
import sys, time
print('{"kind":"ready","devices":["cpu"]}', flush=True)
sys.stdin.readline()
print('{"kind":"done","cancelled":false}', flush=True)
time.sleep(3600)
"""
FORKING = """
import os, pathlib, time
if (pid := os.fork()) == 0:
    time.sleep(3600)
file = pathlib.Path(__file__)
file.with_name("unfinished").write_text(str(pid))
file.with_name("unfinished").rename(file.with_name("pid"))
raise ImportError("no luck")
"""
StartsAs = Callable[[str], Runner]


class TestProcesses:
    """What only a process of its own does."""

    pytestmark = pytest.mark.real

    @pytest.fixture
    def starts_as(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StartsAs]:
        """A runner whose workers run this code."""
        monkeypatch.setattr(conversation, "POLL_WORKER_S", 0.02)
        monkeypatch.setattr(worker_process, "MODULE", "odd_worker")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        runner = Runner()

        def write(code: str) -> Runner:
            (tmp_path / "odd_worker.py").write_text(code)
            return runner

        yield write
        runner.close()

    @pytest.mark.parametrize("code", [BROKEN, SILENT, RAVING], ids=["broken", "silent", "raving"])
    def test_a_worker_that_does_not_start_is_a_failure_in_words(
        self, starts_as: StartsAs, code: str, wording: Wording
    ) -> None:
        runner = starts_as(code)
        runner.silence_limit_s = 0.05 if code == SILENT else 60.0

        done = run(runner, request())

        (failure,) = done.failures
        wording(failure.reason)
        assert workers() == []
        assert machine_is_free()

    @posix
    def test_a_hung_worker_that_does_not_even_read_is_ended_too(self, starts_as: StartsAs) -> None:
        """What it is told no longer fits into its pipe."""
        runner = starts_as(DEAF)
        run(runner, request())
        many = [f"0.25-32-n{classes}" for classes in range(100, 100 + MAX_CANDIDATES)]
        runner.silence_limit_s = 0.05

        done = result_of(lambda: run(runner, request(*many)))

        assert len(done.failures) == MAX_CANDIDATES
        assert "0.05 s" in done.failures[0].reason
        assert workers() == []

    @posix
    def test_what_a_library_has_started_ends_with_its_worker(
        self, starts_as: StartsAs, tmp_path: Path
    ) -> None:
        """Else it would hold the worker's pipes, and the machine, when the worker is long gone."""
        runner, started = starts_as(FORKING), tmp_path / "pid"

        def end_it_once_it_has_forked() -> None:
            assert soon(started.exists)
            runner.silence_limit_s = 0.05

        watcher = threading.Thread(target=end_it_once_it_has_forked)
        watcher.start()
        done = result_of(lambda: run(runner, request()))
        watcher.join()

        assert len(done.failures) == 1
        pid = int(started.read_text())
        assert soon(lambda: not psutil.pid_exists(pid) or has_ended(psutil.Process(pid)))
        assert machine_is_free()

    @pytest.fixture(scope="class")
    @staticmethod
    def process_runner() -> Iterator[Runner]:
        """Its workers are fakes in processes of their own."""
        with processes():
            runner = Runner()
            yield runner
            runner.close()

    @posix
    def test_a_worker_does_not_hear_the_interrupt_that_is_meant_for_its_supervisor(
        self, process_runner: Runner
    ) -> None:
        run(process_runner, request())
        before = workers()

        for one in before:
            one.send_signal(signal.SIGINT)
        done = run(process_runner, request())

        assert len(before) == 1
        assert workers() == before
        assert names(done) == [("eager", TINY)]

    @posix
    def test_the_process_of_a_warm_worker_that_was_killed_is_replaced_unseen(
        self, process_runner: Runner
    ) -> None:
        run(process_runner, request())
        threads = threading.active_count()
        (idle,) = workers()
        idle.send_signal(signal.SIGKILL)
        assert soon(lambda: threading.active_count() < threads)  # nobody listens to it any more

        done = run(process_runner, request())

        assert (names(done), done.failures) == ([("eager", TINY)], ())
        assert idle not in workers()

    @pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
    def test_many_runs_leave_no_file_no_thread_and_no_process(self, process_runner: Runner) -> None:
        def counted() -> tuple[int, int, int]:
            me = psutil.Process()
            return me.num_fds(), threading.active_count(), len(me.children())

        run(process_runner, request(engines=("onnxruntime",)))
        before = counted()

        for _ in range(5):
            run(process_runner, request())
        for number in (1, 3):
            listener = StopAt(process_runner, number)
            run(process_runner, request(engines=("onnxruntime",)), listener, listener.stop)

        # Fewer: what another test had left may have ended meanwhile.
        assert soon(lambda: all(map(operator.le, counted(), before)))

    def test_a_worker_starts_from_any_folder_whatever_lies_there(self, tmp_path: Path) -> None:
        (tmp_path / "benchmarks").mkdir()
        (tmp_path / "benchmarks" / "__init__.py").write_text("raise ImportError('not ours')")
        (tmp_path / "random.py").write_text("raise ImportError('not ours')")
        code = (
            "from tests.fake_worker import processes\nfrom tests.jobs import *\n"
            "with processes():\n    runner = Runner()\n"
            "    done = run(runner, request())\n    runner.close()\n"
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

        assert done.stdout.strip() == "[('eager', '0.25-32-n10')] ()", done.stderr

    @posix
    def test_the_machine_stays_taken_until_a_killed_supervisors_worker_is_gone(self) -> None:
        """The worker ends when its supervisor does; until then nobody else may measure."""
        code = (
            "from tests.fake_worker import machine_of_environment, processes\n"
            "from tests.jobs import *\n"
            "with processes(machine_of_environment()):\n"
            "    run(Runner(), request(), lambda u: print('x', flush=True))"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | environment(FakeMachine(holds={"round"})),
            stdout=subprocess.PIPE,
        ) as supervisor:
            assert supervisor.stdout is not None
            for _ in range(3):  # starting, loading, the first look
                supervisor.stdout.readline()
            (one,) = psutil.Process(supervisor.pid).children()
            one.suspend()  # so that it cannot end

            supervisor.kill()
            supervisor.wait()

            assert not soon(machine_is_free, within_s=0.3)
            one.resume()
            assert soon(machine_is_free)


class TestRequests:
    """What this machine cannot run is refused before anything starts."""

    @pytest.fixture(autouse=True)
    def _machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        four, free = replace(read_machine(), usable_cpus=4), MachineState(0.0, 8_000_000_000)
        monkeypatch.setattr(request_module, "read_machine", lambda: four)
        monkeypatch.setattr(request_module, "read_state", lambda: free)

    def asked(self, *networks: str, **settings: object) -> Request:
        candidates = tuple(candidate(network) for network in networks)
        scenario = Scenario(**settings)  # type: ignore[arg-type]
        return Request("x", candidates, (scenario,), "quick", "measured")

    def test_more_threads_than_cpus_are_refused_with_what_there_is(self, wording: Wording) -> None:
        assert self.asked(TINY, threads=4)
        with pytest.raises(ScenarioError) as refused:
            self.asked(TINY, threads=5)
        assert "1 to 4" in str(refused.value)
        wording(refused.value)

    @pytest.mark.parametrize("engine", ["eager", "onnxruntime"])
    def test_a_batch_that_cannot_fit_is_refused_with_figures_and_the_way_out(
        self, engine: str, wording: Wording
    ) -> None:
        with pytest.raises(ScenarioError) as refused:
            self.asked("2.0-1024", engine=engine, batch=1024)
        wording(refused.value)

        fits = int(str(refused.value).rsplit(" ", 1)[1].rstrip("."))
        assert self.asked("2.0-1024", engine=engine, batch=fits)
        with pytest.raises(ScenarioError):
            self.asked("2.0-1024", engine=engine, batch=fits + 1)

    def test_networks_that_fit_one_by_one_may_not_fit_together_where_all_stay_loaded(
        self, wording: Wording
    ) -> None:
        grid = [f"1.0-{side}" for side in range(193, 225)]
        largest = candidate("1.0-224").peak_activation_bytes
        assert largest is not None
        batch = 8_000_000_000 // (10 * largest)

        assert self.asked("1.0-224", engine="openvino", batch=batch)
        assert self.asked(*grid, engine="eager", batch=batch)
        with pytest.raises(ScenarioError) as refused:
            self.asked(*grid, engine="openvino", batch=batch)
        wording(refused.value)

    @pytest.mark.parametrize("count", [0, MAX_CANDIDATES + 1])
    def test_too_few_and_too_many_networks_are_refused(self, count: int, wording: Wording) -> None:
        with pytest.raises(ScenarioError) as refused:
            self.asked(*(f"0.25-32-n{classes}" for classes in range(1, count + 1)))
        assert f"1 to {MAX_CANDIDATES}" in str(refused.value)
        wording(refused.value)

    def test_no_engine_and_an_unknown_engine_are_refused_with_the_known_ones(
        self, wording: Wording
    ) -> None:
        with pytest.raises(ScenarioError) as none:
            Request("x", (candidate(TINY),), (), "quick", "measured")
        with pytest.raises(ScenarioError) as unknown:
            self.asked(TINY, engine="tflite")
        wording(none.value)
        wording(unknown.value)
