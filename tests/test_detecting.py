"""Objects in pictures: what is read, what trains a detector, and how its boxes are judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenet.tasks.data import DataError
from mobilenet.tasks.detection import ssd
from mobilenet.tasks.detection.annotations import Annotated, read, write
from mobilenet.tasks.detection.boxes import OVERLAP, Boxes
from mobilenet.tasks.detection.detecting import Detection, for_detector, mirrored
from mobilenet.tasks.detection.detector import Detector
from mobilenet.tasks.detection.drawing import drawn
from mobilenet.tasks.detection.precision import HALF, Found
from mobilenet.tasks.detection.shapes import SHAPES, generated
from mobilenet.tasks.learning import assess, learn
from mobilenet.tasks.recipe import Recipe
from mobilenet.weights.preprocessing import HUGGING_FACE
from tests.tiny import one_thread
from tests.wording import Wording

SIDE, BATCH = 96, 16
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def detector(classes: int = len(SHAPES), side: int = SIDE) -> ssd.SingleShot:
    torch.manual_seed(0)
    return ssd.build(Detector(width_multiplier=0.25, resolution=side, num_classes=classes)).eval()


@pytest.fixture(scope="module")
def shapes() -> Annotated:
    return generated(40)


@pytest.fixture(scope="module")
def task(shapes: Annotated) -> Detection:
    return for_detector(shapes, detector(), SIDE)


def written(folder: Path, change: Change = lambda found: None) -> Path:
    """Four pictures of 80 x 40 with a dog each and a cat in the second, and what is changed."""
    for number in range(1, 5):
        Image.new("RGB", (80, 40), (number, 0, 0)).save(folder / f"{number}.png")
    found: dict[str, Any] = {
        "images": [
            {"id": number, "file_name": f"{number}.png", "width": 80, "height": 40}
            for number in range(1, 5)
        ],
        "annotations": [
            {"id": 10 + number, "image_id": number, "category_id": 18, "bbox": [8, 4, 40, 20]}
            for number in range(1, 5)
        ]
        + [
            {"id": 20 + number, "image_id": number, "category_id": 17, "bbox": [0, 0, 80, 10]}
            for number in range(1, 5)
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 17, "name": "cat"}],
    }
    change(found)
    path = folder / "pets.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def replaced(kind: str, number: int, **values: object) -> Change:
    return lambda found: found[kind][number].update(values)


def three_images(found: dict[str, Any]) -> None:
    found["images"] = found["images"][:3]
    found["annotations"] = [one for one in found["annotations"] if one["image_id"] < 4]


# What is changed, and what the refusal must name.
WRONG: dict[str, tuple[Change, *tuple[str, ...]]] = {
    "no such image": (replaced("images", 1, file_name="none.png"), "pets.json", "none.png", "id 2"),
    "other width": (replaced("images", 1, width=81), "81 x 40", "2.png", "id 2", "80 x 40"),
    "id twice": (replaced("images", 1, id=1), "id 1"),
    "file twice": (replaced("images", 1, file_name="1.png"), "1.png"),
    "box outside": (
        replaced("annotations", 2, bbox=[50, 4, 40, 20]),
        *("pets.json", "annotation 13", "10 px", "3.png"),
    ),
    "no height": (replaced("annotations", 2, bbox=[5, 5, 9, 0]), "annotation 13", "empty"),
    "negative width": (replaced("annotations", 2, bbox=[5, 5, -1, 9]), "annotation 13", "empty"),
    "no such image id": (replaced("annotations", 2, image_id=9), "annotation 13", "id 9"),
    "no such category": (replaced("annotations", 2, category_id=9), "annotation 13", "id 9"),
    "box of three": (replaced("annotations", 2, bbox=[1, 2, 3]), "annotations.2.bbox"),
    "no number": (replaced("annotations", 2, bbox=[1, 2, 3, float("nan")]), "annotations.2.bbox"),
    "no example": (lambda all: all["categories"].append({"id": 3, "name": "bird"}), "bird", "id 3"),
    "no annotations": (lambda all: all.update(annotations=[]), "pets.json"),
    "no categories": (lambda all: all.pop("categories"), "categories"),
    "three images": (three_images, "3 images", "4 or more"),
}


class TestAnnotations:
    def test_boxes_become_shares_and_labels_follow_the_categories_ids(self, tmp_path: Path) -> None:
        found = read(written(tmp_path))

        assert found.classes == ("cat", "dog")
        assert found.objects[0].tolist() == [
            pytest.approx([2, 0.1, 0.1, 0.6, 0.6]),
            pytest.approx([1, 0, 0, 1, 0.25]),
        ]
        assert [len(found.splits[split]) for split in ("train", "test")] == [2, 2]

    def test_the_same_images_test_every_time(self, tmp_path: Path) -> None:
        path = written(tmp_path)

        assert read(path).splits == read(path).splits
        assert read(path).fingerprint == read(path).fingerprint

    def test_other_boxes_are_another_set(self, tmp_path: Path) -> None:
        before = read(written(tmp_path)).fingerprint

        moved = replaced("annotations", 0, bbox=[9, 4, 40, 20])
        assert read(written(tmp_path, moved)).fingerprint != before

    def test_a_crowd_is_told_by_a_label_below_0(self, tmp_path: Path) -> None:
        found = read(written(tmp_path, replaced("annotations", 0, iscrowd=1)))

        assert found.objects[0][:, 0].tolist() == [-2, 1]

    def test_a_rounded_box_is_cut_at_the_edge(self, tmp_path: Path) -> None:
        found = read(written(tmp_path, replaced("annotations", 0, bbox=[-0.5, 4, 81, 20])))

        assert found.objects[0][0, [1, 3]].tolist() == [0, 1]

    @pytest.mark.parametrize("wrong", WRONG)
    def test_what_is_wrong_is_refused_and_named(
        self, tmp_path: Path, wrong: str, wording: Wording
    ) -> None:
        change, *names = WRONG[wrong]

        with pytest.raises(DataError) as refused:
            read(written(tmp_path, change))

        assert all(name in str(refused.value) for name in names)
        wording(str(refused.value).replace(str(tmp_path), "FOLDER"))

    def test_a_class_that_only_tests_is_refused(self, tmp_path: Path) -> None:
        def change(found: dict[str, Any]) -> None:
            found["annotations"] = [
                one
                for one in found["annotations"]
                if one["category_id"] == 18 or one["image_id"] == tested + 1
            ]

        tested = read(written(tmp_path)).splits["test"][0]
        with pytest.raises(DataError, match=r"2 images .*cat"):
            read(written(tmp_path, change))

    def test_a_file_that_is_no_image_is_refused(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        (tmp_path / "3.png").write_text("nothing")

        with pytest.raises(DataError, match=r"3\.png"):
            read(path)

    def test_what_is_no_json_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "pets.json").write_text("nothing")

        with pytest.raises(DataError, match="no COCO file"):
            read(tmp_path / "pets.json")
        with pytest.raises(DataError, match="cannot be read"):
            read(tmp_path / "none.json")

    def test_an_image_that_trains_and_tests_is_refused(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        path.with_name("more.json").write_text(path.read_text())

        with pytest.raises(DataError, match=r"1\.png .*pets\.json .*more\.json"):
            read(path, path.with_name("more.json"))

    def test_drawn_pictures_are_read_as_they_were_written(
        self, tmp_path: Path, shapes: Annotated
    ) -> None:
        found = read(*write(shapes, tmp_path))

        assert "generated" in shapes.name
        assert found.classes == shapes.classes
        for split in ("train", "test"):
            assert len(found.splits[split]) == len(shapes.splits[split])
            for ours, theirs in zip(shapes.splits[split], found.splits[split], strict=True):
                assert torch.allclose(shapes.objects[ours], found.objects[theirs], atol=1e-6)
        before, after = (
            next(for_detector(one, detector(), SIDE).batches("test", SIDE, 20, HUGGING_FACE))
            for one in (shapes, found)
        )
        assert torch.equal(before[0], after[0])


class TestShapes:
    def test_a_box_begins_where_its_shape_does(self) -> None:
        shapes = generated(30, seed=1)
        for picture, rows in zip(shapes.pictures, shapes.objects, strict=True):
            assert 1 <= len(rows) <= 4
            assert isinstance(picture, Image.Image)
            pixels = np.asarray(picture, float)
            for label, *corners in rows.tolist():
                left, top, right, bottom = (round(value * 128) for value in corners)
                if SHAPES[int(label) - 1] == "triangle" or left < 4:
                    continue  # half way up, a triangle begins further in
                middle = pixels[(top + bottom) // 2]
                shape = middle[(left + right) // 2]
                inside, outside = (np.abs(middle[left + step] - shape).mean() for step in (3, -4))
                assert inside < outside

    def test_a_seed_repeats_them(self) -> None:
        assert generated(10).fingerprint == generated(10).fingerprint
        assert generated(10).fingerprint != generated(10, seed=1).fingerprint


class TestBatches:
    def test_boxes_are_in_pixels_of_the_squashed_picture(self, tmp_path: Path) -> None:
        task = for_detector(read(written(tmp_path)), detector(classes=2), SIDE)

        images, targets = next(task.batches("test", SIDE, 2, HUGGING_FACE))
        assert images.shape == (2, 3, SIDE, SIDE)
        assert targets[0].tolist() == [
            pytest.approx([2, 0.1 * SIDE, 0.1 * SIDE, 0.6 * SIDE, 0.6 * SIDE], abs=1e-4),
            pytest.approx([1, 0, 0, SIDE, SIDE / 4], abs=1e-4),
        ]

    def test_a_mirrored_picture_has_mirrored_boxes(self) -> None:
        targets = torch.tensor([[[1.0, 10, 20, 30, 50], [0, 0, 0, 0, 0]]])

        assert mirrored(targets, 96).tolist() == [[[1, 66, 20, 86, 50], [0, 0, 0, 0, 0]]]
        assert torch.equal(mirrored(mirrored(targets, 96), 96), targets)

    def test_about_half_of_the_pictures_are_mirrored_and_the_set_stays_as_it_was(
        self, task: Detection
    ) -> None:
        def epoch(augmentation: str) -> dict[float, list[float]]:
            torch.manual_seed(0)
            batches = task.batches("train", SIDE, 8, HUGGING_FACE, augmentation)  # type: ignore[arg-type]
            pairs = [
                pair for images, targets in batches for pair in zip(images, targets, strict=True)
            ]
            return {round(float(image.sum()), 1): rows.flatten().tolist() for image, rows in pairs}

        plain, turned, again = epoch("none"), epoch("standard"), epoch("none")
        same = [plain[key] == rows for key, rows in turned.items() if key in plain]
        assert plain == again
        assert 5 < sum(same) < len(plain) - 5

    def test_another_resolution_is_refused(self, task: Detection) -> None:
        with pytest.raises(DataError, match="128 px"):
            next(task.batches("test", 128, 4, HUGGING_FACE))

    def test_other_classes_are_refused(self, shapes: Annotated) -> None:
        with pytest.raises(DataError, match="has 3 classes, the detector 2"):
            for_detector(shapes, detector(classes=2), SIDE)


class TestLoss:
    def test_it_is_what_torchvisions_detector_says(self, task: Detection) -> None:
        images, targets = next(task.batches("train", SIDE, 4, HUGGING_FACE, "none"))
        network = detector()
        network.ssd.transform = _Untouched()
        network.train()
        rows = [one[one[:, 0] > 0] for one in targets]
        theirs = network.ssd(
            images, [{"boxes": one[:, 1:], "labels": one[:, 0].long()} for one in rows]
        )

        ours = task.loss(network(images), targets)
        assert ours.item() == pytest.approx(sum(one.item() for one in theirs.values()), rel=1e-4)

    def test_answers_that_are_right_cost_less(self, task: Detection) -> None:
        _, targets = next(task.batches("train", SIDE, 4, HUGGING_FACE, "none"))
        good = answered(task, targets)

        assert float(task.loss(good, targets)) < 0.1 * float(task.loss(0 * good, targets))

    def test_pictures_without_objects_and_crowds_train_nothing(self, task: Detection) -> None:
        answers = torch.randn(2, len(task.places), task.outputs)
        crowd = torch.tensor([[[-1.0, 0, 0, 50, 50]], [[0, 0, 0, 0, 0]]])

        assert float(task.loss(answers, crowd)) == 0

    def test_laying_places_out_leaves_a_network_in_training(self) -> None:
        network = detector().train()
        before = {name: value.clone() for name, value in network.state_dict().items()}

        with torch.inference_mode():
            places, classes = network.laid_out(SIDE)
        assert network.training
        assert classes == 3
        assert not places.is_inference()
        assert all(torch.equal(before[name], now) for name, now in network.state_dict().items())


class _Untouched(torch.nn.Module):
    """In the place of torchvision's resizing and normalising."""

    def forward(self, images: torch.Tensor, targets: list[Boxes]) -> tuple[Any, list[Boxes]]:
        from mobilenet.tasks.detection.body import listed

        return listed(images), targets


