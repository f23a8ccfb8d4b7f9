"""Objects in pictures: what is read, what trains a detector, and how its boxes are judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from mobilenet.tasks.data import DataError
from mobilenet.tasks.detection import ssd
from mobilenet.tasks.detection.annotations import Annotated, read, write
from mobilenet.tasks.detection.boxes import Boxes
from mobilenet.tasks.detection.detecting import Detection, for_detector, mirrored
from mobilenet.tasks.detection.detector import Detector
from mobilenet.tasks.detection.drawing import drawn
from mobilenet.tasks.detection.precision import HALF, Found
from mobilenet.tasks.detection.shapes import SHAPES, generated
from mobilenet.tasks.learning import assess, learn
from mobilenet.tasks.recipe import Recipe
from mobilenet.weights.preprocessing import HUGGING_FACE
from tests.tiny import one_thread

SIDE, BATCH = 96, 16
Change = Callable[[dict[str, Any]], None]


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

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (replaced("images", 1, file_name="none.png"), r"pets.json names none.png \(id 2\)"),
            (replaced("images", 1, width=81), r"says 81 x 40 .* 2.png \(id 2\), which has 80 x 40"),
            (replaced("images", 1, id=1), "two images with the id 1"),
            (replaced("images", 1, file_name="1.png"), "two images with the file name 1.png"),
            (
                replaced("annotations", 2, bbox=[50, 4, 40, 20]),
                "pets.json, annotation 13: its box .* reaches 10 px out of 3.png",
            ),
            (replaced("annotations", 2, bbox=[5, 5, 0, 9]), "annotation 13: its box .* is empty"),
            (replaced("annotations", 2, bbox=[5, 5, 9, -1]), "annotation 13: its box .* is empty"),
            (replaced("annotations", 2, image_id=9), "annotation 13: no image has the id 9"),
            (replaced("annotations", 2, category_id=9), "annotation 13: no category has the id 9"),
            (replaced("annotations", 2, bbox=[1, 2, 3]), r"annotations\.2\.bbox"),
            (replaced("annotations", 2, bbox=[1, 2, 3, float("nan")]), r"annotations\.2\.bbox"),
            (
                lambda found: found["categories"].append({"id": 3, "name": "bird"}),
                r"no example of the category bird \(id 3\)",
            ),
            (lambda found: found.update(annotations=[]), "has no annotations"),
            (lambda found: found.pop("categories"), "is no COCO file of objects: categories"),
            (
                lambda found: found.update(
                    images=found["images"][:3],
                    annotations=[one for one in found["annotations"] if one["image_id"] < 4],
                ),
                "has 3 images. Give it 4 or more",
            ),
        ],
    )
    def test_what_is_wrong_is_refused_and_named(
        self, tmp_path: Path, change: Change, message: str
    ) -> None:
        with pytest.raises(DataError, match=message):
            read(written(tmp_path, change))

    def test_a_class_that_only_tests_is_refused(self, tmp_path: Path) -> None:
        def change(found: dict[str, Any]) -> None:
            found["annotations"] = [
                one
                for one in found["annotations"]
                if one["category_id"] == 18 or one["image_id"] == tested + 1
            ]

        tested = read(written(tmp_path)).splits["test"][0]
        with pytest.raises(DataError, match="none of the 2 images that train shows the cat"):
            read(written(tmp_path, change))

    def test_a_file_that_is_no_image_is_refused(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        (tmp_path / "3.png").write_text("nothing")

        with pytest.raises(DataError, match=r"names 3\.png, which is no image"):
            read(path)

    def test_what_is_no_json_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "pets.json").write_text("nothing")

        with pytest.raises(DataError, match="is no COCO file"):
            read(tmp_path / "pets.json")
        with pytest.raises(DataError, match="cannot be read"):
            read(tmp_path / "none.json")

    def test_an_image_that_trains_and_tests_is_refused(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        path.with_name("more.json").write_text(path.read_text())

        with pytest.raises(DataError, match=r"1\.png is in pets.json and in more.json"):
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
        with pytest.raises(DataError, match="128 px is not what"):
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

    def test_a_network_that_knows_everything_has_nearly_all(self, task: Detection) -> None:
        _, targets = next(task.batches("test", SIDE, 40, HUGGING_FACE))

        whole, half = task.quality(answered(task, targets), targets)
        assert whole.percent > 95
        assert half.percent > 99
        for one in (whole, half):
            assert 0 <= one.chance < 20
            assert one.low <= one.percent <= one.high
            assert one.count == 12

    def test_where_every_picture_is_alike_chance_has_everything(self, tmp_path: Path) -> None:
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


@pytest.fixture(scope="module")
def shown() -> Annotated:
    every = generated(1_300)
    return replace(every, splits={"train": tuple(range(1_200)), "test": tuple(range(1_200, 1_300))})


@pytest.fixture(scope="module")
def taught(shown: Annotated) -> ssd.SingleShot:
    network = detector()
    recipe = Recipe("adamw", 0.003, 10, BATCH, augmentation="standard")
    with one_thread():
        for _ in learn(for_detector(shown, network, SIDE), network, SIDE, recipe, HUGGING_FACE):
            pass
    return network


@pytest.mark.slow("TODO: say why")
class TestTraining:
    def test_it_finds_shapes_better_than_chance_and_than_before(
        self, shown: Annotated, taught: ssd.SingleShot
    ) -> None:
        task = for_detector(shown, taught, SIDE)

        with one_thread():
            before, after = (
                assess(task, network, SIDE, BATCH, HUGGING_FACE)[0]
                for network in (detector(), taught)
            )
        assert after.is_above_chance
        assert after.low > before.high

    def test_kept_weights_give_the_same_answers(
        self, taught: ssd.SingleShot, tmp_path: Path
    ) -> None:
        images = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
        save_file(taught.state_dict(), tmp_path / "detector.safetensors")
        again = detector()
        again.load_state_dict(load_file(tmp_path / "detector.safetensors"))

        with torch.inference_mode():
            assert torch.equal(taught(images), again(images))

    def test_an_exported_network_finds_the_same_boxes(
        self, shown: Annotated, taught: ssd.SingleShot, tmp_path: Path
    ) -> None:
        import onnxruntime

        task = for_detector(shown, taught, SIDE)
        images, _ = next(task.batches("test", SIDE, 8, HUGGING_FACE))
        path = tmp_path / "detector.onnx"
        torch.onnx.export(
            taught, (images,), path, dynamo=True, opset_version=18, input_names=["images"]
        )

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (theirs,) = session.run(None, {"images": images.numpy()})
        with torch.inference_mode():
            ours = taught(images)
        assert np.abs(theirs - ours.numpy()).max() < 1e-3
        for one, other in zip(task.found(ours), task.found(torch.from_numpy(theirs)), strict=True):
            sure = one["scores"] > 0.05
            assert sure.sum() == (other["scores"] > 0.05).sum()
            assert torch.allclose(one["boxes"][sure], other["boxes"][: sure.sum()], atol=0.1)
            assert torch.equal(one["labels"][sure], other["labels"][: sure.sum()])
