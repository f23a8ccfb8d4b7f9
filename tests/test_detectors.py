"""Detectors: built as they are counted, counted as the paper does, and timed like any network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import api
from benchmarks.candidates import candidate
from benchmarks.jobs.request import can_run
from benchmarks.networks import build
from benchmarks.scenarios import Scenario, ScenarioError
from mobilenet.config import ConfigError
from mobilenet.tasks.detection.boxes import MAX_BOXES, MIN_SCORE, OBJECTS
from mobilenet.tasks.detection.detector import Detector, detector_cost
from mobilenet.tasks.detection.faster_rcnn import TwoStage
from tests.tiny import one_thread
from tests.wording import Wording

pytestmark = pytest.mark.real  # builds and runs whole detectors
SMALL = [
    Detector(width_multiplier=0.25, resolution=96, num_classes=3),
    Detector(width_multiplier=0.5, resolution=97, num_classes=90),
    Detector("faster-rcnn", width_multiplier=0.25, resolution=96, num_classes=3),
]
LARGE = [
    Detector(),
    Detector("ssd", "vgg16"),
    Detector("faster-rcnn"),
    Detector("faster-rcnn", "vgg16"),
]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def named(detector: Detector) -> str:
    return detector.label


def check_counts(detector: Detector) -> None:
    from mobilenet.tasks.detection.networks import build

    network, counted = build(detector), detector_cost(detector)
    images = torch.zeros(1, 3, detector.resolution, detector.resolution)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(images)
    assert sum(one.numel() for one in network.parameters()) == counted.parameters
    assert sum(one.nbytes for one in network.state_dict().values()) == counted.size_bytes
    assert counter.get_total_flops() == 2 * counted.mult_adds


@pytest.mark.parametrize("detector", SMALL, ids=named)
def test_the_closed_form_counts_what_torch_counts(detector: Detector) -> None:
    check_counts(detector)


@pytest.mark.slow("runs VGG-16 twice, and 50 billion mult-adds")
@pytest.mark.parametrize("detector", LARGE, ids=named)
def test_it_does_so_for_the_papers_detectors(detector: Detector) -> None:
    check_counts(detector)


@pytest.mark.parametrize(
    ("key", "billions", "millions"),
    [
        ("ssd-1.0-300", 1.2, 6.8),
        ("ssd-vgg16-300", 34.9, 35.6),  # the paper prints 33.1
        ("faster-rcnn-1.0-300", 25.2, 6.1),
        ("faster-rcnn-1.0-600", 30.5, 6.1),
        ("faster-rcnn-vgg16-300", 64.3, 138.5),
        ("faster-rcnn-vgg16-600", 149.5, 138.5),  # the paper prints 149.6
    ],
)
def test_table_13_is_met_to_its_last_digit_but_for_two_figures(
    key: str, billions: float, millions: float
) -> None:
    one = candidate(key)

    assert (round(one.mult_adds / 1e9, 1), round(one.parameters / 1e6, 1)) == (billions, millions)


@pytest.mark.parametrize("detector", SMALL, ids=named)
def test_a_batch_is_answered_image_by_image(detector: Detector) -> None:
    network = build(candidate(detector))
    images = torch.randn(2, 3, detector.resolution, detector.resolution)

    with torch.inference_mode():
        if isinstance(network, TwoStage):  # rounding may exchange regions, so both get the same
            maps, regions = network.regions(images)
            both = network.answers(images, (maps, regions))
            alone, _ = network.regions(images[:1])
            one = network.answers(images[:1], (alone, regions[:1]))
        else:
            both, one = network(images), network(images[:1])

    assert len(both) == 2
    torch.testing.assert_close(both[:1], one, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("framework", ["ssd", "faster-rcnn"])
def test_boxes_are_those_of_an_image_with_eight_objects(framework: str) -> None:
    key = f"{framework}-0.25-96-boxes"
    network = build(candidate(key))

    with torch.inference_mode():
        found = network(torch.randn(2, 3, 96, 96))

    assert found.shape == (2, MAX_BOXES, 6)
    corners, labels, scores = found[..., :4], found[..., 4], found[..., 5]
    is_found = scores > 0
    assert (scores[is_found] > MIN_SCORE).all()
    assert (corners >= 0).all()
    assert (corners <= 96).all()
    sure = labels[scores > 0.5].unique()
    assert 1 < len(sure) <= OBJECTS
    torch.testing.assert_close(scores[0], scores[1], rtol=0, atol=1e-3)  # whatever the image


def test_two_stages_always_look_at_300_regions() -> None:
    detector = Detector("faster-rcnn", width_multiplier=0.25, resolution=64, num_classes=2)
    network = build(candidate(detector))  # 4 x 4 places of 12 boxes: 192 regions at most

    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 300, 5 * 3)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"framework": "yolo"}, "'yolo'"),
        ({"backbone": "resnet"}, "'resnet'"),
        ({"resolution": 8}, "8"),
        ({"backbone": "vgg16", "width_multiplier": 0.5}, "width multiplier"),
        ({"num_classes": 0}, "0"),
    ],
    ids=["framework", "backbone", "resolution", "width of VGG", "no classes"],
)
def test_a_detector_that_cannot_be_built_is_refused(
    values: dict[str, object], name: str, wording: Wording
) -> None:
    with pytest.raises(ConfigError) as refused:
        Detector(**values)  # type: ignore[arg-type]

    assert name in str(refused.value)
    wording(refused.value)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "compiled", "executorch"])
def test_a_detector_that_makes_as_many_boxes_as_it_finds_is_not_exported(engine: str) -> None:
    scenario = Scenario(engine)

    assert can_run(candidate("ssd-1.0-300"), scenario)
    for key in ("ssd-1.0-300-boxes", "faster-rcnn-1.0-300"):
        assert not can_run(candidate(key), scenario)
        assert can_run(candidate(key), Scenario("channels_last"))
        with pytest.raises(ScenarioError, match=r"eager.*channels_last"):
            api.measure(key, engines=[engine])


@pytest.mark.slow("exports two networks and previews them in three engines")
def test_detectors_are_timed_beside_other_networks_and_answer_alike_in_every_engine() -> None:
    keys = ["ssd-0.25-96-n3", "0.25-96-n10"]
    everywhere = api.measure(keys, engines=["eager", "onnxruntime", "openvino"], preset="preview")
    whole = ["ssd-0.25-96-n3-boxes", "faster-rcnn-0.25-96-n3"]
    boxes = api.measure(whole, engines=["eager"], preset="preview")

    for run, count in ((everywhere, 6), (boxes, 2)):
        assert run.failures == ()
        assert len(run.measurements) == count
    errors = [one.output_error for one in everywhere.measurements if one.scenario.engine != "eager"]
    assert np.max([error for error in errors if error is not None]) < 1e-4
