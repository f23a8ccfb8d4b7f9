"""Whether who looks sits at the computer that the server runs on."""

from __future__ import annotations

import ipaddress
import os.path  # pathlib raises where this says no
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
    """What stands in a field for a path; `~` is the home folder of the server's own user.

    Absolute: records of a training outlast the folder that the server was started in.
    """
    typed = str(st.session_state.get(key, "")).strip()
    return os.path.abspath(os.path.expanduser(typed)) if typed else None  # noqa: PTH100, PTH111


def is_folder(path: str) -> bool:
    """False also for what can be no path: too long, or not to be looked at."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: str) -> bool:
    """The same."""
    return os.path.isfile(path)  # noqa: PTH113
