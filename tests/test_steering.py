"""Who may drive a dashboard, and what a dashboard makes of what it is told."""

import json
import os
import re
import socket
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE, lock_folder
from benchmarks.scenarios import Scenario
from benchmarks.snapshot import Snapshot, dumps, loads
from benchmarks.steering import switchboard
from benchmarks.steering.announcement import Announcement, announce, announced, withdraw
from benchmarks.steering.client import DashboardError, ask, is_there
from benchmarks.steering.endpoint import Endpoint
from benchmarks.steering.messages import Done, Greet, Look, Select, Show, Shown, View
from benchmarks.steering.switchboard import MAX_PAGES, Switchboard
from benchmarks.store.connection import STORE_VARIABLE
from tests.builders import a_run, measurement
from tests.wording import Wording

SHOWN = Shown("0.5-160", "1.0-224", ("resnet18",), Scenario(), (measurement("0.5-160"),))
RUN = a_run(measurement("0.5-160"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))


class Ear:
    """An endpoint, its mailboxes, and the runs that it was handed."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.kept: list[Snapshot] = []
        self.endpoint = Endpoint(self.board, self.kept.append)
        self.announcement = Announcement(
            pid=1,
            port=8501,
            steering_port=self.endpoint.port,
            secret=self.endpoint.secret,
            kind="",
            started_utc="2026-01-31T12:00:00+00:00",
        )


@pytest.fixture(scope="module")
def _opened() -> Iterator[Ear]:
    found = Ear()
    yield found
    found.endpoint.close()  # takes half a second


@pytest.fixture
def ear(_opened: Ear) -> Ear:
    """As new."""
    _opened.board._mailboxes.clear()
    _opened.kept.clear()
    return _opened


def say(port: int, line: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_a_page_is_sent_where_the_notebook_wants(ear: Ear) -> None:
    order = Select("0.5-160", Scenario("openvino"))

    assert ask(ear.announcement, "mine", order) == Done()

    assert ear.board.orders("mine", after=0) == (1, order)


def test_another_page_of_the_same_server_is_left_alone(ear: Ear) -> None:
    ask(ear.announcement, "mine", Select("0.5-160"))

    assert ear.board.orders("another", after=0) == (0, None)


def test_an_order_is_followed_once_and_a_newer_one_takes_its_place() -> None:
    board = Switchboard()
    board.order("page", Select("0.5-160"))
    board.order("page", Select("0.25-128"))

    number, order = board.orders("page", after=0)

    assert (number, order) == (2, Select("0.25-128"))
    assert board.orders("page", after=number) == (2, None)


def test_what_the_page_shows_comes_back_with_its_times(ear: Ear) -> None:
    assert ask(ear.announcement, "mine", Look()) == View(None)

    ear.board.tell("mine", SHOWN, followed=0)

    assert ask(ear.announcement, "mine", Look()) == View(SHOWN)


def test_a_page_that_is_open_is_given_time_to_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard, "FOLLOW_S", 60.0)
    monkeypatch.setattr(switchboard, "PRESENT_S", 60.0)
    board = Switchboard()
    board.orders("page", after=0)  # it has just looked
    board.tell("page", SHOWN, followed=0)
    board.order("page", Select("resnet18"))
    moved = replace(SHOWN, selected="resnet18")
    threading.Timer(0.2, lambda: board.tell("page", moved, followed=1)).start()

    assert board.view("page") == View(moved)


def test_nobody_waits_for_a_page_that_is_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    board = Switchboard()
    board.order("page", Select("resnet18"))
    monkeypatch.setattr(board._changed, "wait_for", lambda *_: pytest.fail("it waited"))

    assert board.view("page") == View(None)


def test_pages_that_were_long_silent_are_forgotten() -> None:
    board = Switchboard()
    for number in range(MAX_PAGES + 1):
        board.order(f"page {number}", Select("resnet18"))

    assert board.orders("page 0", after=0) == (0, None)
    assert board.orders("page 2", after=0)[0] == 1


def test_a_run_is_handed_over_before_the_page_is_asked_to_show_it(ear: Ear) -> None:
    ask(ear.announcement, "mine", Show(dumps(RUN)))

    assert [one.run for one in ear.kept] == [loads(dumps(RUN)).run]
    assert ear.board.orders("mine", after=0)[1] == Show(dumps(RUN))


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        (Select("resnet19"), "'resnet19'"),
        (Select("9.0-224"), "9.0"),
        (Select("0.5-160", Scenario("tflite")), "'tflite'"),
        (Select("0.5-160", Scenario(threads=1000)), "1000"),
        (Select("0.5-160", Scenario(device="cuda:99")), "'cuda:99'"),
        (Show("{}"), "snapshot"),
        (Show(dumps(RUN).replace('"round":1,', '"round":-1,')), "snapshot"),
    ],
    ids=["network", "config", "engine", "threads", "device", "document", "content"],
)
def test_what_does_not_exist_is_refused_with_the_reason(
    ear: Ear, order: Select | Show, wrong: str
) -> None:
    with pytest.raises(DashboardError, match=re.escape(wrong)):
        ask(ear.announcement, "mine", order)

    assert ear.board.orders("mine", after=0) == (0, None)
    assert ear.kept == []


def test_without_the_secret_nothing_happens(ear: Ear) -> None:
    stranger = replace(ear.announcement, secret="guessed")

    with pytest.raises(DashboardError, match="secret"):
        ask(stranger, "mine", Select("0.5-160"))
    with pytest.raises(DashboardError, match="secret"):
        ask(stranger, "mine", Look())

    assert not is_there(stranger)
    assert ear.board.orders("mine", after=0) == (0, None)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[" * 100_000 + b"\n",
        b'{"secret": 1}\n',
        b"\xff\xfe\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        json.dumps({"secret": "é", "page": "x", "what": {"kind": "greet"}}).encode() + b"\n",
    ],
    ids=["nothing", "empty", "object", "deep", "wrong", "bytes", "browser", "not ascii"],
)
def test_whoever_sends_no_letter_learns_nothing(ear: Ear, line: bytes) -> None:
    answer = say(ear.endpoint.port, line)

    assert ear.endpoint.secret.encode() not in answer
    assert b"view" not in answer
    assert is_there(ear.announcement)  # and the next one is heard


def test_a_browser_cannot_reach_it(ear: Ear) -> None:
    with pytest.raises(OSError):  # noqa: PT011  # of whatever kind: it is no HTTP
        urllib.request.urlopen(f"http://127.0.0.1:{ear.endpoint.port}/", timeout=5)


def test_it_listens_on_this_computer_only(ear: Ear) -> None:
    assert ear.endpoint.address == "127.0.0.1"


def test_somebody_who_connects_and_says_nothing_keeps_nobody_waiting(ear: Ear) -> None:
    with socket.create_connection(("127.0.0.1", ear.endpoint.port), 5):
        assert ask(ear.announcement, "mine", Greet()) == Done()


def test_a_dashboard_that_has_ended_is_said_to_have(wording: Wording) -> None:
    ear = Ear()
    ear.endpoint.close()

    with pytest.raises(DashboardError) as refused:
        ask(ear.announcement, "mine", Look())
    wording(refused.value)
    assert not is_there(ear.announcement)


def test_only_its_user_may_read_where_a_dashboard_is() -> None:
    path = announce(port=8501, steering_port=1, secret="s")

    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.secret for one in announced()] == ["s"]
    withdraw(next(announced()).pid)
    assert list(announced()) == []


def test_a_dashboard_with_another_store_is_not_taken_for_ones_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    announce(port=8501, steering_port=1, secret="s")
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path}/another.sqlite")

    assert list(announced()) == []


@pytest.mark.skipif(os.name != "posix", reason="files have owners and modes on POSIX")
def test_what_others_could_have_written_is_not_believed() -> None:
    path = announce(port=8501, steering_port=1, secret="s")
    path.chmod(0o622)

    assert list(announced()) == []


def test_files_that_are_no_announcement_are_passed_over() -> None:
    announce(port=8501, steering_port=1, secret="s")
    folder = lock_folder() / "dashboards"
    (folder / "1.json").write_text("{", encoding="utf-8")
    (folder / "2.json").mkdir()
    (folder / "3.json").write_bytes(b"\x00" * 100_000)

    assert [one.port for one in announced()] == [8501]
