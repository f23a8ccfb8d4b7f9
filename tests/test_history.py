"""A machine over time: what changed between its runs, and the chart of it."""

from __future__ import annotations

from benchmarks import charts
from benchmarks.charts import as_figure
from benchmarks.history import Change, Session, changes
from tests.wording import Wording


def session(day: int, median_s: float = 0.004, **packages: str) -> Session:
    return Session(
        id=f"{day:026d}",
        name=f"Run <b>{day}</b>",
        started_utc=f"2026-01-{day:02d}T10:20:30+00:00",
        packages=tuple(packages.items()),
        quality="measured" if day % 2 else "preview",
        median_s=median_s,
        low_s=0.9 * median_s if day % 2 else None,
        high_s=1.1 * median_s if day % 2 else None,
    )


def test_changes_are_told_where_versions_differ_from_the_run_before() -> None:
    found = changes(
        [
            session(1, torch="2.13", openvino="2026.3"),
            session(2, torch="2.13", openvino="2026.3"),
            session(3, torch="2.14", openvino="2026.3", onnx="1.20"),
            session(4, torch="2.14", onnx="1.20"),
        ]
    )

    assert found == (
        Change("2026-01-03T10:20:30+00:00", ("torch 2.13 → 2.14", "onnx none → 1.20")),
        Change("2026-01-04T10:20:30+00:00", ("openvino 2026.3 → none",)),
    )


def test_a_single_run_has_no_changes() -> None:
    assert changes([session(1, torch="2.13")]) == ()
    assert changes([]) == ()


def test_the_chart_begins_at_zero_and_marks_every_change() -> None:
    sessions = [session(1, 0.004, torch="2.13"), session(3, 0.006, torch="2.14")]
    figure = charts.history(sessions, changes(sessions), dark=False)
    drawn = as_figure(figure)

    assert list(drawn.data[0].y) == [4.0, 6.0]
    assert drawn.layout.yaxis.range[0] == 0
    assert drawn.layout.yaxis.range[1] > 6.6
    assert len(drawn.layout.shapes) == len(drawn.layout.annotations) == 1
    assert "<b>1" not in drawn.data[0].hovertext[0]


def test_the_chart_is_told_in_words_as_well(wording: Wording) -> None:
    sessions = [session(1, 0.004, torch="2.13"), session(2, 0.006, torch="2.14")]

    alt = charts.history_alt(sessions, changes(sessions))

    assert "6.00 ms" in alt
    assert "torch 2.13 → 2.14" in alt
    wording(alt)


def test_no_run_is_a_sentence() -> None:
    assert charts.history([], (), dark=True)["layout"]["annotations"][0]["text"]
