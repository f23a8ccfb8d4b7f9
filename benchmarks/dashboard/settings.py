"""What whoever runs the server has decided, in environment variables."""

from __future__ import annotations

import os

READ_ONLY_VARIABLE = "MOBILENET_BENCH_READ_ONLY"
LOGIN_VARIABLE = "MOBILENET_BENCH_LOGIN"


def is_read_only() -> bool:
    """Whether visitors may only look: nothing is measured, saved, imported or tagged."""
    return _is_on(READ_ONLY_VARIABLE)


def needs_login() -> bool:
    """Whether visitors must log in with the provider that Streamlit's secrets name."""
    return _is_on(LOGIN_VARIABLE)


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in ("1", "true", "yes", "on")
