"""Faces by identity: who trains, who tests, and how often two pictures are told to be of one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from PIL import Image

from mobilenet.tasks import verification
from mobilenet.tasks.data import DataError
from mobilenet.tasks.embedding import Embedding
from mobilenet.tasks.identities import generated, read, write
from mobilenet.tasks.verification import same, verified
from mobilenet.weights.preprocessing import HUGGING_FACE
from tests.tiny import quality, taught, untrained
from tests.wording import Wording


def people(folder: Path, **images: int) -> Path:
    for name, count in images.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (40, 40), (number, 0, 0)).save(folder / name / f"{number}.png")
    return folder


def of_split(task: Embedding, split: str) -> set[str]:
    return {task.identities[number] for number in task.splits[split]}


@pytest.fixture(scope="module")
def faces() -> Embedding:
    return generated(identities=10, images=6)


class TestFolders:
    def test_identities_that_test_train_nothing(self, tmp_path: Path) -> None:
        task = read(people(tmp_path, ann=2, bob=2, eve=3, joe=2))

        assert len(of_split(task, "train")) == len(of_split(task, "test")) == 2
        assert not of_split(task, "train") & of_split(task, "test")
        assert task.count("train") + task.count("test") == 9

    def test_the_same_identities_test_every_time(self, tmp_path: Path) -> None:
        folder = people(tmp_path, ann=2, bob=2, eve=3, joe=2)

        assert read(folder).splits == read(folder).splits
        assert read(folder).fingerprint == read(folder).fingerprint

    def test_folders_are_read_as_they_were_written(self, tmp_path: Path, faces: Embedding) -> None:
        write(faces, tmp_path)

        found = read(tmp_path)
        for split in ("train", "test"):
            assert of_split(found, split) == of_split(faces, split)
            assert found.count(split) == faces.count(split)
        before, after = (
            next(task.batches("test", 32, 100, HUGGING_FACE))[0] for task in (faces, found)
        )
        assert sorted(image.tolist() for image in before.flatten(1)) == sorted(
            image.tolist() for image in after.flatten(1)
        )

    @pytest.mark.parametrize(
        ("images", "name"),
        [
            ({"ann": 5}, "one identity"),
            ({}, "no identity"),
            ({"ann": 2, "bob": 1, "eve": 2, "joe": 2}, "bob has one"),
            ({"ann": 2, "bob": 0, "eve": 2, "joe": 2}, "bob has no"),
            ({"ann": 2, "bob": 2, "eve": 2}, "3 identities"),
        ],
        ids=["one", "none", "one image", "no image", "three"],
    )
    def test_too_few_identities_or_images_are_refused(
        self, tmp_path: Path, images: dict[str, int], name: str, wording: Wording
    ) -> None:
        with pytest.raises(DataError) as refused:
            read(people(tmp_path, **images))

        assert name in str(refused.value)
        wording(str(refused.value).replace(str(tmp_path), "FOLDER"))

    def test_an_identity_in_train_and_test_is_refused(self, tmp_path: Path) -> None:
        people(tmp_path / "train", ann=2, bob=2)
        people(tmp_path / "val", bob=2, joe=2)

        with pytest.raises(DataError, match=r"bob .*train .*val"):
            read(tmp_path)

    def test_half_a_split_is_refused(self, tmp_path: Path) -> None:
        people(tmp_path / "train", ann=2, bob=2)

        with pytest.raises(DataError, match=r"train .*counterpart"):
            read(tmp_path)

    def test_no_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="is no folder"):
            read(tmp_path / "none")


class TestBatches:
    def test_training_batches_hold_several_identities_and_several_images_of_each(self) -> None:
        task = generated(identities=20, images=8)

        torch.manual_seed(0)
        for _, identities in task.batches("train", 32, 16, HUGGING_FACE, "none"):
            counts = Counter(identities.tolist())
            assert len(counts) > 1
            assert set(counts.values()) <= {4, 8}

    def test_each_image_trains_once_an_epoch(self, faces: Embedding) -> None:
        torch.manual_seed(0)
        seen = Counter(
            identity
            for _, identities in faces.batches("train", 32, 8, HUGGING_FACE, "none")
            for identity in identities.tolist()
        )

        assert seen.keys() == set(faces.splits["train"])
        assert max(seen.values()) <= 6
        assert sum(seen.values()) >= faces.count("train") - 4  # a last group may be alone

    def test_epochs_differ_and_a_seed_repeats_them(self, faces: Embedding) -> None:
        def epoch(seed: int) -> list[int]:
            torch.manual_seed(seed)
            batches = faces.batches("train", 32, 8, HUGGING_FACE, "none")
            return [one for _, identities in batches for one in identities.tolist()]

        assert epoch(1) == epoch(1) != epoch(2)

    def test_the_smallest_batch_still_has_pairs_of_both_kinds(self, faces: Embedding) -> None:
        torch.manual_seed(0)
        for _, identities in faces.batches("train", 32, 2, HUGGING_FACE, "none"):
            counts = Counter(identities.tolist())
            assert len(counts) == 2
            assert set(counts.values()) == {2}

    @pytest.mark.parametrize("images", [2, 3, 5, 9])
    def test_no_image_trains_without_another_of_its_identity(self, images: int) -> None:
        odd = generated(12, images)
        torch.manual_seed(0)
        for _, identities in odd.batches("train", 32, 16, HUGGING_FACE, "none"):
            assert min(Counter(identities.tolist()).values()) >= 2

    def test_images_test_in_their_order(self, faces: Embedding) -> None:
        found = [
            one
            for _, identities in faces.batches("test", 32, 4, HUGGING_FACE)
            for one in identities.tolist()
        ]

        assert found == sorted(found)
        assert len(found) == faces.count("test")


class TestLoss:
    def test_identities_that_lie_apart_cost_nothing(self, faces: Embedding) -> None:
        answers = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 1.0]])

        assert float(faces.loss(answers, torch.tensor([0, 0, 1, 1]))) == 0

    def test_vectors_that_are_all_the_same_cost_the_margin(self, faces: Embedding) -> None:
        loss = faces.loss(torch.ones(4, 2), torch.tensor([0, 0, 1, 1]))

        assert float(loss) == pytest.approx(0.2)

    def test_it_is_what_a_loop_over_triplets_says(self, faces: Embedding) -> None:
        answers = torch.randn(9, 4, generator=torch.manual_seed(0))
        targets = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
        unit = torch.nn.functional.normalize(answers)
        far = torch.cdist(unit, unit).square()
        losses = []
        for one in range(9):
            others = [
                float(far[one, other]) for other in range(9) if targets[other] != targets[one]
            ]
            for two in range(9):
                if two != one and targets[two] == targets[one]:
                    apart = float(far[one, two])
                    negative = min((d for d in others if d > apart), default=max(others))
                    losses.append(max(apart - negative + 0.2, 0))

        expected = sum(losses) / len(losses)
        assert float(faces.loss(answers, targets)) == pytest.approx(expected, abs=1e-5)

    def test_it_has_gradients_for_every_image(self, faces: Embedding) -> None:
        answers = torch.randn(6, 8, generator=torch.manual_seed(0), requires_grad=True)
        faces.loss(answers, torch.tensor([0, 0, 1, 1, 2, 2])).backward()

        assert answers.grad is not None
        assert answers.grad.isfinite().all()
        assert answers.grad.abs().sum() > 0


class TestVerification:
    def test_identities_apart_are_all_verified(self) -> None:
        identities = torch.arange(10).repeat_interleave(5)
        found = verified(torch.eye(10)[identities], identities)

        assert (found.percent, found.low, found.high) == (100, 100, 100)
        assert found.count == 50 * 49 // 2

    def test_the_same_vector_for_everybody_verifies_nobody(self) -> None:
        found = verified(torch.ones(50, 4), torch.arange(10).repeat_interleave(5))

        assert found.percent == found.low == 0

    @pytest.mark.parametrize(
        ("people", "images", "rate"),
        [(3, 3, 10), (8, 5, 10), (20, 10, 1), (80, 10, 0.1), (200, 10, 0.01)],
    )
    def test_the_rate_is_the_least_that_so_many_pairs_can_show(
        self, people: int, images: int, rate: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mobilenet.tasks.bootstrap.RESAMPLES", 2)
        identities = torch.arange(people).repeat_interleave(images)
        found = verified(torch.randn(len(identities), 8), identities)

        assert found.measure == f"verified at {rate:g} % false accepts"
        assert found.chance == pytest.approx(rate)

    def test_no_more_others_are_accepted_than_the_rate(self) -> None:
        vectors = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0], [0.8, 0.7]])
        identities = torch.tensor([0, 0, 1, 1, 1])
        # Of six pairs of others a tenth is none, so the nearest of them is the limit: 1 with 4. The
        # pair within 0 and one within 1 are nearer; the other two within 1, those with 4, are not.
        assert verified(vectors, identities).percent == pytest.approx(50)

    def test_random_vectors_are_seldom_above_chance(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mobilenet.tasks.bootstrap.RESAMPLES", 200)
        torch.manual_seed(0)
        identities = torch.arange(12).repeat_interleave(6)
        found = [verified(torch.randn(72, 16), identities).is_above_chance for _ in range(20)]

        assert sum(found) <= 2

    def test_large_sets_are_drawn_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        identities = torch.arange(20).repeat_interleave(10)
        vectors = torch.eye(20)[identities] + 0.4 * torch.randn(
            200, 20, generator=torch.manual_seed(0)
        )
        all_of_them = verified(vectors, identities)
        monkeypatch.setattr(verification, "MOST_PAIRS", 6_000)

        some = verified(vectors, identities)
        assert some.count < all_of_them.count
        assert some.percent == pytest.approx(all_of_them.percent, abs=10)

    def test_two_embeddings_are_compared_by_their_cosine(self) -> None:
        assert same(torch.tensor([2.0, 0.0]), torch.tensor([3.0, 0.0])) == pytest.approx(1)
        assert same(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 1.0])) == pytest.approx(0)

    def test_a_gallery_is_not_searched(self) -> None:
        with pytest.raises(ValueError, match=re.escape("(100, 8)")):
            same(torch.ones(8), torch.ones(100, 8))


@pytest.mark.slow("trains twenty epochs of 360 pictures")
def test_a_tiny_network_tells_faces_apart_that_it_never_saw() -> None:
    task = generated(identities=60, images=12)

    before = quality(task, untrained(task))
    after = quality(task, taught(task, epochs=20))

    assert after.is_above_chance
    assert after.low > before.high
