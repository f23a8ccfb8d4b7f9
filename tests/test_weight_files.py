"""Files of weights: kept whole, read back the same, refused when damaged or hostile. No peers."""

from __future__ import annotations

import errno
import os
import pickle
import random
import struct
import tarfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.files import FileError
from mobilenet.weights import WeightsError, own, preprocessing
from tests.tiny import one_thread

TINY = MobileNetConfig(0.05, 64, num_classes=10)
QUARTER = MobileNetConfig(0.25, 64, num_classes=10)  # the thinnest that Keras builds alike
SLIM = Path(__file__).parent / "data" / "slim"  # by tests/slim_checkpoint.py, in TensorFlow
INDEX, DATA = "model.ckpt.index", "model.ckpt.data-00000-of-00001"


@cache
def made(config: MobileNetConfig, convention: Convention) -> weights.Weights:
    network = MobileNet(config, convention)
    with one_thread():
        initialise(network, 3, image_shape=(3, config.resolution, config.resolution))
    return weights.of_network(network, preprocessing.SLIM, "a test")


def some(config: MobileNetConfig = TINY, convention: Convention = TENSORFLOW) -> weights.Weights:
    """To be changed by whoever takes it."""
    found = made(config, convention)
    return replace(found, tensors={name: value.clone() for name, value in found.tensors.items()})


@pytest.fixture
def keras_file(tmp_path: Path) -> Path:
    weights.write(some(QUARTER), tmp_path / "mobilenet.h5", "keras")
    return tmp_path / "mobilenet.h5"


def refused(path: Path, config: MobileNetConfig | None = TINY) -> str:
    with pytest.raises(WeightsError) as caught:
        weights.read(path, config)
    message = str(caught.value)
    assert len(message) < 500
    return message


class TestSlim:
    def test_tensorflows_answers_are_given_here(self) -> None:
        there = np.load(SLIM / "answers.npz")
        config = MobileNetConfig(0.05, 64, num_classes=11)

        network = weights.read(SLIM / INDEX, config).network()

        images = torch.from_numpy(there["images"]).permute(0, 3, 1, 2)
        with torch.inference_mode():
            ours = network(images)
        assert there["logits"].std(axis=0).mean() > 0.05
        assert np.abs(ours.numpy() - there["logits"]).max() < 1e-4

    def test_the_background_is_left_out_where_the_network_has_one_class_less(self) -> None:
        full = weights.read(SLIM / INDEX, MobileNetConfig(0.05, 64, num_classes=11))
        ten = weights.read(SLIM / INDEX, TINY)

        for name in ("classifier.weight", "classifier.bias"):
            assert torch.equal(ten.tensors[name], full.tensors[name][1:])

    def test_an_archive_is_read_without_unpacking_it(self, tmp_path: Path) -> None:
        with tarfile.open(tmp_path / "m.tgz", "w:gz") as archive:
            for name in (INDEX, DATA):
                archive.add(SLIM / name, f"./{name}")
            (tmp_path / "evil").write_text("x")
            archive.add(tmp_path / "evil", "../../evil")

        found = weights.read(tmp_path / "m.tgz", TINY)

        assert found.tensors.keys() == some().tensors.keys()
        assert {path.name for path in tmp_path.iterdir()} == {"m.tgz", "evil"}

    def test_an_index_without_its_data_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / INDEX).write_bytes((SLIM / INDEX).read_bytes())

        assert DATA in refused(tmp_path / INDEX)

    def test_one_changed_bit_is_found(self, tmp_path: Path) -> None:
        data = bytearray((SLIM / DATA).read_bytes())
        # Within what is read: the data's beginning is a tensor of the training run.
        data[20_000] ^= 1
        (tmp_path / INDEX).write_bytes((SLIM / INDEX).read_bytes())
        (tmp_path / DATA).write_bytes(data)

        assert "checksum" in refused(tmp_path / INDEX)