def answered(task: Detection, targets: torch.Tensor) -> torch.Tensor:
    """What a network that knows the targets would answer."""
    from torchvision.ops import box_iou

    coder, found = task.network.ssd.box_coder, []
    for rows in targets:
        rows = rows[rows[:, 0] > 0]
        overlap, which = box_iou(task.places, rows[:, 1:]).max(dim=1)
        best = box_iou(task.places, rows[:, 1:]).argmax(dim=0)
        filled = overlap >= 0.5
        filled[best] = True
        which[best] = torch.arange(len(rows))
        moves = coder.encode_single(rows[which, 1:], task.places)
        logits = torch.zeros(len(task.places), task.outputs - 4)
        logits[torch.arange(len(logits)), torch.where(filled, rows[which, 0].long(), 0)] = 12
        found.append(torch.cat([moves, logits], dim=1))
    return torch.stack(found)


def some_boxes(images: int, seed: int) -> tuple[list[Boxes], torch.Tensor]:
    """Objects, and guesses: some near them, some anywhere, some with equal scores."""
    chance = np.random.default_rng(seed)
    targets = torch.zeros(images, 5, 5)
    boxes: list[Boxes] = []
    for number in range(images):
        count = int(chance.integers(0, 6))
        corner, size = chance.uniform(0, 60, (count, 2)), chance.uniform(8, 36, (count, 2))
        rows = torch.tensor(np.concatenate([corner, corner + size], 1), dtype=torch.float32)
        labels = torch.tensor(chance.integers(1, 4, count))
        targets[number, :count, 0], targets[number, :count, 1:] = labels.float(), rows
        near = rows.repeat(2, 1) + torch.tensor(chance.normal(0, 2, (2 * count, 4))).float()
        far = torch.tensor(chance.uniform(0, 40, (5, 4))).float() + torch.tensor([0, 0, 50, 50])
        guessed = torch.cat([near, far])
        boxes.append(
            {
                "boxes": guessed,
                "labels": torch.cat([labels, labels, torch.tensor(chance.integers(1, 4, 5))]),
                "scores": torch.tensor(chance.integers(1, 40, len(guessed)) / 40).float(),
            }
        )
    return boxes, targets


