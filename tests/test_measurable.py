"""The page "Can this machine be measured?" as Streamlit runs it, with nothing timed."""

from concurrent.futures import Future
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.collection import Collection
from benchmarks.dashboard import session, signs
from benchmarks.dashboard.identical import headline
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.jobs.manager import JobManager, JobView
from benchmarks.machine import read_machine
from benchmarks.validation import TITLE, requests, shown_by
from tests import neighbour
from tests.builders import QUIET_COPIES as QUIET
from tests.builders import aa_test as a_test
from tests.pages import Site, alts, drawn, press, said, site, strips

__all__ = ["site"]

USABLE = read_machine().usable_cpus
THREADS = sorted({1, USABLE})  # what the page offers to test at first


@pytest.fixture
def page(site: Site) -> AppTest:
    return site.page("measurable")


def queued() -> list[JobView]:
    return [job for job in session.manager().jobs() if job.is_live]


def test_before_any_test_the_page_shows_every_sign_and_how_long_the_test_takes(
    page: AppTest, site: Site
) -> None:
    page.run()

    assert not page.exception
    assert page.title[0].value == TITLE
    assert "Not known yet" in said(page)
    assert f"{2 * len(THREADS)} runs, each about 1 min or less" in said(page)
    for sign in ("Other programs", "Waiting for a CPU", "Swap", "Virtual machine"):
        assert f"| {sign.replace(' ', signs.NO_BREAK)} |" in said(page)
    assert "Read when nobody measures" not in said(page)
    assert len(page.get("plotly_chart")) == 0


def test_while_somebody_measures_signs_stay_as_they_were(page: AppTest, site: Site) -> None:
    page.run()
    before = page.session_state["signs"]
    with neighbour.measuring("the neighbour's", site.folder / "locks"):
        page.run()
        assert page.session_state["signs"] == before
        assert "As before the measurement" in said(page)
    page.run()

    assert page.session_state["signs"] != before


def test_a_double_click_tests_once_and_every_tab_can_cancel(page: AppTest, site: Site) -> None:
    other = site.opened("measurable")
    page.run()
    site.machine.hold("ready")
    page.segmented_control(key="aa_runs").set_value(4)
    page.segmented_control(key="aa_threads").set_value([1])
    page.button(key="find_out").click().run()
    other.button(key="find_out").click().run()  # it was drawn before
    assert [job.request.title for job in queued()] == [
        f"Identical networks, 1 thread, run {n} of 4" for n in (1, 2, 3, 4)
    ]
    assert {job.request.scenarios[0].engine for job in queued()} == {"onnxruntime"}
    assert page.button(key="find_out").disabled

    assert other.button(key="find_out").disabled
    other.button(key="cancel_runs").click().run()
    site.finish()
    assert {job.state for job in site.manager.jobs()} == {"cancelled"}
    other.run()
    assert not other.button(key="find_out").disabled
    assert not other.exception
    assert "no run came to its end" in said(other)


