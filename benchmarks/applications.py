"""The paper's applications (section 4.3 to 4.7): networks, the paper's figures, why ours differ.

All but detection is the same network with another number of outputs. No torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from benchmarks.candidates import Candidate, candidate
from mobilenet.config import MobileNetConfig
from mobilenet.tasks.detection.detector import Detector
from mobilenet.tasks.names import TaskName


@dataclass(frozen=True)
class Printed:
    """A figure as the paper prints it. step: one unit of its last digit."""

    value: float
    step: float

    def is_met_by(self, count: float) -> bool:
        """Whether `count`, rounded as the paper rounds, is this figure."""
        return abs(count - self.value) <= self.step / 2


@dataclass(frozen=True)
class Paper:
    """What the paper says of a network. model: as its table calls it."""

    model: str
    quality: str
    mult_adds: Printed
    parameters: Printed


@dataclass(frozen=True)
class Entry:
    """A network of an application. key: of the candidate; None where the paper's is not published.

    paper: None for a network that its table does not have. note: why our counts differ, or what
    stands in for the paper's network; empty where there is nothing to say.
    is_timed: False for the largest, which are counted alone: an inference takes seconds.
    """

    key: str | None
    paper: Paper | None = None
    note: str = ""
    is_baseline: bool = False
    is_timed: bool = True

    @property
    def candidate(self) -> Candidate | None:
        return None if self.key is None else candidate(self.key)


@dataclass(frozen=True)
class Application:
    """One table of the paper. quality: what its networks are judged by.

    about: what it is for, and which data the paper had. outputs: what the network's outputs are.
    """

    key: TaskName
    title: str
    table: str
    quality: str
    about: str
    outputs: str
    entries: tuple[Entry, ...]

    @property
    def timed(self) -> tuple[Candidate, ...]:
        """What a clock is asked about."""
        return tuple(
            one.candidate for one in self.entries if one.is_timed and one.candidate is not None
        )


def _paper(
    model: str, quality: str, mult_adds: float, parameters: float, *, billions: bool = False
) -> Paper:
    """mult_adds in millions, whole ones; or in billions, with one digit after the point."""
    unit, step = (1e9, 1e8) if billions else (1e6, 1e6)
    return Paper(model, quality, Printed(mult_adds * unit, step), Printed(parameters * 1e6, 1e5))


_INCEPTION = "torchvision's Inception V3 for ImageNet's 1,000 classes stands in for it."
_THOUSAND = (
    "The printed mult-adds are the network's for ImageNet's 1,000 classes; 120 need 0.9 M less."
)
_BOXES = (
    "With all that makes boxes of its answers, to a picture with eight objects (COCO's average)."
)
_CUT = "The paper cuts the digits after the point where it should round them."
_QUARTER = "The paper's figure is a tenth above the network of its section 3; it does not say why."
_HEAD = "The paper does not say how its last layer is made; here it is FaceNet's 128 numbers."
BREEDS = 120  # of Stanford Dogs
CELLS = 9766  # of 1,024 weights each: the 10 million of the paper's last layer
ATTRIBUTES = 40  # the paper does not say; CelebA's, the common public set, has so many
FACE_NUMBERS = 128  # FaceNet's (arXiv:1503.03832)

DOGS = Application(
    key="dogs",
    title="Fine-grained recognition",
    table="Table 10",
    quality="top-1",
    about="Which of 120 breeds a dog is of (Stanford Dogs), pre-trained on a large, noisy set of "
    "pictures from the web.",
    outputs=f"{BREEDS} breeds",
    entries=(
        Entry(f"1.0-224-n{BREEDS}", _paper("1.0 MobileNet-224", "83.3 %", 569, 3.3), _THOUSAND),
        Entry(f"0.75-224-n{BREEDS}", _paper("0.75 MobileNet-224", "81.9 %", 325, 1.9)),
        Entry(f"1.0-192-n{BREEDS}", _paper("1.0 MobileNet-192", "81.9 %", 418, 3.3), _THOUSAND),
        Entry(f"0.75-192-n{BREEDS}", _paper("0.75 MobileNet-192", "80.5 %", 239, 1.9)),
        Entry(f"0.5-160-n{BREEDS}"),
        Entry(
            "inception_v3", _paper("Inception V3", "84 %", 5000, 23.2), _INCEPTION, is_baseline=True
        ),
    ),
)
GEOLOCATION = Application(
    key="geolocation",
    title="Geolocation",
    table="Table 11",
    quality="share within 25 km",
    about="Where on Earth a photograph was taken (PlaNet): the globe is cut into cells, smaller "
    "where there are more photographs, and the network says in which cell it was.",
    outputs=f"{CELLS:,} cells",
    entries=(
        Entry(
            f"1.0-224-n{CELLS}",
            Paper("PlaNet MobileNet", "31.7 %", Printed(0.58e9, 1e7), Printed(13e6, 1e6)),
            'The paper prints "0.58 million" mult-adds; billion is meant. It tells the weights of '
            "the last layer, 10 million, not the number of cells.",
        ),
        Entry(f"0.5-160-n{CELLS}"),
        Entry(
            "inception_v3",
            Paper("PlaNet", "31.7 %", Printed(5.74e9, 1e7), Printed(52e6, 1e6)),
            f"{_INCEPTION} The paper's has some 30 million weights more, for its cells.",
            is_baseline=True,
        ),
    ),
)
ATTRIBUTES_OF_FACES = Application(
    key="attributes",
    title="Face attributes",
    table="Table 12",
    quality="mean AP",
    about="What can be said of a face, such as that it wears glasses: learnt from the answers of a "
    "larger network instead of from labels (distillation). The paper's pictures are not public.",
    outputs=f"{ATTRIBUTES} attributes",
    entries=(
        Entry(f"1.0-224-n{ATTRIBUTES}", _paper("1.0 MobileNet-224", "88.7 %", 568, 3.2)),
        Entry(f"0.5-224-n{ATTRIBUTES}", _paper("0.5 MobileNet-224", "88.1 %", 149, 0.8)),
        Entry(f"0.25-224-n{ATTRIBUTES}", _paper("0.25 MobileNet-224", "87.2 %", 45, 0.2), _QUARTER),
        Entry(f"1.0-128-n{ATTRIBUTES}", _paper("1.0 MobileNet-128", "88.1 %", 185, 3.2)),
        Entry(f"0.5-128-n{ATTRIBUTES}", _paper("0.5 MobileNet-128", "87.7 %", 48, 0.8), _CUT),
        Entry(f"0.25-128-n{ATTRIBUTES}", _paper("0.25 MobileNet-128", "86.4 %", 15, 0.2), _QUARTER),
        Entry(f"0.5-160-n{ATTRIBUTES}"),
        Entry(
            None,
            _paper("Their own network", "86.9 %", 1600, 7.5),
            "Not published. The text gives it 75 million parameters, the table 7.5.",
            is_baseline=True,
        ),
    ),
)
DETECTION = Application(
    key="detection",
    title="Object detection",
    table="Table 13",
    quality="mAP",
    about="What is on a picture, and where (COCO), in two ways: SSD answers at once, Faster R-CNN "
    "looks again at 300 regions.",
    outputs="90 kinds of objects",
    entries=(
        Entry("ssd-1.0-300", _paper("SSD 300, MobileNet", "19.3 %", 1.2, 6.8, billions=True)),
        Entry("ssd-0.5-300"),
        Entry("ssd-1.0-300-boxes", note=_BOXES),
        Entry("ssd-0.5-300-boxes", note=_BOXES),
        Entry(
            "ssd-vgg16-300",
            _paper("SSD 300, deeplab-VGG", "21.1 %", 34.9, 33.1, billions=True),
            "torchvision's, for 90 classes; the mult-adds are the paper's, its 2.5 million fewer "
            "parameters are not explained there.",
            is_baseline=True,
        ),
        Entry(
            "faster-rcnn-1.0-300",
            _paper("Faster R-CNN 300, MobileNet", "16.4 %", 25.2, 6.1, billions=True),
        ),
        Entry("faster-rcnn-0.5-300"),
        Entry("faster-rcnn-1.0-300-boxes", note=_BOXES),
        Entry(
            "faster-rcnn-vgg16-300",
            _paper("Faster R-CNN 300, VGG", "22.9 %", 64.3, 138.5, billions=True),
            is_baseline=True,
        ),
        Entry(
            "faster-rcnn-1.0-600",
            _paper("Faster R-CNN 600, MobileNet", "19.8 %", 30.5, 6.1, billions=True),
            is_timed=False,
        ),
        Entry(
            "faster-rcnn-vgg16-600",
            _paper("Faster R-CNN 600, VGG", "25.7 %", 149.6, 138.5, billions=True),
            "Ours is 0.04 % below; the paper does not tell enough to say why.",
            is_baseline=True,
            is_timed=False,
        ),
    ),
)
EMBEDDING = Application(
    key="embedding",
    title="Face embedding",
    table="Table 14",
    quality="accuracy at 1e-4",
    about="Whether two pictures show one person: the network turns each into numbers that lie "
    "close together for one face. Learnt from FaceNet's numbers (distillation). This program "
    "compares two faces that you give it; it searches nobody and names nobody.",
    outputs=f"{FACE_NUMBERS} numbers",
    entries=(
        Entry(f"1.0-160-n{FACE_NUMBERS}", _paper("1.0 MobileNet-160", "79.4 %", 286, 4.9), _HEAD),
        Entry(f"1.0-128-n{FACE_NUMBERS}", _paper("1.0 MobileNet-128", "78.3 %", 185, 5.5), _HEAD),
        Entry(
            f"0.75-160-n{FACE_NUMBERS}",
            _paper("0.75 MobileNet-128", "75.2 %", 166, 3.4),
            f"The table prints 128 twice; 166 million is the network at 160 px. {_HEAD}",
        ),
        Entry(f"0.75-128-n{FACE_NUMBERS}", _paper("0.75 MobileNet-128", "72.5 %", 108, 3.8), _HEAD),
        Entry(f"1.0-224-n{FACE_NUMBERS}"),
        Entry(f"0.5-160-n{FACE_NUMBERS}"),
        Entry(
            None,
            _paper("FaceNet", "83 %", 1600, 7.5),
            "FaceNet's network of 1,600 million mult-adds (NN2) is not in torchvision.",
            is_baseline=True,
        ),
    ),
)
APPLICATIONS: Mapping[TaskName, Application] = MappingProxyType(
    {one.key: one for one in (DOGS, GEOLOCATION, ATTRIBUTES_OF_FACES, DETECTION, EMBEDDING)}
)
_OUTPUTS: Mapping[TaskName, int] = MappingProxyType(
    {
        "dogs": BREEDS,
        "geolocation": CELLS,
        "attributes": ATTRIBUTES,
        "embedding": FACE_NUMBERS,
    }
)


def with_network(application: Application, width: float, resolution: int) -> Application:
    """With this network of the application too, before the baselines, if it has it not already.

    width: multiplier. resolution: in pixels; of detection SSD's. Raises ConfigError.
    """
    made: MobileNetConfig | Detector
    if application.key == "detection":
        made = Detector(width_multiplier=width, resolution=resolution)
    else:
        made = MobileNetConfig(width, resolution, _OUTPUTS[application.key])
    key = candidate(made).key
    if key in {entry.key for entry in application.entries}:
        return application
    first = next(place for place, one in enumerate(application.entries) if one.is_baseline)
    entries = (*application.entries[:first], Entry(key), *application.entries[first:])
    return replace(application, entries=entries)
