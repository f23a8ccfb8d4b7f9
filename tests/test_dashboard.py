"""What the page decides without a browser: when to preview, words, the Method page."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.candidates import candidate
from benchmarks.collection import Collection, collect
from benchmarks.dashboard import local
from benchmarks.dashboard.actions import is_under_way, needs_preview
from benchmarks.dashboard.labels import CHOICES, key_of, name_of
from benchmarks.dashboard.progress import describe, latest_end, poll_s
from benchmarks.jobs.learning import Photograph, Recognising
from benchmarks.jobs.manager import JobView
from benchmarks.jobs.request import Request
from benchmarks.references import references
from benchmarks.results import Failure
from benchmarks.scenarios import Scenario
from mobilenet.accuracy import SOURCES
from tests.builders import measurement

HALF = candidate("0.5-160")


def job(state: str = "queued", owner: str = "me") -> JobView:
    request = Request("Preview", (HALF,), (Scenario(),), "preview", "preview", owner=owner)
    return JobView(request, state)  # type: ignore[arg-type]


def test_words_are_unique_because_the_link_carries_them() -> None:
    for name, words in CHOICES.items():
        assert len({word.casefold() for word in words().values()}) == len(words()), name


def test_every_reference_is_found_by_its_name_and_by_its_key() -> None:
    for key in references():
        assert key_of(name_of(key)) == key
        assert key_of(key) == key


def test_a_preview_starts_only_where_nothing_is_known_or_under_way() -> None:
    def needed(*jobs: JobView, collection: Collection | None = None) -> bool:
        return needs_preview(HALF, Scenario(), jobs, "me", collection or Collection())

    known = collect([replace(measurement("0.5-160"), candidate=HALF, scenario=Scenario())])

    assert needed()
    assert needed(job("replaced"))
    assert not needed(job("queued"))
    assert not needed(job("running", owner="somebody else"))
    assert not needed(collection=known)


def test_a_preview_that_failed_or_was_cancelled_by_hand_is_not_started_again() -> None:
    failure = Failure(HALF, Scenario(), "the worker process was ended")
    failed = replace(job("done"), failures=(failure,))

    assert not needs_preview(HALF, Scenario(), (failed,), "me", Collection())
    assert not needs_preview(HALF, Scenario(), (job("cancelled"),), "me", Collection())
    assert needs_preview(HALF, Scenario(), (job("cancelled", "another"),), "me", Collection())


def test_the_opening_previews_cancel_counts_for_everybody() -> None:
    opening = Request("First look", (candidate("1.0-224"),), (Scenario(),), "preview", "preview")
    jobs = (JobView(opening, "cancelled"),)

    assert not needs_preview(candidate("1.0-224"), Scenario(), jobs, "anybody", Collection())
    assert needs_preview(candidate("0.5-160"), Scenario(), jobs, "anybody", Collection())


def test_a_waiting_job_says_for_whom_it_waits() -> None:
    waiting = replace(job(), ahead=2, first="Measure 3 networks")

    assert "waits for 2 measurements" in describe(waiting)
    assert "“Measure 3 networks”" in describe(waiting)
    assert "3 s left" in describe(replace(job("running"), phase="Timing", remaining_s=3.2))


def test_a_double_click_measures_once() -> None:
    again = replace(job().request, id="another")
    longer = replace(again, preset="certify")

    assert is_under_way(again, (job("queued"),))
    assert is_under_way(again, (job("running"),))
    assert not is_under_way(again, (job("done"), job("cancelled")))
    assert not is_under_way(longer, (job("running"),))
    assert not is_under_way(replace(again, memory=True), (job("running"),))


def test_a_proper_measurement_is_watched_seldom_because_watching_disturbs_it() -> None:
    proper = replace(job("running"), request=replace(job().request, quality="measured"))

    assert poll_s(()) > poll_s((proper,)) > poll_s((job("running"),))
    assert poll_s((replace(proper, state="done"),)) == poll_s(())
    assert poll_s((), is_trying=True) == poll_s((job("running"),))


def test_the_end_that_is_told_is_of_the_last_job_that_somebody_asked_for() -> None:
    asked = job("cancelled")
    unasked = replace(job("done"), request=replace(asked.request, background=True))

    other = replace(job("running"), request=replace(asked.request, title="something else"))
    assert latest_end((asked, job("replaced"), unasked, other)) == asked
    assert latest_end((unasked,)) is None


def test_the_end_of_what_is_tried_again_is_no_news() -> None:
    assert latest_end((job("done"), job("running"))) is None


def test_what_came_of_a_photograph_stands_where_it_was_dropped_alone() -> None:
    seen = JobView(Recognising("Look", Photograph("mine.png", b""), ()), "done", problem="no image")
    timed = job("done")

    assert latest_end((seen,)) is None
    assert latest_end((timed, seen)) == timed


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("localhost", True),
        ("my.localhost", True),
        ("0.0.0.0", False),
        ("192.168.0.7", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_only_this_computer_is_this_computer(host: str, is_own: bool) -> None:
    assert local.is_loopback(host) == is_own


@pytest.mark.parametrize(
    ("listens_on", "url", "may"),
    [
        ("127.0.0.1", "http://localhost:8501/accuracy", True),
        ("127.0.0.1", "https://bench.example.org/accuracy", False),  # another server in front
        ("0.0.0.0", "http://localhost:8501/accuracy", False),
        (None, "http://localhost:8501/accuracy", False),  # Streamlit then listens to everybody
        ("127.0.0.1", None, False),
    ],
)
def test_folders_are_named_only_where_nobody_else_can(
    monkeypatch: pytest.MonkeyPatch, listens_on: str | None, url: str | None, may: bool
) -> None:
    seen = SimpleNamespace(get_option=lambda _: listens_on, context=SimpleNamespace(url=url))
    monkeypatch.setattr(local, "st", seen)

    assert local.may_name_folders() == may


@pytest.mark.parametrize("odd", ["~nobody-is-called-so/x", "a" * 5000, "a\0b"])
def test_what_can_be_no_path_is_no_folder_and_no_error(
    monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    monkeypatch.setattr(local, "st", SimpleNamespace(session_state={"path": f" {odd} "}))

    typed = local.typed_path("path")

    assert typed is not None
    assert typed.endswith(odd)
    assert not local.is_folder(typed)
    assert not local.is_file(typed)


def test_the_method_page_names_every_source_and_its_known_errors() -> None:
    def method_page() -> None:
        from benchmarks.dashboard import method

        method.show()

    shown = AppTest.from_function(method_page).run()

    assert not shown.exception
    text = " ".join(one.value for one in shown.markdown)
    for source in SOURCES.values():
        assert source.title in text
        assert all(footnote in text for footnote in source.footnotes)
    assert all(network.label in text for network in references().values())
