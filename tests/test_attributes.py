"""Attributes of pictures: tables that people have, and how well they are ranked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenet.tasks.attribute_table import DRAWN, generated, read, write
from mobilenet.tasks.attributes import Attributes, Ranking, by_chance
from mobilenet.tasks.data import DataError
from mobilenet.weights.preprocessing import HUGGING_FACE
from tests.tiny import quality, taught, untrained
from tests.wording import Wording


def table(folder: Path, text: str, images: int = 8) -> Path:
    for number in range(images):
        Image.new("RGB", (40, 40), (number, 0, 0)).save(folder / f"{number}.png")
    path = folder / "faces.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rows(*changed: str, header: str = "image,hat") -> str:
    """Eight sound rows, the first ones changed."""
    sound = [f"{number}.png,{number % 2}" for number in range(8)]
    return "\n".join([header, *changed, *sound[len(changed) :]])


def column(*values: object, header: str = "image,hat") -> str:
    return "\n".join([header, *(f"{number}.png,{one}" for number, one in enumerate(values))])


# A table, and what its refusal must name.
WRONG: dict[str, tuple[str, ...]] = {
    "no such image": (rows("0.png,0", "9.png,1"), "faces.csv, row 3", "9.png"),
    "no name": (rows(",1"), "row 2"),
    "two": (rows("0.png,2"), "row 2", "hat", "'2'"),
    "minus one": (rows("0.png,-1"), "row 2", "hat", "'-1'", "CelebA"),
    "nothing": (rows("0.png,"), "row 2", "hat", "''"),
    "fewer values": (rows("0.png"), "row 2", "fewer"),
    "more values": (rows("0.png,0,1"), "row 2", "more"),
    "image twice": (rows("0.png,0", "0.png,1"), "row 3", "0.png", "row 2"),
    "no image column": (rows(header="file,hat"), "faces.csv", "column image", "file, hat"),
    "semicolons": (rows(header="image;hat"), "column image", "commas"),
    "no attribute": (column(*[""] * 8, header="image").replace(",", ""), "attribute"),
    "attribute twice": ("image,hat,hat\n0.png,0,1", "hat"),
    "attribute without a name": ("image,hat,\n0.png,0,1", "name"),
    "empty": ("", "column image", "empty"),
    "no rows": ("image,hat", "faces.csv", "no rows"),
    "one row": (column(1), "faces.csv", "1 row"),
    "all have it": (column(*[1] * 8), "all", "5 images", "hat"),
    "none have it": (column(*[0] * 8), "none", "5 images", "hat"),
    "none that test have it": (
        column("0,train", "1,train", "0,test", "0,test", header="image,hat,split"),
        *("none", "2 images", "test", "hat"),
    ),
    "nothing tests": (
        column(*[f"{n % 2},train" for n in range(8)], header="image,hat,split"),
        *("no rows", "test"),
    ),
    "other split": ("image,hat,split\n0.png,0,both", "row 2", "'both'", "train", "test"),
}


@pytest.fixture(scope="module")
def faces() -> Attributes:
    return generated(60)


class TestTables:
    def test_a_table_is_read_as_it_was_written(self, tmp_path: Path, faces: Attributes) -> None:
        found = read(write(faces, tmp_path))

        assert found.attributes == faces.attributes
        assert torch.equal(found.present, faces.present)
        for split in ("train", "test"):
            assert sorted(found.splits[split]) == sorted(faces.splits[split])
        read_again, drawn = (
            torch.cat([images.flatten(1), present], dim=1).tolist()
            for images, present in (
                next(one.batches("test", 32, 60, HUGGING_FACE)) for one in (found, faces)
            )
        )
        assert sorted(read_again) == sorted(drawn)

    def test_images_keep_their_own_attributes_in_an_order_of_chance(self, tmp_path: Path) -> None:
        task = read(table(tmp_path, rows()))

        torch.manual_seed(0)
        for images, targets in task.batches("train", 32, 3, HUGGING_FACE, "none"):
            number = ((images[:, 0, 0, 0] + 1) * 127.5).round()
            assert torch.equal(number % 2, targets[:, 0])

    def test_without_a_split_the_same_thirty_percent_test(self, tmp_path: Path) -> None:
        path = table(tmp_path, rows())

        assert read(path).splits == read(path).splits
        assert (read(path).count("train"), read(path).count("test")) == (5, 3)

    def test_a_table_from_excel_is_read(self, tmp_path: Path) -> None:
        path = table(tmp_path, "\ufeff" + rows(header="image, hat").replace("\n", "\r\n\r\n"))

        assert read(path).attributes == ("hat",)

    @pytest.mark.parametrize("wrong", WRONG)
    def test_a_row_that_cannot_be_used_is_refused_by_name(
        self, tmp_path: Path, wrong: str, wording: Wording
    ) -> None:
        text, *names = WRONG[wrong]

        with pytest.raises(DataError) as refused:
            read(table(tmp_path, text))

        assert all(name in str(refused.value) for name in names)
        wording(str(refused.value).replace(str(tmp_path), "FOLDER"))

    def test_what_is_no_table_is_refused(self, tmp_path: Path) -> None:
        picture = tmp_path / "a.csv"
        picture.write_bytes(bytes(range(256)))

        for path in (picture, tmp_path, tmp_path / "none.csv"):
            with pytest.raises(DataError, match="cannot be read"):
                read(path)

    def test_other_attributes_of_the_same_images_are_another_set(self, tmp_path: Path) -> None:
        one = read(table(tmp_path, rows()))
        other = read(table(tmp_path, rows("0.png,1")))

        assert one.fingerprint != other.fingerprint


class TestQuality:
    def test_precision_is_what_scikit_learn_says(self) -> None:
        from sklearn.metrics import average_precision_score

        chance = np.random.default_rng(0)
        scores = chance.integers(0, 20, (80, 3)).astype(float)  # with equal ones
        present = (chance.random((80, 3)) < 0.4).astype(float)
        weights = chance.integers(0, 3, 80).astype(float)

        expected = [
            average_precision_score(present[:, one], scores[:, one], sample_weight=weights)
            for one in range(3)
        ]
        assert Ranking(scores, present).mean_precision(weights) == pytest.approx(np.mean(expected))

    def test_chance_is_the_mean_of_many_random_rankings(self) -> None:
        chance = np.random.default_rng(0)
        present = (chance.random((50, 2)) < [0.1, 0.5]).astype(float)
        ones = np.ones(50)

        found = [
            Ranking(chance.random((50, 2)), present).mean_precision(ones) for _ in range(3_000)
        ]
        assert by_chance(present) == pytest.approx(np.mean(found), abs=0.005)

    def test_a_perfect_ranking_has_a_hundred_percent(self, faces: Attributes) -> None:
        (quality,) = faces.quality(faces.present, faces.present)

        assert (quality.percent, quality.low, quality.high) == (100, 100, 100)
        assert quality.is_above_chance
        assert quality.count == 60

    def test_random_answers_are_seldom_above_chance(
        self, faces: Attributes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mobilenet.tasks.bootstrap.RESAMPLES", 200)
        torch.manual_seed(0)
        found = [
            faces.quality(torch.randn(60, len(DRAWN)), faces.present)[0].is_above_chance
            for _ in range(20)
        ]

        assert sum(found) <= 2

    def test_the_interval_is_the_same_each_time(self, faces: Attributes) -> None:
        answers = faces.present + torch.randn(60, len(DRAWN), generator=torch.manual_seed(0))

        (quality,) = faces.quality(answers, faces.present)
        assert quality == faces.quality(answers, faces.present)[0]
        assert quality.low < quality.percent < quality.high


@pytest.mark.slow("trains fifteen epochs of 420 pictures")
def test_a_tiny_network_learns_attributes_of_faces_that_it_never_saw() -> None:
    task = generated(600)

    before = quality(task, untrained(task))
    after = quality(task, taught(task, epochs=15))

    assert after.is_above_chance
    assert after.low > before.high
