"""What axe finds on a page, and whether it fits the screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visiting import settle

CHIP = '<span title="'
BARE_PAGE = """
import plotly.graph_objects as go
import streamlit as st

st.title("A bare page")
st.slider("Slider", 0, 10)
st.button("Button")
st.radio("Radio", ["a", "b"])
st.dataframe({"a": [1, 2], "b": [3, 4]})
st.file_uploader("File")
st.plotly_chart(go.Figure(go.Scatter(x=[1, 2], y=[3, 4])))
"""
IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
FITS = """width => document.documentElement.scrollWidth <= width
    && document.querySelector('[data-testid=stMain]').scrollWidth <= width"""


def violations(page: Page) -> dict[str, list[str]]:
    """What axe finds, by rule, on a page at rest: Streamlit pales what it is about to redraw.

    In the dark, contrast alone: all else is as in the light.
    """
    settle(page)
    rules = {"runOnly": ["color-contrast"]} if page.evaluate(IS_DARK) else {}
    said = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response
    assert said["passes"]
    found = {one["id"]: [node["html"] for node in one["nodes"]] for one in said["violations"]}
    return _without_chips(found)


def _without_chips(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Streamlit writes what is chosen in white on the theme's colour: a light one in the dark.
    axe sees that at times, and at times not."""
    rest = [html for html in found.get("color-contrast", []) if not html.startswith(CHIP)]
    others = {name: own for name, own in found.items() if name != "color-contrast"}
    return others | ({"color-contrast": rest} if rest else {})


def fits(page: Page, width: int) -> None:
    """Wait until nothing leaves the screen: charts take a moment to shrink."""
    page.wait_for_function(FITS, arg=width)
