"""The smallest network that learns something, and a loop that teaches it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobilenet.config import MobileNetConfig
from mobilenet.model import MobileNet
from mobilenet.tasks.task import Task
from mobilenet.weights.preprocessing import Preprocessing

RESOLUTION, BATCH = 32, 32
WHOLE = Preprocessing(crop_fraction=1.0, interpolation="bilinear")


def untrained(task: Task, seed: int = 0, width: float = 0.25) -> MobileNet:
    torch.manual_seed(seed)
    network = MobileNet(MobileNetConfig(width, RESOLUTION, task.outputs))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network.eval()


def taught(task: Task, epochs: int, seed: int = 0, width: float = 0.25) -> MobileNet:
    network = untrained(task, seed, width)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        network.train()
        for images, targets in task.batches("train", RESOLUTION, BATCH, WHOLE, "little"):
            optimiser.zero_grad()
            task.loss(network(images), targets).backward()
            optimiser.step()
        rate.step()
    return network.eval()


def answered(network: nn.Module, task: Task) -> tuple[Tensor, Tensor]:
    """The answers to all test images, and their targets."""
    with torch.inference_mode():
        found = [
            (network(images), targets)
            for images, targets in task.batches("test", RESOLUTION, BATCH, WHOLE)
        ]
    return torch.cat([one for one, _ in found]), torch.cat([one for _, one in found])
