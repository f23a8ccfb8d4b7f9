"""Any task's network learns, ends the same however often it was ended, and can be handed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mobilenet import MobileNet, MobileNetConfig
from mobilenet.convention import TENSORFLOW
from mobilenet.tasks.checkpoint import CHECKPOINT, TrainingError
from mobilenet.tasks.data import DataError
from mobilenet.tasks.geolocation import Geolocation
from mobilenet.tasks.geolocation_table import generated
from mobilenet.tasks.learning import assess, learn
from mobilenet.tasks.recipe import Recipe, RecipeError
from mobilenet.tasks.score import Quality, TaskEpoch
from mobilenet.tasks.training import fresh
from mobilenet.weights.preprocessing import SLIM
from tests.tiny import Stopped, one_thread, stopping_after

SIDE = 32
SHORT = Recipe(epochs=3, batch=64)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def few() -> Geolocation:
    return generated(200, most=20)


def tiny(task: Geolocation, seed: int = 0) -> MobileNet:
    return fresh(MobileNetConfig(0.05, SIDE, task.outputs), TENSORFLOW, seed)


@pytest.mark.real
class TestGoingOn:
    def test_a_training_that_was_ended_twice_ends_in_the_same_network(
        self, tmp_path: Path, few: Geolocation
    ) -> None:
        whole, parts = tiny(few), tiny(few)
        told = list(learn(few, whole, SIDE, SHORT, SLIM))

        for batches in (2, 6):  # an epoch has 3 batches at most, and 1 that tests
            with pytest.raises(Stopped):
                list(learn(few, tiny(few), SIDE, SHORT, SLIM, tmp_path, stopping_after(batches)))
        again = list(learn(few, parts, SIDE, SHORT, SLIM, tmp_path))

        assert [epoch.number for epoch in again] == [1, 2, 3]
        assert [replace(epoch, seconds=0) for epoch in again] == [
            replace(epoch, seconds=0) for epoch in told
        ]
        for name, tensor in whole.state_dict().items():
            assert torch.equal(parts.state_dict()[name], tensor), name

    def test_epochs_that_were_trained_are_told_again_at_once(
        self, tmp_path: Path, few: Geolocation
    ) -> None:
        first = list(learn(few, tiny(few), SIDE, SHORT, SLIM, tmp_path))
        again = list(learn(few, tiny(few), SIDE, SHORT, SLIM, tmp_path, stopping_after(0)))

        assert again == first
        assert all(isinstance(epoch, TaskEpoch) for epoch in again)
        assert all(isinstance(one, Quality) for epoch in again for one in epoch.quality)

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"recipe": replace(SHORT, seed=1)}, "seed 0, not 1"),
            ({"resolution": 64}, "its resolution differs"),
            ({"task": partial(generated, 200, seed=1, most=20)}, "its data differs"),
            ({"task": partial(generated, 200, most=20, least=6)}, "its data differs"),
            ({"seed": 1}, "its start differs"),
        ],
        ids=["recipe", "resolution", "images", "cells", "start"],
    )
    def test_a_checkpoint_of_another_training_is_not_overwritten(
        self, tmp_path: Path, few: Geolocation, changed: dict[str, Any], told: str
    ) -> None:
        next(learn(few, tiny(few), SIDE, SHORT, SLIM, tmp_path))
        before = (tmp_path / CHECKPOINT).read_bytes()
        task = changed["task"]() if "task" in changed else few
        other = {"resolution": SIDE, "recipe": SHORT} | changed | {"task": task}
        network = tiny(task, other.pop("seed", 0))

        with pytest.raises(TrainingError, match=told):
            next(learn(network=network, preprocessing=SLIM, folder=tmp_path, **other))

        assert (tmp_path / CHECKPOINT).read_bytes() == before

    def test_qualities_in_numpys_numbers_are_kept_too(
        self, tmp_path: Path, few: Geolocation
    ) -> None:
        class Counting(Geolocation):
            def quality(self, answers: torch.Tensor, targets: torch.Tensor) -> tuple[Quality, ...]:
                return (Quality("images", *np.float64([1, 0, 2, 3]), np.int64(len(targets))),)

        task = Counting(**{name: getattr(few, name) for name in few.__dataclass_fields__})
        first = list(learn(task, tiny(task), SIDE, SHORT, SLIM, tmp_path))

        assert list(learn(task, tiny(task), SIDE, SHORT, SLIM, tmp_path)) == first


class TestAsking:
    def test_label_smoothing_is_for_classes_alone(self, few: Geolocation) -> None:
        with pytest.raises(RecipeError, match=r"Label smoothing 0\.1"):
            next(learn(few, tiny(few), SIDE, replace(SHORT, label_smoothing=0.1), SLIM))

    def test_a_network_with_other_outputs_is_refused(self, few: Geolocation) -> None:
        network = fresh(MobileNetConfig(0.05, SIDE, few.outputs + 1), TENSORFLOW, 0)

        with pytest.raises(DataError, match=f"wants {few.outputs} outputs"):
            next(learn(few, network, SIDE, SHORT, SLIM))

    def test_any_module_can_learn_and_is_assessed_in_eval_mode(self, few: Geolocation) -> None:
        network = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.5), nn.Linear(3 * SIDE * SIDE, few.outputs)
        )

        *_, last = learn(few, network, SIDE, replace(SHORT, learning_rate=1e-3), SLIM)

        assert not network.training
        network.train()
        assert assess(few, network, SIDE, SHORT.batch, SLIM) == last.quality
        assert not network.training


@pytest.mark.slow("trains eight epochs of 840 pictures")
def test_places_are_told_better_than_by_chance_and_than_by_an_untrained_network() -> None:
    globe = generated()
    untrained, network = (
        fresh(MobileNetConfig(0.25, SIDE, globe.outputs), TENSORFLOW, 0) for _ in range(2)
    )
    recipe = Recipe(optimiser="adamw", learning_rate=0.005, epochs=8)
    for _ in learn(globe, network, SIDE, recipe, SLIM):
        pass

    after = assess(globe, network, SIDE, 64, SLIM)
    before = assess(globe, untrained, SIDE, 64, SLIM)

    for scale in range(3):  # a city is less than the pictures show, and a street
        assert after[scale].is_above_chance
        assert after[scale].low > before[scale].high
