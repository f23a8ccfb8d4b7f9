"""Streamlit fragments that redraw themselves every few seconds, and what they must not disturb.

Such a fragment must be the last element of its container. If it reruns before the page was sent,
Streamlit 1.67 sends the page without the fragment's block, and the browser then draws the fragment
over the element that follows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

T = TypeVar("T")
P = ParamSpec("P")
SETTLE_S = 2.0
# In the session state: the values of controls that the page also sets itself, those that the
# browser reports instead and since when, and the callbacks that wait for the page.
DRAWN, DIFFERING, POSTPONED = "drawn_values", "differing_values", "postponed_callbacks"


@contextmanager
def under_fragment(draw: Callable[[T], None], given: T, every_s: float) -> Iterator[None]:
    """Draw the body of the `with` statement below a fragment that reruns every `every_s` seconds.

    There is no gap between the two, so a fragment that draws nothing takes no room.
    """
    with st.container(gap=None):
        with st.container():
            st.fragment(draw, run_every=every_s)(given)
        with st.container():
            yield


def remember(keys: Iterable[str]) -> None:
    """Record the values of controls that have just been drawn, for `is_page_due`."""
    state = st.session_state
    state[DRAWN] = state.get(DRAWN, {}) | {key: state[key] for key in keys if key in state}
    state.pop(DIFFERING, None)


def is_page_due(news: bool) -> bool:
    """Whether a fragment should rerun the page. news: whether there is anything new to draw.

    With each rerun, also of a fragment, the browser sends the values of all controls. If the page
    has just set one, the browser may not know yet and sends the previous value: news then waits
    for the fragment's next rerun. The page is due without news if the browser's values have
    differed from those drawn for `SETTLE_S`: then they are what the person sees.
    """
    state = st.session_state
    drawn = state.get(DRAWN, {}) if is_rerun() else {}
    differing = {key: state[key] for key in drawn if key in state and state[key] != drawn[key]}
    if not differing:
        state.pop(DIFFERING, None)
        return news
    now_s = time.monotonic()
    before, since_s = state.get(DIFFERING, ({}, now_s))
    if differing != before:
        since_s = now_s
    state[DIFFERING] = (differing, since_s)
    return bool(now_s - since_s >= SETTLE_S)


def for_page(callback: Callable[P, None]) -> Callable[P, None]:
    """`callback`, which sets controls; in a fragment's rerun, only when the page is drawn next.

    What is chosen by hand may reach a fragment's rerun, if that starts at the same moment. The page
    is asked for just after it, with values that the browser had before: what the callback has set
    by then would be lost. The browser does not report the same choice a second time.
    """

    @wraps(callback)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        if is_rerun():
            waiting = st.session_state.get(POSTPONED, ())
            one = (shown_page(), partial(callback, *args, **kwargs))
            st.session_state[POSTPONED] = (*waiting, one)
        else:
            callback(*args, **kwargs)

    return call


def call_postponed() -> None:
    """Before a page is drawn, run what `for_page` postponed; not if it belonged to another page."""
    for page, callback in st.session_state.pop(POSTPONED, ()):
        if page == shown_page():
            callback()


def is_rerun() -> bool:
    """Whether a fragment reruns by itself, as opposed to being drawn with the page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def shown_page() -> str:
    """The hash of the page that the browser takes itself to be on; empty outside of Streamlit."""
    context = get_script_run_ctx()
    return context.page_script_hash if context is not None else ""
