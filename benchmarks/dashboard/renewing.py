"""Parts of a page that redraw themselves while the rest stays as it is.

Such a part has to be the last in its container. When it is redrawn before its first drawing was
sent, Streamlit 1.67 sends the page without it, and the browser then draws it in the place of what
follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

T = TypeVar("T")
DRAWN = "drawn_values"  # of controls that the page moves by itself, in the session's state


@contextmanager
def under_renewing(draw: Callable[[T], None], given: T, every_s: float) -> Iterator[None]:
    """What is drawn in here stands below a part that is drawn anew every `every_s` seconds.

    There is no space between them: a part that has nothing to show takes none.
    """
    with st.container(gap=None):
        with st.container():
            st.fragment(draw, run_every=every_s)(given)
        with st.container():
            yield


def forget() -> None:
    """Call it before a page is drawn: then its controls may be moved."""
    st.session_state[DRAWN] = {}


def remember(keys: Iterable[str]) -> None:
    """The values of controls that have just been drawn; see `restore`."""
    state = st.session_state
    state[DRAWN] = state.get(DRAWN, {}) | {key: state[key] for key in keys if key in state}


def restore() -> bool:
    """Take back what no hand has changed; whether there was anything.

    Call it where a part of the page is redrawn: a browser that asks for that may not have seen yet
    where the page has moved its controls, and then sends the values from before. What a hand
    changes draws the whole page.
    """
    state = st.session_state
    drawn = state.get(DRAWN, {})
    lost = {key: value for key, value in drawn.items() if key in state and state[key] != value}
    for key, value in lost.items():
        state[key] = value
    return bool(lost)
