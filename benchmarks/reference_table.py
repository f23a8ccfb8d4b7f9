"""Generates `references.json`: builds each reference network with random weights and counts it.

    python -m benchmarks.reference_table

Needs torch and torchvision, downloads nothing, takes a few seconds: the weights have no memory.
"""

from __future__ import annotations

import json
import math
import operator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
import torchvision
from torch import Tensor, UntypedStorage, fx, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model_weights

from benchmarks.networks import reference_architecture
from benchmarks.references import (
    FIRST_GENERATION,
    PATH,
    PaperFigures,
    Recipe,
    ReferenceNetwork,
    ReferenceTable,
)


class Origin(NamedTuple):
    """What cannot be counted: where a network comes from."""

    key: str
    label: str
    family: str
    year: int
    paper: str
    note: str = ""


# arXiv numbers; the year is the first version's.
ORIGINS = (
    Origin(
        "googlenet",
        "GoogLeNet",
        "Inception",
        2014,
        "1409.4842",
        "torchvision's has batch norm, and 3x3 convolutions where the paper has 5x5.",
    ),
    Origin("vgg16", "VGG-16", "VGG", 2014, "1409.1556"),
    Origin("squeezenet1_0", "SqueezeNet 1.0", "SqueezeNet", 2016, "1602.07360"),
    Origin(
        "alexnet",
        "AlexNet",
        "AlexNet",
        2014,
        "1404.5997",
        "torchvision's follows the variant of this later paper, not the network of 2012.",
    ),
    Origin("inception_v3", "Inception V3", "Inception", 2015, "1512.00567"),
    Origin("resnet18", "ResNet-18", "ResNet", 2015, "1512.03385"),
    Origin("resnet50", "ResNet-50", "ResNet", 2015, "1512.03385"),
    Origin("mobilenet_v2", "MobileNetV2", "MobileNetV2", 2018, "1801.04381"),
    Origin("mobilenet_v3_small", "MobileNetV3-Small", "MobileNetV3", 2019, "1905.02244"),
    Origin("mobilenet_v3_large", "MobileNetV3-Large", "MobileNetV3", 2019, "1905.02244"),
    Origin("efficientnet_b0", "EfficientNet-B0", "EfficientNet", 2019, "1905.11946"),
    Origin("shufflenet_v2_x1_0", "ShuffleNetV2 1.0x", "ShuffleNetV2", 2018, "1807.11164"),
    Origin("mnasnet1_0", "MnasNet 1.0", "MnasNet", 2018, "1807.11626"),
)

# Figures of arXiv:1704.04861 as printed, errors included.
PAPER_FIGURES = {
    "googlenet": PaperFigures(
        "Table 8", 69.8, 1_550_000_000, 6_800_000, "The original network, not torchvision's."
    ),
    "vgg16": PaperFigures("Table 8", 71.5, 15_300_000_000, 138_000_000, ""),
    "squeezenet1_0": PaperFigures(
        "Table 9",
        57.5,
        1_700_000_000,
        1_250_000,
        "1700 million counts two operations for each mult-add; MobileNet's figure in the same "
        "table counts one.",
    ),
    "alexnet": PaperFigures(
        "Table 9", 57.2, 720_000_000, 60_000_000, "The network of 2012, not torchvision's."
    ),
    "inception_v3": PaperFigures(
        "Table 10",
        None,
        5_000_000_000,
        23_200_000,
        "For Stanford Dogs, which has fewer classes; its accuracy there, 84 %, is not ImageNet's.",
    ),
}

# An engine folds these into the layer before, or writes them over what they read.
_ELEMENTWISE_MODULES = (
    nn.BatchNorm2d,
    nn.ReLU,
    nn.ReLU6,
    nn.Hardswish,
    nn.Hardsigmoid,
    nn.Sigmoid,
    nn.SiLU,
)
_ELEMENTWISE_FUNCTIONS = (functional.relu, torch.add, torch.mul, operator.add, operator.mul)


@dataclass(eq=False)
class _Map:
    """One piece of activation memory; `made` and `last_use` are positions in the network."""

    bytes: int
    made: int
    last_use: int


