"""Entry point of the dashboard: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from benchmarks.dashboard import explore, measurable, method

# An icon of our own: a named one would be fetched from another host.
icon = Path(explore.__file__).with_name("icon.svg")
st.set_page_config(page_title="MobileNet Bench", page_icon=icon, layout="wide")
page = st.navigation(
    [
        st.Page(explore.show, title="Explore", icon=":material/tune:", default=True),
        measurable.page(),
        st.Page(method.show, title="Method", icon=":material/menu_book:", url_path="method"),
    ],
    position="top",
)
page.run()