def test_an_engine_that_does_not_run_here_cannot_be_tested(
    page: AppTest, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = list(ENGINES).index("onnxruntime")
    why = "not installed"
    site.statuses[place] = replace(site.statuses[place], available=False, reason=why)
    page.run()

    assert page.button(key="find_out").disabled
    assert "ONNX Runtime does not run here: not installed" in said(page)


def test_a_result_is_there_for_whoever_opens_the_page(
    page: AppTest, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = requests("onnxruntime", 1, 2, "standard")
    collection = Collection()
    for request in wanted:
        collection = collection.plus_run(replace(a_test(*QUIET), id=request.id))
    monkeypatch.setattr(JobManager, "collection", lambda manager: collection)
    session.asked().tests = (wanted,)
    page.run()

    assert not page.exception
    assert "Yes: a difference of" in page.success[0].value
    (chart,) = page.get("plotly_chart")
    assert "6 pairs: 6 same" in chart.proto.alt
    assert "| … called different | 0, and should be none |" in said(page)
    assert "95 % intervals of ONNX Runtime, effort standard" in said(page)


def test_where_nothing_can_be_queued_the_way_out_is_said(
    page: AppTest, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.refuse_to_queue()
    page.run()

    assert not page.exception
    assert f"set {FOLDER_VARIABLE} to a folder that can be written" in page.error[0].value


def test_the_headline_says_how_far_the_test_has_come() -> None:
    asked = requests("onnxruntime", 1, 2, "standard")
    live = [JobView(asked[1], "running")]

    begun = headline(asked, shown_by([]), live)
    half = headline(asked, shown_by([a_test(*QUIET)]), live)

    assert begun == "**Being found out.** :small[ONNX Runtime, 1 thread]"
    assert half.startswith("**Yes: a difference of")
    assert "so far: after 1 run of 2" in half
    assert "so far" not in headline(asked, shown_by([a_test(*QUIET)] * 2), [])


def test_all_threads_are_tested_in_turns_with_one_each_with_an_answer_of_its_own(
    page: AppTest, site: Site
) -> None:
    page.run()
    site.machine.hold("ready")
    page.button(key="find_out").click().run()
    assert [job.request.scenarios[0].threads for job in queued()] == THREADS * 2
    answers = [one.value for one in page.info if "Being found out" in one.value]
    assert len(answers) == len(THREADS)
    page.button(key="cancel_runs").click().run()
    site.finish()


def test_without_a_number_of_threads_nothing_can_be_started(page: AppTest, site: Site) -> None:
    page.run()
    page.segmented_control(key="aa_threads").set_value([]).run()

    assert not page.exception
    assert page.button(key="find_out").disabled
    assert "Choose a number of threads." in said(page)


@pytest.mark.parametrize("busy", [True, False])
def test_a_run_that_cannot_be_relied_on_leads_to_this_page(
    site: Site, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    def strip() -> None:
        from benchmarks.dashboard import measurable, progress, session

        session.need_queue("Nothing can be measured")
        with progress.under_jobs(measurable.page()):
            pass

    (request,) = requests("onnxruntime", 1, 1, "standard")
    run = replace(a_test(*QUIET, busy=busy), id=request.id)
    monkeypatch.setattr(JobManager, "collection", lambda manager: Collection().plus_run(run))
    monkeypatch.setattr(JobManager, "jobs", lambda manager: (JobView(request, "done"),))
    shown = AppTest.from_function(strip, default_timeout=60).run()

    assert not shown.exception
    assert len(shown.error) == busy
    links = [one.proto.label for one in shown.get("page_link")]
    assert links == [TITLE] * busy + ["Save or share this run"]


def test_a_result_that_comes_while_the_page_is_drawn_is_shown_once_it_is(site: Site) -> None:
    def page() -> None:
        import time

        import streamlit as st

        from benchmarks.dashboard import progress, session
        from tests.builders import a_run

        session.need_queue("Nothing can be measured")
        st.write(f"{len(session.manager().collection().finished)} runs")
        if not session.manager().collection().finished:
            session.manager().add(a_run())  # after it was looked for
        with progress.under_jobs():
            pass
        time.sleep(progress.MIN_REDRAW_S)
        progress._strip(None)  # as the browser asks for it after a while

    shown = AppTest.from_function(page, default_timeout=60).run()

    assert [one.value for one in shown.markdown] == ["1 runs"]


def test_engines_that_are_found_while_the_page_is_drawn_are_shown_once_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page() -> None:
        import time

        import streamlit as st

        from benchmarks.dashboard import progress, session

        session.need_queue("Nothing can be measured")
        st.write("trying" if session.is_trying() else "tried")
        if session.is_trying():
            session._probing().set_result(())  # after it was looked for
        with progress.under_jobs():
            pass
        time.sleep(progress.MIN_REDRAW_S)
        progress._strip(None)  # as the browser asks for it after a while

    trying: Future[tuple[EngineStatus, ...]] = Future()
    monkeypatch.setattr(session, "_probing", lambda: trying)
    shown = AppTest.from_function(page, default_timeout=60).run()

    assert [one.value for one in shown.markdown] == ["tried"]


def test_the_test_of_identical_networks_answers_in_one_sentence_for_every_tab(site: Site) -> None:
    page, other = site.opened("measurable"), site.opened("measurable")
    site.machine.hold("ready")
    page.segmented_control(key="aa_effort").set_value("quick")
    page.segmented_control(key="aa_runs").set_value(1)
    page.segmented_control(key="aa_threads").set_value([1])
    press(page, "find_out")
    assert any("Identical networks" in strip for strip in strips(drawn(other)))
    site.finish()

    for tab in (page, other, site.opened("measurable")):
        drawn(tab)
        assert len([*tab.success, *tab.warning]) >= 1
        assert not tab.info
        (chart,) = alts(tab)
        assert "3 pairs" in chart
