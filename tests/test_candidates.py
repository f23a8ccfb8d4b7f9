"""A network has one short name that fits into a link, and the name leads back to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.candidates import Candidate, CandidateError, candidate, parse_candidates
from benchmarks.references import references
from mobilenet import ConfigError, MobileNetConfig, cost
from mobilenet.tasks.detection.detector import Detector
from tests.wording import Wording

configs = st.builds(
    MobileNetConfig,
    width_multiplier=st.floats(0.05, 2.0) | st.integers(1, 2),
    resolution=st.integers(32, 1024),
    num_classes=st.sampled_from([1000]) | st.integers(1, 1_000_000),
    block=st.sampled_from(["separable", "full"]),
    depth=st.sampled_from(["paper", "shallow"]),
    channel_multiple=st.sampled_from([1, 8]),
)


@given(configs)
def test_the_key_of_any_network_leads_back_to_it(config: MobileNetConfig) -> None:
    assert candidate(Candidate(config=config).key) == Candidate(config=config)


@given(configs)
def test_a_key_fits_into_a_link_and_a_file_name(config: MobileNetConfig) -> None:
    key = Candidate(config=config).key

    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    assert len(key) < 64


detectors = st.builds(
    Detector,
    framework=st.sampled_from(["ssd", "faster-rcnn"]),
    width_multiplier=st.floats(0.05, 2.0),
    resolution=st.integers(32, 1024),
    num_classes=st.sampled_from([90]) | st.integers(1, 10_000),
    postprocessed=st.booleans(),
) | st.sampled_from(
    [Detector("ssd", "vgg16"), Detector("faster-rcnn", "vgg16", resolution=600, postprocessed=True)]
)


@given(detectors)
def test_the_key_of_any_detector_leads_back_to_it(detector: Detector) -> None:
    assert candidate(Candidate(detector=detector).key) == candidate(detector)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ssd-1.0-300", "SSD 300, MobileNet 1.0"),
        ("ssd-0.35-160-n3-boxes", "SSD 160, MobileNet 0.35, 3 classes, with boxes"),
        ("ssd-vgg16-300", "SSD 300, VGG-16"),
        ("faster-rcnn-0.5-600", "Faster R-CNN 600, MobileNet 0.5"),
    ],
)
def test_a_detector_has_a_short_name_and_one_for_people(key: str, name: str) -> None:
    assert (candidate(key).key, candidate(key).name) == (key, name)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("ssd-9-300", ["9.0", "2"]),
        ("ssd-0.5-20", ["20", "32"]),
        ("ssd-vgg16-512", ["300 px"]),
        ("ssd-0.5-300-n0", ["0", "1"]),
    ],
)
def test_a_detector_that_cannot_be_is_refused_with_the_limits(
    key: str, names: list[str], wording: Wording
) -> None:
    with pytest.raises(ConfigError) as refused:
        candidate(key)

    assert all(name in str(refused.value) for name in names)
    wording(refused.value)


@pytest.mark.parametrize("name", references())
def test_a_reference_is_named_as_torchvision_names_it(name: str) -> None:
    assert candidate(name) == Candidate(reference=name)
    assert candidate(name).key == name
    assert candidate(name).label == references()[name].label


@pytest.mark.parametrize(
    ("config", "key", "name"),
    [
        (MobileNetConfig(1, 224), "1.0-224", "MobileNet 1.0-224"),
        (MobileNetConfig(0.5, 160), "0.5-160", "MobileNet 0.5-160"),
        (
            MobileNetConfig(0.35, 96, 10, "full", "shallow", 8),
            "0.35-96-full-shallow-c8-n10",
            "MobileNet 0.35-96 (full, shallow, channels of 8, 10 classes)",
        ),
    ],
)
def test_keys_and_names_read_like_the_fields_short_names(
    config: MobileNetConfig, key: str, name: str
) -> None:
    network = candidate(config)

    assert (network.key, network.name) == (key, name)


def test_a_candidate_is_taken_as_it_is() -> None:
    network = Candidate(reference="resnet18")

    assert candidate(network) is network


def test_counts_are_those_of_the_network() -> None:
    config = MobileNetConfig(0.5, 160)
    network, resnet = candidate(config), candidate("resnet18")

    assert network.mult_adds == cost(config).mult_adds
    assert network.parameters == cost(config).parameters
    assert network.size_bytes == cost(config).size_bytes
    assert network.peak_activation_bytes == cost(config).peak_activation_bytes
    assert network.image_shape == (3, 160, 160)
    assert resnet.parameters == references()["resnet18"].parameters
    assert resnet.image_shape == (3, 224, 224)


@pytest.mark.parametrize("name", ["resnet19", "", "0.5", "0.5-", "-160", "0.5-160-", " 0.5-160"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(CandidateError, match=rf"'{name}'.*resnet18"):
        candidate(name)


@pytest.mark.parametrize("key", ["0.01-224", "3-224", "0.5-20", "0.5-2048", "0.5-160-n0"])
def test_a_mobilenet_outside_its_limits_is_refused_with_the_limits(key: str) -> None:
    with pytest.raises(ConfigError, match="outside"):
        candidate(key)


@pytest.mark.parametrize("value", [None, 5, 0.5, ("0.5", 160), b"resnet18"])
def test_what_names_no_network_is_refused_with_what_does(value: object) -> None:
    with pytest.raises(CandidateError, match=r"MobileNetConfig.*0\.5-160"):
        candidate(value)  # type: ignore[arg-type]


def test_a_candidate_is_one_network_and_not_two_or_none() -> None:
    with pytest.raises(CandidateError):
        Candidate()
    with pytest.raises(CandidateError):
        Candidate(config=MobileNetConfig(), reference="resnet18")


def test_a_list_gives_what_is_good_once_and_says_what_is_not() -> None:
    good, problems = parse_candidates(" 0.5-160, resnet18,,nonsense, 0.50-160 ,9-224")

    assert good == (candidate("0.5-160"), candidate("resnet18"))
    assert len(problems) == 2
    assert "nonsense" in problems[0]
    assert "9" in problems[1]


def test_an_empty_list_names_nothing() -> None:
    assert parse_candidates(" , ") == ((), ())
