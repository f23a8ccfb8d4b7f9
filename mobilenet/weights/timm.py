"""timm's names, `mobilenetv1_100` and the like: safetensors, read and written.

Source of the names: timm, efficientnet.py: five stages of 1, 2, 2, 6 and 2 blocks.
"""

from __future__ import annotations

from mobilenet.config import MobileNetConfig
from mobilenet.weights.places import PYTORCH_NAMES, Place, Table, Theirs, table

MARK = "blocks.0.0.conv_dw.weight"  # only these files have it
STAGES = (1, 2, 2, 6, 2)
_BLOCKS = [(stage, inside) for stage, blocks in enumerate(STAGES) for inside in range(blocks)]


def names(config: MobileNetConfig) -> Table:
    return table(config, kernel=_kernel, norm=_norm, names=PYTORCH_NAMES, classifier=_CLASSIFIER)


_CLASSIFIER = (Theirs("classifier.weight"), "classifier.bias")


def _kernel(place: Place) -> Theirs:
    if place.kind == "stem":
        return Theirs("conv_stem.weight")
    return Theirs(f"{_block(place)}.conv_{'dw' if place.kind == 'depthwise' else 'pw'}.weight")


def _norm(place: Place) -> str:
    if place.kind == "stem":
        return "bn1."
    return f"{_block(place)}.bn{1 if place.kind == 'depthwise' else 2}."


def _block(place: Place) -> str:
    stage, inside = _BLOCKS[place.number - 1]
    return f"blocks.{stage}.{inside}"
