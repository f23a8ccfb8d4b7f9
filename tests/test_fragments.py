"""Fragments that redraw themselves, and what they must not disturb."""

from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner

from benchmarks.dashboard import fragments
from benchmarks.dashboard.fragments import DRAWN, SETTLE_S, call_postponed, for_page, is_page_due
from benchmarks.dashboard.labels import MOBILENET
from benchmarks.dashboard.network import KEYS
from tests.pages import Site, card, drawn, site

__all__ = ["site"]


@pytest.fixture
def sent() -> Iterator[list[ForwardMsg]]:
    """The messages to the browser from the pages that the test draws."""
    messages: list[ForwardMsg] = []
    ForwardMsgQueue.on_before_enqueue_msg(messages.append)
    yield messages
    ForwardMsgQueue.on_before_enqueue_msg(None)


def are_last(sent: list[ForwardMsg]) -> list[bool]:
    """Whether each fragment is the last element of its container."""
    blocks = {tuple(one.metadata.delta_path): one.delta for one in sent if one.HasField("delta")}
    fragments = [
        place
        for place, delta in blocks.items()
        if delta.fragment_id and place[:-1] in blocks and not blocks[place[:-1]].fragment_id
    ]
    return [(*place[:-1], place[-1] + 1) not in blocks for place in fragments]


@pytest.mark.parametrize(
    ("page", "query", "parts"),
    [
        ("explore", {}, 1),
        ("paper", {}, 1),
        ("choose", {}, 1),
        ("tasks", {}, 1),
        ("tasks", {"task_view": "train"}, 1),
        ("tasks", {"task_view": "ask"}, 1),
        ("accuracy", {}, 1),
        ("trying", {}, 1),
        ("measurable", {}, 2),
        ("gallery", {}, 1),
    ],
)
def test_a_fragment_is_the_last_element_of_its_container(
    site: Site, sent: list[ForwardMsg], page: str, query: dict[str, str], parts: int
) -> None:
    site.opened(page, **query)

    assert are_last(sent) == [True] * parts


def test_so_is_the_fragment_that_looks_for_a_notebooks_orders(
    site: Site, sent: list[ForwardMsg]
) -> None:
    page = site.page()
    page.session_state["steered_as"], page.session_state["steered_to"] = "a notebook", 0
    drawn(page)

    assert are_last(sent) == [True, True]  # and the jobs


def test_what_the_page_itself_selects_is_not_taken_back(site: Site) -> None:
    page = site.page()
    page.session_state["steered_as"], page.session_state["steered_to"] = "a notebook", 0
    drawn(page)
    page.session_state["width"] = 0.5  # as an order does, before the page is drawn
    drawn(page)

    assert page.session_state["width"] == 0.5


def rerun_fragment(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when one renews itself; no fragment has this id, so that only the values arrive."""
    with monkeypatch.context() as patch:
        of_a_fragment = partial(RerunData, fragment_id_queue=["any"], is_auto_rerun=True)
        patch.setattr(local_script_runner, "RerunData", of_a_fragment)
        page.run()


def test_what_was_chosen_by_hand_in_a_fragments_rerun_waits_for_the_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = drawn(site.page())
    page.segmented_control(key="width_stop_0").set_value(0.5)
    rerun_fragment(page, monkeypatch)
    assert page.session_state["width"] == 1.0

    drawn(page)

    assert page.session_state["width"] == 0.5
    assert "149 M" in card(page, "Mult-adds")


def test_news_waits_while_the_browser_reports_other_values_and_none_is_reset(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site.opened("explore", network="MobileNetV3-Small")
    state = {key: page.session_state[key] for key in (*KEYS, "pins", DRAWN)}
    now_s = 100.0
    monkeypatch.setattr(fragments, "st", SimpleNamespace(session_state=state))
    monkeypatch.setattr(fragments, "is_rerun", lambda: True)
    monkeypatch.setattr(fragments, "time", SimpleNamespace(monotonic=lambda: now_s))

    assert [is_page_due(news=False), is_page_due(news=True)] == [False, True]

    state["network"], state["width"] = MOBILENET, 0.5  # as the browser still has it
    assert not is_page_due(news=True)
    assert (state["network"], state["width"]) == (MOBILENET, 0.5)  # by hand, perhaps
    now_s += SETTLE_S
    assert is_page_due(news=False)  # the browser will not change its mind
    state["width"] = 0.75
    assert not is_page_due(news=True)

    state["network"], state["width"] = "mobilenet_v3_small", 1.0
    assert is_page_due(news=True)
    state["pins"] = ["0.5-160"]
    assert not is_page_due(news=True)
    state["pins"] = []
    del state["width"]  # on another page
    assert is_page_due(news=True)
    assert (state["network"], state["pins"]) == ("mobilenet_v3_small", [])


def test_what_waits_for_one_page_is_not_done_on_another(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    state: dict[str, object] = {}
    page = "explore"
    monkeypatch.setattr(fragments, "st", SimpleNamespace(session_state=state))
    monkeypatch.setattr(fragments, "is_rerun", lambda: True)
    monkeypatch.setattr(fragments, "shown_page", lambda: page)

    for_page(done.append)("on explore")
    page = "choose"
    for_page(done.append)("on choose")
    call_postponed()
    call_postponed()

    assert done == ["on choose"]
