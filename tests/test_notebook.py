"""The notebooks run from top to bottom, show what they promise and are stored without outputs."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from benchmarks.charts.notebook import PLOTLY_MIME

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HTML, WIDGET = "text/html", "application/vnd.jupyter.widget-view+json"
LIMIT_S = 180  # of one cell

SHOWS = {
    "1_your_first_mobilenet": {HTML, PLOTLY_MIME, WIDGET},
    "2_depthwise_separable_convolution": {HTML, PLOTLY_MIME},
    "3_width_against_resolution": {HTML, PLOTLY_MIME},
    "4_against_popular_networks": {HTML, PLOTLY_MIME},
    "5_your_network_your_machine": {HTML},
    "6_the_paper_on_your_machine": {HTML, PLOTLY_MIME},
    "7_one_backbone_many_tasks": {HTML, PLOTLY_MIME},
}


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def outputs(notebook: nbformat.NotebookNode) -> Iterator[nbformat.NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def test_the_path_has_seven_notebooks_in_order() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(SHOWS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]

    assert cells
    assert [cell.execution_count for cell in cells] == [None] * len(cells)
    assert [cell.outputs for cell in cells] == [[]] * len(cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_names_for_its_cells_that_a_diff_can_show(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)

    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [cell.id for cell in notebook.cells if not cell.id.replace("-", "").isalnum()] == []
    assert all(len(cell.id) < 24 for cell in notebook.cells)


@pytest.mark.parametrize(("path", "following"), list(pairwise(NOTEBOOKS)))
def test_a_notebook_ends_with_a_link_to_the_next(path: Path, following: Path) -> None:
    assert f"({following.name})" in read(path).cells[-1].source


@pytest.mark.slow("TODO: say why")
@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_runs_from_top_to_bottom(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("MOBILENET_BENCH_PRESET", "preview")
    monkeypatch.setenv("MOBILENET_BENCH_STORE", f"sqlite:///{tmp_path}/store.sqlite")
    monkeypatch.setenv("MOBILENET_BENCH_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("MOBILENET_BENCH_TRAINED", str(tmp_path / "trained"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TMPDIR", str(temporary))
    notebook = read(ROOT / "notebooks" / f"{name}.ipynb")

    NotebookClient(notebook, timeout=LIMIT_S, resources={"metadata": {"path": here}}).execute()

    shown = list(outputs(notebook))
    assert [out.text for out in shown if out.get("name") == "stderr"] == []
    assert SHOWS[name] <= {kind for out in shown for kind in out.get("data", ())}
    assert list(here.iterdir()) == []
    assert [path for path in temporary.rglob("*") if path.suffix in (".json", ".html")] == []
