"""What can be timed: a MobileNet, a reference network, or somebody's own; all without torch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from benchmarks.references import ReferenceNetwork, references
from benchmarks.texts import problem_of_name
from mobilenet.config import ConfigError, MobileNetConfig
from mobilenet.cost import Cost, cost
from mobilenet.tasks.detection.detector import (
    BACKBONES,
    COCO_CLASSES,
    Detector,
    DetectorCost,
    detector_cost,
)

_KEY = re.compile(
    r"(?P<width>\d+(?:\.\d+)?)-(?P<resolution>\d+)"
    r"(?P<full>-full)?(?P<shallow>-shallow)?(?P<eights>-c8)?(?:-n(?P<classes>\d+))?"
)
_DETECTOR_KEY = re.compile(
    r"(?P<framework>ssd|faster-rcnn)-(?P<body>\d+(?:\.\d+)?|vgg16)-(?P<resolution>\d+)"
    r"(?:-n(?P<classes>\d+))?(?P<boxes>-boxes)?"
)
OWN = "own:"  # begins the key of somebody's own network; no other key has a colon
MAX_NAME = 60  # characters
MAX_SIDE = 10_000
MAX_VALUES = 100_000_000  # of one input
_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9_.]+")
_SLUG, _TOLD = 40, 8  # characters of a key
_DIGEST = re.compile("[0-9a-f]{16}")


class CandidateError(ValueError):
    """A network was named that cannot be timed here."""


@dataclass(frozen=True)
class OwnNetwork:
    """What is known of somebody's own `torch.nn.Module` without the module.

    name: for people, one line. input_shape: channels, height, width.
    mult_adds: as torch counts them, batch 1. size_bytes: parameters and buffers.
    digest: of the operations that one inference takes, with their shapes and types, in order: the
        same for the same architecture, whatever its weights and the name of its class.

    Raises CandidateError for what is outside its limits.
    """

    name: str
    input_shape: tuple[int, int, int]
    parameters: int
    mult_adds: int
    size_bytes: int
    digest: str

    def __post_init__(self) -> None:
        check_name(self.name)
        check_input_shape(self.input_shape)
        if min(self.parameters, self.mult_adds, self.size_bytes) < 0:
            raise CandidateError(f"A count of {self.name} is below 0.")
        if not _DIGEST.fullmatch(self.digest):
            raise CandidateError(f"The digest {self.digest[:40]!r} is not 16 hexadecimal digits.")

    @property
    def key(self) -> str:
        """ "own:wide-1a2b3c4d": the end tells names apart that look alike without their accents."""
        slug = _NOT_IN_A_KEY.sub("-", self.name).strip("-")[:_SLUG] or "network"
        told = "\n".join([self.name, *map(str, self.input_shape), self.digest])
        return f"{OWN}{slug}-{hashlib.sha256(told.encode()).hexdigest()[:_TOLD]}"


def check_name(name: object) -> None:
    """Raises CandidateError for what nobody could call a network."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME or name != name.strip():
        shown = f"{name[:MAX_NAME]!r}" if isinstance(name, str) else f"{name!r}"
        raise CandidateError(
            f"{shown} is no name for a network. Give a text of 1 to {MAX_NAME} characters, without "
            "blanks around it."
        )
    if (problem := problem_of_name(name)) is not None:
        raise CandidateError(f"{name[:MAX_NAME]!r} is no name for a network. {problem}")


def free_name(wanted: str, is_free: Callable[[str], bool]) -> str:
    """`wanted`, or "wanted 2" and so on; cut where it is too long."""
    endings = ("" if number == 1 else f" {number}" for number in count(1))
    names = (f"{wanted[: MAX_NAME - len(ending)].rstrip()}{ending}" for ending in endings)
    return next(name for name in names if is_free(name))


def check_input_shape(shape: object) -> None:
    """Raises CandidateError unless it is channels, height and width, of a size that can be run."""
    is_shape = isinstance(shape, tuple) and len(shape) == 3
    sides = [one for one in shape if type(one) is int] if isinstance(shape, tuple) else []
    if not is_shape or len(sides) != 3 or not all(1 <= one <= MAX_SIDE for one in sides):
        raise CandidateError(
            f"An input of shape {shape!r} cannot be had. Give input_shape as channels, height and "
            f"width of one image, each 1 to {MAX_SIDE}, such as (3, 224, 224)."
        )
    if (values := sides[0] * sides[1] * sides[2]) > MAX_VALUES:
        raise CandidateError(
            f"An input of shape {shape!r} has {values:,} values; at most {MAX_VALUES:,} can be "
            "timed. Choose a smaller input_shape."
        )


