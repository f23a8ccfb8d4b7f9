"""One measurement at a time on a machine, first come first served, whatever becomes of whom."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.jobs.machine_queue import (
    FOLDER_VARIABLE,
    MachineLock,
    Place,
    Ticket,
    lock_folder,
)
from tests.talk import ROOT
from tests.waiting import LIMIT_S, soon


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


@pytest.fixture
def lock(folder: Path) -> Iterator[MachineLock]:
    lock = MachineLock(folder)
    yield lock
    lock.close()


@contextmanager
def tickets(folder: Path, *titles: str) -> Iterator[list[Ticket]]:
    queue = [Ticket(folder, title) for title in titles]
    try:
        yield queue
    finally:
        for ticket in queue:
            ticket.leave()


@contextmanager
def process(code: str, folder: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another Python process; sys.argv[1] is the queue's folder. Ended at the end."""
    command = [sys.executable, "-c", code, str(folder), *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as other:
        try:
            yield other
        finally:
            other.kill()


def line_of(other: subprocess.Popen[str]) -> str:
    assert other.stdout is not None
    return other.stdout.readline().strip()


TAKE_A_TICKET = """
import sys
from pathlib import Path
from benchmarks.jobs.machine_queue import Ticket
ticket = Ticket(Path(sys.argv[1]), sys.argv[2])
print("waiting", flush=True)
sys.stdin.read()
"""


def test_the_first_who_comes_has_nobody_ahead_and_the_others_see_what_it_does(folder: Path) -> None:
    with tickets(folder, "Measure the 16", "Measure ResNet-18", "Preview") as (one, two, three):
        assert one.place() == Place(ahead=0, first=None)
        assert two.place() == Place(ahead=1, first="Measure the 16")
        assert three.place() == Place(ahead=2, first="Measure the 16")


def test_who_leaves_lets_the_others_move_up(folder: Path) -> None:
    with tickets(folder, "a", "b", "c") as (one, two, three):
        one.leave()

        assert two.place() == Place(0, None)
        assert three.place() == Place(1, "b")

        two.leave()

        assert three.place() == Place(0, None)


def test_a_ticket_that_was_left_leaves_no_file(folder: Path) -> None:
    with tickets(folder, "a", "b"):
        pass

    assert list(folder.iterdir()) == []


def test_leaving_twice_does_no_harm(folder: Path) -> None:
    ticket = Ticket(folder, "a")

    ticket.leave()
    ticket.leave()

    assert list(folder.iterdir()) == []


def test_the_order_holds_when_the_time_of_day_is_set_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns = time.time_ns()
    with tickets(folder, "a") as (first,):
        monkeypatch.setattr(time, "time_ns", lambda: now_ns - 3600 * 10**9)
        monkeypatch.setattr(time, "time", lambda: now_ns / 1e9 - 3600)

        with tickets(folder, "b") as (second,):
            assert first.place().ahead == 0
            assert second.place().ahead == 1


def test_tickets_of_another_process_are_seen_with_their_titles(folder: Path) -> None:
    with process(TAKE_A_TICKET, folder, "Measure 3 networks") as other:
        assert line_of(other) == "waiting"

        with tickets(folder, "mine") as (ticket,):
            assert ticket.place() == Place(1, "Measure 3 networks")


def test_the_ticket_of_a_process_that_was_killed_disappears(folder: Path) -> None:
    with process(TAKE_A_TICKET, folder, "doomed") as other:
        line_of(other)
        with tickets(folder, "mine") as (ticket,):
            assert ticket.place().ahead == 1

            other.send_signal(signal.SIGKILL)
            other.wait()

            assert ticket.place() == Place(0, None)
            assert len(list(folder.glob("*.ticket"))) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"{", b"[]", b"null", b'{"name": "x"}', b"5"],
    ids=["empty", "no text", "cut off", "a list", "null", "no title", "a number"],
)
def test_a_ticket_that_cannot_be_read_still_counts(folder: Path, content: bytes) -> None:
    with process(TAKE_A_TICKET, folder, "mine") as other:
        line_of(other)
        (path,) = folder.glob("*.ticket")
        path.write_bytes(content)

        with tickets(folder, "mine") as (ticket,):
            assert ticket.place() == Place(1, "another measurement")


def test_what_cannot_even_be_opened_does_not_count(folder: Path) -> None:
    folder.mkdir()
    (folder / "00000000000000000000-odd.ticket").mkdir()

    with tickets(folder, "mine") as (ticket,):
        assert ticket.place() == Place(0, None)


def test_a_ticket_is_not_seen_before_it_is_locked(folder: Path) -> None:
    """Else somebody who looks in that moment would take it for a dead process's, and remove it."""
    with tickets(folder, "mine") as (ticket,):
        hidden = folder / ".00000000000000000000-half"
        hidden.write_text("")

        assert ticket.place() == Place(0, None)
        assert hidden.exists()


def test_only_one_can_hold_the_machine(folder: Path, lock: MachineLock) -> None:
    other = MachineLock(folder)

    assert lock.try_acquire()
    assert not other.try_acquire()

    lock.release()

    assert other.try_acquire()
    other.close()


