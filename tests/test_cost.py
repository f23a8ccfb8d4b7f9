"""Counts in closed form equal the paper's, TF-slim's and torch's."""

import random

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mobilenet import MobileNet, MobileNetConfig, cost
from mobilenet.config import PAPER_RESOLUTIONS, PAPER_WIDTHS, BlockKind, Depth

MILLION = 1_000_000
# arXiv:1704.04861: million mult-adds and million parameters as printed.
PRINTED = {
    "Table 4, Conv MobileNet": (MobileNetConfig(block="full"), 4866, 29.3),
    "Table 4, MobileNet": (MobileNetConfig(), 569, 4.2),
    "Table 5, 0.75 MobileNet": (MobileNetConfig(0.75), 325, 2.6),
    "Table 5, Shallow MobileNet": (MobileNetConfig(depth="shallow"), 307, 2.9),
    "Table 6, 0.5": (MobileNetConfig(0.5), 149, 1.3),
    "Table 6, 0.25": (MobileNetConfig(0.25), 41, 0.5),
    "Table 7, 192": (MobileNetConfig(resolution=192), 418, 4.2),
    "Table 7, 160": (MobileNetConfig(resolution=160), 290, 4.2),
    "Table 7, 128": (MobileNetConfig(resolution=128), 186, 4.2),
    "Table 9, 0.50-160": (MobileNetConfig(0.5, 160), 76, 1.32),
}
# Exact mult-adds of the sixteen, by closed form and by torch, resolutions 224 to 128.
EXACT = {
    1.0: (568_740_352, 418_121_728, 290_675_200, 186_400_768),
    0.75: (325_400_448, 239_273_472, 166_396_800, 106_770_432),
    0.5: (149_497_088, 109_970_432, 76_524_800, 49_160_192),
    0.25: (41_030_272, 30_212_608, 21_059_200, 13_570_048),
}
PARAMETERS = {1.0: 4_231_976, 0.75: 2_585_560, 0.5: 1_331_592, 0.25: 470_072}
PAPER_PARAMETERS = {1.0: 4_209_088, 0.75: 2_568_144, 0.5: 1_319_648, 0.25: 463_600}


@pytest.mark.parametrize("row", PRINTED)
def test_counts_round_to_what_the_paper_prints(row: str) -> None:
    config, mult_adds, parameters = PRINTED[row]
    counted = cost(config)

    # The paper cuts some rows (290.7 to 290, 76.5 to 76) and leaves the classifier out of one.
    assert counted.mult_adds / MILLION == pytest.approx(mult_adds, abs=1.4)
    assert counted.paper_parameters / MILLION == pytest.approx(parameters, abs=0.05)


@pytest.mark.parametrize("width", PAPER_WIDTHS)
def test_the_sixteen_networks_have_their_exact_counts(width: float) -> None:
    counted = [cost(MobileNetConfig(width, side)) for side in reversed(PAPER_RESOLUTIONS)]

    assert tuple(one.mult_adds for one in counted) == EXACT[width]
    assert {one.parameters for one in counted} == {PARAMETERS[width]}
    assert {one.paper_parameters for one in counted} == {PAPER_PARAMETERS[width]}


@pytest.mark.parametrize(
    ("config", "parameters", "mult_adds"),
    [
        (MobileNetConfig(), 3_185_088, 567_716_352),
        (MobileNetConfig(0.75, 128), 1_800_144, 106_002_432),
    ],
)
def test_the_body_has_tf_slims_totals(
    config: MobileNetConfig, parameters: int, mult_adds: int
) -> None:
    body = [layer for layer in cost(config).layers if layer.kind != "classifier"]

    assert sum(layer.weights for layer in body) == parameters
    assert sum(layer.mult_adds for layer in body) == mult_adds


def test_shares_are_those_of_table_2_but_for_its_transposed_digits() -> None:
    counted = cost(MobileNetConfig())

    shares = {
        kind: round(100 * counted.share_of_mult_adds(kind), 2)  # type: ignore[arg-type]
        for kind in ("pointwise", "depthwise", "convolution", "classifier")
    }

    # The paper prints 1.19 for the first convolution; its column then sums to 99.29.
    assert shares == {
        "pointwise": 94.86,
        "depthwise": 3.06,
        "convolution": 1.91,
        "classifier": 0.18,
    }


def test_a_layer_of_table_3_falls_as_the_paper_says() -> None:
    def inner(config: MobileNetConfig) -> tuple[float, float]:
        layers = [layer for layer in cost(config).layers if layer.name.startswith("block 8")]
        return (
            sum(layer.mult_adds for layer in layers) / MILLION,
            sum(layer.weights for layer in layers) / MILLION,
        )

    assert inner(MobileNetConfig(block="full")) == pytest.approx((462.42, 2.359), abs=0.005)
    assert inner(MobileNetConfig()) == pytest.approx((52.28, 0.2668), abs=0.005)
    assert inner(MobileNetConfig(0.75)) == pytest.approx((29.58, 0.1509), abs=0.005)
    assert inner(MobileNetConfig(0.75, 160)) == pytest.approx((15.09, 0.1509), abs=0.005)


def check_counts(config: MobileNetConfig) -> None:
    with torch.device("meta"):
        model = MobileNet(config).eval()
        images = torch.empty(1, 3, config.resolution, config.resolution)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        logits = model(images)
    counted = cost(config)

    assert logits.shape == (1, config.num_classes)
    assert counted.mult_adds == counter.get_total_flops() // 2, config
    assert counted.parameters == sum(p.numel() for p in model.parameters()), config
    state = model.state_dict().values()
    assert counted.size_bytes == sum(t.numel() * t.element_size() for t in state), config


@pytest.mark.parametrize("block", ["separable", "full"])
@pytest.mark.parametrize("depth", ["paper", "shallow"])
@pytest.mark.parametrize("multiple", [1, 8])
def test_counts_equal_torchs_at_the_limits(block: BlockKind, depth: Depth, multiple: int) -> None:
    for width, resolution, classes in ((0.05, 33, 1), (0.37, 224, 1000), (2.0, 319, 2000)):
        check_counts(MobileNetConfig(width, resolution, classes, block, depth, multiple))


@pytest.mark.slow("counts sixty networks")
def test_counts_equal_torchs_over_many_random_configurations() -> None:
    rng = random.Random(2017)
    for _ in range(60):
        check_counts(
            MobileNetConfig(
                width_multiplier=rng.uniform(0.05, 2),
                resolution=rng.randint(32, 320),
                num_classes=rng.randint(1, 2000),
                block=rng.choice(["separable", "full"]),
                depth=rng.choice(["paper", "shallow"]),
                channel_multiple=rng.choice([1, 8]),
            )
        )


@pytest.mark.parametrize("resolution", [32, 33, 100, 224, 225])
def test_each_layers_shapes_are_those_the_network_makes(resolution: int) -> None:
    config = MobileNetConfig(0.25, resolution)
    seen: list[tuple[int, ...]] = []
    with torch.device("meta"):
        model = MobileNet(config).eval()
        images = torch.empty(1, 3, resolution, resolution)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda _m, _i, out: seen.append(tuple(out.shape[1:])))
    with torch.inference_mode():
        model(images)

    layers = [one for one in cost(config).layers if one.kind not in ("pooling", "classifier")]
    assert [one.output_shape for one in layers] == seen


def test_peak_activation_is_the_largest_layers_input_and_output() -> None:
    # Block 1's pointwise convolution: 112 x 112 x 32 in, 112 x 112 x 64 out, four bytes each.
    assert cost(MobileNetConfig()).peak_activation_bytes == 4 * 112 * 112 * (32 + 64)
