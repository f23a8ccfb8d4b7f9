"""A dashboard whose workers run nothing: started, told how its machine behaves, and made as new.

`FakeServer` starts this module in a process of its own, where `app.py` is shown as ever.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from itertools import count
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Any

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.training.record import TRAINED_VARIABLE
from tests.serving import PROJECT, Server
from tests.waiting import soon

CONTROL_VARIABLE = "FAKE_CONTROL"  # the address of the socket on which the server listens
KEY = b"tests"
LIVE_POLL_S, IDLE_POLL_S = 0.5, 1.0
NEVER_S = 86_400.0


class FakeServer(Server):
    def __init__(self, **environment: str) -> None:
        super().__init__(**environment)
        self._environment |= {
            CACHE_VARIABLE: str(self.folder / "cache"),  # what fakes export is no network
            CONTROL_VARIABLE: str(self.folder / "control"),
        }

    def _command(self) -> list[str]:
        return ["tests.browser.faking", str(self.port)]

    def renew(self, *, is_visited: bool = True) -> None:
        """Be as after the start: nothing is measured, trained or kept. No page may be open.

        is_visited: the opening preview and the trials of all engines are over, as if somebody had
            been there.
        """
        self._tell("renew", is_visited=is_visited)

    def hold(self, *steps: str) -> None:
        """Workers wait before such steps; see FakeMachine."""
        self._tell("hold", *steps)

    def release(self, *steps: str) -> None:
        self._tell("release", *steps)

    def behave(self, **wanted: Any) -> None:
        """Set fields of the FakeMachine."""
        self._tell("behave", **wanted)

    def let_pages_watch(self) -> None:
        """Pages opened from now on see soon what others start; else only what they start."""
        self._tell("let_pages_watch")

    def _tell(self, what: str, *told: Any, **named: Any) -> None:
        """Returns once it has taken effect."""
        with Client(self._environment[CONTROL_VARIABLE], authkey=KEY) as line:
            line.send((what, told, named))
            problem = line.recv()
        assert problem is None, problem


def serve(port: int) -> None:
    """In the server's process. Does not return."""
    import pytest
    from streamlit.web import cli

    from benchmarks.dashboard import progress, signs, steered
    from benchmarks.dashboard.__main__ import _end_with_input
    from benchmarks.machine import Signs
    from tests.fake_worker import FakeMachine, install

    patch, machine, looks = pytest.MonkeyPatch(), FakeMachine(), count(1)

    def read_signs() -> Signs:
        """A second after the last time; ever more is done by other programs."""
        time_s = next(looks)
        return Signs(
            time_s, logical_cpus=4, usable_cpus=4, busy_cpu_s=0.01 * time_s**2, own_cpu_s=0
        )

    install(machine, patch)
    patch.setattr(signs, "read_signs", read_signs)
    # A page that renews its strip without delay is at rest once the strip is gone: see `settle`.
    patch.setattr(progress, "MIN_REDRAW_S", 0.0)
    patch.setattr(progress, "LIVE_POLL_S", LIVE_POLL_S)
    patch.setattr(progress, "CALM_POLL_S", LIVE_POLL_S)
    patch.setattr(progress, "IDLE_POLL_S", NEVER_S)
    patch.setattr(steered, "POLL_S", IDLE_POLL_S)
    threading.Thread(target=_end_with_input, daemon=True).start()
    listener = Listener(os.environ[CONTROL_VARIABLE], authkey=KEY)
    threading.Thread(target=_listen, args=(listener, machine), daemon=True).start()
    sys.argv = ["streamlit", "run", str(PROJECT / "app.py"), "--server.port", str(port)]
    sys.argv += ["--server.headless", "true"]
    cli.main()


def _listen(listener: Listener, machine: Any) -> None:
    from benchmarks.dashboard import progress

    calls = {
        "hold": machine.hold,
        "release": machine.release,
        "behave": lambda **wanted: _behave(machine, wanted),
        "let_pages_watch": lambda: setattr(progress, "IDLE_POLL_S", IDLE_POLL_S),
        "renew": lambda **wanted: _renew(machine, **wanted),
    }
    while True:
        with listener.accept() as line:
            what, told, named = line.recv()
            try:
                calls[what](*told, **named)
                line.send(None)
            except Exception as error:
                line.send(f"{what}: {error!r}")


def _behave(machine: Any, wanted: dict[str, Any]) -> None:
    with machine.changed:
        vars(machine).update(wanted)
        machine.changed.notify_all()


def _renew(machine: Any, *, is_visited: bool) -> None:
    import streamlit as st

    from benchmarks.dashboard import progress, session
    from tests.fake_worker import FakeMachine

    progress.IDLE_POLL_S = NEVER_S
    machine.release()
    assert soon(_is_unwatched, within_s=60), "a page is open"
    st.cache_resource.clear()
    st.cache_data.clear()
    _behave(
        machine, {name: value for name, value in vars(FakeMachine()).items() if name != "changed"}
    )
    locks = Path(os.environ[FOLDER_VARIABLE])
    for name in (os.environ[TRAINED_VARIABLE], os.environ[CACHE_VARIABLE], locks.parent / "store"):
        shutil.rmtree(name, ignore_errors=True)
    if is_visited:
        session.manager().wait_for(session.start_opening_preview())
        session._probing().result()


def _is_unwatched() -> bool:
    """Whether no page is open, and none is still drawn that was."""
    from streamlit import runtime

    return not runtime.get_instance()._session_mgr.list_active_sessions() and not any(
        thread.name.startswith("ScriptRunner") for thread in threading.enumerate()
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]))
