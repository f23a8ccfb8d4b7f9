"""What was trained is found again wherever its folder lies, and what it says is said in words."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.messages import Scored
from benchmarks.scenarios import Scenario
from benchmarks.training.order import Answered, Examination, Order
from benchmarks.training.record import (
    RECORD,
    TRAINED_VARIABLE,
    Record,
    keep,
    kept,
    names_of,
    with_folder,
)
from benchmarks.training.scores import SCORES, keep_scores, kept_scores
from benchmarks.training.words import changed, told_apart
from mobilenet.files import FileError
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.score import Change, Epoch, Score
from tests.wording import Wording

SCORE = Score(540, 500, 530)
ORDER = Order(0.25, 32, "digits", "", Recipe(epochs=2))
EPOCHS = (Epoch(1, 0.9, Score(540, 300, 500), 3.0), Epoch(2, 0.4, SCORE, 3.0))


@pytest.fixture(autouse=True)
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "trained"
    monkeypatch.setenv(TRAINED_VARIABLE, str(folder))
    return folder


def made(order: Order = ORDER, epochs: tuple[Epoch, ...] = EPOCHS) -> Record:
    record = Record(with_folder(order), 10, epochs)
    Path(record.order.folder).mkdir(parents=True)
    keep(record)
    return record


def test_a_record_comes_back_as_it_was() -> None:
    record = made()

    assert kept().records == (record,)
    assert record.config.num_classes == 10
    assert record.outcome.is_done
    assert record.outcome.score == SCORE


def test_where_nothing_was_trained_there_is_nothing(trained: Path) -> None:
    assert not trained.exists()
    assert kept().records == kept().unreadable == ()


def test_the_newest_comes_first() -> None:
    old, new = made(), made(replace(ORDER, resolution=64))
    for age, record in ((100, old), (50, new)):
        os.utime(Path(record.order.folder) / RECORD, (1e9 - age, 1e9 - age))

    assert [one.order.label for one in kept().records] == ["0.25-64", "0.25-32"]


def test_a_folder_that_was_moved_is_found_where_it_lies_now(trained: Path) -> None:
    record = made()
    moved = Path(record.order.folder).rename(trained / "my best one")

    (found,) = kept().records

    assert found.order.weights == moved / "weights.safetensors"


@pytest.mark.parametrize(
    "change",
    [
        {"width_multiplier": 0.5},
        {"resolution": 64},
        {"data": "/photographs"},
        {"recipe": Recipe(epochs=2, seed=1)},
        {"convention": "pytorch"},
        {"start": "/weights.h5"},
    ],
)
def test_the_same_order_goes_on_in_its_folder_and_any_other_has_another(
    change: dict[str, object],
) -> None:
    assert with_folder(ORDER) == with_folder(replace(ORDER, folder="/elsewhere"))
    assert with_folder(replace(ORDER, **change)).folder != with_folder(ORDER).folder


def tampered(change: dict[str, object]) -> str:
    record = made()
    path = Path(record.order.folder) / RECORD
    return json.dumps(json.loads(path.read_text()) | change)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "\x00\xff",
        "[" * 100_000,
        '{"order": 3}',
        json.dumps({"order": {"width_multiplier": -1}}),
    ],
)
def test_what_is_no_record_is_named_and_hides_none_of_the_others(trained: Path, text: str) -> None:
    record = made()
    bad = trained / "bad" / RECORD
    bad.parent.mkdir()
    bad.write_text(text, encoding="utf-8")

    found = kept()

    assert found.records == (record,)
    assert found.unreadable == (bad,)


@pytest.mark.parametrize("change", [{"version": 2}, {"classes": 0}, {"classes": 10**9}])
def test_a_newer_or_impossible_record_is_not_read(change: dict[str, object]) -> None:
    text = tampered(change)
    (record,) = kept().records
    path = Path(record.order.folder) / RECORD
    path.write_text(text, encoding="utf-8")

    assert kept().unreadable == (path,)


def test_a_record_that_cannot_be_kept_leaves_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = made()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FileError, match="No space left"):
        keep(replace(record, epochs=EPOCHS[:1]))

    assert kept().records == (record,)


class TestWords:
    def test_networks_are_put_in_an_order_only_if_their_intervals_separate(
        self, wording: Wording
    ) -> None:
        poor, good, better = Score(540, 300), Score(540, 520), Score(540, 530)

        above, like = told_apart([("poor", poor), ("good", good), ("better", better)])

        assert "better" in above
        assert "poor" in above
        assert "overlap" in like
        wording(above)
        wording(like)
        assert told_apart([("alone", good)]) == []

    @pytest.mark.parametrize(
        ("change", "counts"),
        [
            (Change(540, 0, 0), []),
            (Change(537, 0, 0), ["3"]),
            (Change(530, 3, 1), ["3 lost", "1 gained", "may be chance"]),
            (Change(500, 20, 2), ["20 lost", "2 gained", "more than chance"]),
        ],
        ids=["none", "wrong otherwise", "chance", "more"],
    )
    def test_what_a_precision_costs_is_told_with_what_it_may_be(
        self, change: Change, counts: list[str], wording: Wording
    ) -> None:
        said = changed(Answered(Scenario(), SCORE, change))

        assert all(count in said for count in counts)
        wording(said)

    def test_a_way_that_gave_no_answer_gives_its_reason(self) -> None:
        assert (
            changed(Answered(Scenario(), reason="it ran out of memory")) == "it ran out of memory"
        )


class TestScores:
    @pytest.fixture
    def weights(self) -> Path:
        path = made().order.weights
        path.write_bytes(b"weights")
        return path

    def scored(self, weights: Path, **change: object) -> Scored:
        found = Scored((Answered(Scenario(), SCORE, Change(540, 0, 0)),), 540, ORDER.config, "here")
        keep_scores(replace(Examination(str(weights), "digits", (Scenario(),)), **change), found)
        return found

    def test_scores_outlast_the_program(self, weights: Path) -> None:
        assert kept_scores(weights) is None
        assert self.scored(weights) == kept_scores(weights)

    def test_scores_of_other_weights_are_not_taken_for_theirs(self, weights: Path) -> None:
        self.scored(weights)
        weights.write_bytes(b"trained anew")

        assert kept_scores(weights) is None

    @pytest.mark.parametrize("change", [{"data": "/other images"}, {"whole": True}])
    def test_scores_of_other_images_are_not_kept(
        self, weights: Path, change: dict[str, object]
    ) -> None:
        self.scored(weights, **change)

        assert kept_scores(weights) is None

    def test_weights_from_elsewhere_are_left_alone(self, tmp_path: Path) -> None:
        weights = tmp_path / "theirs.h5"
        weights.write_bytes(b"weights")
        self.scored(weights)

        assert [path.name for path in tmp_path.iterdir()] == ["theirs.h5"]

    @pytest.mark.parametrize("text", ["", "{}", "[" * 10_000])
    def test_what_is_no_score_is_none(self, weights: Path, text: str) -> None:
        (weights.parent / SCORES).write_text(text)

        assert kept_scores(weights) is None


def test_networks_of_one_label_are_told_apart_by_their_folders() -> None:
    one, other = made(), made(replace(ORDER, recipe=Recipe(epochs=2, seed=1)))
    alone = made(replace(ORDER, resolution=64))

    names = names_of([one, other, alone])

    assert names[alone.order.folder] == "0.25-64"
    assert len(set(names.values())) == 3
    assert names[one.order.folder].startswith("0.25-32 (")
