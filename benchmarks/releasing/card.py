"""What is said of weights that are handed on: data, recipe, accuracy, licence. No torch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks import units
from benchmarks.training.record import Record
from benchmarks.training.words import data_name
from mobilenet.accuracy import SOURCES, published
from mobilenet.config import MobileNetConfig
from mobilenet.cost import cost
from mobilenet.weights.catalogue import Released
from mobilenet.weights.preprocessing import Preprocessing

if TYPE_CHECKING:
    from mobilenet.weights.value import Weights

PAPER = "[arXiv:1704.04861](https://arxiv.org/abs/1704.04861)"


def card(
    found: Weights,
    *,
    record: Record | None = None,
    released: Released | None = None,
    licence: str | None = None,
) -> str:
    """A model card as Hugging Face reads it: facts for programs, then the same for people.

    record: of the training that made the weights; released: who published them, if it was somebody
    else. licence: what whoever hands them on says; that of released weights is their publisher's.
    """
    name = f"MobileNet v1 {found.config.label}"
    licence = released.licence if released else licence
    sections = {
        "Network": _network(found.config),
        "Training": _training(record) if record else f"Weights: {found.origin}.",
        "Accuracy": _accuracy(record, released),
        "Images": _images(found.preprocessing, found.config.resolution),
        "Licence": licence or "None is given: ask whoever handed these weights on.",
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"---\n{_facts(name, record, licence)}\n---\n\n# {name}\n\n{body}\n"


def _facts(name: str, record: Record | None, licence: str | None) -> str:
    from huggingface_hub import EvalResult, ModelCardData  # takes a second to import

    results = None
    if record is not None and record.outcome.score is not None:
        score = record.outcome.score
        results = [
            EvalResult(
                task_type="image-classification",
                dataset_type="image-folder",
                dataset_name=data_name(record.order.data),
                metric_type="accuracy",
                metric_value=round(score.top1 / score.total, 4),
            )
        ]
    facts = ModelCardData(
        license=_identifier(licence) if licence else None,
        pipeline_tag="image-classification",
        tags=["mobilenet_v1", "vision"],
        model_name=name,
        eval_results=results,
    )
    text: str = facts.to_yaml()
    return text


def _identifier(licence: str) -> str:
    """As Hugging Face lists licences, such as "apache-2.0"; "other" for what are sentences."""
    found = licence.lower().replace(" ", "-")
    return found if re.fullmatch(r"[a-z0-9.+-]+", found) else "other"


def _network(config: MobileNetConfig) -> str:
    found = cost(config)
    return (
        f"Width multiplier {config.width_multiplier:g}, {config.resolution} × {config.resolution} "
        f"px, {config.num_classes} classes; {units.millions(found.parameters)} parameters, "
        f"{units.millions(found.mult_adds)} mult-adds ({PAPER})."
    )


def _training(record: Record) -> str:
    recipe = record.order.recipe
    decay = "depthwise filters too" if recipe.decay_depthwise else "none on depthwise filters"
    begun = "fine-tuned from other weights" if record.order.start else "from scratch"
    return (
        f"On {data_name(record.order.data)}, {record.classes} classes, {begun}: "
        f"{len(record.epochs)} epochs of {recipe.optimiser}, learning rate "
        f"{recipe.learning_rate:g} falling along half a cosine, "
        f"batch {recipe.batch}, weight decay {recipe.weight_decay:g} ({decay}), augmentation "
        f'"{recipe.augmentation}", label smoothing {recipe.label_smoothing:g}, seed {recipe.seed}.'
    )


def _accuracy(record: Record | None, released: Released | None) -> str:
    if record is not None and (score := record.outcome.score) is not None:
        low, high = score.top1_bounds
        return (
            f"Top-1 {units.percent(score.top1_percent)} (95 % interval "
            f"{units.percent_span(low, high)}) of {score.total:,} images that trained nothing; "
            "after the last epoch, which is not chosen by them. Other images, another accuracy."
        )
    for one in published(released.config) if released else ():
        if released and one.source == released.accuracy:
            return (
                f"Top-1 {units.percent(one.top1_percent)} on ImageNet, as published "
                f"({SOURCES[one.source].title}); not verified here."
            )
    return "Not known here."


def _images(preprocessing: Preprocessing, resolution: int) -> str:
    middle = f"{100 * preprocessing.crop_fraction:g} %"
    way = preprocessing.interpolation
    is_squeezed = preprocessing.resize == "both sides"
    how = (
        f"the middle {middle} of each side, squeezed into {resolution} × {resolution} px"
        if is_squeezed
        else f"the shortest side to {round(resolution / preprocessing.crop_fraction)} px, then the "
        f"middle {resolution} × {resolution}"
    )
    other = (
        " transformers' processor keeps the sides' proportion instead: of images that are not "
        "square it shows the network a little less."
        if is_squeezed
        else ""
    )
    return (
        f"RGB from 0 to 1; {how} ({way}); then minus {preprocessing.mean} over "
        f"{preprocessing.std}.{other}"
    )
