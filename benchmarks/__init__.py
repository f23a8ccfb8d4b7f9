"""MobileNet Bench: time MobileNets and reference networks on this machine.

    import benchmarks as bench
    run = bench.measure([MobileNetConfig(0.5, 160), "resnet18"], engines=["eager", "openvino"])
    run                         # a table with intervals and verdicts
    run.to_frame()              # a pandas DataFrame, units in the names of its columns
    run.tradeoff()              # the dashboard's chart, as a figure of plotly
    bench.recommend(run)        # of one network in several engines: which is fastest, by how much
    bench.choose(0.010, engine="onnxruntime")   # the most accurate MobileNet within 10 ms here
    bench.check_paper("openvino")               # which of the paper's claims hold here
    bench.teach("detection")    # a network for one of the paper's tasks, trained here
    bench.explore()             # sliders and live figures in a notebook
    d = bench.open_dashboard()  # the dashboard below the cell
    d.select(0.5, 160)          # the page moves there
    d.show(run)                 # the page shows this run
    d.selection                 # what was clicked or pinned there
    run.save("my laptop")       # the gallery has it; the id by which it is found
    bench.load("a1b2c3…")       # by id, file or link

Importing this loads neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.api import measure, measure_against
    from benchmarks.candidates import Candidate, CandidateError
    from benchmarks.chooser import choose
    from benchmarks.choosing import BudgetError
    from benchmarks.figures import distribution, grid, layers, tradeoff
    from benchmarks.keeping import load
    from benchmarks.notebook.dashboard import Dashboard, open_dashboard
    from benchmarks.notebook.explorer import explore
    from benchmarks.notebook.selection import Selection
    from benchmarks.paper import PaperCheck, check_paper
    from benchmarks.recommendation import recommend
    from benchmarks.results import Measurement, Run
    from benchmarks.scenarios import Scenario, ScenarioError
    from benchmarks.snapshot import SnapshotError, save
    from benchmarks.steering.client import DashboardError
    from benchmarks.store import StoreError
    from benchmarks.teaching import Answer, Taught, TeachingError, teach

_HOMES = {
    "measure": "benchmarks.api",
    "measure_against": "benchmarks.api",
    "Candidate": "benchmarks.candidates",
    "CandidateError": "benchmarks.candidates",
    "choose": "benchmarks.chooser",
    "BudgetError": "benchmarks.choosing",
    "distribution": "benchmarks.figures",
    "grid": "benchmarks.figures",
    "layers": "benchmarks.figures",
    "tradeoff": "benchmarks.figures",
    "load": "benchmarks.keeping",
    "Dashboard": "benchmarks.notebook.dashboard",
    "open_dashboard": "benchmarks.notebook.dashboard",
    "explore": "benchmarks.notebook.explorer",
    "Selection": "benchmarks.notebook.selection",
    "PaperCheck": "benchmarks.paper",
    "check_paper": "benchmarks.paper",
    "Measurement": "benchmarks.results",
    "Run": "benchmarks.results",
    "Scenario": "benchmarks.results",
    "ScenarioError": "benchmarks.results",
    "SnapshotError": "benchmarks.snapshot",
    "save": "benchmarks.snapshot",
    "recommend": "benchmarks.recommendation",
    "DashboardError": "benchmarks.steering.client",
    "StoreError": "benchmarks.store",
    "Answer": "benchmarks.teaching",
    "Taught": "benchmarks.teaching",
    "TeachingError": "benchmarks.teaching",
    "teach": "benchmarks.teaching",
}

__all__ = [
    "Answer",
    "BudgetError",
    "Candidate",
    "CandidateError",
    "Dashboard",
    "DashboardError",
    "Measurement",
    "PaperCheck",
    "Run",
    "Scenario",
    "ScenarioError",
    "Selection",
    "SnapshotError",
    "StoreError",
    "Taught",
    "TeachingError",
    "check_paper",
    "choose",
    "distribution",
    "explore",
    "grid",
    "layers",
    "load",
    "measure",
    "measure_against",
    "open_dashboard",
    "recommend",
    "save",
    "teach",
    "tradeoff",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'benchmarks' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
