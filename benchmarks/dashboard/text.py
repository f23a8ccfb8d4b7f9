"""Small print that everybody can read: Streamlit's own captions are too pale for that."""

from __future__ import annotations

from typing import Literal

import streamlit as st

_MARKUP = r"\`*_{}[]()#+-.!|~:$<>&"


def note(text: str, *, width: Literal["stretch", "content"] = "stretch") -> None:
    st.markdown(f":gray[:small[{text}]]", width=width)


def plain(text: str) -> str:
    """Words that may be a stranger's, so that no markup in them is followed."""
    return "".join(f"\\{one}" if one in _MARKUP else one for one in text)
