"""Requests for tests, and what is seen of the processes that they start."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.candidates import candidate
from benchmarks.jobs import worker_process
from benchmarks.jobs.machine_queue import MachineLock, Ticket, lock_folder
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.results import Quality, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Preset
from tests.talk import TINY

MANY = tuple(f"0.25-32-n{classes}" for classes in range(20, 60))
LONG: Preset = "certify"  # for MANY this takes a real worker a minute


def request(
    *networks: str,
    engines: tuple[str, ...] = ("eager",),
    preset: Preset = "preview",
    quality: Quality = "preliminary",
    title: str = "a test",
    fresh: bool = False,
    owner: str = "",
) -> Request:
    """Eager networks go to the warm worker unless `fresh`."""
    return Request(
        title=title,
        candidates=tuple(candidate(network) for network in networks or (TINY,)),
        scenarios=tuple(Scenario(engine=engine) for engine in engines),
        preset=preset,
        quality=quality,
        fresh=fresh,
        owner=owner,
    )


def ignore(update: Update) -> None: ...


def run(
    runner: Runner,
    wanted: Request,
    listen: Callable[[Update], None] = ignore,
    stop: threading.Event | None = None,
) -> Run:
    ticket = Ticket(lock_folder(), wanted.title)
    return runner.run(wanted, ticket, listen, stop or threading.Event())


def names(run: Run) -> list[tuple[str, str]]:
    return [(m.scenario.engine, m.candidate.key) for m in run.measurements]


def machine_is_free() -> bool:
    lock = MachineLock(lock_folder())
    free = lock.try_acquire()
    lock.close()
    return free


def workers() -> list[psutil.Process]:
    """Those that this process has started and that live."""
    living = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it may end while it is looked at
            if child.status() != psutil.STATUS_ZOMBIE and worker_process.MODULE in child.cmdline():
                living.append(child)
    return living


def tickets() -> list[Path]:
    return list(Path(os.environ["MOBILENET_BENCH_LOCKS"]).glob("*.ticket"))
