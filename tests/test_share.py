"""The commands that hand snapshots on: report, compare and snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.report import read
from benchmarks.snapshot import Snapshot, dumps, loads, save
from benchmarks.snapshot import read as read_document
from benchmarks.store import Store
from tests.builders import MACHINE, THREE, a_run, measurement
from tests.commands import answer, call, refused
from tests.wording import Wording

UNKNOWN = "a" * 26  # as an id is written


def a_snapshot(title: str = "A title", factor: float = 1.0) -> Snapshot:
    times_ms = {"0.5-160": 4 * factor, "1.0-224": 16 * factor}
    rows = (measurement(key, median_ms=ms, workers=THREE) for key, ms in times_ms.items())
    return loads(dumps(a_run(*rows), title=title, note="A note."))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    found = a_snapshot()
    save(found.run, path, title=found.title, note=found.note)
    return path


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("MOBILENET_BENCH_STORE", f"sqlite:///{tmp_path}/own.sqlite")
    with closing(Store()) as store:
        yield store


def test_a_report_is_written_in_every_form_at_once(file: Path, tmp_path: Path) -> None:
    names = ("html", "markdown", "csv", "json")
    paths = {name: tmp_path / f"out.{name}" for name in names}

    found = call("report", file, *(part for name in names for part in (f"--{name}", paths[name])))

    assert found.exit_code == 0, found.output
    original = read_document(file)
    assert read(paths["html"].read_bytes(), "out.html") == original
    assert read(paths["json"].read_bytes(), "out.json") == original
    assert paths["markdown"].read_text(encoding="utf-8").startswith("### A title")
    assert paths["csv"].read_text(encoding="utf-8").startswith("model,infer_img_size")


def test_without_an_option_markdown_is_printed(file: Path) -> None:
    found = call("report", file)

    assert found.exit_code == 0
    assert found.stdout.startswith("### A title")


def test_a_report_can_be_made_of_a_report(file: Path, tmp_path: Path) -> None:
    call("report", file, "--html", tmp_path / "one.html")

    found = call("report", tmp_path / "one.html", "--html", tmp_path / "two.html")

    assert found.exit_code == 0
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("report missing.json", "missing.json"),
        (f"report {UNKNOWN}", UNKNOWN),
        ("compare missing.json", ""),
        (f"snapshots delete {UNKNOWN}", UNKNOWN),
        ("snapshots add missing.json", "missing.json"),
        (f"snapshots tag {UNKNOWN} x", UNKNOWN),
    ],
)
def test_what_cannot_be_shared_is_refused(
    arguments: str, fact: str, own_store: Store, wording: Wording
) -> None:
    reason = refused(*arguments.split())

    assert fact in reason
    wording(reason)


def test_a_target_that_cannot_be_written_fails_and_leaves_nothing(
    file: Path, tmp_path: Path
) -> None:
    targets = ("--csv", tmp_path / "a.csv", "--html", tmp_path / "no" / "a.html")

    assert str(tmp_path / "no") in refused("report", file, *targets, status=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json"]


@pytest.mark.parametrize("names", [["run.json"], ["a.html", "a.html"]])
def test_a_report_replaces_neither_its_source_nor_another_one(
    file: Path, tmp_path: Path, names: list[str], wording: Wording
) -> None:
    before = file.read_bytes()
    options = zip(("--html", "--csv"), names, strict=False)
    wording(refused("report", file, *(p for name, to in options for p in (name, tmp_path / to))))

    assert file.read_bytes() == before


def test_compare_says_what_differs_and_what_may_be_concluded(
    file: Path, tmp_path: Path, wording: Wording
) -> None:
    upgraded = replace(MACHINE, packages=(("torch", "2.1"), ("openvino", "2026.0")))
    other = replace(a_snapshot(factor=2).run, id="another", machine=upgraded)
    save(other, tmp_path / "other.json")

    found = call("compare", file, tmp_path / "other.json")

    assert found.exit_code == 0, found.output
    assert "torch  2.0      2.1" in found.stdout
    assert "A title and other.json" in found.stdout
    wording(found.stdout.splitlines()[-1])  # which are slower


def test_compare_answers_programs_in_json(file: Path, tmp_path: Path) -> None:
    elsewhere = replace(a_snapshot().run, machine=replace(MACHINE, cpu="Other CPU"))
    save(elsewhere, tmp_path / "other.json")

    found = answer("compare", file, tmp_path / "other.json")

    assert found["differences"] == {"CPU": ["Example CPU", "Other CPU"]}
    (beside,) = found["comparisons"]
    assert beside["level"] == "different machines"
    assert [row["verdict"] for row in beside["rows"]] == [None, None]
    assert [row["network"] for row in beside["rows"]] == ["0.5-160", "1.0-224"]


def test_snapshots_are_kept_listed_handed_out_and_deleted(
    file: Path, own_store: Store, wording: Wording
) -> None:
    added = call("snapshots", "add", file, "--tag", "phone")
    again = call("snapshots", "add", file)
    (entry,) = own_store.find().entries

    assert added.exit_code == again.exit_code == 0
    assert entry.id in added.stderr
    assert own_store.find().total == 1
    wording(again.stderr.replace(entry.id, "ID").replace(str(file), "FILE"))
    listed = call("snapshots", "list", "title", "--tag", "phone").stdout
    assert entry.id in listed
    assert "A title [phone]" in listed
    assert answer("snapshots", "list")[0]["tags"] == ["phone"]
    assert call("report", entry.id).stdout.startswith("### A title")
    assert call("snapshots", "tag", entry.id, "a", "b").exit_code == 0
    assert own_store.find().entries[0].tags == ("a", "b")
    assert call("snapshots", "delete", entry.id).exit_code == 0
    wording(call("snapshots", "list").stderr)
    wording(call("snapshots", "list", "nothing").stderr)


def test_a_store_that_cannot_be_opened_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILENET_BENCH_STORE", "sqlite:////proc/nowhere/store.sqlite")

    assert "/proc/nowhere/store.sqlite" in refused("snapshots", "list", status=1)
