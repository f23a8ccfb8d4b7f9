"""Buttons that carry out what is chosen when they are reached, and whose press is never lost.

A callback's arguments are those of the last drawing: an engine chosen a moment before the press
would be left out of them. A button's own value is gone if the run that has it gives way to another.
So the callback only notes the press, and the page carries it out when it comes to the button.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

LASTS_S = 30.0  # a page that never came to the button must not surprise whoever comes back to it


def pressed(label: str, *, key: str, disabled: bool = False, **options: Any) -> bool:
    """Draw a button; whether it was pressed since it was drawn last, and still may be.

    options: as `st.button` takes them, but for the callback.
    """
    st.button(label, key=key, disabled=disabled, on_click=_note, args=(key,), **options)
    noted_s = st.session_state.pop(_place(key), None)
    return not disabled and noted_s is not None and time.monotonic() - noted_s < LASTS_S


def _note(key: str) -> None:
    st.session_state[_place(key)] = time.monotonic()


def _place(key: str) -> str:
    return f"pressed {key}"
