"""The worker: what it says, that it obeys and checks answers, and that it never stays behind."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from benchmarks import worker as worker_module
from benchmarks.candidates import Candidate, candidate
from benchmarks.engines import load_engine
from benchmarks.engines.session import EngineError, Logits
from benchmarks.messages import (
    Cancel,
    Done,
    Event,
    Failed,
    Measure,
    NotPrepared,
    Prepare,
    Progress,
    Ready,
    Result,
)
from benchmarks.prepared import LOGITS, Form
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Plan
from tests.builders import undisturbed
from tests.talk import (
    ENDLESS,
    QUICK,
    ROOT,
    TINY,
    Worker,
    exported,
    measure,
    only,
    ready_worker,
)
from tests.waiting import has_ended, soon
from tests.wording import Wording

OTHER = "0.25-32-n7"
EVERY_ROUND = replace(QUICK, sparse_above_s=1e9)  # however slow the machine is
HANGS_S = 60  # a worker that has not ended by then never will
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
real = pytest.mark.real


@pytest.fixture(scope="module")
def onnxruntime() -> Iterator[Worker]:
    with ready_worker("onnxruntime") as worker:
        yield worker


@pytest.fixture(scope="module")
def eager() -> Iterator[Worker]:
    """One for the tests that leave it usable, which is most of what they are about."""
    with ready_worker("eager") as worker:
        yield worker


@real
def test_a_worker_says_first_that_it_is_ready_and_where_it_can_run() -> None:
    with Worker("onnxruntime") as worker:
        assert worker.hear() == Ready(devices=("cpu",))


@real
def test_each_network_gets_a_first_time_at_once_and_its_proper_one_at_the_end(
    eager: Worker,
) -> None:
    events = eager.ask(measure(TINY, OTHER))
    results = [event.measurement for event in only(Result, events)]

    assert [(m.candidate.key, m.quality) for m in results[:2]] == [
        (TINY, "preview"),
        (OTHER, "preview"),
    ]
    assert [(m.candidate.key, m.quality) for m in results[-2:]] == [
        (TINY, "measured"),
        (OTHER, "measured"),
    ]
    assert events[-1] == Done()
    assert only(Failed, events) == []


@real
def test_a_measurement_has_its_run_its_scenario_and_every_time_as_read(eager: Worker) -> None:
    plan = replace(EVERY_ROUND, rounds=7, max_calls=2)

    final = only(Result, eager.ask(measure(TINY, run_id="mine", plan=plan)))[-1].measurement

    assert (final.run_id, final.scenario) == ("mine", Scenario())
    assert [block.round for block in final.blocks] == list(range(7))
    assert {len(block.times_ns) for block in final.blocks} <= {1, 2}
    assert all(block.settle_ns > 0 for block in final.blocks)
    assert len(final.warmup_ns) >= 3
    assert 1e-5 < final.median_s < 1
    assert final.load_s > 0
    assert final.output_error is None  # eager PyTorch is what the others are compared with


@real
def test_networks_of_one_run_take_turns_and_can_be_paired(eager: Worker) -> None:
    final = only(Result, eager.ask(measure(TINY, OTHER, plan=EVERY_ROUND)))[-2:]
    one, other = (result.measurement for result in final)

    ratio = undisturbed(one).ratio_to(undisturbed(other))

    assert ratio is not None
    assert ratio.rounds == 6


@real
def test_progress_rises_to_the_end_and_tells_what_is_done(eager: Worker) -> None:
    plan = Plan(rounds=200, block_s=0.002, max_warmup_s=0.005)  # half a second or more

    progress = only(Progress, eager.ask(measure(TINY, OTHER, plan=plan)))

    assert [step.phase for step in progress[:2]] == [
        "Loading 0.25-32 (10 classes)",
        "Loading 0.25-32 (7 classes)",
    ]
    fractions = [step.fraction for step in progress]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] <= 1
    assert {step.phase for step in progress[2:]} == {"Timing"}
    assert all(step.remaining_s is not None for step in progress[2:])


@real
def test_several_images_are_timed_as_one_inference() -> None:
    session = load_engine("eager").load(candidate(TINY), Scenario(batch=3), None)
    network, sizes = session._call, []  # type: ignore[attr-defined]

    def noted(images: Any) -> Any:
        sizes.append(len(images))
        return network(images)

    session._call = noted  # type: ignore[attr-defined]
    session.time_ns()

    assert sizes == [3]


@real
def test_a_cancel_ends_a_run_between_two_inferences_and_the_worker_goes_on(eager: Worker) -> None:
    eager.say(measure(plan=ENDLESS, run_id="long"))
    while not isinstance(eager.hear(), Result):
        pass

    eager.say(Cancel("long"))
    events = eager.hear_all()

    assert events[-1] == Done(cancelled=True)
    assert only(Result, eager.ask(measure(run_id="next")))[-1].measurement.run_id == "next"


@real
def test_a_cancel_that_comes_too_late_does_not_hit_the_next_run(eager: Worker) -> None:
    eager.ask(measure(run_id="over"))

    eager.say(Cancel("over"))
    events = eager.ask(measure(run_id="new"))

    assert events[-1] == Done(cancelled=False)


@real
def test_a_cancel_that_overtakes_its_run_still_stops_it(eager: Worker) -> None:
    eager.say(Cancel("hasty"))

    assert eager.ask(measure(run_id="hasty", plan=ENDLESS)) == [Done(cancelled=True)]


@real
def test_a_network_that_fails_does_not_keep_the_others_from_their_times(eager: Worker) -> None:
    good, bad = measure(TINY).tasks[0], measure(OTHER).tasks[0]
    elsewhere = replace(bad, scenario=replace(bad.scenario, device="tpu"))

    events = eager.ask(replace(measure(), tasks=(elsewhere, good)))

    (failed,) = only(Failed, events)
    assert failed.failure.candidate.key == OTHER
    assert "'tpu'" in failed.failure.reason
    assert "cpu" in failed.failure.reason
    assert only(Result, events)[-1].measurement.candidate.key == TINY


@real
def test_an_export_without_a_place_is_refused_in_words(
    eager: Worker, tmp_path: Path, wording: Wording
) -> None:
    (tmp_path / "file").touch()

    answer, end = eager.ask(
        Prepare("a run", Form(candidate(TINY), 1), str(tmp_path / "file" / "x"))
    )

    assert isinstance(answer, NotPrepared)
    assert "MOBILENET_BENCH_CACHE" in answer.reason
    wording(answer.reason)
    assert end == Done()


@real
@pytest.mark.parametrize("state", ["importing", "waiting", "measuring"])
def test_the_end_of_its_input_ends_a_worker(state: str) -> None:
    with Worker("eager" if state == "importing" else "onnxruntime") as worker:
        if state != "importing":
            worker.hear()
        if state == "measuring":
            worker.say(measure(engine="onnxruntime", plan=ENDLESS))
            while not isinstance(worker.hear(), Result):
                pass

        worker.hang_up()

        assert worker.process.wait(HANGS_S) == 0
        if state == "importing":
            assert worker.last_words()[0] == b""  # it did not get as far as Ready


@real
def test_a_supervisor_that_raves_ends_its_worker() -> None:
    with ready_worker("onnxruntime") as worker:
        worker.say_line(b'{"kind": "dance"}')

        assert worker.process.wait(HANGS_S) == 0


SUPERVISE = """
import sys, time
from pathlib import Path
from benchmarks.jobs.machine_queue import MachineLock
from benchmarks.jobs.worker_process import WorkerProcess
from tests.talk import ENDLESS, measure
lock = MachineLock(Path(sys.argv[1]))
worker = WorkerProcess("onnxruntime", threads=1, inherit=lock.descriptor)
if sys.argv[2] != "starting":
    worker.next_event(300)
