"""Runs that are kept from code and found again: by id, by its beginning, by file, by link."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import benchmarks as bench
from benchmarks import keeping, report
from benchmarks.snapshot import SnapshotError, dumps, loads
from benchmarks.store import Store
from benchmarks.store.connection import STORE_VARIABLE, StoreError
from benchmarks.store.entries import TagError
from tests.builders import a_run, measurement
from tests.wording import Wording

RUN = a_run(measurement("0.5-160"), measurement("resnet18", median_ms=9.0))


@pytest.fixture(autouse=True)
def _empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path}/store.sqlite")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which a server hands its files out."""
    folder = tmp_path / "site"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_run_that_is_saved_stands_in_the_gallery_with_its_words_and_tags() -> None:
    found = RUN.save("my laptop", note="on battery", tags=["desk"])

    entry = Store().entry(found)
    assert entry is not None
    assert (entry.title, entry.note, entry.tags) == ("my laptop", "on battery", ("desk",))


def test_the_same_saved_twice_is_kept_once_and_bears_all_tags() -> None:
    first, second = RUN.save("twice", tags=["a"]), RUN.save("twice", tags=["b"])

    entry = Store().entry(first)
    assert first == second
    assert entry is not None
    assert entry.tags == ("a", "b")
    assert Store().find().total == 1


def test_a_run_is_found_by_its_id_and_by_the_beginning_of_it() -> None:
    found = RUN.save("mine")

    assert bench.load(found) == bench.load(found[:8]) == loads(dumps(RUN)).run


def test_a_beginning_that_several_share_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [RUN.save(f"run {number}") for number in range(40)]
    # Six characters that two of forty share are rare, so fewer are allowed here.
    monkeypatch.setattr(keeping, "MIN_BEGINNING", 1)
    letter = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)

    with pytest.raises(SnapshotError) as refused:
        bench.load(letter)

    assert letter in str(refused.value)


def test_a_run_is_found_in_a_file_and_in_a_report(tmp_path: Path) -> None:
    bench.save(RUN, tmp_path / "run.json")
    (tmp_path / "run.html").write_text(report.to_html(loads(dumps(RUN))), encoding="utf-8")

    assert bench.load(tmp_path / "run.json") == bench.load(str(tmp_path / "run.html"))


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:8501/snapshots?snapshot={id}",
        "https://bench.example.org/?a=b&snapshot={id}",
    ],
)
def test_a_link_to_a_dashboard_is_looked_up_in_the_own_store(link: str) -> None:
    found = RUN.save("mine")

    assert bench.load(link.format(id=found)) == loads(dumps(RUN)).run


@pytest.mark.parametrize("name", ["run.json", "run.html"])
def test_a_link_to_a_file_downloads_it(site: tuple[Path, str], name: str) -> None:
    folder, address = site
    found = loads(dumps(RUN))
    (folder / "run.json").write_text(found.text, encoding="utf-8")
    (folder / "run.html").write_text(report.to_html(found), encoding="utf-8")

    assert bench.load(f"{address}/{name}") == found.run


@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("abcdefgh", "abcdefgh"),
        ("nowhere.json", "nowhere.json"),
        ("http://127.0.0.1:9/run.json", "http://127.0.0.1:9/run.json"),
        ("http://127.0.0.1:8501/?snapshot=abcdefgh", "abcdefgh"),
    ],
)
def test_what_is_nowhere_is_said(where: str, named: str, wording: Wording) -> None:
    with pytest.raises(SnapshotError) as refused:
        bench.load(where)

    assert named in str(refused.value)
    wording(refused.value)


def test_a_link_to_what_is_no_snapshot_is_refused(site: tuple[Path, str], wording: Wording) -> None:
    folder, address = site
    (folder / "other.html").write_text("<html>a page</html>", encoding="utf-8")
    (folder / "large.json").write_bytes(b" " * (report.MAX_BYTES + 1))

    for name, wrong in {"other.html": "", "large.json": "", "gone.json": "404"}.items():
        with pytest.raises(SnapshotError) as refused:
            bench.load(f"{address}/{name}")
        assert wrong in str(refused.value)
        wording(str(refused.value).replace(address, "http://somewhere"))


def test_what_no_snapshot_takes_is_refused_and_nothing_kept() -> None:
    with pytest.raises(SnapshotError, match="120"):
        RUN.save("x" * 121)
    with pytest.raises(TagError):
        RUN.save("fine", tags=["x" * 100])

    assert Store().find().total == 0


def test_a_store_that_is_no_use_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path}/file/store.sqlite")

    with pytest.raises(StoreError):
        RUN.save("mine")
