"""The stored table of reference networks is what torchvision builds, counted as MobileNets are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from benchmarks import reference_table
from benchmarks.references import PATH, references, stored_table
from mobilenet import MobileNet, MobileNetConfig, cost

ROOT = Path(__file__).parents[1]
NETWORKS = list(references().values())

CONFIGS = [
    MobileNetConfig(),
    MobileNetConfig(0.25, 128),
    MobileNetConfig(0.5, 160),
    MobileNetConfig(0.7, 200, channel_multiple=8),
    MobileNetConfig(0.05, 33),
    MobileNetConfig(block="full"),
    MobileNetConfig(depth="shallow"),
    MobileNetConfig(0.25, 32, num_classes=100_000),  # here the classifier is the largest layer
]


def meta(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return make()


def kib(channels: int, side: int = 16) -> int:
    """Bytes of a float32 map; a 16x16 map has 1 KiB for each channel."""
    return 4 * channels * side * side


QUICK = ("alexnet", "mobilenet_v2", "resnet18", "squeezenet1_0")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=() if key in QUICK else pytest.mark.slow("counts a large network"))
        for key in references()
    ],
)
def test_a_stored_network_is_what_torchvision_builds_today(key: str) -> None:
    (origin,) = (one for one in reference_table.ORIGINS if one.key == key)

    assert references()[key] == reference_table.count(origin)


def test_the_stored_table_has_every_network_and_no_other() -> None:
    assert list(references()) == [origin.key for origin in reference_table.ORIGINS]


def test_the_stored_file_is_written_as_the_generator_writes_it() -> None:
    text = json.dumps(asdict(stored_table()), indent=2) + "\n"

    assert PATH.read_text(encoding="utf-8") == text


def test_the_stored_file_says_that_it_is_generated_and_by_which_versions() -> None:
    stored = stored_table()

    assert "python -m benchmarks.reference_table" in stored.about
    assert stored.torch[0].isdigit()
    assert stored.torchvision[0].isdigit()


# torchvision 0.28.0's own metadata: num_params, _ops in rounded billions, both at the crop size
@pytest.mark.parametrize(
    ("key", "parameters", "giga_mult_adds"),
    [
        ("alexnet", 61_100_840, 0.714),
        ("efficientnet_b0", 5_288_548, 0.386),
        ("googlenet", 6_624_904, 1.498),
        ("inception_v3", 23_834_568, 5.713),  # timm's; torchvision adds the aux head
        ("mnasnet1_0", 4_383_312, 0.314),
        ("mobilenet_v2", 3_504_872, 0.301),
        ("mobilenet_v3_large", 5_483_032, 0.217),
        ("mobilenet_v3_small", 2_542_856, 0.057),
        ("resnet18", 11_689_512, 1.814),
        ("resnet50", 25_557_032, 4.089),
        ("shufflenet_v2_x1_0", 2_278_604, 0.145),
        ("squeezenet1_0", 1_248_424, 0.819),
        ("vgg16", 138_357_544, 15.47),
    ],
)
def test_counts_agree_with_torchvisions_own(
    key: str, parameters: int, giga_mult_adds: float
) -> None:
    network = references()[key]

    assert network.parameters == parameters
    assert network.mult_adds / 1e9 == pytest.approx(giga_mult_adds, abs=0.000_51)


@pytest.mark.parametrize(
    ("key", "first_generation", "later"),
    [
        ("alexnet", 56.522, []),
        ("efficientnet_b0", 77.692, []),
        ("googlenet", 69.778, []),
        ("inception_v3", 77.294, []),
        ("mnasnet1_0", 73.456, []),
        ("mobilenet_v2", 71.878, [72.154]),
        ("mobilenet_v3_large", 74.042, [75.274]),
        ("mobilenet_v3_small", 67.668, []),
        ("resnet18", 69.758, []),
        ("resnet50", 76.130, [80.858]),
        ("shufflenet_v2_x1_0", 69.362, []),
        ("squeezenet1_0", 58.092, []),
        ("vgg16", 71.592, []),
    ],
)
def test_accuracy_is_the_first_generations_and_later_weights_come_after(
    key: str, first_generation: float, later: list[float]
) -> None:
    network = references()[key]

    assert network.recipe.name == "IMAGENET1K_V1"
    assert network.recipe.top1_percent == first_generation
    assert [recipe.top1_percent for recipe in network.weights[1:]] == later


def test_each_network_is_counted_at_the_resolution_of_its_first_weights() -> None:
    for network in NETWORKS:
        assert network.resolution == network.recipe.resolution
        assert network.resolution == (299 if network.key == "inception_v3" else 224)
        assert all(recipe.resize >= recipe.resolution for recipe in network.weights)


def test_every_count_is_a_whole_number() -> None:
    for network in NETWORKS:
        for count in (
            network.parameters,
            network.mult_adds,
            network.size_bytes,
            network.peak_activation_bytes,
        ):
            assert type(count) is int
            assert count > 0


def test_every_network_has_a_name_a_family_and_a_paper() -> None:
    for network in NETWORKS:
        assert network.label
        assert network.family
        assert 2012 <= network.year <= 2019
        assert network.url == f"https://arxiv.org/abs/{network.paper}"
    assert len({network.label for network in NETWORKS}) == len(NETWORKS)


# Tables 8, 9 and 10 of arXiv:1704.04861
@pytest.mark.parametrize(
    ("key", "table", "top1", "millions", "million_parameters"),
    [
        ("googlenet", "Table 8", 69.8, 1550, 6.8),
        ("vgg16", "Table 8", 71.5, 15300, 138),
        ("squeezenet1_0", "Table 9", 57.5, 1700, 1.25),
        ("alexnet", "Table 9", 57.2, 720, 60),
        ("inception_v3", "Table 10", None, 5000, 23.2),
    ],
)
def test_the_papers_opponents_keep_the_papers_figures(
    key: str, table: str, top1: float | None, millions: int, million_parameters: float
) -> None:
    figures = references()[key].paper_figures

    assert figures is not None
    assert (figures.table, figures.top1_percent) == (table, top1)
    assert figures.mult_adds == millions * 10**6
    assert figures.parameters == round(million_parameters * 10**6)


def test_only_the_papers_opponents_have_paper_figures() -> None:
    opponents = {network.key for network in NETWORKS if network.paper_figures}

    assert opponents == {"googlenet", "vgg16", "squeezenet1_0", "alexnet", "inception_v3"}


def test_the_paper_counts_two_operations_for_each_of_squeezenets_mult_adds_and_says_so() -> None:
    squeezenet = references()["squeezenet1_0"]

    assert squeezenet.paper_figures.mult_adds / squeezenet.mult_adds == pytest.approx(2, rel=0.05)
    assert "two operations" in squeezenet.paper_figures.note


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.label)
def test_references_are_counted_exactly_as_mobilenets_are(config: MobileNetConfig) -> None:
    model = meta(lambda: MobileNet(config))
    expected = cost(config)

    assert (
        reference_table.peak_activation_bytes(model, config.resolution)
        == expected.peak_activation_bytes
    )
    assert reference_table.mult_adds(model, config.resolution) == expected.mult_adds
    assert sum(tensor.nbytes for tensor in model.state_dict().values()) == expected.size_bytes


class Residual(nn.Module):
    """3 -> 8 channels, then a sum of the map with its own convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.branch = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))

    def forward(self, images: Tensor) -> Tensor:
        shortcut = self.stem(images)
        return torch.relu(shortcut + self.branch(shortcut))


