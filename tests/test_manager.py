"""The queue of the page: all tabs' jobs, what becomes of them, and what they found."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.jobs import runner as runner_module
from benchmarks.jobs.learning import Photograph, Recognising, Scoring, Training
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE, MachineLock, Ticket, lock_folder
from benchmarks.jobs.manager import KEPT_JOBS, JobManager, JobView
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Listener
from benchmarks.jobs.worker_process import WorkerProcess
from benchmarks.results import Run
from benchmarks.scenarios import Scenario
from benchmarks.training.order import Examination, Named, Order
from benchmarks.training.record import TRAINED_VARIABLE, kept
from benchmarks.training.scores import kept_scores
from mobilenet.tasks.recipe import Recipe
from tests.fake_worker import FakeMachine, environment
from tests.jobs import machine_is_free, request, tickets
from tests.talk import ROOT, TINY
from tests.waiting import LIMIT_S, has_ended, soon

OTHER = "0.25-64-n10"


@pytest.fixture
def manager(fake_machine: FakeMachine) -> Iterator[JobManager]:
    manager = JobManager(Runner())
    yield manager
    manager.close()


@pytest.fixture
def other_measures() -> Iterator[MachineLock]:
    """Another program holds the machine until the test is over, or until it is released."""
    lock = MachineLock(lock_folder())
    assert lock.try_acquire()
    ticket = Ticket(lock_folder(), "Measure something else")
    yield lock
    ticket.leave()
    lock.close()


def end_of(manager: JobManager, job_id: str) -> JobView:
    view = manager.wait_for(job_id, LIMIT_S)
    assert not view.is_live
    return view


def started(manager: JobManager, job_id: str) -> bool:
    """Whether the first time has come in: then it is being measured, not only prepared."""
    return view_of(manager, job_id).fraction > 0


def view_of(manager: JobManager, job_id: str) -> JobView:
    return next(view for view in manager.jobs() if view.request.id == job_id)


def two(title: str = "two", *, owner: str = "", network: str = TINY) -> Request:
    """It has begun once the second network loads."""
    return request(network, OTHER, title=title, owner=owner, quality="preview")


def preview(network: str = TINY, *, owner: str) -> Request:
    return request(network, quality="preview", owner=owner)


def test_a_job_waits_runs_and_is_done_and_its_result_is_there(manager: JobManager) -> None:
    before = manager.version

    done = end_of(manager, manager.submit(request()))

    assert (done.state, done.fraction, done.failures, done.problem) == ("done", 1.0, (), None)
    assert manager.collection().get(done.request.candidates[0], Scenario()) is not None
    assert manager.version > before


def test_what_was_found_is_there_for_every_tab(manager: JobManager) -> None:
    end_of(manager, manager.submit(preview(TINY, owner="one tab")))
    end_of(manager, manager.submit(preview(OTHER, owner="another")))

    assert {(TINY, Scenario()), (OTHER, Scenario())} == manager.collection().best.keys()


def test_results_are_shown_while_a_job_still_runs(
    manager: JobManager, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("round")
    job = two()
    manager.submit(job)

    assert soon(lambda: manager.collection().get(job.candidates[1], Scenario()) is not None)
    assert view_of(manager, job.id).state == "running"


def test_jobs_run_in_the_order_in_which_they_came(
    manager: JobManager, other_measures: MachineLock
) -> None:
    jobs = [manager.submit(request(title=title)) for title in "abc"]

    assert soon(lambda: [view.ahead for view in manager.jobs()] == [1, 2, 3])
    assert {view.first for view in manager.jobs()} == {"Measure something else"}
    assert [manager.wait_for(job, 0).state for job in jobs[1:]] == ["queued", "queued"]


def test_jobs_end_in_the_order_in_which_they_came(
    manager: JobManager, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("round")
    jobs = [manager.submit(request(title=title)) for title in "abc"]
    fake_machine.release()

    assert [end_of(manager, job).state for job in jobs] == ["done", "done", "done"]
    assert [run for run in manager.collection().runs if run in jobs] == jobs


def test_a_newer_preview_takes_the_place_of_its_owners_earlier_one(
    manager: JobManager, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("round")
    old = manager.submit(two(owner="tab"))
    assert soon(lambda: started(manager, old))

    new = manager.submit(preview(owner="tab"))

    assert end_of(manager, old).state == "replaced"
    fake_machine.release()
    assert end_of(manager, new).state == "done"


def test_a_slider_that_is_dragged_ends_with_a_preview_of_where_it_stopped(
    manager: JobManager, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("round")
    jobs = [
        manager.submit(preview(f"0.25-32-n{classes}", owner="tab")) for classes in range(100, 115)
    ]
    states = [end_of(manager, job).state for job in jobs[:-1]]
    fake_machine.release()

    assert states == ["replaced"] * 14
    assert end_of(manager, jobs[-1]).state == "done"


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
    assert set(states) <= {"queued", "running"}


def test_a_waiting_job_that_is_cancelled_gives_its_place_up_at_once(
    manager: JobManager, other_measures: MachineLock
) -> None:
    first, waiting = manager.submit(two()), manager.submit(two())
    assert soon(lambda: view_of(manager, first).state == "running")
    places = len(tickets())

    manager.cancel(waiting)

    assert manager.wait_for(waiting, 0).state == "cancelled"
    assert len(tickets()) == places - 1
    manager.cancel(first)
    assert end_of(manager, first).state == "cancelled"


def test_a_running_job_that_is_cancelled_ends(
    manager: JobManager, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("round")
    job = manager.submit(two())
    assert soon(lambda: started(manager, job))

    manager.cancel(job)

    assert end_of(manager, job).state == "cancelled"
    assert machine_is_free()


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
    states: list[str] = []

    def use() -> None:
        for _ in range(KEPT_JOBS // 4):  # together no more than are remembered
            job = manager.submit(request())
            manager.jobs()
            manager.cancel(job)
            states.append(manager.wait_for(job, LIMIT_S).state)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert states == ["cancelled"] * KEPT_JOBS


def test_a_worker_that_is_killed_fails_its_job_and_the_next_one_works(
    manager: JobManager, fake_machine: FakeMachine
) -> None:
    fake_machine.dies_of["measure"] = "ended by SIGKILL"
    failed = end_of(manager, manager.submit(two()))
    fake_machine.dies_of.clear()

    assert failed.state == "done"
    assert [one.reason for one in failed.failures] == ["ended by SIGKILL"] * 2
    assert end_of(manager, manager.submit(request())).failures == ()


OTHER_PROCESS = """
import sys
from benchmarks.jobs.manager import JobManager
from tests.fake_worker import FakeMachine, installed
from tests.jobs import *
with installed(FakeMachine(holds={"round"})):
    manager = JobManager(Runner())
    manager.submit(request(title="Theirs"))
    while machine_is_free():
        pass
    print("measuring", flush=True)
    sys.stdin.readline()
    manager.close()