class TestOwn:
    @pytest.mark.parametrize("convention", [PYTORCH, TENSORFLOW], ids=lambda one: one.name)
    def test_a_file_brings_all_that_its_network_needs(
        self, tmp_path: Path, convention: Convention
    ) -> None:
        written = replace(
            some(MobileNetConfig(0.25, 64, num_classes=3, block="full"), convention),
            classes=("cat", "dog", "ox"),
        )

        weights.write(written, tmp_path / "m.safetensors")
        found = weights.read(tmp_path / "m.safetensors")

        assert (found.config, found.convention) == (written.config, convention)
        assert found.classes == ("cat", "dog", "ox")
        assert (found.preprocessing, found.origin) == (written.preprocessing, "a test")
        assert all(
            torch.equal(found.tensors[name], written.tensors[name]) for name in found.tensors
        )

    def test_it_is_for_one_network_only(self, tmp_path: Path) -> None:
        weights.write(some(), tmp_path / "m.safetensors")

        assert "0.05-64" in refused(tmp_path / "m.safetensors", MobileNetConfig(0.05, 96))

    @pytest.mark.parametrize(
        "words",
        ["", "{}", "[" * 100_000, '{"version": 1}', '{"version": 99, "config": {}}', "x" * 200_000],
        ids=["nothing", "empty", "deep", "half", "newer", "long"],
    )
    def test_words_that_make_no_sense_are_refused(self, tmp_path: Path, words: str) -> None:
        arrays = {name: value.numpy() for name, value in some().tensors.items()}
        save_file(arrays, tmp_path / "m.safetensors", {own.KEY: words})

        refused(tmp_path / "m.safetensors", None)


class TestAnotherNetwork:
    def test_both_widths_are_named(self, keras_file: Path) -> None:
        message = refused(keras_file, MobileNetConfig(0.5, 64, num_classes=10))

        assert "256 channels" in message
        assert "0.5-64" in message

    def test_the_classes_are_named(self, keras_file: Path) -> None:
        assert "10 classes" in refused(keras_file, MobileNetConfig(0.25, 64))

    def test_a_design_study_of_the_paper_has_no_counterpart(self, keras_file: Path) -> None:
        assert "design study" in refused(keras_file, MobileNetConfig(0.25, 64, 10, "full"))

    def test_a_foreign_file_must_be_told_which_network_it_is_for(self, keras_file: Path) -> None:
        assert "Name one" in refused(keras_file, None)

    def test_weights_of_one_convention_are_not_written_for_another(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="padding"):
            weights.write(some(convention=PYTORCH), tmp_path / "m.h5", "keras")
        with pytest.raises(WeightsError, match="padding"):
            weights.write(some(), tmp_path / "m.safetensors", "timm")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "config", [TINY, MobileNetConfig(0.3, 64, channel_multiple=8)], ids=lambda one: one.label
    )
    def test_what_keras_builds_with_other_channels_is_not_written_for_it(
        self, tmp_path: Path, config: MobileNetConfig
    ) -> None:
        with pytest.raises(WeightsError, match="other channels"):
            weights.write(some(config), tmp_path / "m.h5", "keras")
        assert list(tmp_path.iterdir()) == []


