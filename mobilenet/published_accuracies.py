"""Published ImageNet accuracies of MobileNets, each with its source. No torch.

The same 1.0-224 has been published at 70.4 to 75.4 % by different recipes, so no accuracy here goes
without its source. `mobilenet.accuracy` looks them up and estimates between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mobilenet.config import BlockKind, Depth, MobileNetConfig

Precision = Literal["float32", "int8"]

CLASSES = 1000  # every figure here is for ImageNet-1K


@dataclass(frozen=True)
class Source:
    """Who published a set of accuracies, and how they trained.

    footnotes: known errors of that publication and what it leaves open, one sentence each.
    """

    key: str
    title: str
    recipe: str
    url: str
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublishedAccuracy:
    """One published result: accuracy on ImageNet-1K's validation images, in percent.

    top5_percent: None where the source does not print it.
    source: key of `SOURCES`.
    """

    width_multiplier: float
    resolution: int
    top1_percent: float
    top5_percent: float | None
    source: str
    block: BlockKind = "separable"
    depth: Depth = "paper"
    precision: Precision = "float32"
    note: str = ""

    @property
    def config(self) -> MobileNetConfig:
        return MobileNetConfig(
            self.width_multiplier, self.resolution, CLASSES, block=self.block, depth=self.depth
        )


SOURCES: Mapping[str, Source] = {
    source.key: source
    for source in (
        Source(
            "tf_slim_2018",
            "TF-slim checkpoints of February 2018",
            "TF-slim, weight decay 0.00004 but none on depthwise filters; evaluated on one crop.",
            "https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet_v1.md",
            (
                "The table's million mult-adds are 2.6 % too low for width 0.75 (317, 233, 162, "
                "104 instead of 325, 239, 166, 107) and say 34 instead of 30 for 0.25-192.",
            ),
        ),
        Source(
            "tf_slim_2018_quant",
            "TF-slim checkpoints of February 2018, 8 bit",
            "The same networks trained with simulated quantisation, for 8-bit integer arithmetic.",
            "https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet_v1.md",
            ("These are accuracies of 8-bit networks: do not set them beside float32 latencies.",),
        ),
        Source(
            "tf_slim_2017",
            "TF-slim checkpoints of June 2017",
            "TF-slim's first release of the sixteen; evaluated on one crop.",
            "https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet_v1.md",
            ("Read from an older version of the same page, dated 2017_06_14.",),
        ),
        Source(
            "paper",
            "MobileNets paper (2017)",
            "TensorFlow, RMSprop, asynchronous gradient descent, little augmentation, no label "
            "smoothing, little or no weight decay on depthwise filters.",
            "https://arxiv.org/abs/1704.04861",
            (
                "The paper prints ImageNet accuracy for eight of its sixteen networks; its Figures "
                "4 and 5 show the rest without numbers.",
                "Table 1 gives the last depthwise convolution stride 2, but its input and output "
                "are both 7x7: it must be 1, as in every released network.",
                "Table 2 gives the first convolution 1.19 % of the mult-adds; it is 1.91 %, and "
                "the printed column sums to 99.29 %.",
                "Table 9 counts SqueezeNet's 1700 million as two operations for each mult-add and "
                "MobileNet's 76 million as one: its 22 times less computation is about 11 times.",
                "Table 14 has two rows called 0.75 MobileNet-128; the first, with 166 million "
                "mult-adds, is almost surely 0.75 MobileNet-160.",
            ),
        ),
        Source(
            "mlperf",
            "MLPerf Inference v5.0, open division",
            "Not described: presumably TF-slim's 2018 checkpoints with other preprocessing.",
            "https://github.com/seemamp002/mlperf_inference_submissions_v5.0",
            ("Read from the measurement pages of a submission by GATEOverflow (TFLite, ArmNN).",),
        ),
        Source(
            "keras",
            "Keras applications",
            "TF-slim's checkpoints converted to Keras; evaluated by the Keras project.",
            "https://keras.io/api/applications/",
            (
                "The old docstring of Keras' MobileNet gives 529 million mult-adds at all four "
                "resolutions; at 224 it is 569 million, and fewer below.",
            ),
        ),
        Source(
            "mobilenet_v4_paper",
            "MobileNetV4 paper's own run of v1 (2024)",
            "The MobileNetV4 paper's recipe (AdamW), applied to MobileNet v1.",
            "https://huggingface.co/blog/rwightman/mobilenet-baselines",
            ("Read from timm's account of it, which prints no decimals (74 %).",),
        ),
        Source(
            "timm",
            "timm, ra4_e3600_r224_in1k",
            "The MobileNetV4 paper's hyper-parameters for 3600 epochs at 224 px, no distillation.",
            "https://github.com/huggingface/pytorch-image-models/blob/main/results/"
            "results-imagenet.csv",
            (
                "timm rounds channels to multiples of 8 (the same network at 1.0 and 1.25) and "
                "has batch-norm epsilon 1e-5.",
                "Its 0.58 billion mult-adds count batch norm too, as two for each activation.",
            ),
        ),
    )
}


class _Row(NamedTuple):
    width: float
    resolution: int
    slim_2018: tuple[float, float]  # top-1 and top-5, percent
    slim_2018_quant: tuple[float, float]
    slim_2017: tuple[float, float]
    mlperf: float  # top-1 only


# tensorflow/models, research/slim/nets/mobilenet_v1.md, and its version of 2017-06-14;
# MLPerf Inference v5.0 open division, GATEOverflow, aws_c7g.2xlarge and aws_c6gd.2xlarge.
_SIXTEEN = (
    _Row(1.0, 224, (70.9, 89.9), (69.7, 89.5), (70.7, 89.5), 71.678),
    _Row(1.0, 192, (70.0, 89.2), (69.0, 88.9), (69.3, 88.9), 70.624),
    _Row(1.0, 160, (68.0, 87.7), (67.3, 87.7), (67.2, 87.5), 69.106),
    _Row(1.0, 128, (65.2, 85.8), (64.0, 85.5), (64.1, 85.3), 66.604),
    _Row(0.75, 224, (68.4, 88.2), (67.9, 88.1), (68.4, 88.2), 69.262),
    _Row(0.75, 192, (67.2, 87.3), (66.2, 87.1), (67.4, 87.3), 68.242),
    _Row(0.75, 160, (65.3, 86.0), (63.9, 85.5), (65.2, 86.1), 66.384),
    _Row(0.75, 128, (62.1, 83.9), (59.8, 82.8), (61.8, 83.6), 63.716),
    _Row(0.5, 224, (63.3, 84.9), (62.2, 84.5), (64.0, 85.4), 64.346),
    _Row(0.5, 192, (61.7, 83.6), (60.4, 83.2), (62.1, 84.0), 63.244),
    _Row(0.5, 160, (59.1, 81.9), (57.7, 81.3), (59.9, 82.5), 60.842),
    _Row(0.5, 128, (56.3, 79.4), (54.9, 78.9), (56.2, 79.6), 57.918),
    _Row(0.25, 224, (49.8, 74.2), (48.2, 73.8), (50.6, 75.0), 51.848),
    _Row(0.25, 192, (47.7, 72.3), (45.8, 71.9), (49.0, 73.6), 49.478),
    _Row(0.25, 160, (45.5, 70.3), (43.5, 69.1), (46.0, 70.7), 47.810),
    _Row(0.25, 128, (41.5, 66.3), (39.9, 65.8), (41.3, 66.2), 44.116),
)
_MLPERF_RANGE = "Printed as 70.624 and 70.626 for the two machines."

_OTHERS = (
    PublishedAccuracy(1.0, 224, 70.6, None, "paper", note="Tables 4, 6, 7 and 8"),
    PublishedAccuracy(0.75, 224, 68.4, None, "paper", note="Tables 5 and 6"),
    PublishedAccuracy(0.5, 224, 63.7, None, "paper", note="Table 6"),
    PublishedAccuracy(0.25, 224, 50.6, None, "paper", note="Table 6"),
    PublishedAccuracy(1.0, 192, 69.1, None, "paper", note="Table 7"),
    PublishedAccuracy(1.0, 160, 67.2, None, "paper", note="Table 7"),
    PublishedAccuracy(1.0, 128, 64.4, None, "paper", note="Table 7"),
    PublishedAccuracy(0.5, 160, 60.2, None, "paper", note="Table 9"),
    PublishedAccuracy(1.0, 224, 71.7, None, "paper", block="full", note="Table 4"),
    PublishedAccuracy(1.0, 224, 65.3, None, "paper", depth="shallow", note="Table 5"),
    PublishedAccuracy(1.0, 224, 70.4, 89.5, "keras"),
    PublishedAccuracy(1.0, 224, 74.0, None, "mobilenet_v4_paper"),
    PublishedAccuracy(1.0, 224, 75.388, 92.310, "timm", note="crop 0.875"),
    PublishedAccuracy(1.0, 256, 76.088, 93.006, "timm", note="trained at 224 px; crop 0.95"),
    PublishedAccuracy(1.25, 224, 76.920, 93.232, "timm", note="crop 0.9"),
    PublishedAccuracy(1.25, 256, 77.612, 93.754, "timm", note="trained at 224 px; crop 1.0"),
)


def _from_row(row: _Row) -> tuple[PublishedAccuracy, ...]:
    place = (row.width, row.resolution)
    note = _MLPERF_RANGE if place == (1.0, 192) else ""
    return (
        PublishedAccuracy(*place, *row.slim_2018, "tf_slim_2018"),
        PublishedAccuracy(*place, *row.slim_2018_quant, "tf_slim_2018_quant", precision="int8"),
        PublishedAccuracy(*place, *row.slim_2017, "tf_slim_2017"),
        PublishedAccuracy(*place, row.mlperf, None, "mlperf", note=note),
    )


PUBLISHED = (*(result for row in _SIXTEEN for result in _from_row(row)), *_OTHERS)
