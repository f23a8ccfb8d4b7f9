"""Who may import whom (DESIGN: the import rules), held by reading the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUNTIMES = {"torch", "torchvision", "onnxruntime", "openvino", "onnx", "executorch"}
HEAVY_ROOMS = (
    "mobilenet/model.py",
    "mobilenet/initialisation.py",
    "mobilenet/weights/",
    "mobilenet/tasks/",
    "benchmarks/engines/torch_session.py",
    "benchmarks/engines/stages.py",
    "benchmarks/engines/ceiling.py",
    "benchmarks/engines/cuda.py",
    "benchmarks/engines/eager.py",
    "benchmarks/engines/channels_last.py",
    "benchmarks/engines/compiled.py",
    "benchmarks/engines/executorch.py",
    "benchmarks/exports/",
    "benchmarks/engines/onnxruntime.py",
    "benchmarks/engines/openvino.py",
    "benchmarks/networks.py",
    "benchmarks/own.py",
    "benchmarks/reference_table.py",
    "benchmarks/releasing/",
    "benchmarks/training/examining.py",
    "benchmarks/training/recognising.py",
    "benchmarks/training/tasks/asking.py",
    "benchmarks/training/tasks/work.py",
)
STREAMLIT_ROOMS = ("app.py", "benchmarks/dashboard/")
ONLY_READER_OF_THE_MACHINE = "benchmarks/machine.py"


def sources() -> list[str]:
    found = [*ROOT.glob("mobilenet/**/*.py"), *ROOT.glob("benchmarks/**/*.py"), ROOT / "app.py"]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def imported_roots(source: str) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots.add(node.module.split(".")[0])
    return roots


def violations(name: str, source: str) -> list[str]:
    roots = imported_roots(source)
    found = []
    if name.startswith("mobilenet/") and roots & {
        "benchmarks",
        "app",
        "streamlit",
        "plotly",
        "psutil",
    }:
        found.append("mobilenet reaches outside itself")
    if name.startswith("benchmarks/") and "app" in roots:
        found.append("benchmarks imports the page that imports it")
    if "streamlit" in roots and not name.startswith(STREAMLIT_ROOMS):
        found.append("streamlit outside the dashboard")
    if roots & RUNTIMES and not name.startswith(HEAVY_ROOMS):
        found.append("a runtime outside the worker's modules")
    if "psutil" in roots and name != ONLY_READER_OF_THE_MACHINE:
        found.append("reads the machine outside machine.py")
    if "multiprocessing" in roots:
        found.append("multiprocessing would run app.py again in the child")
    return found


def test_every_module_keeps_the_import_rules() -> None:
    found = {
        name: violations(name, (ROOT / name).read_text(encoding="utf-8")) for name in sources()
    }

    assert len(found) > 100
    assert {name: broken for name, broken in found.items() if broken} == {}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("mobilenet/cost.py", "import torch"),
        ("mobilenet/cost.py", "from benchmarks import units"),
        ("benchmarks/charts/tradeoff.py", "import streamlit as st"),
        ("benchmarks/dashboard/explore.py", "def f():\n    import torch"),
        ("benchmarks/jobs/runner.py", "import psutil"),
        ("benchmarks/jobs/runner.py", "from multiprocessing import Process"),
        ("app.py", "import onnxruntime"),
    ],
)
def test_a_planted_forbidden_import_is_found(name: str, source: str) -> None:
    assert violations(name, source)


def test_page_scripts_define_no_class_and_no_state() -> None:
    for name in [
        one for one in sources() if one == "app.py" or one.endswith("dashboard/explore.py")
    ]:
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        kinds = {type(node) for node in tree.body}
        assert ast.ClassDef not in kinds, name


def loaded_by(*modules: str) -> set[str]:
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return set(found.stdout.split())


def test_front_ends_load_no_runtime() -> None:
    front_ends = ("mobilenet", "benchmarks.api", "benchmarks.cli", "benchmarks.jobs.manager")

    assert not loaded_by(*front_ends) & RUNTIMES


def test_what_every_worker_and_command_imports_is_quickly_imported() -> None:
    slow = {"scipy", "pandas", "sklearn", "h5py", "requests", "plotly", "sqlalchemy"}

    assert not loaded_by("benchmarks.worker") & slow


def test_an_installed_dashboard_has_the_settings_of_a_checkout() -> None:
    installed = ROOT / "benchmarks" / "dashboard"

    settings = [(folder / ".streamlit" / "config.toml").read_text() for folder in (ROOT, installed)]
    assert settings[0] == settings[1]
    ours, theirs = (ast.parse((folder / "app.py").read_text()) for folder in (ROOT, installed))
    assert list(map(ast.unparse, ours.body[1:])) == list(
        map(ast.unparse, theirs.body[1:])
    )  # all but what they are
