"""A fake worker speaks as a real one: the same command is answered by the same kinds of events."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.candidates import candidate
from benchmarks.messages import (
    Cancel,
    Command,
    Dissect,
    Done,
    Event,
    Examine,
    Gauge,
    Load,
    Loaded,
    Measure,
    Prepare,
    Progress,
    Ready,
    Result,
    Scored,
    Task,
    Train,
    Trained,
    Turned,
    Turns,
)
from benchmarks.prepared import Form
from benchmarks.scenarios import Scenario
from benchmarks.training.order import Examination, Order
from benchmarks.training.record import record_of
from mobilenet.tasks.recipe import Recipe
from tests.fake_worker import FakeMachine, InProcessWorker, environment
from tests.talk import ENDLESS, QUICK, TINY, Worker, only
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.real
OTHER = "0.25-64-n10"


def task(network: str = TINY, device: str = "cpu") -> Task:
    return Task(candidate(network), Scenario(device=device))


class FakeTalk:
    """As `tests.talk.Worker`, to a fake of this process."""

    def __init__(self) -> None:
        self.machine = FakeMachine(refuses={"tpu": "there is none"})
        self._worker = InProcessWorker(self.machine, "eager", threads=1, inherit=0)

    def say(self, command: Command) -> None:
        self._worker.send(command)

    def hear(self) -> Event:
        event = self._worker.next_event(LIMIT_S)
        assert event is not None
        return event

    def close(self) -> None:
        self._worker.kill()


Talk = FakeTalk | Worker


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTalk]:
    talk = FakeTalk()
    assert isinstance(talk.hear(), Ready)
    yield talk
    talk.close()


@pytest.fixture(scope="module")
def real() -> Iterator[Worker]:
    with Worker("eager") as worker:
        assert isinstance(worker.hear(), Ready)
        yield worker


def answers(talk: Talk, command: Command) -> list[Event]:
    """Up to the end of what it was asked to do."""
    talk.say(command)
    heard = [talk.hear()]
    while not isinstance(heard[-1], Done | Turned):
        heard.append(talk.hear())
    return heard


def kinds(events: list[Event]) -> list[str]:
    """What is said again and again as time passes counts once, or not at all."""
    steady = [one for one in events if not isinstance(one, Progress) or "Loading" in one.phase]
    return [kind for kind, _ in groupby(one.kind for one in steady)]


SAME: list[Command] = [
    Measure("all", (task(), task(OTHER)), QUICK, "measured"),
    Measure("all but one", (task(device="tpu"), task()), QUICK, "measured"),
    Load("all but one", (task(), task(device="tpu"), task(OTHER)), QUICK),
    Gauge("yes", 1),
    Dissect("yes", task()),
    Dissect("no", task(device="tpu")),
    Prepare("no", Form(candidate(TINY), 1), "/dev/null/no folder"),
]


@pytest.mark.parametrize("command", SAME, ids=lambda one: f"{one.kind}-{one.run_id}")
def test_the_same_command_has_the_same_answers(
    fake: FakeTalk, real: Worker, command: Command
) -> None:
    assert kinds(answers(fake, command)) == kinds(answers(real, command))


def test_turns_are_answered_alike(fake: FakeTalk, real: Worker) -> None:
    said = []
    for talk in (fake, real):
        loaded = answers(talk, Load("a run", (task(), task(OTHER)), QUICK))
        (turned,) = only(Turned, answers(talk, Turns("a run", 7, ((1, 3), (0, 2)))))
        blocks = [(place, one.round, len(one.times_ns)) for place, one in turned.blocks]
        said.append(([one.task for one in only(Loaded, loaded)], blocks, turned.failed))

    assert said[0] == said[1] == ([0, 1], [(1, 7, 3), (0, 7, 2)], ())


def test_measurements_are_made_alike(fake: FakeTalk, real: Worker) -> None:
    made = []
    for talk in (fake, real):
        results = only(Result, answers(talk, Measure("a run", (task(),), QUICK, "measured")))
        last = results[-1].measurement
        rounds = [block.round for block in last.blocks]
        assert all(block.signals is not None for block in last.blocks)
        made.append((last.quality, last.run_id, last.output_error, rounds))

    assert made[0] == made[1] == ("measured", "a run", None, list(range(QUICK.rounds)))


def test_both_stop_when_they_are_cancelled(fake: FakeTalk, real: Worker) -> None:
    fake.machine.hold("round 2")
    for talk in (fake, real):
        talk.say(Measure("long", (task(),), ENDLESS, "measured"))
        while not isinstance(talk.hear(), Result):
            pass
        talk.say(Cancel("long"))
        while not isinstance(last := talk.hear(), Done):
            pass
        assert last.cancelled
        assert answers(talk, Dissect("the next", task(device="tpu")))[-1] == Done()
    fake.machine.release()


def test_both_tell_of_each_epoch_and_score_what_they_trained(
    fake: FakeTalk, real: Worker, tmp_path: Path
) -> None:
    ways = (Scenario(batch=32), Scenario(engine="channels_last", batch=32))
    told = []
    for name, talk in (("fake", fake), ("real", real)):
        folder = str(tmp_path / name)
        order = Order(0.05, 32, "digits", folder, Recipe(epochs=2, batch=128))
        events = answers(talk, Train("a run", order))
        epochs = [one.epoch.number for one in only(Trained, events)]
        examined = answers(talk, Examine("a run", Examination(str(order.weights), "digits", ways)))
        (scored,) = only(Scored, examined)
        told.append((kinds(events), epochs, kinds(examined), scored.images, scored.config))
        assert [one.way for one in scored.answered] == list(ways)
        assert {one.score and one.score.total for one in scored.answered} == {scored.images}
        record = record_of(order.weights)
        assert record is not None
        assert len(record.epochs) == 2

    assert told[0] == told[1]
    assert told[0][3] == 540


def test_the_process_says_what_the_thread_says(fake: FakeTalk) -> None:
    """And ends when its input does."""
    command = Measure("a run", (task(device="tpu"), task(), task(OTHER)), QUICK, "measured")
    settings = environment(FakeMachine(refuses=fake.machine.refuses))
    with Worker("eager", settings, module="tests.fake_worker") as process:
        assert isinstance(process.hear(), Ready)
        assert kinds(answers(process, command)) == kinds(answers(fake, command))
        process.hang_up()
        assert process.process.wait(LIMIT_S) == 0
