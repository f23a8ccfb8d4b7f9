"""Small print that everybody can read: Streamlit's own captions are too pale for that."""

from __future__ import annotations

from typing import Literal

import streamlit as st


def note(text: str, *, width: Literal["stretch", "content"] = "stretch") -> None:
    st.markdown(f":gray[:small[{text}]]", width=width)
