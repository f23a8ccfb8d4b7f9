"""The network is the paper's, and its seeded weights keep the signal alive."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from mobilenet import MobileNet, MobileNetConfig, initialise
from tests.tiny import one_thread


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def make(config: MobileNetConfig, seed: int = 0) -> MobileNet:
    model = MobileNet(config)
    initialise(model, seed, image_shape=(3, config.resolution, config.resolution))
    return model


def logits(model: nn.Module, side: int, count: int = 4) -> torch.Tensor:
    images = torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model(images)


def test_a_separable_network_has_the_papers_28_layers() -> None:
    weighted = [m for m in MobileNet(MobileNetConfig()).modules() if hasattr(m, "weight")]
    layers = [m for m in weighted if isinstance(m, (nn.Conv2d, nn.Linear))]

    assert len(layers) == 28


def test_a_full_network_has_no_depthwise_layer() -> None:
    model = MobileNet(MobileNetConfig(0.25, block="full"))

    assert all(m.groups == 1 for m in model.modules() if isinstance(m, nn.Conv2d))


def test_odd_and_minimal_inputs_are_taken() -> None:
    model = make(MobileNetConfig(0.25, 32, num_classes=7))

    assert logits(model, 32).shape == (4, 7)
    assert logits(model, 61).shape == (4, 7)


@pytest.mark.parametrize(
    "config",
    [
        MobileNetConfig(0.25, 128),
        MobileNetConfig(1.0, 96),
        MobileNetConfig(0.25, 64, block="full"),
        MobileNetConfig(0.5, 96, depth="shallow"),
    ],
    ids=lambda config: config.label,
)
def test_initialised_logits_depend_on_the_image(config: MobileNetConfig) -> None:
    answers = logits(make(config), config.resolution)

    assert torch.isfinite(answers).all()
    assert 0.05 < answers.std() < 20
    assert answers.std(dim=0).mean() > 0.02  # torch's default weights give about 1e-10


def test_a_seed_gives_the_same_weights_again_and_another_seed_others() -> None:
    config = MobileNetConfig(0.25, 64)

    assert torch.equal(logits(make(config), 64), logits(make(config), 64))
    assert not torch.equal(logits(make(config), 64), logits(make(config, seed=1), 64))


def test_initialising_leaves_the_network_in_eval_mode_with_its_momenta() -> None:
    model = make(MobileNetConfig(0.25, 32))

    assert not any(module.training for module in model.modules())
    assert {m.momentum for m in model.modules() if isinstance(m, nn.BatchNorm2d)} == {0.1}


def test_weights_that_would_stay_unset_are_refused() -> None:
    with pytest.raises(TypeError, match="LayerNorm"):
        initialise(nn.Sequential(nn.LayerNorm(8)), 0, image_shape=(3, 8, 8))