def count(origin: Origin) -> ReferenceNetwork:
    """Build one network without memory for its weights, and count it."""
    weights = recipes(origin.key)
    resolution = weights[0].resolution
    with torch.device("meta"):
        model = reference_architecture(origin.key).eval()
    return ReferenceNetwork(
        key=origin.key,
        label=origin.label,
        family=origin.family,
        year=origin.year,
        paper=origin.paper,
        resolution=resolution,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        mult_adds=mult_adds(model, resolution),
        size_bytes=sum(tensor.nbytes for tensor in model.state_dict().values()),
        peak_activation_bytes=peak_activation_bytes(model, resolution),
        weights=weights,
        paper_figures=PAPER_FIGURES.get(origin.key),
        note=origin.note,
    )


def recipes(key: str) -> tuple[Recipe, ...]:
    """Torchvision's ImageNet-1K weights of a network, those without an accuracy left out."""
    found = []
    for entry in get_model_weights(key):
        accuracy = entry.meta["_metrics"]["ImageNet-1K"]
        if math.isnan(accuracy["acc@1"]):
            continue  # VGG-16's "features" have no classifier
        images = entry.transforms()
        found.append(
            Recipe(
                name=entry.name,
                top1_percent=accuracy["acc@1"],
                top5_percent=accuracy["acc@5"],
                resolution=images.crop_size[0],
                resize=images.resize_size[0],
            )
        )
    return tuple(sorted(found, key=lambda recipe: recipe.name != FIRST_GENERATION))


def mult_adds(model: nn.Module, resolution: int) -> int:
    """Convolutions and fully connected layers, batch 1; torch counts two FLOPs for each."""
    with FlopCounterMode(display=False) as counter:
        model(_image(resolution))
    flops: int = counter.get_total_flops()
    return flops // 2


def peak_activation_bytes(model: nn.Module, resolution: int) -> int:
    """Most that must live at once, float32, batch 1, counting an operation's inputs and output.

    What an engine needs that frees every map after its last use, and that spends nothing on views
    nor on element-wise operations (batch norm, activations, residual sums, channel scales) if one
    of their inputs is read for the last time: they write over it. Concatenation copies.
    Scratch memory inside an operation comes on top and is measured, not computed.
    """
    traced = fx.symbolic_trace(model.eval())
    interpreter = fx.Interpreter(traced, garbage_collect_values=False)
    interpreter.run(_image(resolution))
    maps = _maps(traced, interpreter.env)
    return max(
        sum(other.bytes for other in maps if other.made <= map_.made <= other.last_use)
        for map_ in maps
    )


def table() -> ReferenceTable:
    return ReferenceTable(
        about="Generated by `python -m benchmarks.reference_table`; do not edit.",
        torch=_release(torch.__version__),
        torchvision=_release(torchvision.__version__),
        networks=tuple(count(origin) for origin in ORIGINS),
    )


def main() -> None:
    PATH.write_text(json.dumps(asdict(table()), indent=2) + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {PATH.name}.")


def _maps(traced: fx.GraphModule, values: dict[fx.Node, Any]) -> set[_Map]:
    """Every piece of memory the network's maps live in; views and overwriting share one."""
    position = {node: index for index, node in enumerate(traced.graph.nodes)}
    maps: dict[int, _Map] = {}  # by torch's storage
    for node, now in position.items():
        storage = _storage(values.get(node))
        if storage is None:
            continue
        if storage._cdata not in maps:
            inputs = (_storage(values[source]) for source in node.all_input_nodes)
            overwritten = (
                maps[read._cdata]
                for read in inputs
                if read is not None
                and _is_elementwise(node, traced)
                and read.nbytes() == storage.nbytes()
                and maps[read._cdata].last_use <= now
            )
            maps[storage._cdata] = next(overwritten, _Map(storage.nbytes(), now, now))
        map_ = maps[storage._cdata]
        map_.last_use = max(map_.last_use, now, *(position[user] for user in node.users))
    return set(maps.values())


def _is_elementwise(node: fx.Node, traced: fx.GraphModule) -> bool:
    if node.op == "call_module":
        return isinstance(traced.get_submodule(str(node.target)), _ELEMENTWISE_MODULES)
    return node.op == "call_function" and node.target in _ELEMENTWISE_FUNCTIONS


def _storage(value: object) -> UntypedStorage | None:
    """Memory of a node's tensor; of several, as `chunk` gives, the first: all view one map."""
    if isinstance(value, tuple | list) and value:
        return _storage(value[0])
    return value.untyped_storage() if isinstance(value, Tensor) else None


def _image(resolution: int) -> Tensor:
    return torch.empty(1, 3, resolution, resolution, device="meta")


def _release(version: str) -> str:
    """Without the build, such as "+cpu", which changes no count."""
    return version.split("+")[0]


if __name__ == "__main__":
    main()
