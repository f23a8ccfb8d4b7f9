"""Whether who looks sits at the computer that the server runs on."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st


def is_loopback(host: str) -> bool:
    """Whether the name or the address means the computer itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def may_name_folders() -> bool:
    """Whether the server listens on this computer alone and the page was asked for by such a name.

    Anybody else could find out by the answers what is on its disk. What comes through another
    server in front of it bears that one's name.
    """
    listens_on = st.get_option("server.address")
    host = urlsplit(st.context.url or "").hostname
    return bool(listens_on and is_loopback(listens_on) and host and is_loopback(host))


def typed_path(key: str) -> str | None:
    """What stands in a field for a path; `~` is the home folder of the server's own user."""
    typed = str(st.session_state.get(key, "")).strip()
    return str(Path(typed).expanduser()) if typed else None
