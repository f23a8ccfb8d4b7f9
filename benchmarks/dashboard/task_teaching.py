"""Training a task's network on the Tasks page: the controls, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import pandas as pd
import streamlit as st

from benchmarks import charts
from benchmarks.dashboard import actions, session
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.local import is_file, may_name_folders, typed_path
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.teaching import CHOICES
from benchmarks.dashboard.text import note, plain
from benchmarks.jobs.learning import Teaching
from benchmarks.machine import read_machine
from benchmarks.training.tasks.order import TaskOrder, TaskOutcome
from benchmarks.training.tasks.plain import PLAIN, planned
from benchmarks.training.tasks.record import kept
from benchmarks.training.tasks.words import name_of, notes, rows, verdict
from mobilenet.config import PAPER_WIDTHS, ConfigError
from mobilenet.tasks.names import EMULATING, GENERATED, WANTED, TaskName
from mobilenet.tasks.recipe import MAX_BATCH, MAX_EPOCHS, Augmentation, Optimiser, RecipeError

RESOLUTIONS = (32, 64, 96, 128, 160, 192, 224, 300)
MINE = "mine"
DRAWN: dict[TaskName, str] = {
    "dogs": "gratings of twelve kinds",
    "geolocation": "photographs of a small globe",
    "attributes": "faces with six attributes",
    "detection": "pictures of shapes",
    "embedding": "faces of sixty identities",
}
LABELS = "labels"
TITLES: dict[TaskName, str] = {
    "dogs": "fine-grained recognition",
    "geolocation": "geolocation",
    "attributes": "attributes",
    "detection": "detection",
    "embedding": "faces",
}


def show(task: TaskName) -> None:
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        _controls(task)
    with right, under_jobs():
        actions.show_refusal()
        _show_trained(kept(task))


def _controls(task: TaskName) -> None:
    plain_one = PLAIN[task]
    is_local = may_name_folders()
    words = {GENERATED: f"Generated: {DRAWN[task]}", MINE: "Mine"}
    data = st.selectbox(
        "Images",
        [name for name in words if name != MINE or is_local],
        format_func=lambda name: words[name],
        key=f"teach_data_{task}",
    )
    if data == MINE:
        st.text_input(
            "Path",
            key=f"teach_path_{task}",
            placeholder="~/photographs",
            help=f"On this computer: {WANTED[task]}. Without a split of your own, 30 % test and "
            "never train.",
        )
    one, other = st.columns(2)
    one.selectbox(
        "Width multiplier",
        PAPER_WIDTHS,
        index=PAPER_WIDTHS.index(plain_one.width_multiplier),
        format_func=lambda width: f"{width:g}" if width % 1 else f"{width:.1f}",
        key=f"teach_width_{task}",
    )
    other.selectbox(
        "Resolution, px",
        RESOLUTIONS,
        index=RESOLUTIONS.index(plain_one.resolution),
        key=f"teach_resolution_{task}",
    )
    st.number_input(
        "Epochs",
        1,
        MAX_EPOCHS,
        plain_one.recipe.epochs,
        key=f"teach_epochs_{task}",
        help="Times every image is seen.",
    )
    if task in EMULATING:
        _choose_teacher(task)
    with st.expander("Recipe", icon=":material/menu_book:"):
        _recipe(task)
    st.button(
        "Train",
        type="secondary" if session.is_dark() else "primary",
        icon=":material/school:",
        key="teach",
        disabled=_is_under_way(),
        width="stretch",
        on_click=_start,
        args=(task,),
    )
    note(
        "Nothing is measured meanwhile. Stop it when you like: the same settings go on after the "
        "last epoch."
    )
    if data == GENERATED:
        note(
            "Generated pictures show that all of it works, and nothing about photographs. As the "
            "settings are at first, they take "
            f"{'some four minutes' if task == 'detection' else 'half a minute'} on two idle cores."
        )
    if not is_local:
        note(
            "Images of yours can be named only at the computer that the server runs on, while it "
            "listens on that alone."
        )


def _choose_teacher(task: TaskName) -> None:
    """The paper distils these: a student emulates a larger network's outputs."""
    trained = {
        str(one.order.weights): name_of(one)
        for one in kept(task)
        if one.is_done and one.order.weights.is_file()
    }
    st.selectbox(
        "It learns from",
        [LABELS, *trained],
        format_func=lambda path: f"outputs of {trained[path]}" if path in trained else "Labels",
        key=f"teach_teacher_{task}",
        help="The paper trains this network to emulate the outputs of a larger one instead of "
        "labels. Train a larger one first; then it can be chosen here.",
    )


