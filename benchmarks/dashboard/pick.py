"""One of a few words in a row; the choice stands in the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

K = TypeVar("K", bound=str)


def pick(label: str, words: Mapping[K, str], default: K, *, key: str, help: str | None = None) -> K:
    """words: key to word. key: of the widget, and its name in the link."""
    chosen: K = st.segmented_control(
        label,
        list(words),
        default=default,
        required=True,
        format_func=lambda name: words[name],
        key=key,
        bind="query-params",
        help=help,
    )
    return chosen
