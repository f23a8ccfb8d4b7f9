"""In real JupyterLab and Notebook 7: charts, sliders, and the dashboard in its frame."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client import BlockingKernelClient
from playwright.sync_api import Browser, FrameLocator, Page, expect

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from tests.browser.jupyter import KERNEL, Jupyter, value_of
from tests.browser.visiting import PATIENCE_MS
from tests.serving import find_chromium
from tests.talk import ROOT
from tests.waiting import soon

pytestmark = pytest.mark.slow("starts Jupyter servers and kernels, and measures in them")

SCREEN = {"width": 1400, "height": 2400}  # cells that are out of sight are not drawn
HUB = "hub.example.org"
MEASURE = """
import benchmarks as bench
run = bench.measure(["0.3-96", "0.55-96"], preset="preview")
run
"""
TRADEOFF = "run.tradeoff()"
EXPLORE = "explorer = bench.explore(0.5, 160)\nexplorer"
DASHBOARD = "d = bench.open_dashboard(height=700)"
CELLS = (MEASURE, TRADEOFF, EXPLORE, DASHBOARD)
# A run as if it had been measured, for what is the same with any.
GIVEN = """
import benchmarks as bench
from tests.builders import a_run, measurement
run = a_run(measurement("0.25-128"), measurement("0.5-128"))
run
"""


@pytest.fixture(autouse=True)
def _own_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def sheet(browser: Browser) -> Iterator[Page]:
    """An empty page of a browser that has all of a long notebook in sight."""
    with browser.new_context(viewport=SCREEN) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def dashboard(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='MobileNet Bench']")


def is_drawn(frame: FrameLocator) -> None:
    expect(frame.get_by_text("In step with the notebook")).to_be_visible(timeout=PATIENCE_MS)


def drive(page: Page, kernel: BlockingKernelClient) -> None:
    """A cell moves the page in the frame, and what is pinned there is read in the kernel."""
    frame = dashboard(page)
    is_drawn(frame)

    assert value_of(kernel, "d.select(0.25, 160)") == "None"
    expect(frame.get_by_role("button", name="Measure 0.25-160")).to_be_visible()
    frame.get_by_role("button", name="Pin 0.25-160").click()

    wanted = "(MobileNetConfig(width_multiplier=0.25, resolution=160"
    assert soon(lambda: wanted in value_of(kernel, "d.selection.pinned"), 30)


@pytest.fixture
def hub_sheet(browser: Browser) -> Iterator[Page]:
    """A page of a browser that knows a hub's name, under which it reaches no other port."""
    knowing = browser.browser_type.launch(
        executable_path=find_chromium(),
        args=["--no-sandbox", f"--host-resolver-rules=MAP {HUB} 127.0.0.1"],
    )
    page = knowing.new_page(viewport=SCREEN)
    page.set_default_timeout(PATIENCE_MS)
    yield page
    knowing.close()


def test_in_jupyterlab_of_a_hub_a_run_is_measured_drawn_explored_and_steered(
    tmp_path: Path, hub_sheet: Page
) -> None:
    """The hub's settings are untouched: a browser may reach Jupyter's own port and no other."""
    sheet = hub_sheet
    with Jupyter(tmp_path, base="/user/ada/", remote=True) as jupyter:
        jupyter.write("first.ipynb", CELLS)
        sheet.goto(jupyter.url("lab/tree/first.ipynb", HUB))
        jupyter.run_all(sheet)
        is_drawn(dashboard(sheet))

        expect(sheet.locator(".jp-OutputArea table").first).to_contain_text("0.55-96")
        expect(sheet.locator(".jp-OutputArea .js-plotly-plot")).to_have_count(2)
        expect(sheet.locator(".jp-OutputArea progress")).to_have_count(0)  # gone with the run
        source = sheet.locator("iframe[title='MobileNet Bench']").get_attribute("src")
        assert source is not None
        assert source.startswith(f"http://{HUB}:{jupyter.port}/user/ada/proxy/")
        kernel = jupyter.kernel()

        numbers = sheet.get_by_text(re.compile("^MobileNet 0.5-160: 76.5 M mult-adds"))
        expect(numbers).to_be_visible()
        expect(numbers).to_contain_text("ms here, a preview")
        drawn = ".jp-OutputArea .jupyter-widgets .js-plotly-plot"
        assert soon(lambda: sheet.locator(drawn).evaluate("plot => plot.data?.length ?? 0") > 3, 60)
        sheet.get_by_role("slider", name="Width").or_(sheet.locator(".noUi-handle")).first.press(
            "ArrowLeft"
        )
        expect(sheet.get_by_text(re.compile("^MobileNet 0.45-160: "))).to_be_visible()
        assert value_of(kernel, "explorer.config.width_multiplier") == "0.45"
        moved = sheet.locator(drawn).filter(has_text="0.45-160")
        expect(moved).to_be_visible()

        drive(sheet, kernel)
        assert value_of(kernel, "d.show(run)") == "None"
        expect(dashboard(sheet).get_by_text("All snapshots")).to_be_visible()
        expect(dashboard(sheet).get_by_role("heading", name="Figures")).to_be_visible()
        kernel.stop_channels()


def test_in_notebook_7_without_the_proxy_the_frame_asks_the_server_itself(
    tmp_path: Path, sheet: Page
) -> None:
    with Jupyter(tmp_path, proxy=False) as jupyter:
        jupyter.write("first.ipynb", [GIVEN, TRADEOFF, DASHBOARD])
        sheet.goto(jupyter.url("notebooks/first.ipynb"))
        jupyter.run_all(sheet)

        is_drawn(dashboard(sheet))
        source = sheet.locator("iframe[title='MobileNet Bench']").get_attribute("src")
        assert source is not None
        assert f":{jupyter.port}/" not in source
        expect(sheet.locator(".jp-OutputArea .js-plotly-plot")).to_be_visible()
        kernel = jupyter.kernel()
        drive(sheet, kernel)
        kernel.stop_channels()


def test_an_exported_page_shows_its_figures_without_a_network_or_a_kernel(
    tmp_path: Path, sheet: Page
) -> None:
    import nbformat
    from nbclient import NotebookClient

    cells = (GIVEN, TRADEOFF, EXPLORE, DASHBOARD, "bench.grid(run)")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": KERNEL},
    )
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": tmp_path}}).execute()
    nbformat.write(notebook, tmp_path / "done.ipynb")
    export = ["nbconvert", "--to", "html", "done.ipynb"]
    subprocess.run([sys.executable, "-m", *export], cwd=tmp_path, check=True, capture_output=True)
    asked: list[str] = []
    sheet.route(
        re.compile("^https?:"), lambda route: (asked.append(route.request.url), route.abort())
    )

    sheet.goto((tmp_path / "done.html").as_uri())

    expect(sheet.locator(".js-plotly-plot")).to_have_count(2)
    expect(sheet.locator(".js-plotly-plot .xtitle").first).to_contain_text("Median latency")
    expect(sheet.locator("table").first).to_contain_text("0.25-128")
    expect(sheet.get_by_text("The dashboard cannot be reached")).to_be_visible()
    ours = [url for url in asked if "plotly" in url]
    assert ours == []
