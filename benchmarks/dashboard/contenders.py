"""Trained networks that a photograph can be shown to: what was released, trained here, or named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.dashboard.local import may_name_folders, typed_path
from benchmarks.dashboard.text import note, plain
from benchmarks.fetched import weights_folder
from benchmarks.training.order import Named
from benchmarks.training.record import kept, names_of
from mobilenet.accuracy import published
from mobilenet.config import MobileNetConfig, paper_grid
from mobilenet.cost import cost
from mobilenet.tasks.score import Score
from mobilenet.weights import WeightsError, download
from mobilenet.weights.catalogue import RELEASED, Released

OURS, FILE = "trained", "file"
SOURCES = {
    "keras": "Keras",
    "tf-slim": "TF-slim",
    "hugging-face": "Hugging Face",
    "timm": "timm",
    OURS: "Trained here",
    FILE: "A file of mine",
}
BYTES_A_PARAMETER = 4


@dataclass(frozen=True)
class Contender:
    """A trained network. path: of its weights, None while they are not here.

    score: of one that was trained here.
    """

    config: MobileNetConfig
    label: str
    path: Path | None
    released: Released | None = None
    score: Score | None = None

    @property
    def named(self) -> Named | None:
        return (
            None if self.path is None else Named(str(self.path), self.config, _version(self.path))
        )

    @property
    def candidate(self) -> Candidate:
        """What is timed: how long it takes does not depend on what was learned."""
        return Candidate(config=self.config)

    @property
    def top1_percent(self) -> float | None:
        """As published by whoever published these weights, or as measured here."""
        if self.score is not None:
            return self.score.top1_percent
        if self.released is None:
            return None
        source = self.released.accuracy
        found = [one.top1_percent for one in published(self.config) if one.source == source]
        return found[0] if found else None


def _version(path: Path) -> str:
    """Another one once the file is another; also once there is one."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def choose() -> tuple[tuple[Contender, ...], Contender | None]:
    """All of the source that is chosen, and the one that the sliders stand on."""
    sources = [name for name in SOURCES if name != FILE or may_name_folders()]
    source = st.selectbox(
        "Weights", sources, format_func=lambda name: SOURCES[name], key="try_source"
    )
    if source == OURS:
        return _ours()
    if source == FILE:
        return _file()
    all_of_it = tuple(
        Contender(one.config, one.config.label, download.kept(one, weights_folder()), one)
        for one in RELEASED
        if one.key.startswith(f"{source}/")
    )
    chosen = _slide(source, all_of_it)
    _licence(chosen)
    _fetching(source, all_of_it, chosen)
    return all_of_it, chosen


def _slide(source: str, contenders: Sequence[Contender]) -> Contender:
    """Two sliders where every width has every resolution, else one over what there is."""
    if {one.config for one in contenders} == set(paper_grid()):
        width, resolution = _sliders(source)
        return next(
            one
            for one in contenders
            if (one.config.width_multiplier, one.config.resolution) == (width, resolution)
        )
    by_label = {one.label: one for one in contenders}
    return by_label[st.select_slider("Network", list(by_label), key=f"try_network_{source}")]


def _sliders(source: str) -> tuple[float, int]:
    widths = sorted({config.width_multiplier for config in paper_grid()})
    resolutions = sorted({config.resolution for config in paper_grid()})
    width = st.select_slider(
        "Width multiplier α", widths, value=widths[-1], key=f"try_width_{source}"
    )
    resolution = st.select_slider(
        "Resolution, px", resolutions, value=resolutions[-1], key=f"try_resolution_{source}"
    )
    return width, resolution


def _licence(chosen: Contender) -> None:
    one = chosen.released
    assert one is not None
    top1 = chosen.top1_percent
    said = "" if top1 is None else f" Top-1 {units.percent(top1)}: published, not verified here."
    note(
        plain(
            f"{one.publisher}, {one.config.label}. Licence: {one.licence} ({one.licence_source})."
            f"{said}"
        )
    )


def _fetching(source: str, contenders: Sequence[Contender], chosen: Contender) -> None:
    missing = [one for one in contenders if one.path is None]
    if not missing:
        return
    wanted: list[Contender] = []
    with st.container(horizontal=True):
        if chosen.path is None and st.button(
            f"Fetch {chosen.label} ({_size([chosen])})",
            icon=":material/download:",
            key="fetch",
        ):
            wanted = [chosen]
        if len(missing) > 1 and st.button(
            f"Fetch all {len(missing)} ({_size(missing)})",
            icon=":material/download:",
            key=f"fetch_all_{source}",
        ):
            wanted = missing
    # Kept, as whatever comes in elsewhere draws the page anew.
    problems: dict[str, str] = st.session_state.setdefault("fetch_problems", {})
    if wanted:
        keys = [f"{source}/{one.label}" for one in wanted]
        for key in keys:
            problems.pop(key, None)
        if (reason := _fetch(wanted)) is not None:
            problems.update(dict.fromkeys(keys, reason))
        st.rerun()
    if chosen.path is None and (reason := problems.get(f"{source}/{chosen.label}")) is not None:
        st.error(plain(reason), icon=":material/cloud_off:")


def _size(contenders: Sequence[Contender]) -> str:
    parameters = sum(cost(one.config).parameters for one in contenders)
    return f"about {units.megabytes(BYTES_A_PARAMETER * parameters)}"


def _fetch(wanted: Sequence[Contender]) -> str | None:
    """Why not all came. What has come stays, also where somebody clicks elsewhere meanwhile."""
    bar = st.progress(0.0)
    for number, one in enumerate(wanted):
        assert one.released is not None

        def tell(here: int, total: int | None, number: int = number, one: Contender = one) -> None:
            share = here / total if total else 0.0
            text = f"{plain(one.label)}: {units.megabytes(here)}"
            bar.progress(min((number + share) / len(wanted), 1.0), text)

        try:
            download.fetch(one.released, weights_folder(), tell)
        except WeightsError as error:
            return str(error)
    return None


def _ours() -> tuple[tuple[Contender, ...], Contender | None]:
    records = [one for one in kept().records if one.outcome.is_done and one.order.weights.is_file()]
    if not records:
        st.info("Nothing is trained yet: the Accuracy page does that.", icon=":material/school:")
        return (), None
    names = names_of(records)
    contenders = {
        one.order.folder: Contender(
            one.config, names[one.order.folder], one.order.weights, score=one.outcome.score
        )
        for one in records
    }
    folder = st.selectbox(
        "Network",
        list(contenders),
        format_func=lambda name: contenders[name].label if name in contenders else "?",
        key="try_ours",
    )
    note(
        "It knows the classes that it was trained on, and takes everything for one of them. "
        "Digits were white on black."
    )
    return (contenders[folder],), contenders[folder]


def _file() -> tuple[tuple[Contender, ...], Contender | None]:
    st.text_input(
        "Path of the file",
        key="try_file",
        placeholder="~/mobilenet_5_0_160_tf.h5",
        help="Keras's, Hugging Face's, timm's, TF-slim's or this program's, for ImageNet's 1000 "
        "classes. Nothing in it is executed.",
    )
    width, resolution = _sliders(FILE)
    note("The sliders say which network the file is for.")
    path = typed_path("try_file")
    if path is None:
        return (), None
    config = MobileNetConfig(width, resolution)
    chosen = Contender(config, config.label, Path(path))
    return (chosen,), chosen