def _recipe(task: TaskName) -> None:
    recipe = PLAIN[task].recipe
    for label, key, words, first in (
        ("Optimiser", "optimiser", get_args(Optimiser), recipe.optimiser),
        ("Augmentation", "augmentation", get_args(Augmentation), recipe.augmentation),
    ):
        st.selectbox(
            label,
            words,
            index=words.index(first),
            format_func=lambda word: CHOICES[word],
            key=f"teach_{key}_{task}",
        )
    st.number_input(
        "Learning rate",
        1e-7,
        10.0,
        recipe.learning_rate,
        format="%.4g",
        step=0.001,
        key=f"teach_rate_{task}",
        help="At the start; it falls along half a cosine.",
    )
    st.number_input("Batch", 2, MAX_BATCH, recipe.batch, key=f"teach_batch_{task}")
    st.number_input("Seed", 0, 2**31 - 1, 0, key=f"teach_seed_{task}")
    if may_name_folders():
        st.text_input(
            "Fine-tune these weights",
            key=f"teach_from_{task}",
            placeholder="from scratch",
            help="The path of a file of weights for this very width, released or your own"
            + ("; the detector's body begins as they are." if task == "detection" else "."),
        )


def _is_under_way() -> bool:
    return any(
        job.is_live and isinstance(job.request, Teaching) for job in session.manager().jobs()
    )


def _start(task: TaskName) -> None:
    """With what the controls say at that moment."""
    if _is_under_way():
        return  # a double click, or another tab was quicker
    try:
        _submit(_order(task))
    except (ConfigError, RecipeError) as error:
        actions.refuse(error)


def _submit(order: TaskOrder) -> None:
    title = f"Train {order.label} for {TITLES[order.task]}"
    actions.submit(Teaching(title, order, read_machine().usable_cpus, session.owner()))


def _order(task: TaskName) -> TaskOrder:
    """Raises ConfigError and RecipeError."""

    def asked(name: str) -> Any:
        return st.session_state[f"teach_{name}_{task}"]

    data, start = GENERATED, None
    if may_name_folders():
        start = typed_path(f"teach_from_{task}")
        if asked("data") == MINE:
            path = typed_path(f"teach_path_{task}")
            if path is None:
                raise ConfigError(f"No path is typed. Name {WANTED[task]}.")
            data = path
        if start is not None and not is_file(start):
            raise ConfigError(f"{start} is no file. Name a file of weights, or leave it empty.")
    teacher = st.session_state.get(f"teach_teacher_{task}", LABELS)
    return planned(
        task,
        data,
        width=asked("width"),
        resolution=asked("resolution"),
        start=start,
        teacher=None if teacher == LABELS else teacher,
        optimiser=asked("optimiser"),
        augmentation=asked("augmentation"),
        learning_rate=asked("rate"),
        epochs=asked("epochs"),
        batch=asked("batch"),
        seed=asked("seed"),
    )


def _show_trained(trained: Sequence[TaskOutcome]) -> None:
    if not trained:
        st.info("Nothing is trained for this task yet. Press Train.", icon=":material/school:")
        return
    by_folder = {one.order.folder: one for one in trained}
    folder = next(iter(by_folder))
    if len(by_folder) > 1:
        folder = st.selectbox(
            "Trained here",
            list(by_folder),
            format_func=lambda one: name_of(by_folder[one]),
            key=f"taught_{trained[0].order.task}",
        )
    one = by_folder[folder]
    st.subheader(plain(name_of(one)), anchor=False)
    st.markdown(plain(verdict(one)))
    draw(
        charts.task_learning(one, dark=session.is_dark()),
        "task_learning",
        charts.task_learning_alt(one),
        selectable=False,
    )
    heads, *figures = rows(one)
    st.dataframe(
        pd.DataFrame(figures, columns=list(heads)),
        hide_index=True,
        height="content",
        alt="The task's measures: trained, untrained, and by chance",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in heads[1:]},
    )
    _tell(one)
    if not one.is_done:
        st.button(
            f"Go on after epoch {len(one.epochs)} of {one.order.recipe.epochs}",
            icon=":material/resume:",
            key="teach_on",
            disabled=_is_under_way(),
            on_click=_submit,
            args=(one.order,),
        )


def _tell(one: TaskOutcome) -> None:
    where = [f"Weights: {one.order.weights}"] if one.is_done and may_name_folders() else []
    note(plain(" ".join([*notes(one)[1:], *where])))
