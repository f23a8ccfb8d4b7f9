"""Entry point of the dashboard: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from benchmarks.dashboard import comparing, explore, gallery, history, login, measurable, method
from benchmarks.dashboard.settings import is_read_only, needs_login

# An icon of our own: a named one would be fetched from another host.
icon = Path(explore.__file__).with_name("icon.svg")
st.set_page_config(page_title="MobileNet Bench", page_icon=icon, layout="wide")
if needs_login():
    login.ask()
measuring = [
    st.Page(explore.show, title="Explore", icon=":material/tune:", default=True),
    measurable.page(),
]
looking = [
    gallery.page(),
    comparing.page(),
    history.page(),
    st.Page(method.show, title="Method", icon=":material/menu_book:", url_path="method"),
]
page = st.navigation(looking if is_read_only() else [*measuring, *looking], position="top")
page.run()
