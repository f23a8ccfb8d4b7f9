"""A door before every page, where whoever runs the server wants one."""

from __future__ import annotations

import streamlit as st


def ask() -> None:
    """Lets nobody past who has not logged in with the provider of `.streamlit/secrets.toml`."""
    is_logged_in = st.user.get("is_logged_in")
    if is_logged_in is True:
        return
    st.title("MobileNet Bench", anchor=False)
    if is_logged_in is None:
        st.error(
            "This server asks its visitors to log in, but knows no provider to ask. Whoever runs "
            "it: install streamlit[auth], and name the provider in .streamlit/secrets.toml.",
            icon=":material/lock:",
        )
    else:
        st.write("This server asks its visitors to log in.")
        st.button("Log in", icon=":material/login:", key="login", on_click=st.login)
    st.stop()
