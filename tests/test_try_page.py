"""The Try it page as Streamlit runs it: weights are fetched, a photograph is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.jobs.learning import Recognising
from mobilenet.weights import WeightsError, download
from mobilenet.weights.catalogue import Released
from tests.fake_worker import GUESSES
from tests.pages import Site, alts, card, drawn, keys, press, rows_of, said, site
from tests.wording import Wording

__all__ = ["site"]
HERE = ("keras/0.25-128", "keras/0.25-160")
PHOTOGRAPH = ("mine.png", b"a picture that no fake looks at", "image/png")


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    """Keys of the weights that its server has; they come at once."""
    there, come = set(HERE), set[str]()

    def fetch(one: Released, folder: Path, tell: object) -> Path:
        if one.key not in there:
            raise WeightsError(f"{one.url} answers 404.")
        come.add(one.key)
        return path_of(one)

    def path_of(one: Released) -> Path:
        path = tmp_path / one.key.replace("/", "-")
        if not path.exists():
            path.write_bytes(b"weights")
        return path

    monkeypatch.setattr(download, "fetch", fetch)
    monkeypatch.setattr(
        download, "kept", lambda one, folder: path_of(one) if one.key in come else None
    )
    return there


@pytest.mark.usefixtures("mirror")
def test_the_answer_moves_with_the_sliders_between_fetched_variants(site: Site) -> None:
    page = site.opened("trying")
    assert len(page.info) == 1
    page.file_uploader(key="photograph").set_value(PHOTOGRAPH)
    assert "1.0-224 says" in said(drawn(page))
    press(page, "fetch")
    assert "404" in page.error[0].value

    for resolution in (128, 160):
        page.select_slider(key="try_width_keras").set_value(0.25)
        page.select_slider(key="try_resolution_keras").set_value(resolution)
        drawn(page)
        press(page, "fetch")
        site.finish()
        drawn(page)
        assert f"0.25-{resolution} says" in said(page)
        assert any(alt.startswith("Likeliest classes") for alt in alts(page))
        assert "fetch" not in keys(page)
    everyone = rows_of(page)
    assert [row["Network"] for row in everyone] == ["0.25-128", "0.25-160"]
    assert {row["It says"] for row in everyone} == {GUESSES[0].name}
    before = len(site.jobs(Recognising))
    page.select_slider(key="try_resolution_keras").set_value(128)
    assert "0.25-128 says" in said(drawn(page))
    assert len(site.jobs(Recognising)) == before  # nobody has to be asked again
    assert card(page, "Latency here")[0] == "Latency here, preview"


def test_a_photograph_that_cannot_be_answered_says_why_and_is_asked_again(
    site: Site, tmp_path: Path, wording: Wording
) -> None:
    site.allow_folders()
    weights = tmp_path / "mine <b>.h5"
    site.machine.dies_of["recognise"] = "the worker process was ended by SIGSEGV"
    page = site.opened("trying")
    page.selectbox(key="try_source").set_value("file")
    drawn(page)
    page.text_input(key="try_file").set_value(str(weights))
    page.file_uploader(key="photograph").set_value(PHOTOGRAPH)
    drawn(page)
    site.finish()
    (error,) = drawn(page).error
    assert "SIGSEGV" in error.value
    wording(error.value)

    site.machine.dies_of.clear()
    weights.write_bytes(b"weights")
    page = press(page, "ask_again") if "ask_again" in keys(page) else page
    site.finish()
    assert any(alt.startswith("Likeliest classes") for alt in alts(drawn(page)))
    assert not page.error
