"""Tasks trained and asked as jobs: what is kept, gone on with, refused, and answered again."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.messages import Event, NotTrained, Progress, Taught, Told
from benchmarks.releasing import release
from benchmarks.training.tasks import record
from benchmarks.training.tasks.asking import ask
from benchmarks.training.tasks.order import TaskAnswer, TaskOrder, TaskOutcome, TaskQuestion
from benchmarks.training.tasks.words import likeness, verdict
from benchmarks.training.tasks.work import begun_by, classes_of, teach
from mobilenet.tasks import (
    attribute_table,
    bootstrap,
    geolocation_table,
    gratings,
    identities,
    loading,
)
from mobilenet.tasks.detection import annotations, saved, shapes
from mobilenet.tasks.names import TASK_NAMES, TaskName
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.task import Task
from mobilenet.weights import WeightsError
from mobilenet.weights.files import read
from tests.tiny import one_thread
from tests.wording import Wording

pytestmark = pytest.mark.real  # trains networks of every task
SHORT = Recipe("adamw", 0.003, epochs=2, batch=16)
SIDES: dict[TaskName, int] = {"detection": 96}


FEW: dict[TaskName, Callable[[], Task]] = {
    "dogs": lambda: gratings.generated(8),
    "geolocation": lambda: geolocation_table.generated(160),
    "attributes": lambda: attribute_table.generated(80),
    "embedding": lambda: identities.generated(12, 5),
}


def make_few(patch: pytest.MonkeyPatch) -> None:
    """Generated data of a size for tests, and intervals that are only roughly right."""
    patch.setattr(loading, "_GENERATED", FEW)
    patch.setattr(loading, "SHAPES", 40)
    patch.setattr(bootstrap, "RESAMPLES", 20)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    make_few(monkeypatch)
    with one_thread():
        yield


def an_order(task: TaskName, folder: Path, **changes: object) -> TaskOrder:
    made = TaskOrder(task, 0.25, SIDES.get(task, 32), folder=str(folder), recipe=SHORT)
    return replace(made, **changes)  # type: ignore[arg-type]


def taught(order: TaskOrder, most_checks: int | None = None) -> tuple[TaskOutcome | None, str]:
    """What came of it, and why it went no further. most_checks: then the stop comes."""
    events: list[Event] = []
    left = most_checks

    def check() -> None:
        nonlocal left
        if left is not None:
            left -= 1
            if left < 0:
                raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        teach(order, events.append, check)
    told = [event.outcome for event in events if isinstance(event, Taught)]
    refused = [event.reason for event in events if isinstance(event, NotTrained)]
    assert all(isinstance(one, Taught | NotTrained | Progress) for one in events)
    return (told[-1] if told else None), " ".join(refused)


def answered(question: TaskQuestion) -> TaskAnswer:
    events: list[Event] = []
    ask(question, events.append, lambda: None)
    (told,) = events
    assert isinstance(told, Told), told
    return told.answer


def network_of(order: TaskOrder) -> nn.Module:
    if order.task == "detection":
        return saved.read(order.weights).network()
    return read(order.weights).network()


def outputs(network: nn.Module, images: Tensor) -> Tensor:
    with torch.inference_mode():
        found: Tensor = network(images)
    return found


@pytest.fixture(scope="module", params=TASK_NAMES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TaskOutcome:
    with pytest.MonkeyPatch.context() as patch:
        make_few(patch)
        with one_thread():
            outcome, refusal = taught(
                an_order(request.param, tmp_path_factory.mktemp(request.param))
            )
    assert not refusal
    assert outcome is not None
    return outcome


class TestEveryTask:
    def test_epochs_stand_beside_the_untrained_network_and_are_kept(
        self, done: TaskOutcome
    ) -> None:
        assert done.is_done
        assert [epoch.number for epoch in done.epochs] == [1, 2]
        assert done.untrained is not None
        assert [one.measure for one in done.untrained.quality] == [
            one.measure for one in done.quality
        ]
        assert "generated" in done.untrained.data
        assert record.record_of(done.order.weights) == done
        assert verdict(done).startswith(f"By {done.quality[0].measure} it ")

    def test_the_file_holds_the_network_that_was_trained(self, done: TaskOutcome) -> None:
        kept = torch.load(
            Path(done.order.folder) / "checkpoint.pt", map_location="cpu", weights_only=True
        )["network"]
        state = network_of(done.order).state_dict()

        assert state.keys() == kept.keys()
        for name, tensor in state.items():
            if not name.endswith("num_batches_tracked"):
                assert torch.equal(tensor, kept[name]), name
        if done.order.task != "detection":
            assert read(done.order.weights).classes == classes_of(begun_by(done.order).task)

    @pytest.mark.slow("exports two networks, fifteen seconds each")
    @pytest.mark.parametrize("done", ["detection", "embedding"], indirect=True)
    @pytest.mark.filterwarnings("ignore")  # the exporter's own deprecations
    def test_it_is_exported_and_gives_the_same_answers_there(
        self, done: TaskOutcome, tmp_path: Path
    ) -> None:
        import onnxruntime

        order = done.order
        found = saved.read(order.weights) if order.task == "detection" else read(order.weights)
        release(found, tmp_path / "it.onnx", "onnx")
        again = begun_by(order)
        images, _ = next(again.task.batches("test", order.resolution, 3, again.preprocessing))
        session = onnxruntime.InferenceSession(
            tmp_path / "it.onnx", providers=["CPUExecutionProvider"]
        )

        (theirs,) = session.run(None, {"images": images.numpy()})

        ours = outputs(network_of(order), images).numpy()
        assert np.abs(theirs - ours).max() < 1e-3 * np.abs(ours).max()

    def test_it_says_something_of_a_picture_that_tested_it(self, done: TaskOutcome) -> None:
        one = answered(TaskQuestion(done.order, example=1))

        assert one.truth
        for view in one.views:
            assert Image.open(io.BytesIO(base64.b64decode(view))).size[0] >= 32
        if done.order.task == "embedding":
            assert one.alike is not None
            assert done.alike is not None
            assert "limit" in likeness(one.alike, done)
            assert len(one.views) == 2
        elif done.order.task != "detection":  # which may find nothing yet
            sure = [guess.probability for guess in one.guesses]
            assert sure == sorted(sure, reverse=True)
            assert all(0 <= value <= 1 for value in sure)

    def test_it_says_something_of_somebodys_own_picture(
        self, done: TaskOutcome, tmp_path: Path
    ) -> None:
        count = 2 if done.order.task == "embedding" else 1
        for number in range(count):
            Image.new("RGB", (90, 60), (40 * number, 80, 20)).save(tmp_path / f"{number}.png")
        paths = tuple(str(tmp_path / f"{number}.png") for number in range(count))

        one = answered(TaskQuestion(done.order, paths, paths))

        assert not one.truth
        assert len(one.views) == count

    def test_a_wrong_number_of_pictures_is_refused(self, done: TaskOutcome, tmp_path: Path) -> None:
        path = tmp_path / "one.png"
        Image.new("RGB", (40, 40)).save(path)
        many = (str(path),) * 3
        events: list[Event] = []

        ask(TaskQuestion(done.order, many, many), events.append, lambda: None)

        (event,) = events
        assert isinstance(event, NotTrained)
        wanted = 2 if done.order.task == "embedding" else 1
        assert re.search(rf"3 pictures.* {wanted} ", event.reason)

    def test_what_is_no_picture_is_refused(self, done: TaskOutcome, tmp_path: Path) -> None:
        path = tmp_path / "one.png"
        path.write_bytes(b"?")
        count = 2 if done.order.task == "embedding" else 1
        events: list[Event] = []

        ask(
            TaskQuestion(done.order, (str(path),) * count, ("mine.png",) * count),
            events.append,
            lambda: None,
        )

        (event,) = events
        assert isinstance(event, NotTrained)
        assert "mine.png" in event.reason


class TestGoingOn:
    @pytest.mark.parametrize("task", ["attributes", "detection"])
    def test_a_training_that_was_stopped_ends_in_the_same_network(
        self, task: TaskName, tmp_path: Path
    ) -> None:
        whole, _ = taught(an_order(task, tmp_path / "whole"))
        order = an_order(task, tmp_path / "parts")
        cut, _ = taught(order, most_checks=6)
        assert cut is None or not cut.is_done
        again, _ = taught(order)

        assert whole is not None
        assert again is not None
        assert [one.quality for one in again.epochs] == [one.quality for one in whole.epochs]
        assert again.untrained == whole.untrained
        expected = network_of(whole.order).state_dict()
        for name, tensor in network_of(order).state_dict().items():
            assert torch.equal(tensor, expected[name]), name

    def test_another_order_has_another_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MOBILENET_BENCH_TRAINED", str(tmp_path))
        plain = TaskOrder("attributes", 0.25, 32)
        folders = {
            record.with_folder(one).folder
            for one in (
                plain,
                replace(plain, task="embedding"),
                replace(plain, teacher="larger.safetensors"),
                replace(plain, recipe=replace(plain.recipe, seed=1)),
            )
        }
        assert len(folders) == 4
        assert record.with_folder(plain) == record.with_folder(plain)

    def test_records_are_listed_by_task_and_what_is_none_is_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MOBILENET_BENCH_TRAINED", str(tmp_path))
        for task in ("attributes", "embedding"):
            order = record.with_folder(TaskOrder(task, 0.25, 32))
            Path(order.folder).mkdir()
            record.keep(TaskOutcome(order))
        (tmp_path / "wrong").mkdir()
        (tmp_path / "wrong" / record.RECORD).write_text('{"outcome": 3}')

        assert [one.order.task for one in record.kept("embedding")] == ["embedding"]
        assert len(record.kept()) == 2


@pytest.fixture(scope="module")
def attributes(tmp_path_factory: pytest.TempPathFactory) -> TaskOutcome:
    """One epoch of attributes, whose weights others start from."""
    with pytest.MonkeyPatch.context() as patch, one_thread():
        make_few(patch)
        order = an_order("attributes", tmp_path_factory.mktemp("attributes"))
        outcome, _ = taught(replace(order, recipe=replace(SHORT, epochs=1)))
    assert outcome is not None
    return outcome


class TestBeginning:
    def test_a_student_emulates_its_teacher(self, tmp_path: Path, attributes: TaskOutcome) -> None:
        order = an_order("attributes", tmp_path, teacher=str(attributes.order.weights))
        student, refusal = taught(order)

        assert not refusal
        assert student is not None
        assert student.is_done
        assert read(order.weights).classes == attribute_table.DRAWN

    def test_it_begins_as_the_weights_that_are_given(
        self, tmp_path: Path, attributes: TaskOutcome
    ) -> None:
        order = an_order("attributes", tmp_path, start=str(attributes.order.weights))

        tuned, _ = taught(order)

        assert tuned is not None
        assert tuned.untrained is not None
        for begun, given in zip(tuned.untrained.quality, attributes.quality, strict=True):
            assert begun.percent == pytest.approx(given.percent, abs=0.1)

    def test_a_detector_begins_as_the_weights_that_are_given(
        self, tmp_path: Path, attributes: TaskOutcome
    ) -> None:
        order = an_order("detection", tmp_path, start=str(attributes.order.weights))

        network = begun_by(order).network

        stem = read(attributes.order.weights).tensors["stem.0.weight"]
        assert torch.equal(network.state_dict()["ssd.backbone.body.stem.0.weight"], stem)

    @pytest.mark.parametrize(
        ("task", "changes", "names"),
        [
            ("dogs", {"data": "nowhere"}, "nowhere"),
            ("dogs", {"teacher": "{weights}"}, "dogs teacher"),
            ("detection", {"teacher": "{weights}"}, "detection teacher"),
            ("attributes", {"teacher": "nowhere.safetensors"}, "nowhere.safetensors"),
            ("attributes", {"start": "{weights}", "width_multiplier": 0.5}, "0.25-32 0.5-32"),
            ("detection", {"start": "{weights}", "width_multiplier": 0.5}, "0.25-32 width"),
            ("embedding", {"teacher": "{weights}"}, "outputs (6,)"),
            ("attributes", {"recipe": replace(SHORT, label_smoothing=0.1)}, "smoothing 0.1"),
        ],
        ids=[
            *("data", "teacher", "teacher of a detector", "no such teacher", "width"),
            *("width of a detector", "teacher of another task", "label smoothing"),
        ],
    )
    def test_what_cannot_be_is_said_before_anything_is_trained(
        self,
        task: TaskName,
        changes: dict[str, object],
        names: str,
        tmp_path: Path,
        attributes: TaskOutcome,
        wording: Wording,
    ) -> None:
        weights = str(attributes.order.weights)
        given = {key: weights if value == "{weights}" else value for key, value in changes.items()}
        outcome, refusal = taught(an_order(task, tmp_path / "it", **given))

        assert outcome is None
        assert all(name in refusal for name in names.split())
        wording(refusal)


class TestDataOfOnesOwn:
    @pytest.mark.parametrize("task", TASK_NAMES)
    def test_what_is_read_from_files_is_trained_as_what_is_drawn(
        self, task: TaskName, tmp_path: Path
    ) -> None:
        folder = tmp_path / "mine"
        match task:
            case "geolocation":
                data = geolocation_table.write(geolocation_table.generated(160), folder)
            case "attributes":
                data = attribute_table.write(attribute_table.generated(80), folder)
            case "embedding":
                identities.write(identities.generated(12, 5), folder)
                data = folder
            case "detection":
                annotations.write(shapes.generated(40), folder)
                data = folder
            case "dogs":
                data = folder
                for kind in ("one", "other"):
                    (folder / kind).mkdir(parents=True)
                    for number in range(8):
                        shade = 40 * number if kind == "one" else 255 - 20 * number
                        image = Image.new("RGB", (40, 40), (shade, 10, 90))
                        image.save(folder / kind / f"{number}.png")
        order = an_order(task, tmp_path / "it", data=str(data), recipe=replace(SHORT, epochs=1))

        outcome, refusal = taught(order)

        assert not refusal
        assert outcome is not None
        assert outcome.is_done
        assert answered(TaskQuestion(order)).truth

    def test_a_folder_without_its_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        _, refusal = taught(an_order("detection", tmp_path / "it", data=str(tmp_path / "empty")))
        assert "train.json" in refusal


class TestADetectorsFile:
    def test_a_damaged_or_foreign_file_is_refused(self, tmp_path: Path) -> None:
        outcome, _ = taught(an_order("detection", tmp_path, recipe=replace(SHORT, epochs=1)))
        assert outcome is not None
        whole = outcome.order.weights.read_bytes()
        cut = tmp_path / "cut.safetensors"
        cut.write_bytes(whole[: len(whole) // 2])
        other = tmp_path / "other.safetensors"
        other.write_bytes(whole.replace(b"mobilenet_bench_detector", b"mobilenet_bench_defector"))
        wrong = tmp_path / "wrong.safetensors"
        wrong.write_bytes(whole.replace(b'width_multiplier\\":0.25', b'width_multiplier\\":0.50'))

        assert saved.is_detector(outcome.order.weights)
        assert not saved.is_detector(cut)
        for path, reason in (
            (cut, "no whole safetensors"),
            (other, "no detector"),
            (wrong, "other weights"),
        ):
            with pytest.raises(WeightsError, match=reason):
                saved.read(path)
