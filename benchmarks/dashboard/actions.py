"""What can be started from the page: previews by themselves, the rest by a button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.dashboard import controls, fastest, session, shown
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.session import is_dark
from benchmarks.dashboard.text import plain
from benchmarks.insight import way_label
from benchmarks.jobs.manager import JobView, Task
from benchmarks.jobs.request import Request, preview_scenario
from benchmarks.references import references
from benchmarks.results import Quality
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.timing.protocol import Preset

PREVIEW_DELAY_S = 0.15  # the time in which the page is drawn, or the slider moved once more


def show(choice: Choice) -> None:
    """The four buttons. What they start is marked: the first two use processes of their own.

    They start what is written on them, in the way that the controls say when they are pressed.
    """
    wanted, statuses = choice.scenario, session.engine_statuses()
    status = statuses.get((wanted.engine, wanted.device, wanted.precision))
    blocked = status is not None and not status.available
    st.button(
        f"Measure {choice.selected.label}",
        type="secondary" if is_dark() else "primary",  # white on light blue is hard to read
        icon=":material/timer:",
        key="measure",
        shortcut="M",
        disabled=blocked,
        width="stretch",
        help="In fresh processes, in turns with the baseline and a second copy of it, so that "
        "their ratio is fair and the machine is put to the test.",
        on_click=_measure,
        args=(choice.selected, choice.baseline),
    )
    ways = fastest.scenarios(wanted, statuses)
    st.button(
        "Compare engines",
        icon=":material/speed:",
        key="compare_engines",
        disabled=len({way.engine for way in ways}) < 2,
        width="stretch",
        help="This network in every engine that runs here, in turns in fresh processes: which is "
        "fastest, and by how much. In float32, and in int8 where an engine has it.",
        on_click=_compare_engines,
        args=(choice.selected,),
    )
    st.button(
        "Measure the 16",
        icon=":material/grid_on:",
        key="measure_grid",
        disabled=blocked,
        width="stretch",
        help="The paper's four widths at four resolutions, in turns. Preliminary: in a process "
        "that is kept warm.",
        on_click=_time,
        args=("Measure the 16 MobileNets", shown.grid()),
    )
    st.button(
        "Measure references",
        icon=":material/compare:",
        key="measure_references",
        disabled=blocked,
        width="stretch",
        help="The reference networks, on this machine, with random weights: right for timing. "
        "Preliminary, like the 16; slow networks take fewer turns.",
        on_click=_time,
        args=("Measure the reference networks", (*_references(), choice.baseline)),
    )
    show_refusal()


def show_refusal() -> None:
    """Why what was asked for last could not begin."""
    if (problem := st.session_state.pop("refused", None)) is not None:
        st.error(plain(problem), icon=":material/block:")


def refuse(reason: object) -> None:
    """Keep it for `show_refusal`."""
    st.session_state["refused"] = str(reason)


def start(request: Callable[[], Request]) -> None:
    """Queue what is asked for, unless the very same is under way: a click may be doubled.

    request: called at once; it may raise ScenarioError, which `show_refusal` tells then.
    """
    try:
        wanted: Request = replace(request(), owner=session.owner())
    except ScenarioError as error:
        refuse(error)
        return
    if not is_under_way(wanted, session.manager().jobs()):
        submit(wanted)


def _measure(selected: Candidate, baseline: Candidate) -> None:
    effort, memory = controls.chosen_effort(), controls.chosen_memory()
    start(
        lambda: _request(
            f"Measure {selected.name}",
            (baseline, selected),
            (controls.chosen_scenario(),),
            effort,
            "measured",
            memory=memory,
        )
    )


def _compare_engines(selected: Candidate) -> None:
    title, effort = f"Compare engines for {selected.name}", controls.chosen_effort()
    start(lambda: _request(title, (selected,), _engines(), effort, "measured"))


def _engines() -> tuple[Scenario, ...]:
    return fastest.scenarios(controls.chosen_scenario(), session.engine_statuses())


def _time(title: str, networks: tuple[Candidate, ...]) -> None:
    start(lambda: _request(title, networks, (controls.chosen_scenario(),), "quick", "preliminary"))


def time_networks(
    title: str, candidates: tuple[Candidate, ...], scenarios: tuple[Scenario, ...]
) -> None:
    """In turns, quickly."""
    start(lambda: _request(title, candidates, scenarios, "quick", "preliminary"))


def measure_networks(
    title: str,
    candidates: tuple[Candidate, ...],
    scenarios: tuple[Scenario, ...],
    effort: Preset,
) -> None:
    """In turns, in fresh processes."""
    start(lambda: _request(title, candidates, scenarios, effort, "measured"))


def preview(choice: Choice) -> None:
    """Start a preview of the selected network unless there is a time, or one on its way."""
    preview_network(choice.selected, preview_scenario(choice.scenario))


def preview_network(network: Candidate, scenario: Scenario) -> None:
    """The same, of any network."""
    manager = session.manager()
    if needs_preview(network, scenario, manager.jobs(), session.owner(), manager.collection()):
        start(lambda: _preview_request(network, scenario))


def _preview_request(network: Candidate, scenario: Scenario) -> Request:
    title = f"Preview of {network.name}"
    asked = _request(title, (network,), (scenario,), "preview", "preview")
    return replace(asked, delay_s=PREVIEW_DELAY_S)


def needs_preview(
    candidate: Candidate,
    scenario: Scenario,
    jobs: tuple[JobView, ...],
    owner: str,
    collection: Collection,
) -> bool:
    """False where a time is known or on its way, or where the last attempt came to nothing."""
    if collection.get(candidate, scenario) is not None:
        return False
    for job in reversed(jobs):
        asked = job.request
        if not isinstance(asked, Request):
            continue
        if candidate not in asked.candidates or scenario not in asked.scenarios:
            continue
        if job.state == "replaced":
            continue
        if job.is_live or job.failures or job.problem:
            return False
        if job.state == "cancelled" and asked.owner in (owner, ""):
            return False  # the opening preview is nobody's, so its cancel counts for all
    return True


def is_under_way(request: Request, jobs: tuple[JobView, ...]) -> bool:
    """Whether the very same is being measured already: a double click should not do it twice."""
    return any(
        job.is_live and isinstance(job.request, Request) and _what(job.request) == _what(request)
        for job in jobs
    )


def _what(request: Request) -> tuple[object, ...]:
    """All of it but who asked, and when."""
    how = request.preset, request.quality, request.memory, request.layers
    return request.candidates, request.scenarios, *how


def _request(
    title: str,
    candidates: tuple[Candidate, ...],
    scenarios: tuple[Scenario, ...],
    preset: Preset,
    quality: Quality,
    *,
    memory: bool = False,
) -> Request:
    """Where there is one way to run them, the title says which. Raises ScenarioError."""
    return Request(
        title=f"{title} in {way_label(scenarios[0])}" if len(scenarios) == 1 else title,
        candidates=tuple(dict.fromkeys(candidates)),
        scenarios=scenarios,
        preset=preset,
        quality=quality,
        fresh=quality == "measured",
        memory=memory,
    )


def submit(task: Task) -> None:
    """Queue it; where that is not possible, `show_refusal` says why."""
    try:
        session.manager().submit(task)
    except OSError as error:
        refuse(
            f"{task.title} could not be queued: {error.strerror or error}. "
            "Make room on the disk and try again."
        )


def _references() -> tuple[Candidate, ...]:
    return tuple(Candidate(reference=name) for name in references())
