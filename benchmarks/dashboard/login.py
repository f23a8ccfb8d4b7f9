"""A door before every page, where whoever runs the server wants one."""

from __future__ import annotations

import streamlit as st


def ask() -> None:
    """Lets nobody past who has not logged in with the provider of `.streamlit/secrets.toml`."""
    if st.user.is_logged_in:
        return
    st.title("MobileNet Bench", anchor=False)
    st.write("This server asks its visitors to log in.")
    st.button("Log in", icon=":material/login:", key="login", on_click=st.login)
    st.stop()
