"""What a MobileNet costs, in closed form, no torch: equations 2 to 7 of arXiv:1704.04861."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mobilenet.config import MobileNetConfig

LayerKind = Literal["convolution", "depthwise", "pointwise", "pooling", "classifier"]
Shape = tuple[int, int, int]  # channels, height, width

KERNEL = 3
INPUT_CHANNELS = 3
FLOAT32_BYTES = 4
COUNTER_BYTES = 8  # torch keeps one int64 `num_batches_tracked` for each batch norm


@dataclass(frozen=True)
class LayerCost:
    """One layer with its batch norm and activation folded in; batch 1.

    weights: convolution or classifier weights, the paper's "parameters".
    parameters: weights plus batch norm's scale and shift, or the classifier's bias.
    mult_adds: one multiply and add together count 1; batch norm, activation and pooling count 0.
    """

    name: str
    kind: LayerKind
    input_shape: Shape
    output_shape: Shape
    stride: int
    mult_adds: int
    weights: int
    parameters: int

    @property
    def activation_bytes(self) -> int:
        """Bytes of the layer's input and output together, float32, batch 1."""
        return FLOAT32_BYTES * (_elements(self.input_shape) + _elements(self.output_shape))


@dataclass(frozen=True)
class Cost:
    """The whole network's size and arithmetic, from its layers."""

    layers: tuple[LayerCost, ...]

    @property
    def mult_adds(self) -> int:
        """Convolutions and the fully connected layer, batch 1. A mult-add is two FLOPs."""
        return sum(layer.mult_adds for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Everything trainable: equals `sum(p.numel() for p in MobileNet(config).parameters())`."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def paper_parameters(self) -> int:
        """The paper's count: convolution and fully connected weights only (its Table 2)."""
        return sum(layer.weights for layer in self.layers)

    @property
    def size_bytes(self) -> int:
        """Tensors of the saved float32 network: parameters and batch norm's running statistics."""
        normalised = [layer for layer in self.layers if layer.kind in _NORMALISED]
        statistics = sum(2 * layer.output_shape[0] for layer in normalised)
        return FLOAT32_BYTES * (self.parameters + statistics) + COUNTER_BYTES * len(normalised)

    @property
    def peak_activation_bytes(self) -> int:
        """Most that must live at once, float32, batch 1: the largest layer's input and output.

        What an engine needs that fuses batch norm and activation into the convolution and frees
        each map after its last use. Its scratch memory comes on top and is measured, not computed.
        """
        return max(layer.activation_bytes for layer in self.layers)

    def share_of_mult_adds(self, kind: LayerKind) -> float:
        return sum(row.mult_adds for row in self.layers if row.kind == kind) / self.mult_adds


_NORMALISED = frozenset({"convolution", "depthwise", "pointwise"})


@lru_cache(maxsize=1024)
def cost(config: MobileNetConfig) -> Cost:
    """Layers of `config` with shapes, mult-adds and parameters, input to output.

    Map sizes follow TensorFlow's "SAME" rule, ceil(size / stride), which padding 1 gives in torch.
    """
    side, channels = config.resolution, INPUT_CHANNELS
    stem = _convolution("stem", channels, config.stem_channels, side, stride=2)
    layers = [stem]
    for block in config.blocks:
        _, side, _ = layers[-1].output_shape
        channels = layers[-1].output_shape[0]
        name = f"block {block.number}"
        if config.block == "full":
            layers.append(_convolution(name, channels, block.out_channels, side, block.stride))
            continue
        layers.append(_depthwise(f"{name} depthwise", channels, side, block.stride))
        side = layers[-1].output_shape[1]
        layers.append(_pointwise(f"{name} pointwise", channels, block.out_channels, side))
    features = layers[-1].output_shape[0]
    layers.append(
        LayerCost("pool", "pooling", layers[-1].output_shape, (features, 1, 1), 1, 0, 0, 0)
    )
    weights = features * config.num_classes
    layers.append(
        LayerCost(
            name="classifier",
            kind="classifier",
            input_shape=(features, 1, 1),
            output_shape=(config.num_classes, 1, 1),
            stride=1,
            mult_adds=weights,
            weights=weights,
            parameters=weights + config.num_classes,
        )
    )
    return Cost(tuple(layers))


def _convolution(name: str, inputs: int, outputs: int, side: int, stride: int) -> LayerCost:
    """Equation 2: a full 3x3 convolution."""
    weights = KERNEL * KERNEL * inputs * outputs
    return _normalised(name, "convolution", inputs, outputs, side, stride, weights)


def _depthwise(name: str, channels: int, side: int, stride: int) -> LayerCost:
    """Equation 4: one 3x3 filter for each channel."""
    weights = KERNEL * KERNEL * channels
    return _normalised(name, "depthwise", channels, channels, side, stride, weights)


def _pointwise(name: str, inputs: int, outputs: int, side: int) -> LayerCost:
    """The second term of equation 5: a 1x1 convolution."""
    return _normalised(name, "pointwise", inputs, outputs, side, 1, inputs * outputs)


def _normalised(
    name: str, kind: LayerKind, inputs: int, outputs: int, side: int, stride: int, weights: int
) -> LayerCost:
    out_side = -(-side // stride)
    return LayerCost(
        name=name,
        kind=kind,
        input_shape=(inputs, side, side),
        output_shape=(outputs, out_side, out_side),
        stride=stride,
        mult_adds=weights * out_side * out_side,
        weights=weights,
        parameters=weights + 2 * outputs,  # batch norm's scale and shift
    )


def _elements(shape: Shape) -> int:
    channels, height, width = shape
    return channels * height * width