class TestHostile:
    def test_a_pickle_is_not_opened(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[object, tuple[str]]:
                return os.mkdir, (str(tmp_path / "sprung"),)

        for name, content in (("a.bin", pickle.dumps(Trap())), ("b.pth", None)):
            path = tmp_path / name
            if content is None:
                torch.save({"x": Trap()}, path)
            else:
                path.write_bytes(content)
            assert "can run code" in refused(path)
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize("name", ["m.h5", "m.tgz", "m.index", "m.safetensors", "photo.jpg"])
    def test_what_is_no_file_of_weights_is_refused(self, tmp_path: Path, name: str) -> None:
        for content in (b"", b"x", b"\xff\xd8\xff\xe0" + bytes(100), b"\x1f\x8b" + bytes(50)):
            (tmp_path / name).write_bytes(content)
            (tmp_path / "m.data-00000-of-00001").write_bytes(b"")
            refused(tmp_path / name)

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        assert "No such file" in refused(tmp_path / "nowhere.h5")

    def test_an_array_is_not_read_from_another_file(self, tmp_path: Path, keras_file: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(bytes(10_000))
        with h5py.File(keras_file, "a") as file:
            shape = file["conv1/conv1/kernel:0"].shape
            del file["conv1/conv1/kernel:0"]
            file["conv1"].create_dataset(
                "conv1/kernel:0", shape, "f4", external=[(str(secret), 0, 10_000)]
            )

        assert "another file" in refused(keras_file, QUARTER)

    def test_links_are_not_followed(self, keras_file: Path) -> None:
        with h5py.File(keras_file, "a") as file:
            del file["conv1/conv1/kernel:0"]
            file["conv1/conv1/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")
            file["conv1/circle"] = h5py.SoftLink("/")

        assert "lacks conv1/kernel" in refused(keras_file, QUARTER)

    def test_an_array_larger_than_memory_is_refused_unread(self, keras_file: Path) -> None:
        with h5py.File(keras_file, "a") as file:
            del file["conv1/conv1/kernel:0"]
            file["conv1"].create_dataset("conv1/kernel:0", (2**40,), "f4", chunks=(1024,))

        assert str(2**40) in refused(keras_file, QUARTER)

    def test_numbers_that_are_none_are_refused(self, tmp_path: Path) -> None:
        broken = some(QUARTER)
        broken.tensors["classifier.bias"][2] = float("nan")
        weights.write(broken, tmp_path / "m.h5", "keras")

        assert "classifier.bias" in refused(tmp_path / "m.h5", QUARTER)

    def test_a_variance_below_zero_is_refused(self, tmp_path: Path) -> None:
        broken = some(QUARTER)
        broken.tensors["stem.1.running_var"][0] = -1
        weights.write(broken, tmp_path / "m.h5", "keras")

        assert "below zero" in refused(tmp_path / "m.h5", QUARTER)

    def test_a_header_that_promises_too_much_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{}")

        refused(tmp_path / "m.safetensors")

    @pytest.mark.parametrize("form", ["keras", "own", "hugging_face", "slim"])
    @pytest.mark.parametrize(
        "count",
        [24, pytest.param(100, marks=pytest.mark.slow("reads a hundred files of weights"))],
    )
    def test_damaged_files_are_read_or_refused_in_a_sentence(
        self, tmp_path: Path, form: str, count: int
    ) -> None:
        config = QUARTER if form == "keras" else TINY
        whole, path = seed_file(tmp_path, form, config)
        chance = random.Random(form)
        outcomes = [said_of(path, damaged(whole, chance), config) for _ in range(count)]

        refusals = [outcome for outcome in outcomes if outcome is not None]
        assert len(refusals) > count / 6  # not all: a changed weight is a weight
        assert not any("\n" in refusal for refusal in refusals)


def said_of(path: Path, content: bytes, config: MobileNetConfig) -> str | None:
    path.write_bytes(content)
    try:
        weights.read(path, config)
    except WeightsError as error:
        return str(error)
    return None


def seed_file(folder: Path, form: str, config: MobileNetConfig) -> tuple[bytes, Path]:
    if form == "slim":
        (folder / DATA).write_bytes((SLIM / DATA).read_bytes())
        return (SLIM / INDEX).read_bytes(), folder / INDEX
    if form == "hugging_face":
        weights.write(some(config), folder / "hub", form)
        path = folder / "hub" / "model.safetensors"
    else:
        path = folder / "m"
        weights.write(some(config), path, form)
    return path.read_bytes(), path


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Cut off, a bit turned, or some bytes near the front replaced."""
    content = bytearray(whole)
    kind = chance.randrange(3)
    if kind == 0:
        return bytes(content[: chance.randrange(len(content))])
    if kind == 1:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    else:
        for _ in range(5):
            content[chance.randrange(min(len(content), 9_000))] = chance.randrange(256)
    return bytes(content)


class TestWriting:
    def test_a_full_disk_leaves_the_old_file_as_it_was(
        self, keras_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = keras_file.read_bytes()

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)

        with pytest.raises(FileError, match="No space left"):
            weights.write(some(QUARTER), keras_file, "keras")

        assert keras_file.read_bytes() == before
        assert [path.name for path in keras_file.parent.iterdir()] == [keras_file.name]

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="cannot be made"):
            weights.write(some(), tmp_path / "no" / "such", "hugging_face")