HOLD_THE_LOCK = """
import subprocess, sys
from pathlib import Path
from benchmarks.jobs.machine_queue import MachineLock
lock = MachineLock(Path(sys.argv[1]))
assert lock.try_acquire()
worker = None
if "with a worker" in sys.argv:
    worker = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=int(sys.argv[2]), pass_fds=(lock.descriptor, int(sys.argv[2])),
    )
print(worker.pid if worker else "holding", flush=True)
if sys.stdin.readline().strip() == "release":
    lock.release()
    print("released", flush=True)
    sys.stdin.read()
"""


def test_the_lock_holds_against_other_processes_and_goes_with_theirs(
    folder: Path, lock: MachineLock
) -> None:
    with process(HOLD_THE_LOCK, folder) as other:
        assert line_of(other) == "holding"
        assert not lock.try_acquire()

        other.kill()
        other.wait()

        assert lock.try_acquire()


@pytest.fixture
def lifeline() -> Iterator[tuple[int, int]]:
    """A pipe: who reads it lives until the other end is closed here."""
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        try:
            os.close(end)
        except OSError:
            continue


@contextmanager
def supervisor_with_worker(
    folder: Path, lifeline: int
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(folder), str(lifeline), "with a worker"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        pass_fds=(lifeline,),
    ) as supervisor:
        try:
            yield supervisor, int(line_of(supervisor))
        finally:
            supervisor.kill()


def test_the_machine_stays_taken_while_a_worker_outlives_its_killed_supervisor(
    folder: Path, lock: MachineLock, lifeline: tuple[int, int]
) -> None:
    read, write = lifeline
    with supervisor_with_worker(folder, read) as (supervisor, worker_pid):
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()

        os.kill(worker_pid, 0)  # it lives
        assert not lock.try_acquire()

        os.close(write)  # and now it ends

        assert soon(lock.try_acquire)


def test_the_machine_stays_taken_while_a_supervisor_outlives_its_killed_worker(
    folder: Path, lock: MachineLock, lifeline: tuple[int, int]
) -> None:
    with supervisor_with_worker(folder, lifeline[0]) as (supervisor, worker_pid):
        os.kill(worker_pid, signal.SIGKILL)

        assert not soon(lock.try_acquire, within_s=0.3)

        supervisor.kill()

        assert soon(lock.try_acquire)


def test_releasing_frees_the_machine_though_a_worker_has_inherited_the_lock(
    folder: Path, lock: MachineLock, lifeline: tuple[int, int]
) -> None:
    with supervisor_with_worker(folder, lifeline[0]) as (supervisor, worker_pid):
        assert supervisor.stdin is not None
        supervisor.stdin.write("release\n")
        supervisor.stdin.flush()
        assert line_of(supervisor) == "released"

        os.kill(worker_pid, 0)  # it lives
        assert lock.try_acquire()
        os.kill(worker_pid, signal.SIGKILL)


TAKE_TURNS = """
import os, sys, time
from pathlib import Path
from benchmarks.jobs.machine_queue import MachineLock, Ticket
folder, ledger = Path(sys.argv[1]), Path(sys.argv[2])
lock = MachineLock(folder)
for turn in range(5):
    ticket = Ticket(folder, f"{os.getpid()}")
    while ticket.place().ahead or not lock.try_acquire():
        time.sleep(0.001)
    with ledger.open("r+") as file:  # no append: two at once would overwrite each other
        text = file.read()
        assert "taken" not in text, "two measure at once"
        file.seek(0); file.write(text + "taken"); file.flush()
        time.sleep(0.002)
        file.seek(0); file.truncate(); file.write(text + f"{os.getpid()}\\n")
    lock.release()
    ticket.leave()
"""


def test_many_processes_never_hold_the_machine_together_and_all_get_their_turns(
    folder: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    ledger.touch()
    command = [sys.executable, "-c", TAKE_TURNS, str(folder), str(ledger)]

    others = [subprocess.Popen(command, cwd=ROOT) for _ in range(6)]

    assert [other.wait(LIMIT_S) for other in others] == [0] * 6
    turns = ledger.read_text().split()
    assert len(turns) == 30
    assert all(turns.count(str(other.pid)) == 5 for other in others)
    assert list(folder.glob("*.ticket")) == []


def test_the_queue_lies_where_its_variable_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "here"))

    assert lock_folder() == tmp_path / "here"


def test_without_the_variable_the_queue_is_one_for_all_folders_and_sessions_of_a_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    before = lock_folder()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # a login has it, a service has not

    assert lock_folder() == before


def test_a_folder_that_cannot_be_made_is_refused_with_the_way_out(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    for wanted in (lambda: MachineLock(in_the_way / "locks"), lambda: Ticket(in_the_way, "mine")):
        with pytest.raises(OSError, match=FOLDER_VARIABLE) as refused:
            wanted()
        assert str(in_the_way) in str(refused.value)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a few file names and not for what stands in them."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=8", "none", str(disk)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_costs_a_ticket_its_title_and_not_its_place(tiny_disk: Path) -> None:
    (tiny_disk / "full").write_bytes(bytes(4096))

    with tickets(tiny_disk, "a", "b") as (one, two):
        assert one.place() == Place(0, None)
        assert two.place() == Place(1, "another measurement")

    assert [path.name for path in tiny_disk.iterdir()] == ["full"]


def test_a_disk_without_room_for_a_file_is_said(tiny_disk: Path) -> None:
    for number in range(7):
        (tiny_disk / str(number)).touch()

    with pytest.raises(OSError, match=FOLDER_VARIABLE) as refused:
        Ticket(tiny_disk, "a")
    assert refused.value.errno == errno.ENOSPC
