"""What the classes of a network are called."""

from __future__ import annotations

from torchvision.models import MobileNet_V2_Weights

from mobilenet.weights.value import Weights

IMAGENET_CLASSES = 1000


def class_names(weights: Weights) -> tuple[str, ...]:
    """Those that the weights were trained on; ImageNet's for a thousand; else numbers.

    Source of ImageNet's: torchvision, in the order of the WordNet ids, which all of them share.
    """
    count = weights.config.num_classes
    if weights.classes is not None:
        return weights.classes
    if count == IMAGENET_CLASSES:
        return tuple(MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"])
    return tuple(f"class {number}" for number in range(count))
