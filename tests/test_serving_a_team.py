"""What whoever runs a server may decide: who gets in, and what they may do."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dashboard.settings import (
    LOGIN_VARIABLE,
    READ_ONLY_VARIABLE,
    is_read_only,
    needs_login,
)
from tests.wording import Wording

APP = Path(__file__).resolve().parents[1] / "app.py"


def test_where_no_provider_is_set_up_nobody_gets_past_the_door(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    monkeypatch.setenv(LOGIN_VARIABLE, "1")
    monkeypatch.setenv(READ_ONLY_VARIABLE, "1")

    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(str(APP), default_timeout=30).run()

    assert [one.value for one in page.title] == ["MobileNet Bench"]
    assert not page.button
    assert not page.exception
    wording(page.error[0].value)


def test_whoever_is_not_logged_in_is_asked_to_and_sees_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def door() -> None:
        from unittest.mock import patch

        import streamlit as st

        from benchmarks.dashboard import login

        with patch.object(login.st, "user", {"is_logged_in": st.session_state.get("inside")}):
            if "inside" not in st.session_state:
                st.session_state["inside"] = False
                st.rerun()
            login.ask()
        st.write("Behind the door")

    from streamlit.testing.v1 import AppTest

    page = AppTest.from_function(door, default_timeout=30).run()
    assert [one.label for one in page.button] == ["Log in"]
    assert not [one for one in page.markdown if "Behind" in one.value]

    page.session_state["inside"] = True
    page.run()
    assert [one.value for one in page.markdown] == ["Behind the door"]


@pytest.mark.parametrize(
    ("text", "is_on"), [("1", True), ("true", True), (" On ", True), ("0", False), ("", False)]
)
def test_a_switch_is_on_where_its_variable_says_so(
    text: str, is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, text)
    monkeypatch.setenv(LOGIN_VARIABLE, text)

    assert is_read_only() == needs_login() == is_on
