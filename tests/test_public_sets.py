"""Public sets are fetched and read by torchvision's loaders; here small ones of the same form."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import CIFAR10, Imagenette

from benchmarks.training.words import data_name
from mobilenet.tasks.data import DataError, load
from mobilenet.tasks.public import Public, fetch
from mobilenet.tasks.public_sets import PUBLIC_SETS, SetName
from mobilenet.weights.preprocessing import SLIM
from tests.weight_server import Server, serving
from tests.wording import Wording

BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
NAMES = [f"class {number}" for number in range(10)]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Server:
    """Serves a CIFAR-10 of four images a file, whose checksums torchvision takes for right."""
    chance = np.random.default_rng(0)
    files = {
        name: pickle.dumps(
            {
                "data": chance.integers(0, 256, (4, 3072), np.uint8),
                "labels": [number, 1, 2, 3],
            }
        )
        for number, name in enumerate(BATCHES)
    }
    files["batches.meta"] = pickle.dumps({"label_names": NAMES})
    content = archive({f"{CIFAR10.base_folder}/{name}": one for name, one in files.items()})
    with serving() as server:
        server.content = content
        monkeypatch.setattr(CIFAR10, "url", f"{server.url}/cifar-10-python.tar.gz")
        monkeypatch.setattr(CIFAR10, "tgz_md5", md5(content))
        listed = [[name, md5(files[name])] for name in BATCHES]
        monkeypatch.setattr(CIFAR10, "train_list", listed[:-1])
        monkeypatch.setattr(CIFAR10, "test_list", listed[-1:])
        meta = CIFAR10.meta | {"md5": md5(files["batches.meta"])}
        monkeypatch.setattr(CIFAR10, "meta", meta)
        yield server


def test_one_is_fetched_once_and_then_read_from_the_disk(site: Server, tmp_path: Path) -> None:
    fetch("cifar10", tmp_path)
    asked = len(site.asked)
    fetch("cifar10", tmp_path)

    assert len(site.asked) == asked > 0
    data = load("cifar10", public=tmp_path)
    assert data.classes == tuple(NAMES)
    assert (data.count("train"), data.count("test")) == (20, 4)
    images, labels = next(data.batches("test", 32, 4, SLIM))
    assert images.shape == (4, 3, 32, 32)
    assert labels.tolist() == [5, 1, 2, 3]
    assert -1 <= float(images.min()) < float(images.max()) <= 1


def test_what_is_not_what_was_published_is_not_opened(site: Server, tmp_path: Path) -> None:
    fetch("cifar10", tmp_path)
    spoilt = tmp_path / CIFAR10.base_folder / "data_batch_3"
    spoilt.write_bytes(pickle.dumps({"data": 1}))

    with pytest.raises(DataError, match="mobilenet-bench data cifar10"):
        load("cifar10", public=tmp_path)


def test_an_archive_with_another_checksum_is_refused(site: Server, tmp_path: Path) -> None:
    site.content = site.content[:-1] + b"?"

    with pytest.raises(DataError, match=r"CIFAR-10 .*\("):
        fetch("cifar10", tmp_path)


def test_without_a_network_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")

    with pytest.raises(DataError, match="Without a network"):
        fetch("cifar10", tmp_path)


@pytest.mark.parametrize("name", list(PUBLIC_SETS))
def test_one_that_is_not_here_says_how_large_it_is_and_how_to_fetch_it(
    tmp_path: Path, name: str, wording: Wording
) -> None:
    with pytest.raises(DataError, match=rf"\d+ MB.* mobilenet-bench data {name}$") as refused:
        load(name, public=tmp_path)
    wording(str(refused.value).replace(str(tmp_path), "FOLDER"))
    with pytest.raises(DataError) as refused:
        load(name, whole=True, public=tmp_path)
    wording(refused.value)


def jpeg(colour: tuple[int, int, int]) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (50, 40), colour).save(content, "JPEG")
    return content.getvalue()


def test_pets_are_read_from_a_copy(tmp_path: Path) -> None:
    base = tmp_path / "oxford-iiit-pet"
    (base / "images").mkdir(parents=True)
    (base / "annotations").mkdir()
    for split, number in (("trainval", 1), ("test", 2)):
        names = [f"Abyssinian_{number}", f"great_pyrenees_{number}"]
        lines = [f"{name} {label} 1 1" for label, name in enumerate(names, 1)]
        (base / "annotations" / f"{split}.txt").write_text("\n".join(lines))
        for name in names:
            (base / "images" / f"{name}.jpg").write_bytes(jpeg((200, 100, 50)))

    data = load("oxford-iiit-pet", public=tmp_path)

    assert data.classes == ("Abyssinian", "Great Pyrenees")
    torch.manual_seed(0)
    ((images, labels),) = data.batches("train", 64, 8, SLIM, "standard")
    assert images.shape == (2, 3, 64, 64)
    assert sorted(labels.tolist()) == [0, 1]


def test_imagenette_is_read_from_a_copy_and_a_damaged_image_is_named(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for wnid in Imagenette._WNID_TO_CLASS:
            folder = tmp_path / "imagenette2-160" / split / wnid
            folder.mkdir(parents=True)
            (folder / "one.JPEG").write_bytes(jpeg((10, 20, 30)))

    data = Public(PUBLIC_SETS["imagenette"], tmp_path)

    assert data.classes[:2] == ("tench", "English springer")
    assert len(list(data.batches("test", 32, 4, SLIM))) == 3
    (tmp_path / "imagenette2-160" / "val" / "n01440764" / "one.JPEG").write_bytes(b"?")
    with pytest.raises(DataError, match=r"Image 0 .*Imagenette.*damaged"):
        list(data.batches("test", 32, 4, SLIM))


def test_every_set_that_is_listed_can_be_opened() -> None:
    assert tuple(PUBLIC_SETS) == get_args(SetName)


def test_people_call_them_by_their_titles() -> None:
    assert data_name("cifar10") == "CIFAR-10"
    assert data_name("/where/ever/leaves") == "leaves"
