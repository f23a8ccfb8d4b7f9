"""What a detector of Table 13 is, as a frozen value, and what it costs in closed form. No torch.

The table's figures determine the networks: they are those of TensorFlow's Object Detection API,
which the paper's authors wrote. SSD adds four maps to MobileNet's and predicts boxes by 1x1
convolutions; Faster R-CNN looks for 300 regions on block 11's map and runs blocks 12 and 13 on
each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from mobilenet.config import MAX_CLASSES, ConfigError, MobileNetConfig
from mobilenet.cost import COUNTER_BYTES, FLOAT32_BYTES, INPUT_CHANNELS

Framework = Literal["ssd", "faster-rcnn"]
Backbone = Literal["mobilenet", "vgg16"]

COCO_CLASSES = 90  # the highest number of a class; ten of them have no images
PROPOSALS = 300  # regions that Faster R-CNN looks at again
REGION_SIDE = 14  # pixels of a region's map
SSD_TAPS = (11, 13)  # blocks whose maps SSD predicts from
SSD_EXTRAS = ((256, 512), (128, 256), (128, 256), (64, 128))  # 1x1, then 3x3 with stride 2
SSD_BOXES = (3, 6, 6, 6, 6, 6)  # at each place of a map
VGG_EXTRAS = ((256, 512, 2), (128, 256, 2), (128, 256, 1), (128, 256, 1))
VGG_BOXES = (4, 6, 6, 6, 4, 4)
VGG_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGG_HIDDEN = 4096
REGION_BOXES = 12  # four sizes in three shapes, at each place
CORNERS = 4  # numbers that tell a box
VGG_SSD_RESOLUTION = 300  # its boxes are laid out for this size alone
FRAMEWORKS: dict[Framework, str] = {"ssd": "SSD", "faster-rcnn": "Faster R-CNN"}
BACKBONES: dict[Backbone, str] = {"mobilenet": "MobileNet", "vgg16": "VGG-16"}


@dataclass(frozen=True)
class Detector:
    """An object detector on a MobileNet, or on VGG-16 as the paper's baseline.

    width_multiplier: of MobileNet and of what is built on it; 1 with VGG-16.
    resolution: side of the square input in pixels.
    num_classes: kinds of objects, without the background.
    postprocessed: whether the boxes are made too: decoded, and overlapping ones removed.

    Raises ConfigError for what cannot be built.
    """

    framework: Framework = "ssd"
    backbone: Backbone = "mobilenet"
    width_multiplier: float = 1.0
    resolution: int = 300
    num_classes: int = COCO_CLASSES
    postprocessed: bool = False

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("Framework", self.framework, get_args(Framework)),
            ("Backbone", self.backbone, get_args(Backbone)),
        ):
            if value not in choices:
                raise ConfigError(f"{name} {value!r} is not known. Choose one of {list(choices)}.")
        self.config  # noqa: B018  # raises where there is no such network
        if not 1 <= self.num_classes < MAX_CLASSES:
            raise ConfigError(
                f"Number of classes {self.num_classes} is outside 1 to {MAX_CLASSES - 1}."
            )
        if self.backbone == "vgg16" and self.width_multiplier != 1:
            raise ConfigError("VGG-16 has no width multiplier. Leave it at 1.")
        fixed = (self.framework, self.backbone) == ("ssd", "vgg16")
        if fixed and self.resolution != VGG_SSD_RESOLUTION:
            raise ConfigError(f"SSD on VGG-16 is built for {VGG_SSD_RESOLUTION} px alone.")

    @property
    def config(self) -> MobileNetConfig:
        """Of the MobileNet that it is built on. Raises ConfigError."""
        return MobileNetConfig(self.width_multiplier, self.resolution)

    @property
    def is_fixed(self) -> bool:
        """Whether what it computes has the same size for every image, so that it can be exported:
        boxes and regions are as many as are found."""
        return self.framework == "ssd" and not self.postprocessed

    @property
    def label(self) -> str:
        """ "SSD 300, MobileNet 0.5", with what departs from the paper's."""
        body = BACKBONES[self.backbone]
        if self.backbone == "mobilenet":
            body = f"{body} {self.config.label.partition('-')[0]}"
        classes = f", {self.num_classes:,} classes" if self.num_classes != COCO_CLASSES else ""
        boxes = ", with boxes" if self.postprocessed else ""
        return f"{FRAMEWORKS[self.framework]} {self.resolution}, {body}{classes}{boxes}"


