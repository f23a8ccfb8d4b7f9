"""Streamlit fragments that redraw themselves every few seconds, and what they must not disturb.

Such a fragment must be the last element of its container. If it reruns before the page was sent,
Streamlit 1.67 sends the page without the fragment's block, and the browser then draws the fragment
over the element that follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

T = TypeVar("T")
P = ParamSpec("P")
# In the session state: the values of controls that the page also sets itself, and the callbacks
# that wait for the page.
DRAWN, POSTPONED = "drawn_values", "postponed_callbacks"


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
    """Record the values of controls that have just been drawn, for `restore`."""
    state = st.session_state
    state[DRAWN] = state.get(DRAWN, {}) | {key: state[key] for key in keys if key in state}


def restore() -> bool:
    """In a fragment's rerun, reset the controls to their recorded values; True if any differed.

    Rerun the page if it returns True. For a fragment, too, the browser sends the values of all
    controls. If the page has just set one, the browser may not know yet and sends the previous
    value. A change by hand also reruns the whole page, even if it arrives here first (`for_page`).
    """
    if not is_rerun():
        return False
    state = st.session_state
    drawn = state.get(DRAWN, {})
    lost = {key: value for key, value in drawn.items() if key in state and state[key] != value}
    for key, value in lost.items():
        state[key] = value
    return bool(lost)


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
            st.session_state[POSTPONED] = (*waiting, partial(callback, *args, **kwargs))
        else:
            callback(*args, **kwargs)

    return call


def call_postponed() -> None:
    """Before the page is drawn, run what `for_page` postponed."""
    for callback in st.session_state.pop(POSTPONED, ()):
        callback()


def is_rerun() -> bool:
    """Whether a fragment reruns by itself, as opposed to being drawn with the page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)
