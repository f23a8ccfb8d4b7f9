"""A small network that emulates a larger one: its targets, and what stays the task's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from mobilenet.tasks import attribute_table, identities
from mobilenet.tasks.attributes import Attributes
from mobilenet.tasks.data import DataError
from mobilenet.tasks.distillation import Distilled, Unlabelled, of_attributes, of_embeddings
from mobilenet.tasks.embedding import Embedding
from mobilenet.weights.preprocessing import HUGGING_FACE
from tests.tiny import quality, taught, untrained


class Brightness(nn.Module):
    """A teacher that anybody can follow; batch norm tells whether it learns."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(outputs)
        self.outputs = outputs

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.norm(images.mean((1, 2, 3))[:, None].expand(-1, self.outputs))
        return found


@pytest.fixture(scope="module")
def faces() -> Attributes:
    return attribute_table.generated(40)


class TestTargets:
    def test_training_targets_are_what_the_teacher_says(self, faces: Attributes) -> None:
        teacher = Brightness(6).eval()
        task = Distilled(faces, teacher, of_attributes)

        torch.manual_seed(0)
        for images, targets in task.batches("train", 32, 8, HUGGING_FACE, "little"):
            torch.testing.assert_close(targets, teacher(images))

    def test_test_targets_stay_true(self, faces: Attributes) -> None:
        task = Distilled(faces, Brightness(6), of_attributes)

        (_, given), (_, true) = (
            next(one.batches("test", 32, 40, HUGGING_FACE)) for one in (task, faces)
        )
        assert torch.equal(given, true)
        assert task.quality(true, true) == faces.quality(true, true)

    def test_the_teacher_learns_nothing(self, faces: Attributes) -> None:
        teacher = Brightness(6).train()
        before = {name: value.clone() for name, value in teacher.state_dict().items()}
        task = Distilled(faces, teacher, of_attributes)

        torch.manual_seed(0)
        student = nn.Linear(3 * 32 * 32, 6)
        for images, targets in task.batches("train", 32, 8, HUGGING_FACE, "none"):
            task.loss(student(images.flatten(1)), targets).backward()

        assert student.weight.grad is not None
        assert all(parameter.grad is None for parameter in teacher.parameters())
        for name, value in teacher.state_dict().items():
            assert torch.equal(value, before[name])

    def test_a_teacher_of_something_else_is_refused(self, faces: Attributes) -> None:
        task = Distilled(faces, Brightness(7), of_attributes)

        with pytest.raises(DataError, match=r"\(7,\).*\(6,\)"):
            next(task.batches("train", 32, 8, HUGGING_FACE, "none"))

    def test_another_teacher_or_other_images_are_another_training(self, faces: Attributes) -> None:
        more = attribute_table.generated(40, seed=1)
        found = {
            task.fingerprint
            for task in (
                faces,
                Distilled(faces, nn.Linear(2, 6), of_attributes),
                Distilled(faces, nn.Linear(2, 6), of_attributes),
                Distilled(faces, Brightness(6), of_attributes, more),
                Distilled(faces, Brightness(6), of_attributes),
            )
        }

        assert len(found) == 5


class TestUnlabelled:
    def test_images_without_labels_train_in_place_of_the_task_s(
        self, tmp_path: Path, faces: Attributes
    ) -> None:
        for number in range(5):
            path = tmp_path / "anywhere" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (40, 40), (50 * number, 0, 0)).save(path)
        task = Distilled(faces, Brightness(6), of_attributes, Unlabelled(tmp_path))

        assert task.count("train") == 5
        assert task.count("test") == faces.count("test")
        torch.manual_seed(0)
        ((images, targets),) = task.batches("train", 32, 8, HUGGING_FACE, "none")
        assert images.shape == (5, 3, 32, 32)
        assert targets.shape == (5, 6)

    def test_a_folder_without_images_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="has no images"):
            Unlabelled(tmp_path)


class TestLosses:
    def test_attributes_are_emulated_best_by_the_same_probabilities(self) -> None:
        teachers = torch.tensor([[2.0, -1.0], [0.5, 0.0]])
        least = of_attributes(teachers, teachers)

        for moved in (-0.5, 0.5):
            assert of_attributes(teachers + moved, teachers) > least

    def test_embeddings_are_emulated_in_direction(self) -> None:
        teachers = torch.tensor([[3.0, 0.0], [0.0, 1.0]])

        assert float(of_embeddings(2 * teachers, teachers)) == pytest.approx(0)
        assert float(of_embeddings(teachers.flip(0), teachers)) == pytest.approx(2)


@pytest.mark.slow("trains a teacher and a student, fifteen epochs each")
def test_attributes_are_learnt_from_a_teacher_alone() -> None:
    task = attribute_table.generated(400)
    teacher = taught(task, epochs=15, width=0.5)
    unlabelled = attribute_table.generated(400, seed=1)  # whose labels nobody looks at
    student = taught(Distilled(task, teacher, of_attributes, unlabelled), epochs=15, seed=1)

    found = quality(task, student)
    assert found.is_above_chance
    assert found.low > quality(task, untrained(task, seed=1)).high


@pytest.mark.slow("trains a teacher and a student, eighteen epochs together")
def test_embeddings_of_people_never_seen_come_near_the_teachers() -> None:
    """How well they verify is its teacher's affair; to be near it is what is emulated."""
    task = identities.generated(identities=100, images=6)
    teacher = taught(task, epochs=10, width=0.5)
    student = taught(Distilled(task, teacher, of_embeddings), epochs=8, seed=1)

    assert nearness(task, student, teacher) > 0.25
    assert abs(nearness(task, untrained(task, seed=1), teacher)) < 0.1
    assert quality(task, student).percent > quality(task, untrained(task, seed=1)).high


def nearness(task: Embedding, one: nn.Module, other: nn.Module) -> float:
    """The mean cosine of their embeddings of the images that test."""
    found = []
    with torch.inference_mode():
        for images, _ in task.batches("test", 32, 64, HUGGING_FACE):
            found.append(cosine_similarity(one(images), other(images)))
    return float(torch.cat(found).mean())
