"""The queue of the page: all tabs' jobs, what becomes of them, and what they found."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from benchmarks.jobs.learning import Photograph, Recognising, Scoring, Training
from benchmarks.jobs.machine_queue import MachineLock, Ticket, lock_folder
from benchmarks.jobs.manager import KEPT_JOBS, JobManager, JobView
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Listener
from benchmarks.results import Run
from benchmarks.scenarios import Scenario
from benchmarks.training.order import Examination, Named, Order
from benchmarks.training.record import RECORD, TRAINED_VARIABLE, kept
from benchmarks.training.scores import kept_scores
from mobilenet.tasks.recipe import Recipe
from tests.jobs import LONG, MANY, machine_is_free, request, tickets, workers
from tests.talk import ROOT, TINY, exported
from tests.waiting import has_ended, soon

TIMEOUT_S = 90.0  # a training imports torch first, maybe on a busy machine
AT_ONCE_S = 3.0  # also on a machine that is busy with other tests


@pytest.fixture(scope="module")
def kept_manager() -> Iterator[JobManager]:
    """Its warm worker is imported once for all tests that do it no harm."""
    manager = JobManager(Runner())
    yield manager
    manager.close()


@pytest.fixture
def manager(kept_manager: JobManager) -> Iterator[JobManager]:
    """Idle when a test gets it and when the test is over."""
    yield kept_manager
    for view in kept_manager.jobs():
        kept_manager.cancel(view.request.id)
    assert soon(lambda: not any(view.is_live for view in kept_manager.jobs()))


@pytest.fixture
def other_measures() -> Iterator[MachineLock]:
    """Somebody else holds the machine until the test is over, or until it is released."""
    lock = MachineLock(lock_folder())
    assert soon(lock.try_acquire)
    ticket = Ticket(lock_folder(), "Measure something else")
    yield lock
    ticket.leave()
    lock.close()


def end_of(manager: JobManager, job_id: str) -> JobView:
    view = manager.wait_for(job_id, TIMEOUT_S)
    assert not view.is_live
    return view


def started(manager: JobManager, job_id: str) -> bool:
    """Whether the first time has come in: then it is being measured, not only prepared."""
    return view_of(manager, job_id).fraction > 0


def view_of(manager: JobManager, job_id: str) -> JobView:
    return next(view for view in manager.jobs() if view.request.id == job_id)


def long(title: str = "long", *, owner: str = "") -> Request:
    return request(*MANY, preset=LONG, title=title, owner=owner)


def preview(network: str = TINY, *, owner: str) -> Request:
    return request(network, quality="preview", owner=owner)


def test_a_job_waits_runs_and_is_done_and_its_result_is_there(manager: JobManager) -> None:
    before = manager.version

    done = end_of(manager, manager.submit(request("0.25-32-n11")))

    assert (done.state, done.fraction, done.failures, done.problem) == ("done", 1.0, (), None)
    assert manager.collection().get(done.request.candidates[0], Scenario()) is not None
    assert manager.version > before


def test_what_was_found_is_there_for_every_tab(manager: JobManager) -> None:
    end_of(manager, manager.submit(preview("0.25-32-n12", owner="one tab")))
    end_of(manager, manager.submit(preview("0.25-32-n13", owner="another")))

    found = manager.collection().best

    assert {("0.25-32-n12", Scenario()), ("0.25-32-n13", Scenario())} <= found.keys()


def test_results_are_shown_while_a_job_still_runs(manager: JobManager) -> None:
    job = long()
    manager.submit(job)

    assert soon(lambda: manager.collection().get(job.candidates[1], Scenario()) is not None, 15)
    assert view_of(manager, job.id).state == "running"


def test_jobs_run_in_the_order_in_which_they_came(
    manager: JobManager, other_measures: MachineLock
) -> None:
    jobs = [manager.submit(request(title=title)) for title in "abc"]

    assert soon(lambda: [view.ahead for view in manager.jobs()[-3:]] == [1, 2, 3])
    assert {view.first for view in manager.jobs()[-3:]} == {"Measure something else"}
    assert [manager.wait_for(job, 0).state for job in jobs[1:]] == ["queued", "queued"]


def test_a_newer_preview_takes_the_place_of_its_owners_earlier_one_at_once(
    manager: JobManager,
) -> None:
    old = manager.submit(request(*MANY, preset=LONG, quality="preview", owner="tab"))
    assert soon(lambda: started(manager, old), 15)
    start = time.monotonic()

    new = manager.submit(preview(owner="tab"))

    assert end_of(manager, old).state == "replaced"
    assert time.monotonic() - start < AT_ONCE_S
    assert end_of(manager, new).state == "done"


def test_a_slider_that_is_dragged_ends_with_a_preview_of_where_it_stopped(
    manager: JobManager,
) -> None:
    jobs = []
    for classes in range(100, 115):
        jobs.append(manager.submit(preview(f"0.25-32-n{classes}", owner="tab")))
        time.sleep(0.02)  # as a hand does

    states = [end_of(manager, job).state for job in jobs]

    assert states[-1] == "done"
    assert set(states[:-1]) <= {"done", "replaced"}
    assert states.count("replaced") > 5


def test_previews_of_other_tabs_and_proper_measurements_are_not_replaced(
    manager: JobManager, other_measures: MachineLock
) -> None:
    mine = manager.submit(preview(owner="tab"))
    others = manager.submit(preview(owner="another tab"))
    nobodys = manager.submit(request(quality="preview"))
    proper = manager.submit(request(owner="tab", quality="preliminary"))

    manager.submit(preview(owner="tab"))

    states = [manager.wait_for(job, 0).state for job in (others, nobodys, proper)]
    assert end_of(manager, mine).state == "replaced"
    assert states == ["queued", "queued", "queued"]


def test_a_waiting_job_that_is_cancelled_gives_its_place_up_at_once(
    manager: JobManager, other_measures: MachineLock
) -> None:
    running, waiting = manager.submit(long()), manager.submit(long())
    places = len(tickets())

    manager.cancel(waiting)

    assert manager.wait_for(waiting, 0).state == "cancelled"
    assert len(tickets()) == places - 1
    manager.cancel(running)
    assert end_of(manager, running).state == "cancelled"


def test_a_running_job_that_is_cancelled_ends_at_once(manager: JobManager) -> None:
    job = manager.submit(long())
    assert soon(lambda: started(manager, job), 15)
    start = time.monotonic()

    manager.cancel(job)

    assert end_of(manager, job).state == "cancelled"
    assert time.monotonic() - start < AT_ONCE_S
    assert soon(machine_is_free, within_s=1)


def test_cancelling_what_has_ended_or_never_was_changes_nothing(manager: JobManager) -> None:
    job = manager.submit(request())
    done = end_of(manager, job)

    manager.cancel(job)
    manager.cancel("no such job")

    assert view_of(manager, job) == done


def test_jobs_that_ended_long_ago_are_forgotten_and_live_ones_are_not(
    manager: JobManager, other_measures: MachineLock
) -> None:
    first = manager.submit(request(title="the first"))
    for _ in range(2 * KEPT_JOBS):
        manager.cancel(manager.submit(request()))

    views = manager.jobs()

    assert len(views) <= KEPT_JOBS
    assert view_of(manager, first).is_live


def test_many_threads_may_use_it_at_once(manager: JobManager, other_measures: MachineLock) -> None:
    """As tabs do; each sees its own job end as it asked for."""
    problems: list[str] = []

    def use() -> None:
        for _ in range(KEPT_JOBS // 4):  # together no more than are remembered
            job = manager.submit(request())
            manager.jobs()
            manager.cancel(job)
            state = manager.wait_for(job, TIMEOUT_S).state
            if state != "cancelled":
                problems.append(state)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_worker_that_is_killed_fails_its_job_and_the_next_one_works(manager: JobManager) -> None:
    job = manager.submit(long())
    assert soon(lambda: started(manager, job), 15)

    for worker in workers():
        worker.send_signal(signal.SIGKILL)

    failed = end_of(manager, job)
    assert failed.state == "done"
    assert len(failed.failures) == len(MANY)
    assert end_of(manager, manager.submit(request())).failures == ()


OTHER_PROCESS = """
import sys
from benchmarks.jobs.manager import JobManager
from benchmarks.jobs.runner import Runner
from tests.jobs import *
manager = JobManager(Runner())
job = manager.submit(request(*MANY, engines=("onnxruntime",), preset=LONG, title="Theirs"))
print("submitted", flush=True)
sys.stdin.readline()
manager.close()
print("closed", flush=True)
"""


def test_two_servers_queue_up_behind_each_other_and_see_what_the_other_does(
    manager: JobManager,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "submitted\n"
        assert soon(lambda: not machine_is_free())

        job = manager.submit(request())

        assert soon(lambda: view_of(manager, job).first == "Theirs")
        assert view_of(manager, job).ahead == 1
        other.stdin.write("\n")
        other.stdin.flush()
        assert end_of(manager, job).state == "done"


def test_a_place_that_cannot_be_had_is_said_and_leaves_no_job(
    manager: JobManager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOBILENET_BENCH_LOCKS", str(tmp_path / "file"))
    before = manager.jobs()

    with pytest.raises(OSError, match="set MOBILENET_BENCH_LOCKS to a folder"):
        manager.submit(request(owner="tab", quality="preview"))

    assert manager.jobs() == before


def test_a_job_that_cannot_start_says_why_and_the_next_one_runs(
    manager: JobManager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        failed = end_of(manager, manager.submit(request(fresh=True)))

    assert failed.state == "done"
    assert failed.problem == "could not be started: No such file or directory"
    assert end_of(manager, manager.submit(request())).problem is None


class FaultyRunner(Runner):
    """As if the runner had a fault that nobody has found yet."""

    def run(self, request: Request, ticket: Ticket, listen: Listener, stop: threading.Event) -> Run:
        if request.title == "faulty":
            ticket.leave()
            raise ZeroDivisionError("by zero")
        return super().run(request, ticket, listen, stop)


def test_a_fault_of_the_program_ends_one_job_and_not_the_queue(
    capfd: pytest.CaptureFixture[str],
) -> None:
    exported()
    manager = JobManager(FaultyRunner())

    failed = end_of(manager, manager.submit(request(title="faulty")))
    done = end_of(manager, manager.submit(request(engines=("onnxruntime",))))
    manager.close()

    assert failed.problem == "ended by a fault of this program: ZeroDivisionError: by zero"
    assert done.problem is None
    assert "Traceback" in capfd.readouterr().err


def test_closing_ends_everything_and_leaves_nothing_behind() -> None:
    before, threads = workers(), threading.active_count()
    manager = JobManager(Runner())
    running, waiting = manager.submit(long()), manager.submit(long())
    assert soon(lambda: started(manager, running), 15)
    (worker,) = [worker for worker in workers() if worker not in before]

    manager.close()

    states = {view.request.id: view.state for view in manager.jobs()}
    assert states == {running: "cancelled", waiting: "cancelled"}
    assert has_ended(worker)
    assert tickets() == []
    assert machine_is_free()
    assert threading.active_count() == threads


def test_a_closed_manager_takes_no_job_and_no_place() -> None:
    manager = JobManager(Runner())
    manager.close()
    manager.close()  # as a server that reloads may do

    job = manager.submit(request())

    assert manager.wait_for(job, 0).state == "cancelled"
    assert tickets() == []


LEAVES = """
import sys
import benchmarks.jobs.manager as jobs
from tests.jobs import *
manager = jobs.JobManager(Runner())
manager.submit(request(*MANY, preset=LONG))
while not workers() or not manager.collection().best:
    pass
