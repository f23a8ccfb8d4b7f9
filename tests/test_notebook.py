"""The notebook runs from top to bottom and is stored without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]

    assert cells
    assert [cell.execution_count for cell in cells] == [None] * len(cells)
    assert [cell.outputs for cell in cells] == [[]] * len(cells)


def test_the_first_notebook_measures_and_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILENET_BENCH_PRESET", "preview")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = read(ROOT / "notebooks" / "first_mobilenet.ipynb")

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()

    kinds = {
        kind
        for cell in notebook.cells
        for out in cell.get("outputs", ())
        for kind in out.get("data", ())
    }
    assert "text/html" in kinds
    assert "application/vnd.plotly.v1+json" in kinds
    assert list(tmp_path.iterdir()) == []