class Layer(NamedTuple):
    """A convolution, or a fully connected layer as one on a single pixel; batch 1.

    in_side, side: of its input and output map. normalised: by batch norm; a bias otherwise.
    times: for each of so many regions.
    """

    name: str
    inputs: int
    outputs: int
    kernel: int
    in_side: int
    side: int
    groups: int = 1
    normalised: bool = False
    times: int = 1

    @property
    def weights(self) -> int:
        return self.kernel**2 * self.inputs // self.groups * self.outputs

    @property
    def parameters(self) -> int:
        return self.weights + self.outputs * (2 if self.normalised else 1)

    @property
    def mult_adds(self) -> int:
        return self.weights * self.side**2 * self.times

    @property
    def activation_bytes(self) -> int:
        """Of input and output together, float32."""
        elements = self.inputs * self.in_side**2 + self.outputs * self.side**2
        return FLOAT32_BYTES * elements * self.times


class DetectorCost(NamedTuple):
    """The counts mean what they mean in `mobilenet.cost.Cost`; making boxes counts nothing."""

    layers: tuple[Layer, ...]
    scales: int = 0  # parameters that stand alone: SSD on VGG-16 has one for each channel of a map

    @property
    def mult_adds(self) -> int:
        return sum(layer.mult_adds for layer in self.layers)

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers) + self.scales

    @property
    def paper_parameters(self) -> int:
        return sum(layer.weights for layer in self.layers)

    @property
    def size_bytes(self) -> int:
        normalised = [layer for layer in self.layers if layer.normalised]
        statistics = 2 * sum(layer.outputs for layer in normalised)
        return FLOAT32_BYTES * (self.parameters + statistics) + COUNTER_BYTES * len(normalised)

    @property
    def peak_activation_bytes(self) -> int:
        return max(layer.activation_bytes for layer in self.layers)


@lru_cache(maxsize=256)
def detector_cost(detector: Detector) -> DetectorCost:
    """Its layers with their mult-adds and parameters."""
    match detector.framework, detector.backbone:
        case "ssd", "mobilenet":
            return DetectorCost(tuple(_ssd(detector)))
        case "ssd", "vgg16":
            return DetectorCost(tuple(_vgg_ssd(detector)), scales=VGG_STAGES[3][-1])
        case "faster-rcnn", "mobilenet":
            return DetectorCost(tuple(_faster_rcnn(detector)))
    return DetectorCost(tuple(_vgg_faster_rcnn(detector)))