def by_torchmetrics(boxes: list[Boxes], targets: torch.Tensor) -> tuple[float, float]:
    from torchmetrics.detection import MeanAveragePrecision

    # Its own defaults are COCO's in float32, and 0.1 is not reached where it is exactly 0.1.
    metric = MeanAveragePrecision(
        backend="pycocotools",
        iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(),
        rec_thresholds=np.linspace(0, 1, 101).tolist(),
    )
    metric.update(
        boxes,
        [
            {
                "boxes": rows[rows[:, 0] != 0, 1:],
                "labels": rows[rows[:, 0] != 0, 0].abs().int(),
                "iscrowd": (rows[rows[:, 0] != 0, 0] < 0).int(),
            }
            for rows in targets
        ],
    )
    found = metric.compute()
    return float(found["map"]), float(found["map_50"])


class TestPrecision:
    @pytest.mark.parametrize("seed", range(3))
    def test_it_is_torchmetrics_of_the_whole_set(self, seed: int) -> None:
        boxes, targets = some_boxes(30, seed)

        found, ones = Found(boxes, targets), np.ones(30)
        ours = found.mean_precision(ones), found.mean_precision(ones, HALF)
        assert ours == pytest.approx(by_torchmetrics(boxes, targets), abs=1e-6)
        assert 0.1 < ours[0] < ours[1] < 0.95

    def test_it_is_torchmetrics_with_crowds_too(self) -> None:
        boxes, targets = some_boxes(30, 3)
        targets[:, 0, 0] *= -1

        found = Found(boxes, targets).mean_precision(np.ones(30))
        assert found == pytest.approx(by_torchmetrics(boxes, targets)[0], abs=1e-6)

    def test_an_image_that_counts_twice_is_that_image_twice(self) -> None:
        boxes, targets = some_boxes(20, 4)
        for number, one in enumerate(boxes):  # of equal scores the order would count
            one["scores"] += 1e-4 * torch.arange(len(one["scores"])) + 1e-6 * number
        counts = np.random.default_rng(0).integers(0, 3, 20)
        drawn_again = np.repeat(np.arange(20), counts)

        weighted = Found(boxes, targets).mean_precision(counts.astype(float))
        repeated = [boxes[number] for number in drawn_again], targets[drawn_again]
        assert weighted == pytest.approx(by_torchmetrics(*repeated)[0], abs=1e-6)

    def test_no_boxes_at_all_have_none(self) -> None:
        _, targets = some_boxes(5, 5)
        nothing: Boxes = {
            "boxes": torch.zeros(0, 4),
            "labels": torch.zeros(0, dtype=torch.int64),
            "scores": torch.zeros(0),
        }

        assert Found([nothing] * 5, targets).mean_precision(np.ones(5)) == 0
        assert np.isnan(Found([nothing] * 5, 0 * targets).mean_precision(np.ones(5)))

    def test_it_does_not_matter_how_a_picture_was_squashed(self) -> None:
        boxes, targets = some_boxes(20, 6)
        stretched = [one | {"boxes": one["boxes"] * torch.tensor([3.0, 1, 3, 1])} for one in boxes]

        there, here = (
            Found(one, other).mean_precision(np.ones(20))
            for one, other in (
                (boxes, targets),
                (stretched, targets * torch.tensor([1.0, 3, 1, 3, 1])),
            )
        )
        assert there == pytest.approx(here, abs=1e-3)

    def test_a_network_that_knows_everything_has_nearly_all(
        self, task: Detection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mobilenet.tasks.bootstrap.RESAMPLES", 100)
        _, targets = next(task.batches("test", SIDE, 40, HUGGING_FACE))

        whole, half = task.quality(answered(task, targets), targets)
        assert whole.percent > 95
        assert half.percent > 99
        for one in (whole, half):
            assert 0 <= one.chance < 20
            assert one.low <= one.percent <= one.high
            assert one.count == 12

    def test_where_every_picture_is_alike_chance_has_everything(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mobilenet.tasks.bootstrap.RESAMPLES", 100)
        task = for_detector(read(written(tmp_path)), detector(classes=2), SIDE)
        _, targets = next(task.batches("test", SIDE, 4, HUGGING_FACE))

        nothing = torch.zeros(len(targets), len(task.places), task.outputs)
        for one in task.quality(nothing, targets):
            assert one.chance == pytest.approx(100)
            assert not one.is_above_chance


class TestDrawing:
    def test_boxes_are_drawn_where_they_are_and_the_picture_stays(self) -> None:
        picture = Image.new("RGB", (200, 100), "grey")
        found: Boxes = {
            "boxes": torch.tensor([[10.0, 40, 50, 90], [60, 10, 90, 30]]),
            "labels": torch.tensor([1, 2]),
            "scores": torch.tensor([0.9, 0.2]),
        }

        result = drawn(picture, found, ("circle", "square"), side=100)
        assert picture.getcolors() == [(20_000, (128, 128, 128))]
        assert result.getpixel((20, 65)) == (0xE6, 0x9F, 0x00)
        assert result.getpixel((60, 65)) == (128, 128, 128)
        assert result.crop((110, 0, 200, 30)).getcolors() == [(2_700, (128, 128, 128))]


TAUGHT = 500  # pictures that train


def shown() -> Annotated:
    every = generated(TAUGHT + 100)
    train, test = range(TAUGHT), range(TAUGHT, TAUGHT + 100)
    return replace(every, splits={"train": tuple(train), "test": tuple(test)})


@pytest.fixture(scope="module")
def seen() -> tuple[Annotated, ssd.SingleShot]:
    """Pictures, and a detector that learned from them."""
    pictures, network = shown(), detector()
    recipe = Recipe("adamw", 0.003, 6, BATCH, augmentation="standard")
    for _ in learn(for_detector(pictures, network, SIDE), network, SIDE, recipe, HUGGING_FACE):
        pass
    return pictures, network


SURE = 0.05  # a score; what scores less is not compared


def missing(ours: Boxes, theirs: Boxes) -> list[int]:
    """Numbers of our sure boxes that nothing in theirs stands for.

    Rounding may exchange boxes that are nearly equally sure: their order, and which of two that
    overlap stays. So a box is found again where one of its class overlaps it as far as two that
    could not both stay, and is as sure.
    """
    from torchvision.ops import box_iou

    overlap = box_iou(ours["boxes"], theirs["boxes"])
    found = (
        (overlap > OVERLAP - 0.01)
        & (ours["labels"][:, None] == theirs["labels"])
        & (theirs["scores"] > ours["scores"][:, None] - 0.002)
    ).any(dim=1)
    return torch.nonzero(~found & (ours["scores"] > SURE)).flatten().tolist()


def test_boxes_are_found_again_whatever_the_order_of_equally_sure_ones() -> None:
    ours: Boxes = {
        "boxes": torch.tensor([[0.0, 0, 20, 20], [40, 40, 80, 80], [0, 0, 20, 20]]),
        "labels": torch.tensor([1, 2, 2]),
        "scores": torch.tensor([0.9, 0.9, 0.8]),
    }
    turned = {name: values[[1, 0, 2]] for name, values in ours.items()}
    fewer = {name: values[:2] for name, values in ours.items()}

    assert missing(ours, turned) == missing(turned, ours) == missing(fewer, ours) == []
    assert missing(ours, fewer) == [2]  # the other one there is of another class
    assert missing(ours, turned | {"scores": torch.tensor([0.8, 0.9, 0.8])}) == [1]


@pytest.mark.slow("trains a detector, a minute")
class TestTraining:
    def test_it_finds_shapes_better_than_chance_and_than_before(
        self, seen: tuple[Annotated, ssd.SingleShot]
    ) -> None:
        pictures, network = seen
        task = for_detector(pictures, network, SIDE)

        before, after = (
            assess(task, one, SIDE, BATCH, HUGGING_FACE)[0] for one in (detector(), network)
        )
        assert after.is_above_chance
        assert after.low > before.high

    def test_an_exported_network_finds_the_same_boxes(
        self, seen: tuple[Annotated, ssd.SingleShot], tmp_path: Path
    ) -> None:
        import onnxruntime

        pictures, network = seen
        task = for_detector(pictures, network, SIDE)
        images, _ = next(task.batches("test", SIDE, 8, HUGGING_FACE))
        path = tmp_path / "detector.onnx"
        torch.onnx.export(
            network, (images,), path, dynamo=True, opset_version=18, input_names=["images"]
        )

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (theirs,) = session.run(None, {"images": images.numpy()})
        with torch.inference_mode():
            ours = network(images)
        assert np.abs(theirs - ours.numpy()).max() < 1e-3
        for one, other in zip(task.found(ours), task.found(torch.from_numpy(theirs)), strict=True):
            assert (one["scores"] > SURE).any()
            assert missing(one, other) == missing(other, one) == []
