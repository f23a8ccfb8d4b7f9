"""How soon ten thousand snapshots are listed and searched, on either database."""

from __future__ import annotations

import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from playwright.sync_api import Page
from sqlalchemy import URL, insert

from benchmarks.snapshot import Snapshot, dumps, loads
from benchmarks.store import Store, _row, _tags, _timings, tables
from tests.bench.figure import Figure, judged
from tests.builders import MACHINE, a_run, measurement
from tests.postgres import find_programs, new_database, server
from tests.serving import Server, chromium

SNAPSHOTS = 10_000
OPEN_S, SEARCH_S = 1.0, 0.3
DOCUMENT_BYTES = 100_000  # of each, compressed; a listing that read them would show it
TIMES = 5
SEARCHES = ("number 4321", "openvino mobilenet", "cpu 7", "nothing like it")


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        urls = {"SQLite": URL.create("sqlite", database=str(Path(folder) / "store.sqlite"))}
        if (programs := find_programs()) is not None:
            urls["PostgreSQL"] = new_database(stack.enter_context(server(programs)), "gallery")
        else:
            yield Figure("PostgreSQL", "not measured: it is not installed")
        for name, url in urls.items():
            with closing(Store(url)) as store:
                _fill(store)
            yield from _timed(name, url)
            yield from _seen(name, url)


def _seen(name: str, url: URL) -> Iterator[Figure]:
    """What a person waits for: from the click until the page shows it."""
    with (
        chromium() as browser,
        Server(MOBILENET_BENCH_STORE=url.render_as_string(hide_password=False)) as started,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(started.url)
        page.wait_for_selector("[data-testid=stProgress]", state="attached", timeout=60_000)
        page.wait_for_selector("[data-testid=stProgress]", state="detached", timeout=180_000)
        opened, searched = [], []
        for number in range(TIMES):
            page.get_by_test_id("stTopNavLink").filter(has_text="Method").click()
            page.get_by_role("heading", name="What the numbers mean").wait_for()
            opened.append(
                _until(
                    page,
                    lambda: (
                        page.get_by_test_id("stTopNavLink").filter(has_text="Snapshots").click()
                    ),
                    f"{SNAPSHOTS:,} snapshots",
                )
            )
            box = page.get_by_role("textbox", name="Search")
            box.fill(f"number 432{number}")
            searched.append(_until(page, lambda box=box: box.press("Enter"), "1 snapshot."))
            box.fill("")
            box.press("Enter")
    yield Figure(
        f"{name}: from the click to the gallery, in a browser",
        f"{1e3 * median(opened):.0f} ms",
        f"below {1e3 * OPEN_S:.0f} ms",
        judged(median(opened) < OPEN_S),
    )
    yield Figure(
        f"{name}: from Enter to what was found, in a browser",
        f"{1e3 * median(searched):.0f} ms",
        f"below {1e3 * SEARCH_S:.0f} ms",
        judged(median(searched) < SEARCH_S),
    )


def _until(page: Page, act: Callable[[], object], text: str) -> float:
    """Seconds from `act` until the page holds its table and `text`."""
    begin = time.perf_counter()
    act()
    page.wait_for_function(
        "text => document.querySelector('[data-testid=stDataFrame]')"
        " && document.body.innerText.includes(text)",
        arg=text,
    )
    return time.perf_counter() - begin


def _timed(name: str, url: URL) -> Iterator[Figure]:
    def opened() -> None:
        with closing(Store(url)) as store:
            found = store.find(limit=50)
            store.tags(), store.machines()
        assert (found.total, len(found.entries)) == (SNAPSHOTS, 50)

    seconds = _median_s(opened)
    yield Figure(
        f"{name}: {SNAPSHOTS:,} snapshots opened, the first 50 listed",
        f"{1e3 * seconds:.0f} ms",
        f"below {1e3 * OPEN_S:.0f} ms",
        judged(seconds < OPEN_S),
    )
    with closing(Store(url)) as store:
        slowest = max(_median_s(lambda words=words: store.find(words)) for words in SEARCHES)
    yield Figure(
        f"{name}: searched for words, the slowest of {len(SEARCHES)}",
        f"{1e3 * slowest:.0f} ms",
        f"below {1e3 * SEARCH_S:.0f} ms",
        judged(slowest < SEARCH_S),
    )


def _median_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return median(times)


def _fill(store: Store) -> None:
    """Rows as `Store.add` writes them, many at once; documents of a usual size."""
    document = zlib.compress(b"x", 0).ljust(DOCUMENT_BYTES, b"\0")
    made = [_numbered(number) for number in range(20)]
    for start in range(0, SNAPSHOTS, 500):
        some = [
            replace(made[number % 20], id=f"{number:026d}", title=f"Number {number}")
            for number in range(start, min(start + 500, SNAPSHOTS))
        ]
        with store._writing.begin() as connection:
            rows = [
                _row(one, f"2026-01-01T00:00:{place:09.3f}")
                for place, one in enumerate(some, start=start)
            ]
            connection.execute(insert(tables.snapshots), rows)
            documents = [{"id": one.id, "compressed": document} for one in some]
            connection.execute(insert(tables.documents), documents)
            timings = [row for one in some for row in _timings(one)]
            connection.execute(insert(tables.timings), timings)
            marks = [row for one in some[::10] for row in _tags(one.id, ["tenth"])]
            connection.execute(insert(tables.tags), marks)


def _numbered(number: int) -> Snapshot:
    rows = [measurement(f"{width}-160", rounds=6) for width in (0.25, 0.5, 0.75, 1.0)]
    rows += [measurement("resnet18", engine="openvino", rounds=6)]
    run = replace(a_run(*rows), machine=replace(MACHINE, cpu=f"Example CPU {number}"))
    return loads(dumps(run, note="A note of some length, as people write them. " * 4))