def _ssd(detector: Detector) -> Iterator[Layer]:
    body = list(_mobilenet(detector.config))
    yield from body
    maps = [next(one for one in body if one.name == f"block {tap} pointwise") for tap in SSD_TAPS]
    for number, (narrow, wide) in enumerate(SSD_EXTRAS, start=1):
        last = maps[-1]
        middle, outputs = detector.config.scale(narrow), detector.config.scale(wide)
        squeeze = Layer(
            f"extra {number} 1x1", last.outputs, middle, 1, last.side, last.side, normalised=True
        )
        side = -(-last.side // 2)
        maps.append(
            Layer(f"extra {number} 3x3", middle, outputs, 3, last.side, side, normalised=True)
        )
        yield from (squeeze, maps[-1])
    yield from _predictors(maps, SSD_BOXES, detector.num_classes, kernel=1)


def _vgg_ssd(detector: Detector) -> Iterator[Layer]:
    sides = (300, 150, 75, 38, 19)  # the third pooling rounds up
    body = list(_vgg(sides))
    yield from body
    maps = [body[9], Layer("fc7", 1024, 1024, 1, 19, 19)]  # the tenth is conv4_3
    yield from (Layer("fc6", 512, 1024, 3, 19, 19), maps[-1])
    for number, (narrow, wide, stride) in enumerate(VGG_EXTRAS, start=1):
        last = maps[-1]
        yield Layer(f"extra {number} 1x1", last.outputs, narrow, 1, last.side, last.side)
        side = -(-last.side // 2) if stride == 2 else last.side - 2
        maps.append(Layer(f"extra {number} 3x3", narrow, wide, 3, last.side, side))
        yield maps[-1]
    yield from _predictors(maps, VGG_BOXES, detector.num_classes, kernel=3)


def _faster_rcnn(detector: Detector) -> Iterator[Layer]:
    body = list(_mobilenet(detector.config))
    first = [one for one in body if not one.name.startswith(("block 12", "block 13"))]
    yield from first
    yield from _regions(first[-1])
    side = REGION_SIDE
    for layer in body[len(first) :]:
        shrunk = -(-side // 2) if layer.name == "block 12 depthwise" else side
        yield layer._replace(in_side=side, side=shrunk, times=PROPOSALS)
        side = shrunk
    yield from _verdicts(body[-1].outputs, detector.num_classes)


def _vgg_faster_rcnn(detector: Detector) -> Iterator[Layer]:
    sides = [detector.resolution]
    for _ in VGG_STAGES[1:]:
        sides.append(sides[-1] // 2)
    body = list(_vgg(tuple(sides)))
    yield from body
    yield from _regions(body[-1])
    pooled = body[-1].outputs * (REGION_SIDE // 2) ** 2
    yield Layer("fc6", pooled, VGG_HIDDEN, 1, 1, 1, times=PROPOSALS)
    yield Layer("fc7", VGG_HIDDEN, VGG_HIDDEN, 1, 1, 1, times=PROPOSALS)
    yield from _verdicts(VGG_HIDDEN, detector.num_classes)


def _mobilenet(config: MobileNetConfig) -> Iterator[Layer]:
    """Up to block 13's pointwise convolution."""
    side, channels = -(-config.resolution // 2), config.stem_channels
    yield Layer("stem", INPUT_CHANNELS, channels, 3, config.resolution, side, normalised=True)
    for block in config.blocks:
        before, side = side, -(-side // block.stride)
        yield Layer(
            f"block {block.number} depthwise",
            channels,
            channels,
            3,
            before,
            side,
            groups=channels,
            normalised=True,
        )
        yield Layer(
            f"block {block.number} pointwise",
            channels,
            block.out_channels,
            1,
            side,
            side,
            normalised=True,
        )
        channels = block.out_channels


def _vgg(sides: tuple[int, ...]) -> Iterator[Layer]:
    channels = INPUT_CHANNELS
    for stage, (widths, side) in enumerate(zip(VGG_STAGES, sides, strict=True), start=1):
        for number, outputs in enumerate(widths, start=1):
            yield Layer(f"conv{stage}_{number}", channels, outputs, 3, side, side)
            channels = outputs


def _predictors(
    maps: list[Layer], boxes: tuple[int, ...], classes: int, kernel: int
) -> Iterator[Layer]:
    """Where the boxes at each place of each map are, and what is in them."""
    for number, (one, count) in enumerate(zip(maps, boxes, strict=True), start=1):
        for name, each in (("boxes", CORNERS), ("classes", classes + 1)):
            outputs = count * each
            yield Layer(f"{name} {number}", one.outputs, outputs, kernel, one.side, one.side)


def _regions(last: Layer) -> Iterator[Layer]:
    """Where to look again."""
    channels, side = last.outputs, last.side
    yield Layer("regions 3x3", channels, channels, 3, side, side)
    yield Layer("regions objectness", channels, REGION_BOXES, 1, side, side)
    yield Layer("regions boxes", channels, REGION_BOXES * CORNERS, 1, side, side)


def _verdicts(features: int, classes: int) -> Iterator[Layer]:
    """What each region is, and where exactly."""
    yield Layer("classes", features, classes + 1, 1, 1, 1, times=PROPOSALS)
    yield Layer("boxes", features, (classes + 1) * CORNERS, 1, 1, 1, times=PROPOSALS)
