"""Two environments in turns: `measure --against`, for real, and what a CI job gets to know."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import snapshot
from benchmarks.api import measure_against
from benchmarks.cli.against import CANNOT_TELL, SLOWER, limit_of, status_of
from benchmarks.compare import Beside, Comparison, Spread
from benchmarks.jobs.environment import OtherEnvironmentError, find_environment
from benchmarks.scenarios import ScenarioError
from benchmarks.timing.statistics import Interval
from benchmarks.timing.verdicts import Verdict
from tests.builders import measurement
from tests.commands import TINY, refused, run
from tests.wording import Wording

OLDER = "1.0.0"  # that the other environment says its onnxruntime is


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an environment that has this one's packages, and one of another version."""
    folder = tmp_path_factory.mktemp("other")
    python = bare_environment(folder)
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    (site / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    facts = site / f"onnxruntime-{OLDER}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: onnxruntime\nVersion: {OLDER}\n")
    return python


def bare_environment(folder: Path) -> Path:
    venv.create(folder, symlinks=sys.platform != "win32")
    return folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"


@pytest.mark.slow("starts six worker processes in two environments, and compares them in turns")
def test_the_same_networks_are_timed_in_both_and_compared_by_turn(
    other: Path, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    outs = ("--out", str(ours), "--against-out", str(theirs))
    finished = run(
        *("measure", *TINY, "--engine", "onnxruntime", "--preset", "quick", "--json"),
        *("--against", str(other), *outs, "--fail-if-slower", "900%", "--title", "Both"),
    )

    assert finished.returncode in (0, CANNOT_TELL), finished.stderr  # 4 where others are busy
    told = json.loads(finished.stdout)
    version = dict(snapshot.load(ours).machine.packages)["onnxruntime"]
    assert told["differences"]["onnxruntime"] == [OLDER, version]
    (beside,) = told["comparisons"]
    assert beside["level"] == "same run"
    (row,) = beside["rows"]
    assert 0.3 < row["ratio"] < 3  # the same code on the same machine
    assert told["snapshots"] == [snapshot.read(theirs).id, snapshot.read(ours).id]
    here, there = snapshot.load(ours), snapshot.load(theirs)
    assert here.id == there.id
    assert len(here.controls) == len(there.controls) == 1
    assert {one.workers for one in (*here.measurements, *there.measurements)} == {3}
    again = run("compare", str(theirs), str(ours), "--json")
    assert json.loads(again.stdout)["comparisons"][0]["level"] == "same run"


def test_an_environment_that_lacks_what_it_takes_is_named_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    python = bare_environment(tmp_path / "bare")

    with pytest.raises(OtherEnvironmentError) as refusal:
        find_environment(str(python))

    assert str(python) in str(refusal.value)
    assert "No module named" in str(refusal.value)


@pytest.mark.parametrize("executable", ["missing/python", "/bin/true", "/bin/false"])
def test_what_is_no_python_is_said_to_be_none(executable: str, wording: Wording) -> None:
    with pytest.raises(OtherEnvironmentError) as refusal:
        find_environment(executable)

    assert executable in str(refusal.value)
    wording(refusal.value)


def test_what_one_pytorch_compiled_is_not_timed_in_another(wording: Wording) -> None:
    with pytest.raises(ScenarioError) as refusal:
        measure_against(sys.executable, "0.25-32", engines="compiled")

    wording(refusal.value)


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("--fail-if-slower 5%", "--fail-if-slower"),
        ("--against-out x.json", "--against-out"),
        ("--against python --memory", "--memory"),
        ("--against python --layers", "--layers"),
        ("--against python --fail-if-slower much", "'much'"),
        ("--against no/such/python", "no/such/python"),
    ],
)
def test_what_does_not_go_with_another_environment_is_refused(
    arguments: str, fact: str, wording: Wording
) -> None:
    reason = refused("measure", *TINY, *arguments.split())

    assert fact in reason
    wording(reason)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), (" 5 % ", 0.05), ("0.05", 0.05), ("0", 0.0), ("100%", 1.0)]
)
def test_a_limit_is_a_share(text: str, share: float) -> None:
    assert limit_of(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "-1%", "1001%", "nan", "five"])
def test_what_is_no_share_is_refused(text: str, wording: Wording) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))) as refusal:
        limit_of(text)

    wording(refusal.value)


def beside(low: float, high: float, verdict: Verdict) -> Beside:
    one = measurement("0.5-160")
    return Beside(
        "0.5-160", "eager", one, one, (low * high) ** 0.5, Interval(low, high), verdict, Spread()
    )


def found(*rows: Beside) -> Comparison:
    return Comparison("same run", rows, (), "")


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([beside(1.06, 1.10, "slower")], SLOWER),
        ([beside(0.99, 1.01, "same"), beside(1.06, 1.10, "slower")], SLOWER),
        ([beside(1.02, 1.10, "slower")], CANNOT_TELL),
        ([beside(0.90, 1.10, "cannot tell")], CANNOT_TELL),
        ([beside(1.06, 1.10, "cannot tell")], CANNOT_TELL),  # its copy is off
        ([beside(1.02, 1.04, "slower")], 0),
        ([beside(0.97, 1.03, "cannot tell")], 0),
        ([beside(0.80, 0.90, "faster")], 0),
        ([], CANNOT_TELL),
    ],
)
def test_the_status_says_slower_only_where_the_whole_interval_does(
    rows: list[Beside], status: int
) -> None:
    assert status_of(found(*rows), 0.05, is_invalid=False) == status


def test_an_invalid_run_is_no_all_clear() -> None:
    rows = found(beside(0.99, 1.01, "same"))

    assert status_of(rows, 0.05, is_invalid=True) == CANNOT_TELL
    assert status_of(replace(rows, missing=("1.0-224",)), 0.05, is_invalid=False) == CANNOT_TELL
