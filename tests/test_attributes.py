"""Attributes of pictures: tables that people have, and how well they are ranked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import average_precision_score

from mobilenet.tasks.attribute_table import DRAWN, generated, read, write
from mobilenet.tasks.attributes import Attributes, Ranking, by_chance
from mobilenet.tasks.data import DataError
from mobilenet.weights.preprocessing import HUGGING_FACE
from tests.tiny import quality, taught, untrained


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
        (images, targets), (drawn, same) = (
            next(one.batches("test", 32, 60, HUGGING_FACE)) for one in (found, faces)
        )
        assert sorted(images.sum((1, 2, 3)).tolist()) == sorted(drawn.sum((1, 2, 3)).tolist())
        assert torch.equal(targets.sum(0), same.sum(0))

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

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (rows("0.png,0", "9.png,1"), r"faces\.csv, row 3: there is no image 9\.png"),
            (rows(",1"), r"row 2: there is no image \(empty\)"),
            (rows("0.png,2"), r"row 2: hat is '2', neither 0 nor 1"),
            (rows("0.png,-1"), r"row 2: hat is '-1'.*CelebA"),
            (rows("0.png,"), r"row 2: hat is ''"),
            (rows("0.png"), r"row 2 has fewer values"),
            (rows("0.png,0,1"), r"row 2 has more values"),
            (rows("0.png,0", "0.png,1"), r"row 3: 0\.png is in faces\.csv, row 2 too"),
            (rows(header="file,hat"), r"faces\.csv has no column image.*file, hat"),
            (rows(header="image;hat"), r"no column image.*commas"),
            ("image\n" + "\n".join(f"{n}.png" for n in range(8)), "has no attribute"),
            ("image,hat,hat\n0.png,0,1", "two columns hat"),
            ("image,hat,\n0.png,0,1", "a column without a name"),
            ("", r"no column image.*is empty"),
            ("image,hat", "faces.csv has no rows"),
            ("image,hat\n0.png,1", "faces.csv has 1 row"),
            ("image,hat\n\n" + "\n".join(f"{n}.png,1" for n in range(8)), "all of the 5 images"),
            ("image,hat\n" + "\n".join(f"{n}.png,0" for n in range(8)), "none of the 5 images"),
            (
                "image,hat,split\n0.png,0,train\n1.png,1,train\n2.png,0,test\n3.png,0,test",
                "none of the 2 images that test have hat",
            ),
            (
                "image,hat,split\n" + "\n".join(f"{n}.png,{n % 2},train" for n in range(8)),
                "has no rows whose split is test",
            ),
            ("image,hat,split\n0.png,0,both", r"row 2: split is 'both'\. Write train or test"),
        ],
    )
    def test_a_row_that_cannot_be_used_is_refused_by_name(
        self, tmp_path: Path, text: str, message: str
    ) -> None:
        path = table(tmp_path, text)

        with pytest.raises(DataError, match=message):
            read(path)

    def test_what_is_no_table_is_refused(self, tmp_path: Path) -> None:
        picture = tmp_path / "a.csv"
        picture.write_bytes(bytes(range(256)))

        for path in (picture, tmp_path, tmp_path / "none.csv"):
            with pytest.raises(DataError, match="cannot be read as a table"):
                read(path)

    def test_other_attributes_of_the_same_images_are_another_set(self, tmp_path: Path) -> None:
        one = read(table(tmp_path, rows()))
        other = read(table(tmp_path, rows("0.png,1")))

        assert one.fingerprint != other.fingerprint


class TestQuality:
    def test_precision_is_what_scikit_learn_says(self) -> None:
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

    def test_random_answers_are_seldom_above_chance(self, faces: Attributes) -> None:
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


@pytest.mark.slow("TODO: say why")
def test_a_tiny_network_learns_attributes_of_faces_that_it_never_saw() -> None:
    task = generated(600)

    before = quality(task, untrained(task))
    after = quality(task, taught(task, epochs=15))

    assert after.is_above_chance
    assert after.low > before.high