if sys.argv[2] == "measuring":
    worker.send(measure(engine="onnxruntime", plan=ENDLESS))
    for _ in range(3):
        worker.next_event(300)
print(worker.pid, flush=True)
time.sleep(3600)
"""


@real
@pytest.mark.parametrize("state", ["starting", "waiting", "measuring"])
def test_a_killed_supervisor_leaves_no_worker_behind(state: str, tmp_path: Path) -> None:
    exported()
    command = [sys.executable, "-c", SUPERVISE, str(tmp_path), state]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        worker = psutil.Process(int(supervisor.stdout.readline()))

        supervisor.send_signal(signal.SIGKILL)

        assert soon(lambda: has_ended(worker), HANGS_S)


NOISE = """
import builtins, os
original = builtins.__import__
def noisy(name, *rest, **named):
    if name == "onnxruntime":
        print("a library says hello")
        os.write(1, b"and so does its C code\\n")
    return original(name, *rest, **named)
builtins.__import__ = noisy
"""


@real
def test_nothing_but_events_is_on_standard_output_even_if_a_library_prints(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOISE)
    with ready_worker("onnxruntime", {"PYTHONPATH": str(tmp_path)}) as worker:
        assert worker.ask(measure(engine="onnxruntime"))[-1] == Done()

        worker.hang_up()
        rest, errors = worker.last_words()

    assert rest == b""
    assert b"so does its C code" in errors


@real
@linux
def test_events_stay_whole_when_the_worker_is_stopped_while_it_speaks() -> None:
    """As a laptop that sleeps does: a write into a full pipe then ends before its time."""
    command = measure(TINY, engine="onnxruntime", plan=replace(QUICK, rounds=200))
    many = tuple(
        replace(command.tasks[0], candidate=candidate(f"0.25-32-n{classes}"))
        for classes in range(10, 16)
    )
    with ready_worker("onnxruntime") as worker:
        worker.say(replace(command, tasks=many))
        assert soon(lambda: is_pipe_full(worker), HANGS_S)  # nobody reads
        worker.process.send_signal(signal.SIGSTOP)
        worker.process.send_signal(signal.SIGCONT)

        assert worker.hear_all()[-1] == Done()


def is_pipe_full(worker: Worker) -> bool:
    """So that the worker waits. A pipe holds 64 kB, in pages that need not be full."""
    import fcntl
    import termios

    assert worker.process.stdout is not None
    found = fcntl.ioctl(worker.process.stdout, termios.FIONREAD, bytes(4))
    is_full = int.from_bytes(found, sys.byteorder) > 16_000
    return is_full and psutil.Process(worker.process.pid).status() == psutil.STATUS_SLEEPING


@real
@linux
def test_where_memory_runs_out_a_worker_goes_before_the_page(onnxruntime: Worker) -> None:
    score = Path(f"/proc/{onnxruntime.process.pid}/oom_score_adj").read_text()

    assert int(score) == 1000


def with_answer_of(folder: Path, answer: bytes) -> Measure:
    """The command for a copy of an export beside which another answer lies."""
    shutil.copytree(exported(), folder)
    (folder / LOGITS).write_bytes(answer)
    return with_folder(measure(engine="onnxruntime"), folder)


@real
def test_an_answer_that_differs_from_pytorchs_is_a_failure_with_its_figures(
    onnxruntime: Worker, tmp_path: Path, wording: Wording
) -> None:
    logits, answer = np.load(exported() / LOGITS), BytesIO()
    np.save(answer, logits + 0.5 * logits.std() * np.eye(1, 10))

    events = onnxruntime.ask(with_answer_of(tmp_path / "network", answer.getvalue()))

    (failed,) = only(Failed, events)
    off = re.search(r"off by ([\d.]+)", failed.failure.reason)
    assert off is not None
    assert 0.1 < float(off[1]) < 0.2  # half a deviation at one of ten classes
    assert "0.0001" in failed.failure.reason
    wording(failed.failure.reason.replace(off[1], "X"))
    assert only(Result, events) == []


@real
def test_an_export_that_proved_wrong_is_removed_so_that_the_next_one_can_be_right(
    onnxruntime: Worker, tmp_path: Path, wording: Wording
) -> None:
    (failed,) = only(Failed, onnxruntime.ask(with_answer_of(tmp_path / "network", b"")))

    wording(failed.failure.reason)
    assert not (tmp_path / "network").exists()


class Clock:
    """Time that passes only when a pretended network runs."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Pretended:
    """An engine and its session: says what it is told to say, takes as long as it is told."""

    wanted = None

    def __init__(self, logits: Logits, call_s: float = 0.001, clock: Clock | None = None) -> None:
        self._logits, self._call_s = logits, call_s
        self._clock = clock or Clock()

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> "Pretended":
        if candidate.key == OTHER:
            raise EngineError("refused: it is the other one")
        return self

    def time_ns(self) -> int:
        self._clock.now_s += self._call_s
        return round(self._call_s * 1e9)

    def logits(self) -> Logits:
        return self._logits


