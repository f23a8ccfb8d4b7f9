"""Cells follow the photographs, distances are the globe's, a bad row is refused by its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import s2cell
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

from mobilenet.tasks.cells import FINEST, OUTSIDE, Cells, partition
from mobilenet.tasks.data import DataError
from mobilenet.tasks.geolocation import SCALES, Geolocation, kilometres, over_cells
from mobilenet.tasks.geolocation_table import generated, read, write
from mobilenet.tasks.image_table import by_chance
from mobilenet.weights.preprocessing import SLIM
from tests.wording import Wording

LYON, PARIS, QUITO = (45.76, 4.84), (48.86, 2.35), (-0.18, -78.47)


def around(place: tuple[float, float], count: int, degrees: float) -> np.ndarray:
    chance = np.random.default_rng(0)
    return np.array(place) + chance.normal(0, degrees, (count, 2))


def cut(places: np.ndarray, most: int, least: int) -> Cells:
    return partition(places[:, 0], places[:, 1], most, least)


def level_at(cells: Cells, place: tuple[float, float]) -> int:
    number = cells.of(np.array([place[0]]), np.array([place[1]]))[0]
    return s2cell.cell_id_to_level(cells.ids[number])


class TestCells:
    def test_they_are_smaller_where_there_are_more_photographs(self) -> None:
        crowd, few = around(PARIS, 400, 0.1), around(QUITO, 30, 0.1)

        cells = cut(np.concatenate([crowd, few]), most=50, least=5)

        assert level_at(cells, PARIS) >= level_at(cells, QUITO) + 4
        assert max(cells.counts) <= 50

    def test_too_many_photographs_in_one_street_stay_together(self) -> None:
        cells = cut(np.tile(PARIS, (90, 1)), most=50, least=5)

        assert cells.counts == (90,)
        assert s2cell.cell_id_to_level(cells.ids[0]) == FINEST

    def test_cells_with_too_few_are_left_out_and_their_places_are_in_none(self) -> None:
        cells = cut(np.concatenate([around(PARIS, 20, 0.1), [QUITO]]), most=50, least=5)

        assert len(cells) == 1
        assert cells.of(
            np.array([QUITO[0], PARIS[0]]), np.array([QUITO[1], PARIS[1]])
        ).tolist() == [
            OUTSIDE,
            0,
        ]

    @settings(max_examples=30, deadline=None)
    @given(
        some.lists(
            some.tuples(some.floats(-90, 90), some.floats(-180, 180)), min_size=1, max_size=60
        ),
        some.integers(1, 20),
        some.integers(1, 5),
    )
    def test_each_photograph_lies_in_the_one_cell_that_counts_it(
        self, places: list[tuple[float, float]], most: int, least: int
    ) -> None:
        latitudes, longitudes = np.array(places).T
        cells = partition(latitudes, longitudes, most, least)

        found = cells.of(latitudes, longitudes)

        inside = found[found != OUTSIDE]
        assert np.bincount(inside, minlength=len(cells)).tolist() == list(cells.counts)
        assert min(cells.counts, default=least) >= least
        everything = partition(latitudes, longitudes, most, 1)
        assert (everything.of(latitudes, longitudes) != OUTSIDE).all()

    def test_a_centre_beside_the_date_line_is_the_mean_of_both_sides(self) -> None:
        cells = cut(np.array([[0.0, 179.0], [0.0, -179.0]]), most=9, least=1)
        north, east = cells.centres[0]

        assert len(cells) == 1
        assert north == pytest.approx(0)
        assert abs(east) == pytest.approx(180)

    def test_both_names_of_the_date_line_are_one_place(self) -> None:
        cells = cut(np.array([[10.0, 180.0]] * 5), most=9, least=1)

        assert cells.of(np.array([10.0, 10.0]), np.array([180.0, -180.0])).tolist() == [0, 0]


class TestDistances:
    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            # GeographicLib's documentation: from Wellington to Salamanca.
            ((-41.32, 174.81), (40.96, -5.50), 19_959.679267),
            ((0.0, 179.5), (0.0, -179.5), 6378.137 * np.pi / 180),  # one degree of the equator
            (PARIS, PARIS, 0.0),
        ],
    )
    def test_they_are_those_of_the_ellipsoid(
        self, one: tuple[float, float], other: tuple[float, float], expected: float
    ) -> None:
        found = kilometres(np.array([one]), np.array([other]))

        assert found == pytest.approx([expected], abs=1e-6)


@pytest.fixture
def two_towns() -> Geolocation:
    """Thirty photographs of Paris and twenty of Quito train; of four that test, one is of Lyon."""
    places = np.concatenate(
        [np.tile(PARIS, (30, 1)), np.tile(QUITO, (20, 1)), [PARIS, QUITO, LYON, (80.0, 0.0)]]
    )
    pictures = tuple(Image.new("RGB", (40, 40), (number, 0, 0)) for number in range(54))
    splits = {"train": tuple(range(50)), "test": tuple(range(50, 54))}
    return over_cells("two towns", pictures, places, splits, Path(), most=10, least=5)


def answers_for(task: Geolocation, places: list[tuple[float, float]]) -> torch.Tensor:
    latitudes, longitudes = np.array(places).T
    numbers = torch.from_numpy(task.cells.of(latitudes, longitudes))
    return torch.nn.functional.one_hot(numbers, task.outputs).float()


class TestQuality:
    def test_it_is_the_share_within_each_of_the_papers_distances(
        self, two_towns: Geolocation
    ) -> None:
        targets = two_towns.places[50:]
        answers = answers_for(two_towns, [PARIS, QUITO, PARIS, PARIS])

        found = two_towns.quality(answers, targets)

        # Lyon, which lies in no cell, is 390 km from Paris; 80 degrees north, 3,480 km.
        assert [one.measure for one in found] == [
            "country, within 750 km",
            "continent, within 2,500 km",
            "region, within 200 km",
            "city, within 25 km",
            "street, within 1 km",
        ]
        assert [one.percent for one in found] == [75, 75, 50, 50, 50]
        assert all(one.low < one.percent < one.high and one.count == 4 for one in found)

    def test_chance_is_what_the_best_single_answer_reaches(self, two_towns: Geolocation) -> None:
        found = two_towns.quality(answers_for(two_towns, [QUITO] * 4), two_towns.places[50:])

        assert [one.chance for one in found] == [50, 50, 25, 25, 25]
        assert [one.percent for one in found] == [25] * len(SCALES)

    @pytest.mark.parametrize("seed", range(3))
    def test_no_answer_that_does_not_look_is_above_chance(self, seed: int) -> None:
        task = generated(400, seed)
        targets = task.places[list(task.splits["test"])]

        for answer in torch.eye(task.outputs):
            for one in task.quality(answer.expand(len(targets), -1), targets):
                assert not one.is_above_chance, one

    def test_the_loss_is_less_for_the_right_cell_and_nothing_outside_of_all(
        self, two_towns: Geolocation
    ) -> None:
        right = answers_for(two_towns, [PARIS, QUITO])
        targets = torch.tensor([PARIS, QUITO], dtype=torch.float64)
        outside = torch.tensor([PARIS, LYON], dtype=torch.float64)

        assert two_towns.loss(right, targets) < two_towns.loss(1 - right, targets)
        inside = float(two_towns.loss(right[:1], targets[:1]))
        assert float(two_towns.loss(right, outside)) == pytest.approx(inside)

    def test_outputs_are_called_by_the_places_they_stand_for(self, two_towns: Geolocation) -> None:
        named = sorted(two_towns.classes)

        assert len(named) == two_towns.outputs == 2
        assert [float(part) for part in named[1].split(", ")] == pytest.approx(PARIS, abs=0.01)


class TestTables:
    def test_what_is_written_is_read_again(self, tmp_path: Path) -> None:
        task = generated(120, most=10, least=4)

        found = read(write(task, tmp_path), most=10, least=4)

        assert "generated" in task.name
        assert "generated" in found.name
        assert found.cells == task.cells
        assert found.splits == task.splits
        for split in ("train", "test"):
            assert found.count(split) == task.count(split)
            for one, other in zip(
                found.batches(split, 32, 50, SLIM), task.batches(split, 32, 50, SLIM), strict=True
            ):
                assert torch.equal(one[0], other[0])
                assert torch.equal(one[1], other[1])
                assert one[1].dtype == torch.float64

    def test_without_a_split_three_tenths_test_and_always_the_same(self, tmp_path: Path) -> None:
        table = write(generated(100, most=20, least=2), tmp_path)
        rows = [line.split(",") for line in table.read_text().splitlines()]
        table.write_text("\n".join(",".join((image, *places)) for image, _, *places in rows))

        one, two = read(table, 20, 2), read(table, 20, 2)

        assert one.count("test") == 30
        assert one.splits == two.splits == by_chance(100)
        assert one.fingerprint == two.fingerprint != read(table, 10, 2).fingerprint

    def test_photographs_in_no_cell_train_nothing_but_test(self) -> None:
        task = generated(200, most=10, least=5)

        train = torch.cat([places for _, places in task.batches("train", 32, 50, SLIM)]).numpy()
        test = torch.cat([places for _, places in task.batches("test", 32, 50, SLIM)]).numpy()

        assert (task.cells.of(*train.T) != OUTSIDE).all()
        assert len(train) == task.count("train") < len(task.splits["train"])
        assert (task.cells.of(*test.T) == OUTSIDE).any()
        assert len(test) == task.count("test") == 60

    @pytest.mark.parametrize(
        ("line", "names"),
        [
            ("gone.png,1,2,train", "gone.png"),
            (",1,2,train", "image"),
            ("{here}/c.png,1,2,train", "c.png"),
            ("a.png,1,2,train", "a.png 2"),
            ("c.png,90.5,2,train", "latitude 90.5 -90 90"),
            ("c.png,1,-180.5,train", "longitude -180.5 -180 180"),
            ("c.png,nan,2,train", "latitude nan"),
            ("c.png,1,inf,train", "longitude inf"),
            ("c.png,north,2,train", "latitude 'north'"),
            ("c.png,,2,train", "latitude ''"),
            ("c.png,1,2,val", "split 'val'"),
            ("c.png,1,2", "fewer"),
            ("c.png,1,2,train,5", "more"),
        ],
    )
    def test_a_bad_row_is_refused_by_its_number(
        self, tmp_path: Path, line: str, names: str, wording: Wording
    ) -> None:
        table = self._table(tmp_path, line.format(here=tmp_path))

        with pytest.raises(DataError, match=r"places\.csv, row 4") as refused:
            read(table)

        assert all(name in str(refused.value) for name in names.split())
        wording(str(refused.value).replace(str(tmp_path), "FOLDER"))

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("", "column image empty"),
            ("image;latitude;longitude\n", "column image"),
            ("image,longitude\na.png,1\n", "column latitude"),
            ("image,latitude\na.png,1\n", "column longitude"),
            ("image,latitude,longitude\n", "no rows"),
            ("image,latitude,longitude\na.png,1,2\n", "1 row"),
            ("image,latitude,longitude,split\n" + "{all:train}", "no rows test"),
            ("image,latitude,longitude,split\n" + "{all:test}", "no rows train"),
            ("image,latitude,longitude\n" + "{all}", "cells 5 50"),
        ],
        ids=[
            *("empty", "semicolons", "no latitude", "no longitude", "no rows", "one row"),
            *("nothing tests", "nothing trains", "no cells"),
        ],
    )
    def test_a_table_that_teaches_nothing_is_refused(
        self, tmp_path: Path, text: str, names: str, wording: Wording
    ) -> None:
        table = self._table(tmp_path, "")
        for split in ("", ":train", ":test"):
            rows = "".join(f"{name}.png,1,2{split.replace(':', ',')}\n" for name in "abcd")
            text = text.replace(f"{{all{split}}}", rows)
        table.write_text(text)

        with pytest.raises(DataError) as refused:
            read(table)

        assert all(name in str(refused.value) for name in names.split())
        wording(str(refused.value).replace(str(tmp_path), "FOLDER"))

    def test_what_is_no_text_is_refused(self, tmp_path: Path) -> None:
        table = self._table(tmp_path, "")
        table.write_bytes((tmp_path / "a.png").read_bytes())

        with pytest.raises(DataError, match="cannot be read"):
            read(table)
        with pytest.raises(DataError, match="cannot be read"):
            read(tmp_path / "gone.csv")

    def test_empty_lines_and_excels_mark_do_not_matter(self, tmp_path: Path) -> None:
        table = self._table(tmp_path, "")
        text = "\ufeffimage, latitude ,longitude\n\na.png,1,2\nb.png, 1.0 ,2\n\nc.png,50,2\n"
        table.write_text(text + "d.png,91,2\n", encoding="utf-8")

        with pytest.raises(DataError, match="row 7: latitude 91"):
            read(table)

    def _table(self, folder: Path, line: str) -> Path:
        for name in "abcd":
            Image.new("RGB", (40, 40)).save(folder / f"{name}.png")
        table = folder / "places.csv"
        table.write_text(
            f"image,latitude,longitude,split\na.png,1,2,train\nb.png,1,2,test\n{line}\n"
            "d.png,1,2,test\n"
        )
        return table


class TestGenerated:
    def test_a_seed_gives_the_same_globe_and_another_seed_another(self) -> None:
        one, two, other = (generated(80, seed, 20, 2) for seed in (3, 3, 4))

        assert one.fingerprint == two.fingerprint != other.fingerprint

    def test_its_towns_are_of_unequal_size(self) -> None:
        cells = generated(400, most=20).cells
        levels = {s2cell.cell_id_to_level(cell) for cell in cells.ids}

        assert len(cells) > 10
        assert max(levels) - min(levels) >= 3
        assert max(cells.counts) > 3 * min(cells.counts)