@dataclass(frozen=True)
class Candidate:
    """One network: a MobileNet by its configuration, a reference network by torchvision's name,
    somebody's own, or an object detector.

    Counts are for batch 1 at the network's own resolution; see `mobilenet.cost.Cost` for what
    is counted.
    """

    config: MobileNetConfig | None = None
    reference: str | None = None
    own: OwnNetwork | None = None
    detector: Detector | None = None

    def __post_init__(self) -> None:
        if [self.config, self.reference, self.own, self.detector].count(None) != 3:
            raise CandidateError(
                "A candidate is either a MobileNetConfig or a reference's name, or somebody's own, "
                "or a Detector."
            )
        if self.reference is not None and self.reference not in references():
            known = ", ".join(references())
            raise CandidateError(
                f"Reference network {self.reference!r} is not known. Choose one of: {known}."
            )

    @property
    def key(self) -> str:
        """Short, unique, fit for a link: "0.5-160", "1.0-224-full", "resnet18", "own:wide-…",
        "ssd-1.0-300"."""
        if self.own is not None:
            return self.own.key
        if self.detector is not None:
            return _detector_key(self.detector)
        if self.config is None:
            return str(self.reference)
        config = self.config
        parts = [str(float(config.width_multiplier)), str(config.resolution)]
        parts += ["full"] if config.block == "full" else []
        parts += ["shallow"] if config.depth == "shallow" else []
        parts += ["c8"] if config.channel_multiple == 8 else []
        parts += [f"n{config.num_classes}"] if config.num_classes != 1000 else []
        return "-".join(parts)

    @property
    def label(self) -> str:
        """For people: "0.5-160" (the field's short name for a MobileNet), "ResNet-18", "wide"."""
        if self.own is not None:
            return self.own.name
        if self.detector is not None:
            return self.detector.label
        return self.config.label if self.config is not None else self._network.label

    @property
    def name(self) -> str:
        """For a sentence: "MobileNet 0.5-160", "ResNet-18" or "wide"."""
        return f"MobileNet {self.label}" if self.config is not None else self.label

    @property
    def resolution(self) -> int:
        """Height of the image."""
        return self.image_shape[1]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        if self.own is not None:
            return self.own.input_shape
        if self.detector is not None:
            return (3, self.detector.resolution, self.detector.resolution)
        side = self.config.resolution if self.config is not None else self._network.resolution
        return (3, side, side)

    @property
    def mult_adds(self) -> int:
        return self._counted.mult_adds

    @property
    def parameters(self) -> int:
        return self._counted.parameters

    @property
    def size_bytes(self) -> int:
        return self._counted.size_bytes

    @property
    def peak_activation_bytes(self) -> int | None:
        """None: not known, of somebody's own."""
        counted = self._counted
        return None if isinstance(counted, OwnNetwork) else counted.peak_activation_bytes

    @property
    def _counted(self) -> Cost | ReferenceNetwork | OwnNetwork | DetectorCost:
        if self.own is not None:
            return self.own
        if self.detector is not None:
            return detector_cost(self.detector)
        return cost(self.config) if self.config is not None else self._network

    @property
    def _network(self) -> ReferenceNetwork:
        assert self.reference is not None
        return references()[self.reference]


def candidate(value: Candidate | MobileNetConfig | Detector | str) -> Candidate:
    """The candidate that a person means: a config, a detector, a key such as "0.5-160" or
    "ssd-1.0-300", or "resnet18".

    Raises CandidateError, or ConfigError for a network outside its limits.
    """
    if isinstance(value, Candidate):
        return value
    if isinstance(value, MobileNetConfig):
        return Candidate(config=value)
    if isinstance(value, Detector):
        return Candidate(detector=value)
    if not isinstance(value, str):
        raise CandidateError(
            f"{value!r} is no network. Give a MobileNetConfig, a key such as '0.5-160', "
            "a reference's name, or a torch.nn.Module."
        )
    if value.startswith(OWN):
        raise CandidateError(
            f"{value[:MAX_NAME]!r} is somebody's own network, which cannot be made from its name. "
            "Give benchmarks.measure the torch.nn.Module itself."
        )
    if (detector := _DETECTOR_KEY.fullmatch(value)) is not None:
        return Candidate(detector=_detector(detector.groupdict()))
    found = _KEY.fullmatch(value)
    if found is None:
        return Candidate(reference=value)
    return Candidate(
        config=MobileNetConfig(
            width_multiplier=float(found["width"]),
            resolution=int(found["resolution"]),
            num_classes=int(found["classes"] or 1000),
            block="full" if found["full"] else "separable",
            depth="shallow" if found["shallow"] else "paper",
            channel_multiple=8 if found["eights"] else 1,
        )
    )


def _detector_key(detector: Detector) -> str:
    on_mobilenet = detector.backbone == "mobilenet"
    body = str(float(detector.width_multiplier)) if on_mobilenet else detector.backbone
    parts = [detector.framework, body, str(detector.resolution)]
    parts += [f"n{detector.num_classes}"] if detector.num_classes != COCO_CLASSES else []
    parts += ["boxes"] if detector.postprocessed else []
    return "-".join(parts)


def _detector(found: Mapping[str, str | None]) -> Detector:
    body = found["body"]
    on_mobilenet = body not in BACKBONES
    return Detector(
        framework="ssd" if found["framework"] == "ssd" else "faster-rcnn",
        backbone="mobilenet" if on_mobilenet else "vgg16",
        width_multiplier=float(body or 1) if on_mobilenet else 1.0,
        resolution=int(found["resolution"] or 0),
        num_classes=int(found["classes"] or COCO_CLASSES),
        postprocessed=found["boxes"] is not None,
    )


def parse_candidates(text: str) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Candidates of a comma-separated list, and a sentence for each entry that is none."""
    good: list[Candidate] = []
    problems: list[str] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            found = candidate(entry)
        except (CandidateError, ConfigError) as error:
            problems.append(str(error))
        else:
            if found not in good:
                good.append(found)
    return tuple(good), tuple(problems)
