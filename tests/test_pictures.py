"""Pictures of snapshots: one that stands alone, several runs on one chart, one that is tiny."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from benchmarks import charts
from benchmarks.charts import Series, as_figure
from benchmarks.charts.thumbnail import HEIGHT, WIDTH
from benchmarks.dashboard.viewer import link_to
from benchmarks.dots import Dot, dots
from benchmarks.samples import samples
from tests.builders import a_run, measurement
from tests.wording import Wording

ID = "a" * 26


@pytest.mark.parametrize("dark", [False, True])
def test_a_caption_is_part_of_the_picture_and_has_room(dark: bool) -> None:
    plain = charts.distribution([measurement("0.5-160")], dark=dark)
    figure = as_figure(charts.captioned(plain, ["Example CPU", "<b>valid</b>"], dark=dark))

    assert figure.layout.annotations[-1].text == "Example CPU<br>&lt;b&gt;valid&lt;/b&gt;"
    assert figure.layout.margin.b > plain["layout"]["margin"]["b"]
    assert figure.layout.height > plain["layout"]["height"]
    assert figure.layout.paper_bgcolor != "rgba(0,0,0,0)"
    assert plain["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"  # it is another figure


def series(*medians_ms: float) -> list[Series]:
    return [
        Series(f"Run {number} <i>", {"0.5-160": measurement("0.5-160", median_ms=median_ms)})
        for number, median_ms in enumerate(medians_ms)
    ]


def test_runs_beside_each_other_have_a_colour_a_symbol_and_a_name_each() -> None:
    figure = as_figure(charts.beside(series(4, 5, 6), dark=False))

    assert [trace.name for trace in figure.data] == [f"Run {n} &lt;i&gt;" for n in range(3)]
    assert len({trace.marker.color for trace in figure.data}) == 3
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert [trace.x[0] for trace in figure.data] == pytest.approx([4e-3, 5e-3, 6e-3], rel=0.01)


def test_runs_beside_each_other_are_told_in_words_as_well(wording: Wording) -> None:
    told = charts.beside_alt(series(4, 5))

    assert told.index("Run 0 <i>") < told.index("3.98 ms") < told.index("Run 1 <i>")
    assert told.index("Run 1 <i>") < told.index("4.98 ms")
    wording(told)


def test_nothing_beside_nothing_is_a_sentence() -> None:
    assert charts.beside([], dark=True)["layout"]["annotations"][0]["text"]


def places(text: str) -> list[tuple[float, float]]:
    circles = ET.fromstring(text).iter("{http://www.w3.org/2000/svg}circle")
    return [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in circles]


def test_a_small_picture_has_fast_networks_left_and_accurate_ones_above() -> None:
    run = a_run(measurement("0.25-128", median_ms=1), measurement("1.0-224", median_ms=20))
    (small, large) = places(charts.thumbnail(dots(run)))

    assert small[0] < large[0]
    assert small[1] > large[1]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in (small, large))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_small_picture_of_few_or_equal_networks_is_drawn_too(count: int) -> None:
    same = [Dot(0.004, 70.0, "ResNet", False)] * count

    assert len(places(charts.thumbnail(same))) == count


def test_two_measured_snapshots_come_with_the_program() -> None:
    first, second = samples()

    assert [one.run.state.word for one in samples() if one.run.state] == ["valid", "valid"]
    assert first.run.measurements[0].scenario.threads == 1
    assert second.run.measurements[0].scenario.threads == 2
    assert not first.is_recomputed


@pytest.mark.parametrize(
    ("url", "link", "is_local"),
    [
        ("http://127.0.0.1:8501/", f"http://127.0.0.1:8501/snapshots?snapshot={ID}", True),
        ("http://localhost:8501/snapshots", f"http://localhost:8501/snapshots?snapshot={ID}", True),
        ("http://[::1]:8501/", f"http://[::1]:8501/snapshots?snapshot={ID}", True),
        ("https://bench.example.org/", f"https://bench.example.org/snapshots?snapshot={ID}", False),
        (
            "https://example.org/team/bench/snapshots?snapshot=old",
            f"https://example.org/team/bench/snapshots?snapshot={ID}",
            False,
        ),
        ("http://192.168.1.7:8501/", f"http://192.168.1.7:8501/snapshots?snapshot={ID}", False),
    ],
)
def test_a_link_says_whether_it_opens_on_this_computer_only(
    url: str, link: str, is_local: bool
) -> None:
    assert link_to(ID, url) == (link, is_local)