"""


@pytest.mark.real
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
        assert other.stdout.readline() == "measuring\n"

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
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file"))

    with pytest.raises(OSError, match=FOLDER_VARIABLE):
        manager.submit(request(owner="tab", quality="preview"))

    assert manager.jobs() == ()


def test_a_job_that_cannot_start_says_why_and_the_next_one_runs(
    manager: JobManager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:  # no process comes about
        patch.setattr(runner_module, "WorkerProcess", WorkerProcess)
        patch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        failed = end_of(manager, manager.submit(request()))

    assert failed.state == "done"
    assert failed.problem is not None
    assert failed.problem.endswith(os.strerror(2))
    assert end_of(manager, manager.submit(request())).problem is None


class FaultyRunner(Runner):
    """As if the runner had a fault that nobody has found yet."""

    def run(self, request: Request, ticket: Ticket, listen: Listener, stop: threading.Event) -> Run:
        if request.title == "faulty":
            ticket.leave()
            raise ZeroDivisionError("by zero")
        return super().run(request, ticket, listen, stop)


@pytest.mark.usefixtures("fake_machine")
def test_a_fault_of_the_program_ends_one_job_and_not_the_queue(
    capfd: pytest.CaptureFixture[str],
) -> None:
    manager = JobManager(FaultyRunner())

    failed = end_of(manager, manager.submit(request(title="faulty")))
    done = end_of(manager, manager.submit(request()))
    manager.close()

    assert failed.problem is not None
    assert failed.problem.endswith("ZeroDivisionError: by zero")
    assert done.problem is None
    assert "Traceback" in capfd.readouterr().err


def test_closing_ends_everything_and_leaves_nothing_behind(fake_machine: FakeMachine) -> None:
    fake_machine.hold("round")
    threads = threading.active_count()
    manager = JobManager(Runner())
    running, waiting = manager.submit(two()), manager.submit(two())
    assert soon(lambda: started(manager, running))

    manager.close()

    states = {view.request.id: view.state for view in manager.jobs()}
    assert states == {running: "cancelled", waiting: "cancelled"}
    assert fake_machine.living() == []
    assert tickets() == []
    assert machine_is_free()
    assert threading.active_count() <= threads


@pytest.mark.usefixtures("fake_machine")
def test_a_closed_manager_takes_no_job_and_no_place() -> None:
    manager = JobManager(Runner())
    manager.close()
    manager.close()  # as a server that reloads may do

    job = manager.submit(request())

    assert manager.wait_for(job, 0).state == "cancelled"
    assert tickets() == []


LEAVES = """
from benchmarks.jobs import worker_process
from benchmarks.jobs.manager import JobManager
from tests.jobs import *
from tests.waiting import soon
worker_process.MODULE = "tests.fake_worker"
manager = JobManager(Runner())
manager.submit(request())
assert soon(lambda: manager.collection().best)
print(workers()[0].pid, flush=True)
"""


@pytest.mark.real
def test_a_server_that_ends_without_a_word_leaves_no_worker_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES],
        cwd=ROOT,
        env=os.environ | environment(FakeMachine(holds={"round"})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        worker = psutil.Process(int(server.stdout.readline()))
        _, errors = server.communicate(timeout=LIMIT_S)

    assert soon(lambda: has_ended(worker))
    assert (server.returncode, errors) == (0, b"")


class TestLearning:
    """Networks are trained and scored in the queue of the measurements."""

    @pytest.fixture
    def order(self, tmp_path: Path) -> Order:
        return Order(0.05, 32, "digits", str(tmp_path / "run"), Recipe(epochs=3, batch=128))

    def trained(self, manager: JobManager, order: Order) -> JobView:
        return end_of(manager, manager.submit(Training("Train", (order,), 1)))

    def test_a_training_is_told_as_it_goes_and_its_weights_can_be_scored(
        self, manager: JobManager, order: Order
    ) -> None:
        before = manager.version
        done = self.trained(manager, order)
        assert (done.state, done.problem) == ("done", None)
        assert manager.version >= before + order.recipe.epochs

        ways = (Scenario(batch=32), Scenario(engine="channels_last", batch=32))
        examination = Examination(str(order.weights), "digits", ways)
        done = end_of(manager, manager.submit(Scoring("Score", examination)))

        assert (done.state, done.problem) == ("done", None)
        scored = kept_scores(order.weights)
        assert scored is not None
        assert [one.way for one in scored.answered] == list(ways)

    def test_a_training_that_is_cancelled_keeps_its_epochs_and_frees_the_machine(
        self,
        manager: JobManager,
        fake_machine: FakeMachine,
        order: Order,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        fake_machine.hold("epoch 3")
        job = manager.submit(Training("Train", (order,), 1))
        assert soon(lambda: view_of(manager, job).phase == "Epoch 2 of 3")

        manager.cancel(job)

        assert end_of(manager, job).state == "cancelled"
        assert machine_is_free()
        monkeypatch.setenv(TRAINED_VARIABLE, str(Path(order.folder).parent))
        (record,) = kept().records
        assert len(record.epochs) == 2

    def test_what_cannot_be_trained_or_scored_says_why_and_the_next_job_runs(
        self, manager: JobManager, fake_machine: FakeMachine, order: Order
    ) -> None:
        fake_machine.declines |= {"train": "no images", "examine": "no weights"}
        trained = self.trained(manager, order)
        examination = Examination(str(order.weights), "digits", (Scenario(),))
        scored = end_of(manager, manager.submit(Scoring("Score", examination)))

        assert (trained.state, trained.problem) == ("done", "no images")
        assert (scored.state, scored.problem) == ("done", "no weights")
        assert end_of(manager, manager.submit(request())).problem is None

    def test_a_worker_that_dies_while_it_trains_says_so(
        self, manager: JobManager, fake_machine: FakeMachine, order: Order
    ) -> None:
        fake_machine.dies_of["train"] = "ended by SIGKILL"

        problem = self.trained(manager, order).problem

        assert problem is not None
        assert problem.startswith("ended by SIGKILL")

    def test_a_photograph_is_answered_and_then_forgotten(self, manager: JobManager) -> None:
        photograph = Photograph("mine.png", b"a picture")
        networks = (Named("one.safetensors"), Named("another.safetensors"))

        done = end_of(manager, manager.submit(Recognising("Look", photograph, networks)))

        assert (done.state, done.problem) == ("done", None)
        assert [one.network for one in done.recognised] == list(networks)
        assert isinstance(done.request, Recognising)
        assert done.request.photograph.content == b""
        assert done.request.photograph.digest == photograph.digest

    def test_a_photograph_that_cannot_be_read_is_a_problem_of_its_job(
        self, manager: JobManager, fake_machine: FakeMachine
    ) -> None:
        fake_machine.declines["recognise"] = "mine.png is no image"
        wrong = Recognising("Look", Photograph("mine.png", b"!"), (Named("one.safetensors"),))

        assert end_of(manager, manager.submit(wrong)).problem == "mine.png is no image"

    @pytest.mark.usefixtures("other_measures")
    def test_a_photograph_whose_turn_never_came_is_forgotten_too(self, manager: JobManager) -> None:
        job = Recognising("Look", Photograph("mine.png", b"?"), (Named("one.safetensors"),))

        manager.cancel(manager.submit(job))

        assert soon(lambda: not view_of(manager, job.id).is_live)
        view = view_of(manager, job.id)
        assert isinstance(view.request, Recognising)
        assert view.request.photograph.content == b""

    @pytest.mark.usefixtures("other_measures")
    def test_it_waits_for_what_is_measured(self, manager: JobManager, order: Order) -> None:
        job = manager.submit(Training("Train", (order,), 1))

        assert soon(lambda: view_of(manager, job).first == "Measure something else")
        manager.cancel(job)
        assert end_of(manager, job).state == "cancelled"
