"""The Compare page: snapshots side by side, what differs, and what may be concluded in words."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import charts, units
from benchmarks.compare import Comparison, Spread, compare, spread_of
from benchmarks.dashboard import session
from benchmarks.dashboard.text import note, plain
from benchmarks.insight import about, way_label
from benchmarks.report.pictures import caption
from benchmarks.results import Measurement
from benchmarks.samples import samples
from benchmarks.setups import facts, machine_key, machine_label
from benchmarks.snapshot import Snapshot
from benchmarks.store import StoreError
from benchmarks.texts import own_direction

MAX_COMPARED = 6
OFFERED = 200  # of the store, the newest


def page() -> StreamlitPage:
    return st.Page(show, title="Compare", icon=":material/compare_arrows:", url_path="compare")


def show() -> None:
    st.title("Compare snapshots", anchor=False)
    try:
        _show()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/database_off:")


def _show() -> None:
    shipped = {one.id: one for one in samples()}
    kept = session.store().find(limit=OFFERED).entries
    names = {one.id: _dated(one.name, one.started_utc) for one in kept}
    names |= {one.id: f"{one.title} (example)" for one in shipped.values()}
    if "compared" not in st.session_state:
        asked = list(dict.fromkeys(st.query_params.get_all("of")))
        there = [one for one in asked if _is_there(one, names)]
        st.session_state["compared"] = there[:MAX_COMPARED] if asked else list(shipped)
        st.session_state["not_compared"] = _missing(len(asked), len(there))
    for problem in st.session_state["not_compared"]:
        st.warning(problem, icon=":material/link_off:")
    chosen = st.multiselect(
        "Snapshots",
        list(names),
        format_func=lambda one: names[one],
        key="compared",
        max_selections=MAX_COMPARED,
        help="All are put beside the first.",
    )
    st.query_params["of"] = chosen
    found = [one for one in (shipped.get(one) or session.store().get(one) for one in chosen) if one]
    if len(found) < 2:
        st.info("Choose two or more: the others are put beside the first.", icon=":material/add:")
        return
    titles = _titles(found)
    _chart(found, titles)
    for title, other in zip(titles[1:], found[1:], strict=True):
        st.header(f"{_shown(title)}, beside {_shown(titles[0])}", anchor=False)
        _words(
            compare(found[0].run, other.run, lambda one: _spread(found[0], one)), titles[0], title
        )
    _differences(found, titles)


def _missing(asked: int, there: int) -> list[str]:
    """What a link asks for that the page does not show."""
    problems = []
    if there < asked:
        of = units.counted(asked, "snapshot")
        problems.append(
            f"Of the {of} in this link {asked - there} cannot be shown: not kept on this server, "
            "or deleted."
        )
    if there > MAX_COMPARED:
        problems.append(f"The link has {there} snapshots; the first {MAX_COMPARED} are shown.")
    return problems


def _is_there(snapshot_id: str, names: dict[str, str]) -> bool:
    """Whether it can be shown; one that is not among the newest is offered as well."""
    if snapshot_id in names:
        return True
    entry = session.store().entry(snapshot_id)
    if entry is not None:
        names[snapshot_id] = _dated(entry.name, entry.started_utc)
    return entry is not None


def _dated(name: str, started_utc: str) -> str:
    return f"{name} · {started_utc[:10]}"


def _titles(found: list[Snapshot]) -> list[str]:
    """A name for each, told apart by a number where two are alike."""
    names = [one.title or about(one.run) for one in found]
    return [
        name if names.count(name) == 1 else f"{name} ({place})"
        for place, name in enumerate(names, start=1)
    ]


def _spread(first: Snapshot, one: Measurement) -> Spread:
    key = machine_key(first.run.machine)
    kept = session.store().sessions(key, one.candidate.key, one.scenario)
    return spread_of([timing.median_s for timing in kept if timing.quality == "measured"])


def _chart(found: list[Snapshot], titles: list[str]) -> None:
    series = []
    for title, one in zip(titles, found, strict=True):
        rows = one.run.measurements
        many = len({row.scenario for row in rows}) > 1
        named = {_named(row, many): row for row in rows}
        series.append(
            charts.Series(f"{own_direction(title)} · {machine_label(one.run.machine)}", named)
        )
    figure = charts.beside(series, dark=session.is_dark())
    lines = [" · ".join(caption(one)[1:]) for one in found[: charts.MOST_RUNS]]
    st.plotly_chart(
        charts.Ready(charts.captioned(figure, lines, dark=session.is_dark())),
        key="beside",
        theme=None,
        config=dict(charts.CONFIG),
        alt=charts.beside_alt(series),
    )
    note("95 % intervals of each session; another run of the same machine may differ by some 10 %.")


def _shown(title: str) -> str:
    return own_direction(plain(title))


def _named(row: Measurement, with_way: bool) -> str:
    label = row.candidate.label
    return f"{label}, {way_label(row.scenario)}" if with_way else label


def _words(found: Comparison, first: str, other: str) -> None:
    told = any(row.verdict in ("faster", "slower") for row in found.rows)
    icon = ":material/rule:" if told else ":material/question_mark:"
    st.info(f"**{found.level.capitalize()}.** {plain(found.conclusion)}", icon=icon)
    if found.rows:
        rows = pd.DataFrame(
            {
                "Network": row.network,
                "Run in": row.way,
                first: units.milliseconds(row.first.median_s),
                other: units.milliseconds(row.other.median_s),
                "Times as long": units.significant(row.ratio),
                "95 % interval": units.span(row.interval.low, row.interval.high, digits=3)
                if row.interval
                else units.NOT_MEASURED,
                "Verdict": row.verdict or "none is possible",
            }
            for row in found.rows
        )
        st.dataframe(rows, hide_index=True, alt=f"{len(rows)} networks of both runs, with ratios")
    if found.missing:
        note(f"Only in one of them: {', '.join(map(plain, found.missing))}.")


def _differences(found: list[Snapshot], titles: list[str]) -> None:
    st.header("What differs", anchor=False)
    everything = facts(found)
    differing = [fact for fact in everything if fact.differs]
    if differing:
        rows = {fact.name: [plain(text) for text in fact.texts] for fact in differing}
        columns = [_shown(one) for one in titles]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        st.table(table.rename_axis("Fact"))
    else:
        note("Nothing that is known of: the same machine, the same software, run the same way.")
    with st.expander("What is the same"):
        same = [f"{fact.name}: {plain(fact.texts[0])}" for fact in everything if not fact.differs]
        note("  \n".join(same) or "Nothing.")
