"""MobileNet Bench: time MobileNets and reference networks on this machine.

    import benchmarks as bench
    run = bench.measure([MobileNetConfig(0.5, 160), "resnet18"], engines=["eager", "openvino"])
    run                      # a table
    run.to_frame()           # a pandas DataFrame
    bench.recommend(run)     # of one network in several engines: which is fastest, and by how much

Importing this loads neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.api import measure, measure_against
    from benchmarks.candidates import Candidate, CandidateError
    from benchmarks.recommendation import recommend
    from benchmarks.results import Measurement, Run
    from benchmarks.scenarios import Scenario, ScenarioError
    from benchmarks.snapshot import SnapshotError, load, save

_HOMES = {
    "measure": "benchmarks.api",
    "measure_against": "benchmarks.api",
    "Candidate": "benchmarks.candidates",
    "CandidateError": "benchmarks.candidates",
    "Measurement": "benchmarks.results",
    "Run": "benchmarks.results",
    "Scenario": "benchmarks.results",
    "ScenarioError": "benchmarks.results",
    "SnapshotError": "benchmarks.snapshot",
    "load": "benchmarks.snapshot",
    "recommend": "benchmarks.recommendation",
    "save": "benchmarks.snapshot",
}

__all__ = [
    "Candidate",
    "CandidateError",
    "Measurement",
    "Run",
    "Scenario",
    "ScenarioError",
    "SnapshotError",
    "load",
    "measure",
    "measure_against",
    "recommend",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'benchmarks' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
