"""Small print that everybody can read: Streamlit's own captions are too pale for that."""

from __future__ import annotations

import re
from typing import Literal

import streamlit as st

# Icons, colours and emoji by name, which Streamlit takes for such after a backslash as well.
_NAMED = re.compile(r":(?=[a-z][\w+-]*[/:\[])")
_MARKUP = r"\`*_{}[]()#+-.!|~:$<>&"


def note(text: str, *, width: Literal["stretch", "content"] = "stretch") -> None:
    st.markdown(f":gray[:small[{text}]]", width=width)


def sentence(text: str) -> str:
    """With a capital in front and one full stop behind."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def plain(text: str) -> str:
    """Words that may be a stranger's, so that no markup in them is followed."""
    unnamed = _NAMED.sub(lambda colon: f"{colon[0]}\u2060", text)
    return "".join(f"\\{one}" if one in _MARKUP else one for one in unnamed)
