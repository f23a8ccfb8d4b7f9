"""What is to be trained, and how: the controls of the Accuracy page, and its Train button."""

from __future__ import annotations

from itertools import product
from typing import get_args

import streamlit as st

from benchmarks import units
from benchmarks.dashboard import actions, session
from benchmarks.dashboard.local import is_file, is_folder, may_name_folders, typed_path
from benchmarks.dashboard.text import note
from benchmarks.jobs.learning import Training
from benchmarks.jobs.manager import JobView
from benchmarks.machine import read_machine
from benchmarks.training.order import CONVENTIONS, Order
from benchmarks.training.record import with_folder
from mobilenet.config import PAPER_WIDTHS, ConfigError
from mobilenet.tasks.public_sets import PUBLIC_SETS
from mobilenet.tasks.recipe import (
    MAX_BATCH,
    MAX_EPOCHS,
    Augmentation,
    Optimiser,
    Recipe,
    RecipeError,
)

DIGITS, FOLDER = "digits", "folder"
SOURCES: dict[str, str] = {
    DIGITS: "Handwritten digits",
    **{name: one.title for name, one in PUBLIC_SETS.items()},
    FOLDER: "A folder of mine",
}
RESOLUTIONS = (32, 64, 96, 128, 160, 192, 224)
SMALL_IMAGES = (DIGITS, "cifar10")
PLAIN = Recipe()
CHOICES = {
    "rmsprop": "RMSprop, the paper's",
    "sgd": "SGD with momentum",
    "adamw": "AdamW",
    "none": "None",
    "little": "Little, the paper's",
    "standard": "Standard",
    "tensorflow": "TensorFlow's",
    "pytorch": "PyTorch's",
}


def show() -> None:
    is_local = may_name_folders()
    source = st.selectbox(
        "Images",
        [name for name in SOURCES if name != FOLDER or is_local],
        format_func=lambda name: SOURCES[name],
        key="train_source",
    )
    if source == FOLDER:
        st.text_input(
            "Path of the folder",
            key="train_folder",
            placeholder="~/photographs",
            help="One sub-folder for each class, or `train` and `val` with those in them. Without "
            "`val`, 30 % of the images test and never train.",
        )
    st.pills(
        "Width multipliers",
        PAPER_WIDTHS,
        selection_mode="multi",
        default=[0.25],
        format_func=lambda width: f"{width:g}" if width % 1 else f"{width:.1f}",
        key="train_widths",
    )
    st.pills(
        "Resolutions, px",
        RESOLUTIONS,
        selection_mode="multi",
        default=[_plain_side(source)],
        key=f"train_resolutions_{source}",
    )
    st.number_input(
        "Epochs", 1, MAX_EPOCHS, PLAIN.epochs, key="train_epochs", help="Times every image is seen."
    )
    with st.expander("Recipe", icon=":material/menu_book:"):
        _recipe()
    live = _live()
    st.button(
        "Train",
        type="secondary" if session.is_dark() else "primary",  # white on light blue is hard to read
        icon=":material/school:",
        key="train",
        disabled=bool(live),
        width="stretch",
        on_click=_start,
    )
    actions.show_refusal()
    note(
        "Nothing is measured meanwhile. Stop it when you like: the same settings go on after the "
        "last epoch."
    )
    if source == DIGITS:
        note(
            "1,257 images of handwritten digits train, 540 test (8 × 8 px, scikit-learn's). They "
            "are real but small and easy: they show that all of it works, and little about "
            "networks. 0.25-32 takes less than a minute on two idle cores."
        )
    if source in PUBLIC_SETS:
        one = PUBLIC_SETS[source]
        note(
            f"Once, in a terminal: `mobilenet-bench data {one.name}` fetches "
            f"{units.megabytes(one.download_bytes)}. Terms: {one.terms}."
        )
    if not is_local:
        note(
            "A folder can be named only at the computer that the server runs on, while it listens "
            "on that alone."
        )


