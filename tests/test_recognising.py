"""A photograph is shown to networks as their makers meant it, and their answers have names."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.messages import Event, NotTrained, Recognise, Seen
from benchmarks.training.order import Named, Question, Recognised
from benchmarks.training.recognising import recognise
from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import TENSORFLOW
from mobilenet.tasks.data import normalised
from mobilenet.tasks.folder import opened, seen
from mobilenet.tasks.labels import class_names
from mobilenet.weights import preprocessing
from mobilenet.weights.value import Weights
from tests.talk import only, ready_worker
from tests.tiny import one_thread

SMALL = MobileNetConfig(0.25, 64)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def made(config: MobileNetConfig = SMALL, classes: tuple[str, ...] | None = None) -> Weights:
    network = MobileNet(config, TENSORFLOW)
    initialise(network, 5, image_shape=(3, 64, 64))
    return weights.of_network(network, preprocessing.SLIM, "a test", classes=classes)


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """Red to the left, blue to the right, and wider than it is high."""
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[:, :50, 0] = 255
    pixels[:, 50:, 2] = 255
    Image.fromarray(pixels).save(tmp_path / "flag.png")
    return tmp_path / "flag.png"


def heard(question: Question) -> list[Event]:
    found: list[Event] = []
    recognise(question, found.append, lambda: None)
    return found


def answers(photograph: Path, *networks: Named) -> list[Recognised]:
    found = heard(Question(str(photograph), "flag.png", networks))
    return [event.recognised for event in found if isinstance(event, Seen)]


def test_the_answer_is_the_networks_own_for_what_the_view_shows(
    tmp_path: Path, photograph: Path
) -> None:
    known = made()
    weights.write(known, tmp_path / "theirs.h5", "keras")

    (answer,) = answers(photograph, Named(str(tmp_path / "theirs.h5"), SMALL))

    assert answer.view is not None
    view = Image.open(BytesIO(base64.b64decode(answer.view)))
    assert view.size == (64, 64)
    assert view.getpixel((2, 32)) == (255, 0, 0)
    assert view.getpixel((61, 32)) == (0, 0, 255)
    pixels = torch.from_numpy(np.asarray(view, np.float32) / 255).permute(2, 0, 1)[None]
    with torch.inference_mode():
        sure = known.network()((pixels - 0.5) / 0.5).softmax(dim=1)[0]
    said = [guess.probability for guess in answer.guesses]
    assert len(said) == 5
    assert said == sorted(said, reverse=True)
    # The view's pixels are rounded, so classes that are nearly equally likely may change places.
    assert said == pytest.approx(sure.topk(5).values.tolist(), rel=0.05)
    for guess in answer.guesses:
        number = class_names(known).index(guess.name)
        assert guess.probability == pytest.approx(float(sure[number]), rel=0.05)


def test_imagenets_classes_have_their_names_in_their_order() -> None:
    names = class_names(made())

    assert len(names) == 1000
    assert (names[0], names[281], names[999]) == ("tench", "tabby", "toilet tissue")


def test_own_classes_keep_their_names_and_unknown_ones_have_numbers() -> None:
    two = MobileNetConfig(0.05, 32, num_classes=2)

    assert class_names(made(two, ("ours", "theirs"))) == ("ours", "theirs")
    assert class_names(made(two)) == ("class 0", "class 1")


def test_two_classes_give_two_answers(tmp_path: Path, photograph: Path) -> None:
    known = made(MobileNetConfig(0.05, 32, num_classes=2), ("ours", "theirs"))
    weights.write(known, tmp_path / "own.safetensors")

    (answer,) = answers(photograph, Named(str(tmp_path / "own.safetensors")))

    assert {guess.name for guess in answer.guesses} == {"ours", "theirs"}
    assert sum(guess.probability for guess in answer.guesses) == pytest.approx(1)


def test_weights_that_cannot_be_used_hinder_no_others(tmp_path: Path, photograph: Path) -> None:
    weights.write(made(), tmp_path / "good.safetensors")
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n and no more")

    bad, good = answers(
        photograph,
        Named(str(tmp_path / "bad.h5"), SMALL),
        Named(str(tmp_path / "good.safetensors")),
    )

    assert bad.reason is not None
    assert "bad.h5" in bad.reason
    assert not bad.guesses
    assert good.reason is None


@pytest.mark.real
def test_a_worker_answers_likewise(tmp_path: Path, photograph: Path) -> None:
    weights.write(made(), tmp_path / "mine.h5", "keras")
    named = Named(str(tmp_path / "mine.h5"), SMALL)
    question = Question(str(photograph), "flag.png", (named,))

    with ready_worker("eager") as worker:
        (seen,) = only(Seen, worker.ask(Recognise("a run", question)))

    (here,) = answers(photograph, named)
    assert [one.name for one in seen.recognised.guesses] == [one.name for one in here.guesses]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff", b"<svg/>"])
def test_what_is_no_image_is_refused_by_the_name_that_people_know(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "photograph").write_bytes(content)

    (said,) = heard(Question(str(tmp_path / "photograph"), "holiday.jpg", ()))

    assert isinstance(said, NotTrained)
    assert said.reason.startswith("holiday.jpg is")


def test_a_photograph_is_shown_as_its_camera_was_held(tmp_path: Path, photograph: Path) -> None:
    image = Image.open(photograph)
    turned = image.rotate(90, expand=True)
    exif = turned.getexif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    turned.save(tmp_path / "turned.png", exif=exif)
    weights.write(made(), tmp_path / "own.safetensors")
    network = Named(str(tmp_path / "own.safetensors"))

    assert answers(tmp_path / "turned.png", network) == answers(photograph, network)


@pytest.mark.filterwarnings("default")  # of transformers' own code
def test_transformers_prepares_a_photograph_of_our_folder_as_we_do(
    tmp_path: Path, photograph: Path
) -> None:
    from transformers import AutoImageProcessor

    network = MobileNet(SMALL, TENSORFLOW)
    initialise(network, 5, image_shape=(3, 64, 64))
    known = weights.of_network(network, preprocessing.HUGGING_FACE, "a test")
    weights.write(known, tmp_path / "folder", "hugging_face")

    processor = AutoImageProcessor.from_pretrained(tmp_path / "folder")
    image = opened(photograph)
    theirs = processor(image, return_tensors="pt")["pixel_values"][0]

    ours = normalised(seen(image, 64, preprocessing.HUGGING_FACE), preprocessing.HUGGING_FACE)
    assert theirs.shape == ours.shape
    assert float((theirs - ours).abs().mean()) < 0.02  # values from -1 to 1
