"""Which network is shown: the sliders, their switches, and the ways to move them from elsewhere."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from benchmarks.candidates import Candidate
from benchmarks.dashboard import labels
from benchmarks.dashboard.fragments import for_page, remember
from mobilenet.config import (
    MAX_CLASSES,
    MAX_RESOLUTION,
    MAX_WIDTH,
    MIN_RESOLUTION,
    MIN_WIDTH,
    PAPER_RESOLUTIONS,
    PAPER_WIDTHS,
    BlockKind,
    Depth,
    MobileNetConfig,
)

WIDTH_STEP, RESOLUTION_STEP = 0.05, 32
KEYS = ("network", "wide", "width", "resolution", "block", "depth", "eights", "classes")


def choose_network() -> Candidate:
    """The network to look at. What a widget says is checked again: a browser may send anything.

    Raises ConfigError or CandidateError with a sentence for people.
    """
    network = st.selectbox(
        "Network",
        list(labels.networks()),
        format_func=lambda key: labels.networks()[key],
        key="network",
        bind="query-params",
        help="A MobileNet from the two sliders, or one of the reference networks.",
    )
    is_mobilenet = network == labels.MOBILENET
    config = _mobilenet(disabled=not is_mobilenet)
    remember(KEYS)
    return Candidate(config=config) if is_mobilenet else Candidate(reference=network)


def select(chosen: Candidate) -> None:
    """Move the controls to `chosen`; call it from a callback, before they are drawn."""
    state = st.session_state
    if chosen.config is None:
        state["network"] = chosen.reference
        return
    config = chosen.config
    state["network"] = labels.MOBILENET
    state["wide"] = state.get("wide", False) or not _in_paper_range(config)
    state["width"] = float(config.width_multiplier)
    state["resolution"] = config.resolution
    state["block"], state["depth"] = config.block, config.depth
    state["eights"], state["classes"] = config.channel_multiple == 8, config.num_classes


def _mobilenet(*, disabled: bool) -> MobileNetConfig:
    # The switch is drawn below the sliders; before its first time only the link knows of it.
    wide = bool(st.session_state.get("wide", st.query_params.get("wide") == "true"))
    widths = (MIN_WIDTH, MAX_WIDTH) if wide else (PAPER_WIDTHS[0], PAPER_WIDTHS[-1])
    sides = (
        (MIN_RESOLUTION, MAX_RESOLUTION) if wide else (PAPER_RESOLUTIONS[0], PAPER_RESOLUTIONS[-1])
    )
    width = st.slider(
        "Width multiplier α",
        *widths,
        value=1.0,
        step=WIDTH_STEP,
        format="%.2f",
        key="width",
        bind="query-params",
        disabled=disabled,
        help="Scales every layer's channels (the paper's equation 6).",
    )
    _stops("width", PAPER_WIDTHS, "{:.2f}", disabled=disabled)
    resolution = st.slider(
        "Resolution, px",
        *sides,
        value=224,
        step=RESOLUTION_STEP,
        key="resolution",
        bind="query-params",
        disabled=disabled,
        help="Side of the input image; the paper's ρ is this over 224 (equation 7).",
    )
    _stops("resolution", PAPER_RESOLUTIONS, "{}", disabled=disabled)
    with st.expander("Design and range", icon=":material/architecture:"):
        st.toggle(
            "Beyond the paper's range",
            key="wide",
            bind="query-params",
            on_change=for_page(_stay_in_range),
            disabled=disabled,
            help=f"Widths {MIN_WIDTH} to {MAX_WIDTH:g}, resolutions {MIN_RESOLUTION} to "
            f"{MAX_RESOLUTION} px. Nobody published accuracies there.",
        )
        block: BlockKind = st.segmented_control(
            "Convolutions",
            get_args(BlockKind),
            default="separable",
            required=True,
            key="block",
            bind="query-params",
            disabled=disabled,
            help="Depthwise separable, or full 3×3 as in the paper's Table 4.",
        )
        depth: Depth = st.segmented_control(
            "Depth",
            get_args(Depth),
            default="paper",
            required=True,
            key="depth",
            bind="query-params",
            disabled=disabled,
            help="Shallow leaves out the five 14×14×512 blocks, as in Table 5.",
        )
        eights = st.toggle(
            "Channels in multiples of 8",
            key="eights",
            bind="query-params",
            disabled=disabled,
            help="Some hardware likes them better; TF-slim, and so the paper, just cuts.",
        )
        classes = st.number_input(
            "Classes",
            1,
            MAX_CLASSES,
            1000,
            key="classes",
            bind="query-params",
            disabled=disabled,
        )
    return MobileNetConfig(
        width_multiplier=round(width, 6),
        resolution=resolution,
        num_classes=classes,
        block=block,
        depth=depth,
        channel_multiple=8 if eights else 1,
    )


def _stops(name: str, stops: tuple[float, ...], form: str, *, disabled: bool) -> None:
    """The paper's four stops of a slider, as buttons below it; the present one is marked.

    Whenever the slider has moved they are a new widget. Writing to the old one would not do: a
    browser that has not seen it yet sends the older value back, and that would count as a click.
    """
    state = st.session_state
    present = state[name] if state[name] in stops else None
    turn = state.setdefault(f"{name}_turn", 0)
    if state.get(f"{name}_stop_{turn}", present) != present:
        turn = state[f"{name}_turn"] = turn + 1
    key = f"{name}_stop_{turn}"
    st.segmented_control(
        f"The paper's {name}s",
        stops,
        default=present,
        format_func=form.format,
        key=key,
        on_change=for_page(_jump),
        args=(name, key),
        disabled=disabled,
        label_visibility="collapsed",
        width="stretch",
    )


def _jump(name: str, key: str) -> None:
    state = st.session_state
    if state[key] is not None and key == f"{name}_stop_{state[f'{name}_turn']}":
        state[name] = state[key]


def _stay_in_range() -> None:
    """New limits reset a slider; keep its value, or the nearest the paper's range has."""
    state = st.session_state
    if not state["wide"]:
        state["width"] = min(max(state["width"], PAPER_WIDTHS[0]), PAPER_WIDTHS[-1])
        nearest = min(PAPER_RESOLUTIONS, key=lambda side: abs(side - state["resolution"]))
        state["resolution"] = nearest
    else:
        state["width"], state["resolution"] = state["width"], state["resolution"]


def _in_paper_range(config: MobileNetConfig) -> bool:
    return (
        PAPER_WIDTHS[0] <= config.width_multiplier <= PAPER_WIDTHS[-1]
        and PAPER_RESOLUTIONS[0] <= config.resolution <= PAPER_RESOLUTIONS[-1]
    )