class Wide(nn.Module):
    """A shortcut that must outlive a wide branch: 8 kept, 32 made, 32 more made from them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.expand = nn.Conv2d(8, 32, 1)
        self.depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32)
        self.project = nn.Conv2d(32, 8, 1)

    def forward(self, images: Tensor) -> Tensor:
        shortcut = self.stem(images)
        return shortcut + self.project(self.depthwise(self.expand(shortcut)))


class Branches(nn.Module):
    """Two branches of 16 channels side by side in one map of 32."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 16, 1)
        self.other = nn.Conv2d(3, 16, 1)

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([self.one(images), self.other(images)], 1)


class Halves(nn.Module):
    """Half of the map passes by; the other half is convolved meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 1)
        self.branch = nn.Conv2d(8, 8, 1)

    def forward(self, images: Tensor) -> Tensor:
        kept, worked = self.stem(images).chunk(2, dim=1)
        return torch.cat([kept, self.branch(worked)], 1)


class ReadTwice(nn.Module):
    """The map from before the activation is read again, so the activation needs its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 1)
        self.activation = nn.Hardswish()

    def forward(self, images: Tensor) -> Tensor:
        before = self.stem(images)
        return torch.cat([self.activation(before), before], 1)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (Residual, kib(8) + kib(8)),  # the sum is written over one of its terms
        (Wide, kib(8) + kib(32) + kib(32)),
        (Branches, kib(16) + kib(16) + kib(32)),
        (Halves, kib(16) + kib(8) + kib(16)),  # the stem's map, the branch, their concatenation
        (ReadTwice, kib(16) + kib(16) + kib(32)),
    ],
)
def test_peak_memory_is_what_one_counts_by_hand(
    make: Callable[[], nn.Module], expected: int
) -> None:
    assert reference_table.peak_activation_bytes(meta(make), 16) == expected


@pytest.mark.parametrize("inplace", [False, True])
def test_peak_memory_does_not_depend_on_how_the_activation_is_spelled(inplace: bool) -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 16, 1), nn.BatchNorm2d(16), nn.ReLU(inplace=inplace))

    assert reference_table.peak_activation_bytes(meta(make), 16) == kib(3) + kib(16)


# Largest neighbours of each network, read off its paper's table
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("vgg16", kib(64, 224) + kib(64, 224)),  # second convolution
        ("resnet18", kib(64, 112) + kib(64, 56)),  # first pooling
        ("resnet50", kib(64, 56) + kib(256, 56) + kib(256, 56)),  # first shortcut's projection
        ("mobilenet_v2", kib(96, 112) + kib(96, 56)),  # first strided depthwise convolution
        ("alexnet", kib(3, 224) + kib(64, 55)),  # first convolution
        ("squeezenet1_0", kib(128, 54) + kib(128, 54) + kib(256, 54)),  # fire 4's concatenation
    ],
)
def test_peak_memory_is_where_the_papers_tables_say(key: str, expected: int) -> None:
    assert references()[key].peak_activation_bytes == expected


def test_references_need_no_torch() -> None:
    program = (
        "import sys, benchmarks.references as r; r.references(); sys.exit('torch' in sys.modules)"
    )

    finished = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT)

    assert finished.returncode == 0


def test_importing_the_reader_reads_nothing() -> None:
    program = "import benchmarks.references as r, sys; sys.exit(r.stored_table.cache_info().misses)"

    finished = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT)

    assert finished.returncode == 0


def test_the_references_cannot_be_changed_by_a_reader() -> None:
    with pytest.raises(TypeError):
        references()["mine"] = NETWORKS[0]
