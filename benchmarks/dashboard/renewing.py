"""Parts of a page that redraw themselves while the rest stays as it is.

Such a part has to be the last in its container. When it is redrawn before its first drawing was
sent, Streamlit 1.67 sends the page without it, and the browser then draws it in the place of what
follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


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
