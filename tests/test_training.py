"""Training ends in the same network however often it was ended, and its scores are honest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mobilenet import MobileNetConfig, weights
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.files import FileError
from mobilenet.tasks.checkpoint import CHECKPOINT, TrainingError
from mobilenet.tasks.data import DataError, Digits
from mobilenet.tasks.evaluation import evaluate, ranked, score_of, summed
from mobilenet.tasks.recipe import Recipe, RecipeError
from mobilenet.tasks.score import Change, Score, is_above
from mobilenet.tasks.training import Job, train, weights_of
from mobilenet.weights import preprocessing
from tests.tiny import Stopped, one_thread, stopping_after

TINY = MobileNetConfig(0.05, 32, num_classes=10)
SHORT = Recipe(epochs=3, batch=64)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits()


@pytest.fixture(scope="module")
def few() -> Digits:
    """256 that train, which are four batches, and 128 that test, which are two."""
    found = Digits(fingerprint="few digits")
    for split, count in (("train", 256), ("test", 128)):
        images, labels = found._splits[split]
        found._splits[split] = images[:count], labels[:count]
    return found


@pytest.fixture
def job(few: Digits) -> Job:
    return Job(TINY, SHORT, few, TENSORFLOW, preprocessing.SLIM)


def trained(job: Job, folder: Path, check: Callable[[], None] = lambda: None) -> weights.Weights:
    *_, (_, network) = train(job, folder, check)
    return weights_of(network, job)


@pytest.mark.real
class TestGoingOn:
    def test_a_training_that_was_ended_twice_ends_in_the_same_network(
        self, tmp_path: Path, job: Job
    ) -> None:
        (tmp_path / "whole").mkdir()
        (tmp_path / "parts").mkdir()
        whole = trained(job, tmp_path / "whole")

        for batches in (3, 9):  # in the first epoch, which has six, and in the second
            with pytest.raises(Stopped):
                trained(job, tmp_path / "parts", stopping_after(batches))
        parts = trained(job, tmp_path / "parts")

        for name, tensor in whole.tensors.items():
            assert torch.equal(parts.tensors[name], tensor), name

    def test_epochs_that_were_trained_are_told_again_at_once(
        self, tmp_path: Path, job: Job
    ) -> None:
        first = [epoch for epoch, _ in train(job, tmp_path)]
        again = [epoch for epoch, _ in train(job, tmp_path, stopping_after(0))]

        assert again == first
        assert [epoch.number for epoch in again] == [1, 2, 3]

    def test_a_checkpoint_of_another_training_is_not_overwritten(
        self, tmp_path: Path, job: Job
    ) -> None:
        next(iter(train(job, tmp_path)))
        before = (tmp_path / CHECKPOINT).read_bytes()

        with pytest.raises(TrainingError, match=r"recipe differs.*seed 0, not 1"):
            trained(replace(job, recipe=replace(SHORT, seed=1)), tmp_path)

        assert (tmp_path / CHECKPOINT).read_bytes() == before

    @pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"\x80\x02c"])
    def test_what_is_no_checkpoint_is_refused(
        self, tmp_path: Path, job: Job, damage: bytes
    ) -> None:
        (tmp_path / CHECKPOINT).write_bytes(damage)

        with pytest.raises(TrainingError, match="no checkpoint"):
            trained(job, tmp_path)

    def test_a_full_disk_leaves_the_last_checkpoint(
        self, tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        epochs = iter(train(job, tmp_path))
        next(epochs)
        before = (tmp_path / CHECKPOINT).read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(FileError, match="No space left"):
            next(epochs)

        assert (tmp_path / CHECKPOINT).read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]

    def test_other_images_or_other_weights_to_start_from_are_another_training(
        self, tmp_path: Path, job: Job, few: Digits
    ) -> None:
        start = weights_of(next(iter(train(job, tmp_path)))[1], job)
        changed = replace(start, tensors=start.tensors | {"classifier.bias": torch.ones(10)})
        (tmp_path / "tuned").mkdir()
        next(iter(train(replace(job, start=start), tmp_path / "tuned")))

        with pytest.raises(TrainingError, match="its start differs"):
            trained(replace(job, start=changed), tmp_path / "tuned")
        with pytest.raises(TrainingError, match="its data differs"):
            trained(replace(job, data=replace(few, fingerprint="others")), tmp_path)


@pytest.mark.real
class TestLearning:
    @pytest.mark.slow("two trainings of eight epochs each")
    @pytest.mark.parametrize(
        ("optimiser", "rate", "convention"),
        [("rmsprop", 0.002, TENSORFLOW), ("sgd", 0.1, PYTORCH)],
        ids=["rmsprop", "sgd"],
    )
    def test_digits_are_learned(
        self, tmp_path: Path, digits: Digits, optimiser: str, rate: float, convention: Convention
    ) -> None:
        recipe = Recipe(optimiser=optimiser, learning_rate=rate, epochs=8)
        job = Job(MobileNetConfig(0.25, 32, 10), recipe, digits, convention, preprocessing.SLIM)

        found = [epoch for epoch, _ in train(job, tmp_path)]

        assert found[-1].loss < found[0].loss / 2
        assert found[-1].score.top1_bounds.low > 50  # by chance it were 10

    def test_a_seed_gives_the_same_network_and_another_seed_another(
        self, tmp_path: Path, job: Job
    ) -> None:
        one = replace(job, recipe=replace(SHORT, epochs=1))
        other = replace(job, recipe=replace(SHORT, epochs=1, seed=1))
        for name in "abc":
            (tmp_path / name).mkdir()

        a, b = trained(one, tmp_path / "a"), trained(one, tmp_path / "b")
        c = trained(other, tmp_path / "c")

        assert all(torch.equal(a.tensors[name], b.tensors[name]) for name in a.tensors)
        assert not torch.equal(a.tensors["classifier.weight"], c.tensors["classifier.weight"])

    def test_depthwise_filters_are_not_decayed_unless_that_is_asked_for(
        self, tmp_path: Path, job: Job
    ) -> None:
        heavy = replace(SHORT, epochs=1, weight_decay=1.0, learning_rate=0.01, optimiser="sgd")
        sizes = {}
        for decay in (False, True):
            (tmp_path / str(decay)).mkdir()
            recipe = replace(heavy, decay_depthwise=decay)
            found = trained(replace(job, recipe=recipe), tmp_path / str(decay))
            sizes[decay] = found.tensors["blocks.5.0.0.weight"].norm().item()

        assert sizes[True] < 0.95 * sizes[False]

    def test_a_loss_that_is_no_number_says_what_to_do(self, tmp_path: Path, job: Job) -> None:
        wild = replace(job, recipe=Recipe("sgd", learning_rate=10, batch=8, weight_decay=1))

        with pytest.raises(TrainingError, match="too high"):
            trained(wild, tmp_path)

    def test_weights_are_scored_as_the_training_said(
        self, tmp_path: Path, job: Job, few: Digits
    ) -> None:
        *_, (epoch, network) = train(job, tmp_path)
        weights.write(weights_of(network, job), tmp_path / "w.safetensors")

        found = weights.read(tmp_path / "w.safetensors")
        score = evaluate(found.network(), few, found.preprocessing, 7)

        assert score.total == epoch.score.total == 128
        # In other batches, two answers that are nearly equally likely may change their places.
        assert score.top1 == pytest.approx(epoch.score.top1, abs=1)
        assert score.top5 == pytest.approx(epoch.score.top5, abs=1)


@pytest.mark.real
class TestFineTuning:
    def test_it_starts_from_the_weights_with_a_classifier_of_its_own(
        self, tmp_path: Path, job: Job
    ) -> None:
        start = trained(job, tmp_path)
        thirty = MobileNetConfig(0.05, 32, num_classes=30)
        tensors = dict(start.tensors)
        tensors["classifier.weight"] = torch.zeros(30, 51)
        tensors["classifier.bias"] = torch.zeros(30)
        start = replace(start, config=thirty, tensors=tensors)
        (tmp_path / "tuned").mkdir()
        recipe = replace(SHORT, learning_rate=1e-7, epochs=1)

        tuned = trained(replace(job, recipe=recipe, start=start), tmp_path / "tuned")

        moved = (tuned.tensors["stem.0.weight"] - start.tensors["stem.0.weight"]).abs().max()
        assert moved < 1e-4
        assert tuned.tensors["classifier.weight"].shape == (10, 51)

    def test_a_thinner_network_is_trained_from_scratch(self, tmp_path: Path, job: Job) -> None:
        wide = replace(job, config=MobileNetConfig(0.25, 32, 10))
        start = weights_of(next(iter(train(job, tmp_path)))[1], job)
        (tmp_path / "wide").mkdir()

        with pytest.raises(RecipeError, match="from scratch"):
            trained(replace(wide, start=start), tmp_path / "wide")


class TestDigits:
    def test_the_same_images_test_whatever_is_drawn_before(self, digits: Digits) -> None:
        torch.manual_seed(5)
        one = list(digits.batches("test", 32, 100, preprocessing.SLIM))
        two = list(Digits().batches("test", 32, 100, preprocessing.SLIM))

        assert digits.count("train") + digits.count("test") == 1797
        assert digits.count("test") == sum(len(labels) for _, labels in one) == 540
        assert all(torch.equal(a, c) for (a, _), (c, _) in zip(one, two, strict=True))
        assert all(images.shape[1:] == (3, 32, 32) for images, _ in one)
        assert min(images.min() for images, _ in one) == -1
        assert max(images.max() for images, _ in one) <= 1

    def test_no_image_trains_and_tests(self, digits: Digits) -> None:
        train_set, test_set = (
            torch.cat([images for images, _ in digits.batches(split, 32, 512, preprocessing.SLIM)])
            for split in ("train", "test")
        )

        # scikit-learn's set has no two equal images.
        assert len(torch.unique(torch.cat([train_set, test_set]).flatten(1), dim=0)) == 1797

    def test_another_number_of_classes_is_refused(self, tmp_path: Path, job: Job) -> None:
        with pytest.raises(DataError, match="10 classes"):
            trained(replace(job, config=MobileNetConfig(0.05, 32)), tmp_path)


class TestScores:
    @pytest.mark.parametrize(
        ("right", "total", "low", "high"),
        [  # Wilson (1927); the values of R's binom::binom.wilson
            (10, 10, 72.25, 100.0),
            (0, 10, 0.0, 27.75),
            (50, 100, 40.38, 59.62),
        ],
    )
    def test_intervals_are_wilsons(self, right: int, total: int, low: float, high: float) -> None:
        found = Score(total, right).top1_bounds

        assert found.low == pytest.approx(low, abs=0.01)
        assert found.high == pytest.approx(high, abs=0.01)

    def test_an_order_needs_intervals_that_separate(self) -> None:
        assert is_above(Score(540, 530), Score(540, 480))
        assert not is_above(Score(540, 530), Score(540, 525))

    def test_a_change_is_told_only_where_chance_does_not_explain_it(self) -> None:
        assert not Change(same=540, lost=0, gained=0).is_told
        assert not Change(same=530, lost=5, gained=0).is_told  # p = 0.06
        assert Change(same=530, lost=6, gained=0).is_told  # p = 0.03
        assert not Change(same=500, lost=15, gained=13).is_told

    def test_first_and_first_five_are_counted(self) -> None:
        logits = torch.tensor([[9.0, 8, 7, 6, 5, 4], [4.0, 5, 6, 7, 8, 9], [9.0, 8, 7, 6, 5, 4]])

        found = score_of(ranked(logits), torch.tensor([0, 0, 4]))

        assert found == Score(total=3, top1=1, top5=2)
        assert summed([found, found]) == Score(total=6, top1=2, top5=4)

    def test_with_five_classes_there_is_no_top_five(self) -> None:
        assert score_of(ranked(torch.eye(5)), torch.arange(5)) == Score(5, 5, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch": 1},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"weight_decay": -1},
        {"label_smoothing": 1},
        {"optimiser": "adam"},
        {"augmentation": "lots"},
        {"seed": -1},
    ],
    ids=str,
)
def test_a_recipe_outside_its_limits_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(RecipeError):
        Recipe(**wrong)
