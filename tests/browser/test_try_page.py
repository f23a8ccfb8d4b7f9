"""A photograph is dropped on the page, weights are fetched, and networks say what it is."""

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, TimeoutError, expect

from benchmarks.dashboard.trying import TITLE
from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import TENSORFLOW
from mobilenet.weights import preprocessing
from mobilenet.weights.catalogue import released
from mobilenet.weights.download import MIRROR_VARIABLE
from tests.browser.test_looks import PHONE, bare, violations, whole
from tests.browser.visiting import LAPTOP, MEASURING_MS, Visits, jobs, settle
from tests.serving import Server

__all__ = ["bare"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that has two of Keras's sixteen files, with weights of chance."""
    folder = tmp_path_factory.mktemp("mirror")
    for seed, key in enumerate(("keras/0.25-128", "keras/0.25-160")):
        one = released(key)
        network = MobileNet(one.config, TENSORFLOW)
        initialise(network, seed, image_shape=(3, 64, 64))
        path = folder / one.url.removeprefix("https://")
        path.parent.mkdir(parents=True, exist_ok=True)
        known = weights.of_network(network, preprocessing.SLIM, "chance")
        weights.write(known, path, "keras")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 60).save(tmp_path / "mine.png")
    return tmp_path / "mine.png"


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILENET_BENCH_CACHE", str(tmp_path / "cache"))


def open_try(page: Page) -> None:
    """Once Explore is drawn: of a page that is left while it is drawn, Streamlit may bring parts
    back, and lose what falls on the new one."""
    page.locator(".js-plotly-plot").first.wait_for()
    settle(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Try it").click()
    page.get_by_role("heading", name=TITLE).wait_for()
    settle(page)


def drop(page: Page, file: Path) -> None:
    """Once more where it is lost: a page that is just drawn anew may lose what falls on it."""
    name = page.get_by_text(file.name, exact=True).first
    for _ in range(3):
        settle(page)
        page.locator("input[type=file]").set_input_files(file)
        with suppress(TimeoutError):
            name.wait_for(timeout=10_000)
            return
    expect(name).to_be_visible()


def slide_to(page: Page, slider: str, key: str) -> None:
    settle(page)
    handle = page.get_by_role("slider", name=slider)
    before = handle.input_value()
    handle.press(key)
    expect(handle).not_to_have_value(before)


def says(page: Page, network: str) -> None:
    expect(page.get_by_role("heading", name=f"{network} says")).to_be_visible()
    answer = page.get_by_role("figure", name=re.compile("^Likeliest classes: .+ %"))
    expect(answer).to_be_visible(timeout=MEASURING_MS)
    side = network.partition("-")[2]
    expect(page.get_by_text(f"What it sees: {side} × {side} px")).to_be_visible()


@pytest.mark.usefixtures("own_cache")
def test_the_answer_moves_with_the_sliders_between_fetched_variants(
    mirror: str,
    monkeypatch: pytest.MonkeyPatch,
    visits: Visits,
    photograph: Path,
    bare: Server,
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, mirror)
    with Server() as server:
        page = visits.open(server.url)
        open_try(page)
        expect(page.get_by_text("Drop a photograph on the left.")).to_be_visible()
        expect(page.get_by_text("Licence: Apache 2.0")).to_be_visible()
        drop(page, photograph)
        expect(page.get_by_text("These weights are not here yet")).to_be_visible()

        page.get_by_role("button", name=re.compile("^Fetch 1.0-224")).click()
        expect(page.get_by_text("answers 404")).to_be_visible()

        slide_to(page, "Width multiplier α", "Home")
        slide_to(page, "Resolution, px", "Home")
        page.get_by_role("button", name=re.compile("^Fetch 0.25-128")).click()
        says(page, "0.25-128")
        slide_to(page, "Resolution, px", "ArrowRight")
        page.get_by_role("button", name=re.compile("^Fetch 0.25-160")).click()
        says(page, "0.25-160")
        expect(page.get_by_role("heading", name="All of them")).to_be_visible()
        slide_to(page, "Resolution, px", "ArrowLeft")
        says(page, "0.25-128")  # nobody has to be asked again
        latency = page.get_by_test_id("stMetric").filter(has_text="Latency here, preview")
        expect(latency).to_contain_text(re.compile(r"\d ms"), timeout=MEASURING_MS)

        expect(jobs(page)).to_have_count(0, timeout=MEASURING_MS)
        known = violations(whole(visits.open(bare.url)))
        found = violations(page)
        assert found.keys() <= known.keys(), found
        for screen in (LAPTOP, PHONE):
            page.set_viewport_size(screen)
            page.wait_for_function(
                "width => document.querySelector('[data-testid=stMain]').scrollWidth <= width",
                arg=screen["width"],
            )
        page.goto("about:blank")  # before its server goes


@pytest.mark.usefixtures("own_cache")
def test_without_a_network_or_a_photograph_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, visits: Visits, tmp_path: Path, photograph: Path
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")  # nobody answers there
    with Server() as server:
        page = visits.open(server.url)
        open_try(page)
        expect(page.get_by_text("Drop a photograph on the left.")).to_be_visible()
        (tmp_path / "text.png").write_text("not an image")
        drop(page, tmp_path / "text.png")
        page.get_by_role("button", name=re.compile("^Fetch 1.0-224")).click()
        expect(page.get_by_text("cannot be reached")).to_be_visible()

        page.get_by_role("combobox", name="Weights").click()
        page.get_by_role("option", name="A file of mine").click()
        path = page.get_by_role("textbox", name="Path of the file")
        path.fill(str(tmp_path / "none <b>.h5"))
        path.press("Enter")
        wrong = page.get_by_text("text.png is no image that can be read. Save it anew.")
        expect(wrong).to_be_visible(timeout=MEASURING_MS)

        drop(page, photograph)
        absent = page.get_by_text("No such file or directory")
        expect(absent).to_be_visible(timeout=MEASURING_MS)
        network = MobileNet(MobileNetConfig(1.0, 224), TENSORFLOW)
        initialise(network, 0, image_shape=(3, 64, 64))
        known = weights.of_network(network, preprocessing.SLIM, "chance")
        weights.write(known, tmp_path / "none <b>.h5", "keras")
        page.get_by_role("button", name="Ask again").click()
        says(page, "1.0-224")
        page.goto("about:blank")