SOUND = np.linspace(-1, 1, 10, dtype=np.float32)[None]


def events_of(engine: Pretended, command: Measure, clock: Clock | None = None) -> list[Event]:
    events: list[Event] = []
    worker_module.measure(
        command,
        events.append,
        lambda: None,
        engines=lambda name: engine,
        clock=clock or Clock(),
    )
    return events


@pytest.mark.parametrize(
    "logits",
    [0 * SOUND, SOUND + np.nan, SOUND * np.inf, SOUND * 1e-10],
    ids=["zero", "not a number", "infinite", "faded"],
)
def test_an_output_that_says_nothing_is_a_failure(logits: Logits, wording: Wording) -> None:
    with np.errstate(all="ignore"):
        events = events_of(Pretended(logits), measure())

    (failed,) = only(Failed, events)
    wording(failed.failure.reason)
    assert only(Result, events) == []


def test_the_very_first_inference_is_timed_before_the_answer_is_checked() -> None:
    class Noted(Pretended):
        def time_ns(self) -> int:
            done.append("timed")
            return super().time_ns()

        def logits(self) -> Logits:
            done.append("checked")
            return super().logits()

    done: list[str] = []
    events_of(Noted(SOUND), measure())

    assert done[0] == "timed"
    assert done.count("checked") == 1


