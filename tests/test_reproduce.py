"""What a page shows, as Python and as a notebook that measures and draws it again."""

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import benchmarks as bench
from benchmarks.candidates import candidate
from benchmarks.reproduce import Screen, notebook, preset_for, python
from benchmarks.scenarios import Scenario
from mobilenet.config import MobileNetConfig
from tests.builders import measurement
from tests.talk import ROOT, TINY, exported

SCREEN = Screen(
    networks=tuple(candidate(key) for key in ("1.0-224", "0.5-160", "resnet18")),
    selected=candidate("0.5-160"),
    scenario=Scenario("openvino", precision="int8", threads=2, batch=4),
    preset="standard",
    memory=True,
    metric="mult_adds",
    across=True,
    source="keras",
    weights="best",
    detail="layers",
    layer_unit="parameters",
)


def calls(script: str) -> dict[str, ast.Call]:
    """By the function that is called."""
    return {
        ast.unparse(node.func): node
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Call)
    }


def named(call: ast.Call) -> dict[str, Any]:
    return {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}


def test_the_script_measures_in_the_scenario_of_the_screen() -> None:
    assert named(calls(python(SCREEN))["bench.measure"]) == {
        "engines": ["openvino"],
        "precisions": ["int8"],
        "device": "cpu",
        "threads": 2,
        "batch": 4,
        "preset": "standard",
        "memory": True,
    }


def test_the_script_draws_what_the_screen_shows() -> None:
    found = calls(python(SCREEN))

    assert ast.literal_eval(found["bench.tradeoff"].args[1]) == "mult_adds"
    assert named(found["bench.tradeoff"]) == {
        "selected": "0.5-160",
        "baseline": "1.0-224",
        "source": "keras",
        "weights": "best",
        "across": True,
    }
    assert (
        ast.unparse(found["bench.layers"])
        == "bench.layers(MobileNetConfig(0.5, 160), 'parameters')"
    )


@pytest.mark.parametrize(
    ("detail", "call"),
    [("grid", "bench.grid"), ("distribution", "bench.distribution"), ("table", "run.to_frame")],
)
def test_the_chart_or_table_in_detail_is_drawn_as_well(detail: Any, call: str) -> None:
    assert call in calls(python(replace(SCREEN, detail=detail)))


@pytest.mark.parametrize(
    "config",
    [
        MobileNetConfig(0.5, 160),
        MobileNetConfig(1.25, 192, num_classes=10),
        MobileNetConfig(0.75, 128, block="full", depth="shallow", channel_multiple=8),
    ],
    ids=lambda config: config.label,
)
def test_a_network_is_written_so_that_it_comes_back_the_same(config: MobileNetConfig) -> None:
    script = python(replace(SCREEN, networks=(candidate(config),), selected=candidate(config)))
    scope: dict[str, Any] = {"MobileNetConfig": MobileNetConfig}

    exec(script[script.index("networks = [") : script.index("run = ")], scope)

    assert scope["networks"] == [config]


def test_a_screen_of_references_alone_needs_no_config() -> None:
    one = candidate("resnet18")
    script = python(replace(SCREEN, networks=(one,), selected=one))

    assert "MobileNetConfig" not in script


@pytest.mark.parametrize(
    ("qualities", "preset"),
    [
        ((), "certify"),
        (("preview", "preview"), "preview"),
        (("preview", "preliminary"), "quick"),
        (("preliminary", "measured"), "certify"),
    ],
)
def test_the_effort_is_that_of_what_is_shown(qualities: tuple[Any, ...], preset: str) -> None:
    rows = [measurement("0.5-160", quality=quality) for quality in qualities]

    assert preset_for(rows, "certify") == preset


def test_the_notebook_says_what_the_page_showed() -> None:
    rows = (measurement("0.5-160", median_ms=4.0), measurement("resnet18", quality="preview"))

    first = json.loads(notebook(replace(SCREEN, rows=rows), "Example CPU, 2 CPUs"))["cells"][0]

    text = "".join(first["source"])
    assert "Example CPU, 2 CPUs" in text
    assert "| MobileNet 0.5-160 | 3.98 ms | measured |" in text
    assert "| ResNet-18 | 3.98 ms | preview |" in text


def screen_of_one(scenario: Scenario) -> Screen:
    tiny = candidate(TINY)
    return replace(
        SCREEN, networks=(tiny,), selected=tiny, scenario=scenario, preset="preview", memory=False
    )


@pytest.mark.usefixtures("fake_machine")
def test_the_notebook_is_valid_and_measures_in_the_same_scenario() -> None:
    import nbformat

    scenario = Scenario("onnxruntime", threads=1, batch=2)
    found = nbformat.reads(notebook(screen_of_one(scenario), "here"), as_version=4)
    nbformat.validate(found)
    scope: dict[str, Any] = {}
    for cell in found.cells:
        if cell.cell_type == "code":
            exec(cell.source, scope)

    run = scope["run"]
    assert [(one.candidate.key, one.scenario) for one in run.measurements] == [(TINY, scenario)]
    assert run.measurements[0].quality == "preview"


@pytest.mark.slow("starts a kernel that measures")
def test_a_kernel_executes_the_notebook(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    scenario = Scenario("onnxruntime", threads=1, batch=2)
    exported(TINY, 2)
    found = nbformat.reads(notebook(screen_of_one(scenario), "here"), as_version=4)
    saved = tmp_path / "run.json"
    found.cells.append(nbformat.v4.new_code_cell(f"bench.save(run, {str(saved)!r})"))

    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(found, timeout=600, resources=resources).execute()

    (measured,) = bench.load(saved).measurements
    assert (measured.candidate.key, measured.scenario) == (TINY, scenario)
