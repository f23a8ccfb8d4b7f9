"""Weights of others give their own answers here, and ours give the same answers there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

os.environ.setdefault("KERAS_BACKEND", "torch")

from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.weights import preprocessing
from tests.tiny import one_thread

pytestmark = [
    pytest.mark.real,  # runs Keras, transformers and timm
    pytest.mark.filterwarnings("default"),  # of the peers' own code
]

CLOSE = 1e-4  # of logits whose spread is about 1
# Each width and each resolution once: they enter a file independently.
EACH_ONCE = pytest.mark.parametrize(
    "config",
    [
        MobileNetConfig(0.5, 128),
        MobileNetConfig(0.25, 160),
        pytest.param(MobileNetConfig(0.75, 192), marks=pytest.mark.slow("a larger network")),
        pytest.param(MobileNetConfig(1.0, 224), marks=pytest.mark.slow("the largest network")),
    ],
    ids=lambda config: config.label,
)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def images(config: MobileNetConfig, count: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(count, 3, config.resolution, config.resolution, generator=generator)


def answers(network: nn.Module, given: Tensor) -> Tensor:
    with torch.inference_mode():
        return network(given)


@cache
def trained(config: MobileNetConfig, convention: Convention) -> weights.Weights:
    """Statistics and scales of batch norm as after training: each channel has its own."""
    network = MobileNet(config, convention)
    initialise(network, 3, image_shape=(3, config.resolution, config.resolution))
    return weights.of_network(network, preprocessing.SLIM, "a test")


def vary(network: nn.Module) -> None:
    """The same for a peer's network."""
    initialise(network, 5, image_shape=(3, 64, 64))


def same(ours: Tensor, theirs: Tensor) -> None:
    assert theirs.std(dim=0).mean() > 0.05, "a network that ignores its images proves nothing"
    assert (ours - theirs).abs().max() < CLOSE


@EACH_ONCE
class TestKeras:
    def test_their_file_gives_their_answers_here(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        theirs = keras_network(config)
        given, expected = shaken(theirs, config)
        theirs.save(tmp_path / "m.h5")

        ours = weights.read(tmp_path / "m.h5", config).network()

        same(answers(ours, given), expected)

    def test_our_file_gives_our_answers_there(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        ours = trained(config, TENSORFLOW)
        weights.write(ours, tmp_path / "m.h5", "keras")

        theirs = keras_network(config)
        theirs.load_weights(tmp_path / "m.h5")

        given = images(config)
        same(answers(ours.network(), given), keras_answers(theirs, given))


@EACH_ONCE
class TestHuggingFace:
    def test_their_file_gives_their_answers_here(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        theirs = hugging_face_network(config, classes=1001)
        theirs.save_pretrained(tmp_path)

        ours = weights.read(tmp_path / "model.safetensors", config).network()

        given = images(config)
        # Theirs has the background first, which a network of 1000 classes does without.
        same(answers(ours, given), answers(theirs, given).logits[:, 1:])

    def test_our_folder_gives_our_answers_there(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        from transformers import MobileNetV1ForImageClassification

        ours = trained(config, TENSORFLOW)
        weights.write(ours, tmp_path / "folder", "hugging_face")

        theirs = MobileNetV1ForImageClassification.from_pretrained(tmp_path / "folder").eval()

        given = images(config)
        same(answers(ours.network(), given), answers(theirs, given).logits)


@EACH_ONCE
class TestTimm:
    def test_their_file_gives_their_answers_here(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        from safetensors.torch import save_file

        theirs = timm_network(config)
        save_file(theirs.state_dict(), tmp_path / "model.safetensors")

        ours = weights.read(tmp_path / "model.safetensors", config).network()

        given = images(config)
        same(answers(ours, given), answers(theirs, given))

    def test_our_file_gives_our_answers_there(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        from safetensors.torch import load_file

        ours = trained(config, PYTORCH)
        weights.write(ours, tmp_path / "model.safetensors", "timm")

        theirs = timm_network(config)
        theirs.load_state_dict(load_file(tmp_path / "model.safetensors"))  # strictly

        given = images(config)
        same(answers(ours.network(), given), answers(theirs.eval(), given))


def keras_network(config: MobileNetConfig) -> Any:  # Keras has no types
    import keras

    return keras.applications.MobileNet(
        (config.resolution, config.resolution, 3),
        alpha=config.width_multiplier,
        weights=None,
        classes=config.num_classes,
        classifier_activation=None,
    )


def shaken(network: Any, config: MobileNetConfig) -> tuple[Tensor, Tensor]:
    """Give a Keras network weights and statistics of its own; images, and its answers to them."""
    import keras

    generator = np.random.default_rng(11)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            layer.set_weights(
                [
                    generator.uniform(0.8, 1.2, shape),
                    generator.normal(0, 0.1, shape),
                    generator.normal(0, 0.05, shape),
                    # Of a size that keeps the signal alive through 27 layers.
                    generator.uniform(0.2, 0.4, shape),
                ]
            )
        elif layer.get_weights():
            kernels = layer.get_weights()
            fan_in = np.prod(kernels[0].shape[:2]) * (
                1 if isinstance(layer, keras.layers.DepthwiseConv2D) else kernels[0].shape[2]
            )
            layer.set_weights(
                [
                    generator.normal(0, (1 / fan_in) ** 0.5, kernels[0].shape),
                    *(generator.normal(0, 0.05, bias.shape) for bias in kernels[1:]),
                ]
            )
    given = images(config)
    return given, keras_answers(network, given)


def keras_answers(network: Any, given: Tensor) -> Tensor:
    with torch.no_grad():
        found = network(given.permute(0, 2, 3, 1), training=False)
    return found.detach().cpu()


def hugging_face_network(config: MobileNetConfig, classes: int) -> Any:
    from transformers import MobileNetV1Config, MobileNetV1ForImageClassification

    network = MobileNetV1ForImageClassification(
        MobileNetV1Config(
            image_size=config.resolution,
            depth_multiplier=config.width_multiplier,
            num_labels=classes,
        )
    )
    vary(network)
    return network


def timm_network(config: MobileNetConfig) -> nn.Module:
    from timm.models.efficientnet import _gen_mobilenet_v1

    network = _gen_mobilenet_v1("mobilenetv1_100", config.width_multiplier)
    vary(network)
    return network
