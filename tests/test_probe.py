"""What trying the engines says of them."""

from importlib.util import find_spec

import pytest

from benchmarks.engines import ENGINES, probe
from benchmarks.engines.probe import statuses, trials
from benchmarks.results import Failure
from benchmarks.scenarios import Scenario

INSTALLED = {name for name, info in ENGINES.items() if find_spec(info.distribution)}


def scenarios(*, thorough: bool) -> list[Scenario]:
    return [one for request in trials(thorough=thorough) for one in request.scenarios]


def test_every_installed_engine_is_tried_on_the_cpu() -> None:
    tried = {(one.engine, one.device) for one in scenarios(thorough=True)}

    assert {(name, "cpu") for name in INSTALLED} <= tried


def test_an_opening_page_tries_nothing_that_takes_long_to_prepare() -> None:
    plain = {(one.engine, one.precision) for one in scenarios(thorough=False)}

    assert {("eager", "float32"), ("openvino", "float32")} <= plain
    assert not plain & {("compiled", "float32"), ("openvino", "int8")}


def test_an_engine_runs_here_unless_its_trial_failed() -> None:
    (request, *_) = trials()
    broken = request.scenarios[-1]
    failure = Failure(request.candidates[0], broken, "ended by SIGILL")

    found = {status.engine: status for status in statuses([request], [failure])}

    assert [found[name].available for name in found] == [True] * (len(found) - 1) + [False]
    assert found[broken.engine].reason == "ended by SIGILL"
    assert all(status.versions for status in found.values())


def test_an_engine_that_is_not_installed_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        probe, "find_spec", lambda name: None if name in ("openvino", "onnxscript") else name
    )
    assert {one.engine for request in trials() for one in request.scenarios} == {
        "eager",
        "channels_last",
    }

    found = {status.engine: status for status in statuses(trials(), [])}

    assert found["eager"].available
    assert found["openvino"].reason == "not installed; run: pip install openvino onnxscript"
    assert found["onnxruntime"].reason == "not installed; run: pip install onnxscript"


def test_what_was_never_tried_is_not_judged() -> None:
    assert statuses([], []) == ()
