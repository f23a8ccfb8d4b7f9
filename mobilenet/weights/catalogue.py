"""Which trained MobileNets were released, where they lie and under which licence. No torch.

Addresses and names: keras/src/applications/mobilenet.py; tensorflow/models, research/slim/nets/
mobilenet_v1.md; transformers' conversion script; timm's default configurations.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobilenet.config import MobileNetConfig, paper_grid
from mobilenet.weights.error import WeightsError

KERAS_BASE = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet"
# The same files as at download.tensorflow.org, over an encrypted connection.
SLIM_BASE = "https://storage.googleapis.com/download.tensorflow.org/models"

APACHE = "Apache 2.0"
_KERAS_WIDTHS = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}


@dataclass(frozen=True)
class Released:
    """Weights that somebody published.

    key: what they are called here. file: their name on this computer's disk.
    licence: as the publisher states it; licence_source says where.
    accuracy: key of `mobilenet.accuracy.SOURCES`. Published, and not verified here.
    """

    key: str
    publisher: str
    config: MobileNetConfig
    url: str
    file: str
    licence: str
    licence_source: str
    accuracy: str


def _keras(config: MobileNetConfig) -> Released:
    width, side = _KERAS_WIDTHS[config.width_multiplier], config.resolution
    file = f"mobilenet_{width}_{side}_tf.h5"
    return Released(
        key=f"keras/{config.label}",
        publisher="Keras",
        config=config,
        url=f"{KERAS_BASE}/{file}",
        file=file,
        licence=APACHE,
        licence_source="documentation of Keras applications",
        accuracy="keras",
    )


def _slim(config: MobileNetConfig) -> Released:
    # The folder of 2018 writes 0.5 where that of 2017 wrote 0.50.
    file = f"mobilenet_v1_{config.label.replace('-', '_')}.tgz"
    return Released(
        key=f"tf-slim/{config.label}",
        publisher="TF-slim, February 2018",
        config=config,
        url=f"{SLIM_BASE}/mobilenet_v1_2018_02_22/{file}",
        file=file,
        licence=APACHE,
        licence_source="repository tensorflow/models",
        accuracy="tf_slim_2018",
    )


def _google(repository: str, config: MobileNetConfig) -> Released:
    return Released(
        key=f"hugging-face/{config.label}",
        publisher="Google on Hugging Face",
        config=config,
        url=_on_hub(f"google/{repository}"),
        file=f"google--{repository}.safetensors",
        licence='"other": read the terms there',
        licence_source="model card on Hugging Face",
        accuracy="tf_slim_2018",  # converted from these
    )


def _timm(repository: str, config: MobileNetConfig) -> Released:
    return Released(
        key=f"timm/{config.label}",
        publisher="timm",
        config=config,
        url=_on_hub(f"timm/{repository}"),
        file=f"timm--{repository}.safetensors",
        licence=APACHE,
        licence_source="timm's configuration of these weights",
        accuracy="timm",
    )


def _on_hub(repository: str) -> str:
    return f"https://huggingface.co/{repository}/resolve/main/model.safetensors"


RELEASED = (
    *(_keras(config) for config in paper_grid()),
    *(_slim(config) for config in paper_grid()),
    _google("mobilenet_v1_1.0_224", MobileNetConfig(1.0, 224)),
    _google("mobilenet_v1_0.75_192", MobileNetConfig(0.75, 192)),
    # timm's third, mobilenetv1_100h, has a convolution more behind the last: another network.
    _timm("mobilenetv1_100.ra4_e3600_r224_in1k", MobileNetConfig(1.0, 224)),
    _timm("mobilenetv1_125.ra4_e3600_r224_in1k", MobileNetConfig(1.25, 224)),
)
"""Thirty-six: sixteen of Keras, sixteen of TF-slim, two of Hugging Face, two of timm."""


def released(key: str) -> Released:
    """The one of this name. Raises WeightsError where there is none."""
    for one in RELEASED:
        if one.key == key:
            return one
    raise WeightsError(
        f"No released weights are called {key!r}. Names look like {RELEASED[0].key}; "
        "`mobilenet-bench weights` lists all."
    )


def released_for(config: MobileNetConfig) -> tuple[Released, ...]:
    """What was published for exactly this network."""
    return tuple(
        one
        for one in RELEASED
        if (one.config.channels, one.config.resolution) == (config.channels, config.resolution)
        and (config.block, config.depth, config.num_classes) == ("separable", "paper", 1000)
    )
