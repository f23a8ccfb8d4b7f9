"""Another program that measures on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.jobs.machine_queue import MachineLock, Ticket
from tests.waiting import soon


@contextmanager
def measuring(title: str, locks: Path) -> Iterator[None]:
    """It holds the machine while this lasts. locks: where the queue is kept."""
    ticket, lock = Ticket(locks, title), MachineLock(locks)
    assert soon(lambda: ticket.place().ahead == 0 and lock.try_acquire(), within_s=60)
    try:
        yield
    finally:
        lock.close()
        ticket.leave()
