"""What the trained networks have learned: curves, figures, and accuracy against latency here."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from benchmarks import charts, units
from benchmarks.candidates import Candidate
from benchmarks.dashboard import actions, answering, session
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.local import may_name_folders
from benchmarks.dashboard.text import note, plain
from benchmarks.jobs.learning import Training
from benchmarks.machine import read_machine
from benchmarks.scenarios import Scenario
from benchmarks.training.record import Record, kept, names_of
from benchmarks.training.words import data_name, told_apart
from benchmarks.variants import Metric
from mobilenet.cost import cost

TIMED_IN = Scenario()
MOST_SHOWN = 8  # networks that were trained last; more curves are a tangle


def show() -> None:
    found = kept()
    for path in found.unreadable:
        named = path if may_name_folders() else path.parent.name  # where it lies is theirs to know
        st.warning(
            plain(f"{named} is no record of a training, or a newer program's. Move it away."),
            icon=":material/warning:",
        )
    if not found.records:
        if found.unreadable:
            return
        st.info("Nothing is trained yet. Press Train.", icon=":material/school:")
        return
    data = _choose_data(found.records)
    records = [one for one in found.records if one.order.data == data][:MOST_SHOWN]
    names = names_of(records)
    _show_curves(records, names)
    _show_figures(records, names)
    _offer_to_go_on(records, names)
    done = [one for one in records if one.outcome.is_done and one.order.weights.is_file()]
    for one in records:
        if one.outcome.is_done and one not in done:
            name = names[one.order.folder]
            note(f"The weights of {name} are gone: Train with its settings makes them again.")
    if done:
        places = {one.order.folder: place for place, one in enumerate(reversed(records))}
        _show_tradeoff(done[::-1], names, places)
        answering.show(done, names)


def _choose_data(records: Sequence[Record]) -> str:
    """Networks of different images have nothing to compare."""
    sources = list(dict.fromkeys(one.order.data for one in records))
    if len(sources) == 1:
        return sources[0]
    return st.selectbox("Trained on", sources, format_func=data_name, key="learned_data")


def _show_curves(records: Sequence[Record], names: dict[str, str]) -> None:
    learners = [
        charts.Learner(names[one.order.folder], one.epochs, one.order.recipe.epochs)
        for one in reversed(records)
    ]
    dark = session.is_dark()
    for column, what in zip(st.columns(2), charts.LEARNING_QUANTITIES, strict=True):
        with column:
            draw(
                charts.learning(learners, what, dark=dark),
                f"learning_{what}",
                charts.learning_alt(learners, what),
                selectable=False,
            )


def _show_figures(records: Sequence[Record], names: dict[str, str]) -> None:
    scored = [(one, score) for one in records if (score := one.outcome.score) is not None]
    rows = pd.DataFrame(
        {
            "Network": names[one.order.folder],
            "Top-1": units.percent(score.top1_percent),
            "95 % interval": units.percent_span(*score.top1_bounds),
            "Test images": f"{score.total:,}",
            "Loss": units.significant(one.epochs[-1].loss),
            "Epochs": f"{len(one.epochs)} of {one.order.recipe.epochs}",
            "Trained in": units.duration(one.outcome.seconds),
            "Recipe": _recipe(one),
        }
        for one, score in scored
    )
    alt = f"{units.counted(len(rows), 'trained network')} with top-1 and interval"
    st.dataframe(rows, hide_index=True, alt=alt)
    done = [(names[one.order.folder], score) for one, score in scored if one.outcome.is_done]
    note(" ".join([*told_apart(done), "The last epoch counts, not the best."]))


def _offer_to_go_on(records: Sequence[Record], names: dict[str, str]) -> None:
    """With the settings that it had: those of the controls may be others by now."""
    live = [job.request for job in session.manager().jobs() if job.is_live]
    if any(isinstance(task, Training) for task in live):
        return
    for one in records:
        if not one.outcome.is_done:
            name = names[one.order.folder]
            done, planned = len(one.epochs), one.order.recipe.epochs
            task = Training(
                f"Train {name}", (one.order,), read_machine().usable_cpus, session.owner()
            )
            st.button(
                f"Go on with {name} after epoch {done} of {planned}",
                icon=":material/resume:",
                key=f"go-on-{one.order.folder}",
                on_click=actions.submit,
                args=(task,),
            )


def _recipe(record: Record) -> str:
    recipe = record.order.recipe
    begun = ", fine-tuned" if record.order.start else ""
    return f"{recipe.optimiser} {recipe.learning_rate:g}, seed {recipe.seed}{begun}"


def _show_tradeoff(
    records: Sequence[Record], names: dict[str, str], places: dict[str, int]
) -> None:
    """places: of the networks among the curves, whose colours they keep."""
    times = [session.timed(Candidate(config=one.config), TIMED_IN) for one in records]
    is_timed = all(time is not None for time in times)
    metric: Metric = "latency" if is_timed else "mult_adds"
    marks = [
        charts.Mark(
            names[one.order.folder],
            score,
            time.median_s if is_timed and time else cost(one.config).mult_adds,
            places[one.order.folder],
        )
        for one, time in zip(records, times, strict=True)
        if (score := one.outcome.score) is not None
    ]
    st.subheader("Accuracy against what it costs here", anchor=False)
    draw(
        charts.scored(marks, metric, dark=session.is_dark()),
        "learned_tradeoff",
        charts.scored_alt(marks, metric),
        selectable=False,
    )
    networks = tuple(dict.fromkeys(Candidate(config=one.config) for one in records))
    if is_timed:
        note("Latency in eager PyTorch, float32, 1 thread, 1 image.")
        return
    st.button(
        "Time these networks",
        icon=":material/timer:",
        key="time_learned",
        help="In eager PyTorch, one thread, one image, in turns. Until then the axis is mult-adds.",
        on_click=actions.time_networks,
        args=(f"Time {units.counted(len(networks), 'trained network')}", networks, (TIMED_IN,)),
    )
    actions.show_refusal()