print(workers()[0].pid, flush=True)
"""


def test_a_server_that_ends_without_a_word_leaves_no_worker_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        worker = psutil.Process(int(server.stdout.readline()))
        _, errors = server.communicate(timeout=10)

    assert soon(lambda: has_ended(worker), within_s=2)
    assert (server.returncode, errors) == (0, b"")


class TestLearning:
    """Networks are trained and scored in the queue of the measurements."""

    @pytest.fixture(scope="class")
    @staticmethod
    def order(tmp_path_factory: pytest.TempPathFactory) -> Order:
        folder = str(tmp_path_factory.mktemp("run"))
        return Order(0.05, 32, "digits", folder, Recipe(epochs=1, batch=128))

    def test_a_training_is_told_as_it_goes_and_its_weights_can_be_scored(
        self, manager: JobManager, order: Order
    ) -> None:
        before = manager.version
        done = end_of(manager, manager.submit(Training("Train", (order,), 1)))
        assert (done.state, done.problem) == ("done", None)
        assert manager.version > before

        ways = (Scenario(batch=32), Scenario(engine="channels_last", batch=32))
        examination = Examination(str(order.weights), "digits", ways)
        done = end_of(manager, manager.submit(Scoring("Score", examination)))

        assert (done.state, done.problem) == ("done", None)
        scored = kept_scores(order.weights)
        assert scored is not None
        eager, other = scored.answered
        assert eager.score == other.score
        assert eager.score is not None
        assert eager.score.total == 540

    def test_a_training_that_is_cancelled_keeps_its_epochs_and_frees_the_machine(
        self,
        manager: JobManager,
        order: Order,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        long = replace(order, folder=str(tmp_path), recipe=replace(order.recipe, epochs=1000))
        job = manager.submit(Training("Train", (long,), 1))
        assert soon((tmp_path / RECORD).exists, TIMEOUT_S)

        manager.cancel(job)

        assert end_of(manager, job).state == "cancelled"
        assert soon(machine_is_free)
        monkeypatch.setenv(TRAINED_VARIABLE, str(tmp_path.parent))
        (record,) = (one for one in kept().records if one.order.folder == str(tmp_path))
        assert 0 < len(record.epochs) < 1000

    def test_what_cannot_be_trained_or_scored_says_why_and_the_next_job_runs(
        self, manager: JobManager, order: Order, tmp_path: Path
    ) -> None:
        nothing = replace(order, data=str(tmp_path / "nothing"), folder=str(tmp_path / "run"))
        trained = end_of(manager, manager.submit(Training("Train", (nothing,), 1)))
        asked = Examination(str(tmp_path / "none.safetensors"), "digits", (Scenario(),))
        scored = end_of(manager, manager.submit(Scoring("Score", asked)))

        assert trained.problem is not None
        assert "nothing" in trained.problem
        assert scored.problem is not None
        assert "none.safetensors" in scored.problem
        assert end_of(manager, manager.submit(request("0.25-32-n14"))).problem is None

    def test_a_photograph_is_answered_and_then_forgotten(
        self, manager: JobManager, order: Order
    ) -> None:
        content = BytesIO()
        Image.new("RGB", (40, 30), "white").save(content, "PNG")
        photograph = Photograph("mine.png", content.getvalue())
        networks = (Named(str(order.weights)), Named("/nowhere/weights.safetensors"))

        job = Recognising("Recognise", photograph, networks)
        done = end_of(manager, manager.submit(job))

        assert (done.state, done.problem) == ("done", None)
        answer, none = done.recognised
        assert len(answer.guesses) == 5
        assert none.reason is not None
        assert "nowhere" in none.reason
        assert isinstance(done.request, Recognising)
        assert done.request.photograph.content == b""
        assert done.request.photograph.digest == photograph.digest

    def test_what_is_no_photograph_is_called_by_its_name(
        self, manager: JobManager, order: Order
    ) -> None:
        wrong = Recognising("Look", Photograph("mine.png", b"!"), (Named(str(order.weights)),))

        done = end_of(manager, manager.submit(wrong))

        assert done.problem is not None
        assert done.problem.startswith("mine.png is no image")

    def test_a_photograph_whose_turn_never_came_is_forgotten_too(
        self, manager: JobManager, order: Order, other_measures: MachineLock
    ) -> None:
        job = Recognising("Look", Photograph("mine.png", b"?"), (Named(str(order.weights)),))

        manager.cancel(manager.submit(job))

        (view,) = (view for view in manager.jobs() if view.request.id == job.id)
        assert isinstance(view.request, Recognising)
        assert view.request.photograph.content == b""

    def test_it_waits_for_what_is_measured(
        self, manager: JobManager, order: Order, other_measures: MachineLock
    ) -> None:
        job = manager.submit(Training("Train", (order,), 1))

        assert soon(lambda: view_of(manager, job).first == "Measure something else")
        manager.cancel(job)
        assert end_of(manager, job).state == "cancelled"
