"""Folders of photographs of any kind: read as people see them, or refused in a sentence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenet.tasks.data import DataError, load
from mobilenet.tasks.folder import Folder, opened
from mobilenet.weights import preprocessing
from tests.wording import Wording

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(
    path: Path, colour: tuple[int, int, int] = RED, size: tuple[int, int] = (40, 30)
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def two_classes(folder: Path, count: int = 10) -> Path:
    for number in range(count):
        picture(folder / "blue" / f"{number}.png", (0, 0, 255 - number))
        picture(folder / "red" / f"{number}.jpg", (255 - number, 0, 0))
    return folder


def colour_of(path: Path) -> tuple[int, ...]:
    image = opened(path)
    assert image.mode == "RGB"
    return image.getpixel((1, 1))


class TestPhotographs:
    def test_a_camera_that_was_turned_is_turned_back(self, tmp_path: Path) -> None:
        image = Image.new("RGB", (40, 20), RED)
        exif = image.getexif()
        exif[0x0112] = 6  # turned by a quarter
        image.save(tmp_path / "a.jpg", exif=exif)

        assert opened(tmp_path / "a.jpg").size == (20, 40)

    def test_sixteen_bits_are_scaled_to_eight(self, tmp_path: Path) -> None:
        values = np.full((10, 10), 30_000, np.uint16)
        Image.fromarray(values).save(tmp_path / "a.png")

        assert colour_of(tmp_path / "a.png")[0] == pytest.approx(117, abs=1)

    def test_print_colours_are_seen_as_on_a_screen(self, tmp_path: Path) -> None:
        Image.new("RGB", (8, 8), RED).convert("CMYK").save(tmp_path / "a.jpg")

        red, _, blue = colour_of(tmp_path / "a.jpg")
        assert red > 200 > 60 > blue

    def test_an_animation_is_its_first_frame(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

        assert colour_of(tmp_path / "a.gif")[0] > 250

    def test_what_is_see_through_stands_on_white(self, tmp_path: Path) -> None:
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.png")
        Image.new("LA", (8, 8), (0, 0)).save(tmp_path / "b.png")

        assert colour_of(tmp_path / "a.png") == colour_of(tmp_path / "b.png") == (255, 255, 255)

    def test_an_enormous_picture_is_refused_unread(self, tmp_path: Path) -> None:
        header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
        body = b"IHDR" + header
        chunk = struct.pack(">I", len(header)) + body + struct.pack(">I", zlib.crc32(body))
        (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)

        with pytest.raises(DataError):
            opened(tmp_path / "a.png")

    @pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"])
    def test_what_is_no_picture_is_named(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "holiday.jpg").write_bytes(content)

        with pytest.raises(DataError, match=r"holiday\.jpg"):
            opened(tmp_path / "holiday.jpg")

    def test_a_picture_that_was_cut_off_is_named(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "holiday.jpg")
        whole = (tmp_path / "holiday.jpg").read_bytes()
        (tmp_path / "holiday.jpg").write_bytes(whole[: len(whole) // 2])

        with pytest.raises(DataError, match=r"holiday\.jpg is damaged"):
            opened(tmp_path / "holiday.jpg")


class TestFolders:
    def test_classes_are_folders_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        found = load(str(two_classes(tmp_path)))

        assert found.classes == ("blue", "red")
        assert (found.count("train"), found.count("test")) == (14, 6)
        for images, labels in found.batches("test", 32, 4, preprocessing.SLIM):
            assert images.shape[1:] == (3, 32, 32)
            assert torch.equal(images[:, 0].mean((1, 2)) > 0, labels == 1)

    def test_the_same_images_test_every_time(self, tmp_path: Path) -> None:
        two_classes(tmp_path)

        assert Folder(tmp_path)._items == Folder(tmp_path)._items
        assert not set(Folder(tmp_path)._items["train"]) & set(Folder(tmp_path)._items["test"])

    def test_all_images_test_where_that_is_asked_for(self, tmp_path: Path) -> None:
        assert load(str(two_classes(tmp_path)), whole=True).count("test") == 20
        with pytest.raises(DataError, match="digits"):
            load("digits", whole=True)

    def test_other_images_of_the_same_names_are_another_set(self, tmp_path: Path) -> None:
        one = Folder(two_classes(tmp_path / "a" / "photos"))
        same = Folder(two_classes(tmp_path / "b" / "photos"))
        picture(tmp_path / "b" / "photos" / "red" / "0.jpg", BLUE, (90, 90))
        other = Folder(tmp_path / "b" / "photos")

        assert one.fingerprint == same.fingerprint
        assert one.fingerprint != other.fingerprint

    def test_hidden_files_and_broken_links_are_no_images(self, tmp_path: Path) -> None:
        two_classes(tmp_path)
        (tmp_path / "red" / "._0.jpg").write_bytes(b"x")
        (tmp_path / "red" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
        (tmp_path / "red" / "folder.jpg").mkdir()

        found = Folder(tmp_path)
        assert found.count("train") + found.count("test") == 20

    def test_train_and_val_are_taken_as_they_are(self, tmp_path: Path) -> None:
        two_classes(tmp_path / "train", 5)
        two_classes(tmp_path / "val", 2)

        assert (Folder(tmp_path).count("train"), Folder(tmp_path).count("test")) == (10, 4)

    @pytest.mark.parametrize("augmentation", ["none", "little", "standard"])
    @pytest.mark.parametrize("way", [preprocessing.SLIM, preprocessing.TIMM], ids=["slim", "timm"])
    def test_every_way_gives_images_of_the_right_size(
        self, tmp_path: Path, augmentation: str, way: preprocessing.Preprocessing
    ) -> None:
        picture(tmp_path / "a" / "wide.png", size=(300, 10))
        picture(tmp_path / "b" / "high.png", BLUE, size=(10, 300))
        picture(tmp_path / "a" / "dot.png", size=(1, 1))
        picture(tmp_path / "b" / "dot.png", BLUE, size=(1, 1))

        (batch,) = Folder(tmp_path).batches("train", 48, 8, way, augmentation)

        assert batch[0].shape == (2, 3, 48, 48)
        assert torch.isfinite(batch[0]).all()

    def test_what_cannot_be_a_set_of_images_is_said(self, tmp_path: Path, wording: Wording) -> None:
        cases = {
            "nowhere": tmp_path / "nowhere",
            "no sub-folders": tmp_path / "empty",
            "1 sub-folder": tmp_path / "single",
            "green": tmp_path / "bare",
            "one image": tmp_path / "few",
            "other classes": tmp_path / "differing",
            "train": tmp_path / "lone",
        }
        (tmp_path / "empty").mkdir()
        two_classes(tmp_path / "lone" / "train")
        two_classes(tmp_path / "lone" / "pictures")
        picture(tmp_path / "single" / "a" / "1.png")
        two_classes(tmp_path / "bare", 3)
        (tmp_path / "bare" / "green").mkdir()
        (tmp_path / "bare" / "green" / "notes.txt").write_text("x")
        two_classes(tmp_path / "few", 3)
        picture(tmp_path / "few" / "green" / "1.png")
        two_classes(tmp_path / "differing" / "train")
        two_classes(tmp_path / "differing" / "test")
        picture(tmp_path / "differing" / "test" / "green" / "1.png")

        for name, folder in cases.items():
            with pytest.raises(DataError) as refused:
                load(str(folder))
            assert name in str(refused.value)
            wording(str(refused.value).replace(str(tmp_path), "FOLDER"))