def _recipe() -> None:
    for label, key, words, first in (
        ("Optimiser", "train_optimiser", get_args(Optimiser), PLAIN.optimiser),
        ("Augmentation", "train_augmentation", get_args(Augmentation), PLAIN.augmentation),
        ("Padding and epsilon", "train_convention", tuple(CONVENTIONS), "tensorflow"),
    ):
        st.selectbox(
            label,
            words,
            index=words.index(first),
            format_func=lambda word: CHOICES[word],
            key=key,
            help="TensorFlow's for Keras and transformers, PyTorch's for timm."
            if key == "train_convention"
            else None,
        )
    st.number_input(
        "Learning rate",
        1e-7,
        10.0,
        PLAIN.learning_rate,
        format="%.4g",
        step=0.001,
        key="train_rate",
        help="At the start; it falls along half a cosine.",
    )
    st.number_input("Batch", 2, MAX_BATCH, PLAIN.batch, key="train_batch")
    st.number_input(
        "Weight decay",
        0.0,
        1.0,
        PLAIN.weight_decay,
        format="%.4g",
        step=1e-5,
        key="train_decay",
        help="None on depthwise filters, as the paper advises, unless the next says so.",
    )
    st.checkbox("On depthwise filters too", key="train_depthwise")
    st.number_input("Label smoothing", 0.0, 0.9, 0.0, step=0.05, key="train_smoothing")
    st.number_input("Seed", 0, 2**31 - 1, 0, key="train_seed")
    if may_name_folders():
        st.text_input(
            "Fine-tune these weights",
            key="train_from",
            placeholder="from scratch, as in the paper",
            help="The path of a file of weights for this very width: Keras's, Hugging Face's, "
            "timm's, TF-slim's or this program's. `mobilenet-bench weights` fetches released ones.",
        )


def _live() -> list[JobView]:
    return [
        job for job in session.manager().jobs() if job.is_live and isinstance(job.request, Training)
    ]


def _plain_side(source: str) -> int:
    return 32 if source in SMALL_IMAGES else 128


def _start() -> None:
    """With what the controls say at that moment: a choice just made may not have been drawn yet."""
    if _live():
        return  # a double click, or another tab was quicker
    try:
        orders = _orders()
        if not orders:
            raise ConfigError("No network is chosen. Choose a width and a resolution.")
        title = (
            f"Train {orders[0].label}"
            if len(orders) == 1
            else f"Train {units.counted(len(orders), 'network')}"
        )
        actions.submit(Training(title, orders, read_machine().usable_cpus, session.owner()))
    except (ConfigError, RecipeError) as error:
        actions.refuse(error)


def _orders() -> tuple[Order, ...]:
    """Raises ConfigError and RecipeError, also for paths that lead nowhere."""
    asked = st.session_state
    source = asked["train_source"]
    data, start = source, None
    if may_name_folders():
        start = typed_path("train_from")
        if source == FOLDER:
            folder = typed_path("train_folder")
            if folder is None:
                raise ConfigError("No folder is named. Type the path of one.")
            if not is_folder(folder):
                raise ConfigError(
                    f"{folder} is no folder. Name one with a sub-folder for each class."
                )
            data = folder
        if start is not None and not is_file(start):
            raise ConfigError(f"{start} is no file. Name a file of weights, or leave it empty.")
    recipe = Recipe(
        optimiser=asked["train_optimiser"],
        learning_rate=asked["train_rate"],
        epochs=asked["train_epochs"],
        batch=asked["train_batch"],
        weight_decay=asked["train_decay"],
        decay_depthwise=asked["train_depthwise"],
        augmentation=asked["train_augmentation"],
        label_smoothing=asked["train_smoothing"],
        seed=asked["train_seed"],
    )
    return tuple(
        with_folder(Order(width, resolution, data, "", recipe, asked["train_convention"], start))
        for width, resolution in product(
            sorted(asked["train_widths"]),
            sorted(asked.get(f"train_resolutions_{source}", [_plain_side(source)])),
        )
    )
