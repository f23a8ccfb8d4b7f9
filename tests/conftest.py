"""What all tests share: a machine queue, exported and trained networks and a store of their own."""

import gc
import os
import signal
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import URL

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.store.connection import STORE_VARIABLE
from benchmarks.training.record import TRAINED_VARIABLE
from tests import wording as wordings
from tests.fake_worker import FakeMachine, installed, processes
from tests.postgres import find_programs, new_database, server

hypothesis.settings.load_profile("ci")  # the same examples every time, however slow the machine is

WRITTEN = pytest.StashKey[dict[str, list[str]]]()
FAILED = pytest.StashKey[bool]()
HONESTY = Path(__file__).parent / "honesty"  # where tests run alone
SLOWEST_FILES = 25
SLOW_LIMIT_S = 1200  # as `timeout` in pyproject.toml: only so that a test that hangs fails


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-wording", action="store_true", help="write tests/wording.txt instead of comparing"
    )
    parser.addoption(
        "--durations-of-files", action="store_true", help="show which files take longest"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[WRITTEN] = {}
    config.pluginmanager.register(FileSeconds(config), "file-seconds")


class FileSeconds:
    """Adds up how long each file's tests take, of all processes."""

    def __init__(self, config: pytest.Config) -> None:
        self._seconds: Counter[str] = Counter()
        self._is_wanted = bool(config.getoption("--durations-of-files"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._is_wanted:
            terminalreporter.section("seconds by file, over all processes")
            for name, seconds in self._seconds.most_common(SLOWEST_FILES):
                terminalreporter.write_line(f"{seconds:7.1f}  {name}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    real = {item.path for item in items if item.get_closest_marker("real")}
    items.sort(key=lambda item: item.path not in real)  # the longest first: processes end together


def pytest_collection_finish() -> None:
    gc.freeze()  # what was imported stays: else each collection looks at all of it, a second long


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.get_closest_marker("alone") and item.path.parent != HONESTY:
        raise pytest.UsageError(f"{item.nodeid}: alone, but not in {HONESTY.name}")
    slow = item.get_closest_marker("slow")
    if slow is None:
        return
    if not slow.args:
        raise pytest.UsageError(f"{item.nodeid}: say why it is slow: slow('reason')")
    item.add_marker(pytest.mark.timeout(SLOW_LIMIT_S), append=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Only tests that ran are written anew; where all were collected, those that are gone go."""
    written = session.config.stash[WRITTEN]
    if not session.config.getoption("--write-wording") or not written:
        return
    kept = wordings.read()
    if session.config.args_source is not pytest.Config.ArgsSource.ARGS:
        collected = {_key(item) for item in session.items}
        kept = {key: texts for key, texts in kept.items() if key in collected}
    wordings.write(kept | written)


@pytest.fixture
def wording(request: pytest.FixtureRequest) -> Iterator[wordings.Wording]:
    """Call it with a text that people read: it must be the one in `tests/wording.txt`."""
    is_written = bool(request.config.getoption("--write-wording"))
    key = _key(request.node)
    expected = wordings.read().get(key, [])
    found = wordings.Wording(expected, is_written)
    yield found
    if is_written:
        others = request.config.stash[WRITTEN]
        assert key not in others, f"two tests are called {key}: rename one"
        others[key] = found.said
    elif not request.node.stash.get(FAILED, False):
        assert len(found.said) == len(expected), "fewer words than before: run `make wording`"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed
    return report


def _key(item: pytest.Item) -> str:
    cls = getattr(item, "cls", None)
    return wordings.key_of(item.name, cls.__name__ if cls else None)


@pytest.fixture
def fake_machine() -> Iterator[FakeMachine]:
    """Supervisors of this process start workers that run nothing, on a machine that is made up."""
    with installed() as machine:
        yield machine


@pytest.fixture
def fake_processes() -> Iterator[FakeMachine]:
    """The same as processes, which can be killed, on a machine where all goes well."""
    with processes() as machine:
        yield machine


@pytest.fixture(autouse=True, scope="session")
def _interrupts_arrive() -> Iterator[None]:
    """Also in a suite that a script started in the background, where SIGINT is ignored: what a test
    starts would inherit that, and the program respects it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither wait for the measurements of a person nor use their exported networks.

    Networks are exported once for all of a run's processes; everything else each has for itself.
    """
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("locks")))
        patch.setenv(CACHE_VARIABLE, str(shared / "exported"))
        patch.setenv(TRAINED_VARIABLE, str(tmp_path_factory.mktemp("trained")))
        patch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite")
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server; skips where none is installed, and fails there under CI."""
    programs = find_programs()
    if programs is None:
        reason = "PostgreSQL is not installed (Debian: apt install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The address of an empty store, of either kind."""
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "store" / "snapshots.sqlite"))
    return new_database(request.getfixturevalue("postgres"), f"test-{uuid.uuid4().hex[:12]}")
