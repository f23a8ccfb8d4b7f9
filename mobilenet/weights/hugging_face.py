"""Hugging Face's names, `google/mobilenet_v1_*`: safetensors, read and written.

Source of the names: transformers, modeling_mobilenet_v1.py.
"""

from __future__ import annotations

from mobilenet.config import MobileNetConfig
from mobilenet.weights.places import PYTORCH_NAMES, Place, Table, Theirs, table
from mobilenet.weights.preprocessing import Preprocessing

MARK = "mobilenet_v1.conv_stem.convolution.weight"  # only these files have it


def names(config: MobileNetConfig) -> Table:
    return table(
        config,
        kernel=lambda place: Theirs(f"{_layer(place)}.convolution.weight"),
        norm=lambda place: f"{_layer(place)}.normalization.",
        names=PYTORCH_NAMES,
        classifier=(Theirs("classifier.weight"), "classifier.bias"),
    )


def _layer(place: Place) -> str:
    if place.kind == "stem":
        return "mobilenet_v1.conv_stem"
    index = 2 * (place.number - 1) + (place.kind == "pointwise")
    return f"mobilenet_v1.layer.{index}"


def settings(config: MobileNetConfig, classes: tuple[str, ...] | None) -> dict[str, object]:
    """What transformers' `MobileNetV1Config` needs to build the same network."""
    labels = classes or [f"LABEL_{number}" for number in range(config.num_classes)]
    return {
        "architectures": ["MobileNetV1ForImageClassification"],
        "model_type": "mobilenet_v1",
        "num_channels": 3,
        "image_size": config.resolution,
        "depth_multiplier": config.width_multiplier,
        "min_depth": 8,
        "hidden_act": "relu6",
        "tf_padding": True,
        "layer_norm_eps": 0.001,
        # transformers takes this as the share that is dropped; 0.999 would drop nearly all.
        "classifier_dropout_prob": 0.001,
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def processor(resolution: int, preprocessing: Preprocessing) -> dict[str, object]:
    """What transformers' `MobileNetV1ImageProcessor` needs.

    It always keeps the sides' proportion: images that are squeezed in training ("both sides") lose
    a little more to the left and right, or above and below, there.
    """
    return {
        "image_processor_type": "MobileNetV1ImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": round(resolution / preprocessing.crop_fraction)},
        "resample": {"bilinear": 2, "bicubic": 3}[preprocessing.interpolation],  # Pillow's numbers
        "do_center_crop": True,
        "crop_size": {"height": resolution, "width": resolution},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(preprocessing.mean),
        "image_std": list(preprocessing.std),
    }
