"""The notebooks run from top to bottom, show what they promise and are stored without outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.charts.notebook import PLOTLY_MIME
from tests.kernels import Kernel, Message, running_kernel
from tests.talk import ROOT

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HTML, WIDGET = "text/html", "application/vnd.jupyter.widget-view+json"

SHOWS = {
    "1_your_first_mobilenet": {HTML, PLOTLY_MIME, WIDGET},
    "2_depthwise_separable_convolution": {HTML, PLOTLY_MIME},
    "3_width_against_resolution": {HTML, PLOTLY_MIME},
    "4_against_popular_networks": {HTML, PLOTLY_MIME},
    "5_your_network_your_machine": {HTML},
    "6_the_paper_on_your_machine": {HTML, PLOTLY_MIME},
    "7_one_backbone_many_tasks": {HTML, PLOTLY_MIME},
}


def read(name: str) -> NotebookNode:
    import nbformat

    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def code_of(name: str) -> list[NotebookNode]:
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def test_the_path_has_seven_notebooks_in_order() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(SHOWS)


@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_is_stored_without_outputs(name: str) -> None:
    cells = code_of(name)

    assert cells
    assert [cell.execution_count for cell in cells] == [None] * len(cells)
    assert [cell.outputs for cell in cells] == [[]] * len(cells)


@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_has_names_for_its_cells_that_a_diff_can_show(name: str) -> None:
    import nbformat

    notebook = read(name)
    nbformat.validate(notebook)

    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [cell.id for cell in notebook.cells if not cell.id.replace("-", "").isalnum()] == []
    assert all(len(cell.id) < 24 for cell in notebook.cells)


@pytest.mark.parametrize(("name", "following"), list(pairwise(SHOWS)))
def test_a_notebook_ends_with_a_link_to_the_next(name: str, following: str) -> None:
    assert f"({following}.ipynb)" in read(name).cells[-1].source


def environment(folder: Path) -> Mapping[str, str]:
    """In which a notebook is quick and leaves nothing outside `folder`."""
    (folder / "temporary").mkdir()
    return {
        "MOBILENET_BENCH_PRESET": "preview",
        "MOBILENET_BENCH_STORE": f"sqlite:///{folder}/store.sqlite",
        "MOBILENET_BENCH_LOCKS": str(folder / "locks"),
        "MOBILENET_BENCH_TRAINED": str(folder / "trained"),
        "TMPDIR": str(folder / "temporary"),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the kernel that measures nothing."""
    return tmp_path_factory.mktemp("fakes")


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[Kernel]:
    (folder / "here").mkdir()
    own = {"MOBILENET_BENCH_CACHE": str(folder / "cache")}
    with running_kernel(folder / "here", environment(folder) | own) as started:
        started.use_fake_workers()
        yield started


def run_all(kernel: Kernel, name: str) -> None:
    """Every cell runs without a complaint, and the notebook shows what it promises."""
    shown: list[Message] = []
    for cell in code_of(name):
        shown += kernel.run_well(cell.source)

    assert SHOWS[name] <= {kind for one in shown for kind in one["content"].get("data", ())}


def left_in(folder: Path) -> list[Path]:
    """Files that a notebook made where it was, or a run or a report in the temporary folder."""
    temporary = (folder / "temporary").rglob("*")
    here = [path for path in (folder / "here").iterdir() if path.name != "ipython"]
    return here + [path for path in temporary if path.suffix in (".json", ".html")]


@pytest.mark.real
@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_runs_from_top_to_bottom(kernel: Kernel, folder: Path, name: str) -> None:
    """With workers that run nothing: all else, numbers and charts of them included, is real. One
    kernel for all, as it takes long to start; each notebook begins without the others' names."""
    run_all(kernel, name)
    kernel.run_well("%reset -f")

    assert left_in(folder) == []


@pytest.mark.slow("measures for real")
@pytest.mark.parametrize("name", ["1_your_first_mobilenet", "5_your_network_your_machine"])
def test_a_notebook_measures_from_top_to_bottom(name: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with running_kernel(tmp_path / "here", environment(tmp_path)) as kernel:
        run_all(kernel, name)
        kernel.manager.shutdown_kernel()

    assert left_in(tmp_path) == []