def test_an_output_of_another_shape_than_pytorchs_is_a_failure(
    tmp_path: Path, wording: Wording
) -> None:
    np.save(tmp_path / LOGITS, np.repeat(SOUND, 2, axis=0))

    events = events_of(Pretended(SOUND), with_folder(measure(), tmp_path))

    (failed,) = only(Failed, events)
    assert "(1, 10)" in failed.failure.reason
    assert "(2, 10)" in failed.failure.reason
    wording(failed.failure.reason)


def with_folder(command: Measure, folder: Path) -> Measure:
    tasks = tuple(replace(task, folder=str(folder)) for task in command.tasks)
    return replace(command, tasks=tasks)


def test_an_answer_within_rounding_of_pytorchs_is_kept_with_its_error(tmp_path: Path) -> None:
    np.save(tmp_path / LOGITS, SOUND)

    events = events_of(Pretended(SOUND * (1 + 1e-5)), with_folder(measure(), tmp_path))

    error = only(Result, events)[-1].measurement.output_error
    assert error == pytest.approx(1e-5 * np.sqrt(np.square(SOUND).mean()) / SOUND.std(), rel=0.1)


def test_nothing_to_time_is_no_fault() -> None:
    events = events_of(Pretended(SOUND), measure(OTHER))

    assert [type(event) for event in events] == [Progress, Failed]


@pytest.mark.parametrize("call_s", [0.5, 20.0])
def test_a_worker_is_never_silent_for_long_however_long_a_run_takes(call_s: float) -> None:
    """Who says nothing for minutes is taken to hang, and is ended."""
    clock = Clock()
    heard_at_s: list[float] = []
    plan = Plan(rounds=400, sparse_above_s=1e9)

    worker_module.measure(
        measure(plan=plan),
        lambda event: heard_at_s.append(clock.now_s),
        lambda: None,
        engines=lambda name: Pretended(SOUND, call_s, clock),
        clock=clock,
    )

    assert clock.now_s > 300
    gaps_s = [later - earlier for earlier, later in pairwise(heard_at_s)]
    assert max(gaps_s) < max(1.0, 4 * call_s)


def test_raw_times_are_sent_ever_more_seldom_because_they_grow() -> None:
    clock = Clock()
    plan = Plan(rounds=1500, block_s=0.02)

    events = events_of(Pretended(SOUND, 0.001, clock), measure(plan=plan), clock)

    assert clock.now_s > 30
    assert len(only(Result, events)) < 40
    assert len(only(Progress, events)) > 65
