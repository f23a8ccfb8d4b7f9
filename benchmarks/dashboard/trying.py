"""The Try it page: a photograph in, and what trained MobileNets take it for."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import charts, units
from benchmarks.dashboard import actions, contenders, session
from benchmarks.dashboard.contenders import Contender
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.text import note, plain, sentence
from benchmarks.jobs.learning import Photograph, Recognising
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.training.order import Named, Recognised
from mobilenet.cost import cost

TITLE = "Try it on a photograph"
ENDINGS = ("jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff")
TIMED_IN = Scenario()
PICTURE_PX = 224

Answers = Mapping[Named, Recognised]


def page() -> StreamlitPage:
    return st.Page(show, title="Try it", icon=":material/photo_camera:", url_path="try")


def show() -> None:
    st.title(TITLE, anchor=False)
    session.need_queue("Nobody can be asked")
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        upload = st.file_uploader("Photograph", type=ENDINGS, key="photograph")
        everyone, chosen = contenders.choose()
        note(
            "The photograph lies on this server's disk until the networks have answered, and is "
            "forgotten then."
        )
    photograph = Photograph(upload.name, upload.getvalue()) if upload else None
    if photograph is not None:
        _ask(photograph, everyone)
    if chosen is not None and chosen.path is not None:
        actions.preview_network(chosen.candidate, TIMED_IN)
    with right, under_jobs():
        actions.show_refusal()
        if photograph is None:
            st.info("Drop a photograph on the left.", icon=":material/add_photo_alternate:")
        elif chosen is not None:
            answers = _answers(photograph)
            _show(chosen, answers, photograph)
            _show_all(everyone, answers)


def _ask(photograph: Photograph, everyone: Sequence[Contender]) -> None:
    """All that are here and have not been asked, so that the sliders find their answers there."""
    networks = [one.named for one in everyone if one.named is not None]
    asked = {
        network
        for job in session.manager().jobs()
        if isinstance(job.request, Recognising)
        and job.request.photograph.digest == photograph.digest
        for network in job.request.networks
    }
    _submit(photograph, tuple(network for network in networks if network not in asked))


def _ask_again(photograph: Photograph, chosen: Contender) -> None:
    if chosen.named is not None:  # as its file is now
        _submit(photograph, (chosen.named,))


def _submit(photograph: Photograph, networks: tuple[Named, ...]) -> None:
    if networks:
        title = f"Recognise a photograph with {units.counted(len(networks), 'network')}"
        actions.submit(Recognising(title, photograph, networks, session.owner()))


def _answers(photograph: Photograph) -> Answers:
    """What was said of this photograph, or why nothing was; not while it is asked again."""
    found: dict[Named, Recognised] = {}
    for job in session.manager().jobs():
        asked = job.request
        if not isinstance(asked, Recognising) or asked.photograph.digest != photograph.digest:
            continue
        for network in asked.networks:
            found.pop(network, None)
            if not job.is_live:
                reason = job.problem or "It was not asked to the end."
                found[network] = Recognised(network, reason=reason)
        found |= {one.network: one for one in job.recognised}
    return found


def _show(chosen: Contender, answers: Answers, photograph: Photograph) -> None:
    st.header(plain(f"{chosen.label} says"), anchor=False)
    answer = None if chosen.named is None else answers.get(chosen.named)
    if chosen.named is None:
        st.info("These weights are not here yet. Fetch them.", icon=":material/download:")
        return
    if answer is None:
        st.info("It is being asked.", icon=":material/hourglass_empty:")
        return
    if answer.reason is not None:
        st.error(plain(sentence(answer.reason)), icon=":material/error:")
        st.button(
            "Ask again",
            icon=":material/refresh:",
            key="ask_again",
            on_click=_ask_again,
            args=(photograph, chosen),
        )
        return
    seen, said = st.columns([1, 2], vertical_alignment="center")
    with seen:
        if answer.view is not None:
            side = chosen.config.resolution
            st.image(
                base64.b64decode(answer.view),
                width=PICTURE_PX,
                alt=f"The photograph, cut and scaled to {side} × {side} px",
            )
            note(f"What it sees: {side} × {side} px")
    with said:
        draw(
            charts.guesses(answer.guesses, dark=session.is_dark()),
            "guesses",
            charts.guesses_alt(answer.guesses),
            selectable=False,
        )
    one, two, three = st.columns(3)
    time = _time(chosen)
    one.metric(
        _latency_label(time),
        units.NOT_MEASURED if time is None else units.milliseconds(time.median_s),
        help="Eager PyTorch, float32, 1 thread, 1 image.",
    )
    two.metric("Mult-adds", units.millions(cost(chosen.config).mult_adds))
    whose = "published" if chosen.score is None else "of its test images"
    three.metric(f"Top-1, {whose}", units.percent(chosen.top1_percent))


def _time(one: Contender) -> Measurement | None:
    return session.manager().collection().get(one.candidate, TIMED_IN)


def _latency_label(time: Measurement | None) -> str:
    if time is None or time.quality == "measured":
        return "Latency here"
    return f"Latency here, {time.quality}"


def _show_all(everyone: Sequence[Contender], answers: Answers) -> None:
    answered = [
        (one, answer.guesses)
        for one in sorted(everyone, key=lambda one: cost(one.config).mult_adds)
        if one.named is not None and (answer := answers.get(one.named)) and answer.guesses
    ]
    if len(answered) < 2:
        return
    st.header("All of them", anchor=False)
    rows = pd.DataFrame(
        {
            "Network": one.label,
            "It says": guesses[0].name,
            "How sure": units.percent(100 * guesses[0].probability),
            "Or else": guesses[1].name,
            "Latency here": units.milliseconds(time.median_s)
            if (time := _time(one))
            else units.NOT_MEASURED,
            "Top-1, published": units.percent(one.top1_percent),
        }
        for one, guesses in answered
    )
    alt = f"{len(rows)} networks and what they say"
    st.dataframe(rows, hide_index=True, height="content", alt=alt)
    note(
        "From the least mult-adds to the most. How sure a network says it is (softmax) is not how "
        "often it is right."
    )
