"""The smallest network that learns something of a task, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from mobilenet.config import MobileNetConfig
from mobilenet.convention import PYTORCH
from mobilenet.model import MobileNet
from mobilenet.tasks.learning import assess, learn
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.score import Quality
from mobilenet.tasks.task import Task
from mobilenet.tasks.training import fresh
from mobilenet.weights.preprocessing import HUGGING_FACE as PREPROCESSING

RESOLUTION, BATCH = 32, 32


@contextmanager
def one_thread() -> Iterator[None]:
    """Several, where others use the CPUs too, wait for each other: tiny layers take 50 times as
    long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Stopped(Exception):
    pass


def stopping_after(batches: int) -> Callable[[], None]:
    """What a training calls between batches; it ends it once so many were looked at."""
    left = [batches]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Stopped

    return check


def untrained(task: Task, seed: int = 0, width: float = 0.25) -> MobileNet:
    return fresh(MobileNetConfig(width, RESOLUTION, task.outputs), PYTORCH, seed)


def taught(
    task: Task, epochs: int, seed: int = 0, width: float = 0.25, rate: float = 0.003
) -> MobileNet:
    """In eval mode."""
    network = untrained(task, seed, width)
    recipe = Recipe("adamw", rate, epochs, BATCH, augmentation="little", seed=seed)
    with one_thread():
        for _ in learn(task, network, RESOLUTION, recipe, PREPROCESSING):
            pass
    return network


def quality(task: Task, network: MobileNet) -> Quality:
    """What matters most, of all test images."""
    with one_thread():
        return assess(task, network, RESOLUTION, BATCH, PREPROCESSING)[0]
