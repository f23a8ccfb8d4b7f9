"""The dashboard's ear: a port of this computer, for whoever knows the secret."""

from __future__ import annotations

import secrets
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress

from pydantic import ValidationError

from benchmarks.candidates import CandidateError, candidate
from benchmarks.jobs.request import check_scenario
from benchmarks.machine import read_machine
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.snapshot import Snapshot, SnapshotError, loads
from benchmarks.steering.messages import (
    ANSWER,
    LETTER,
    MAX_LINE_BYTES,
    Done,
    Greet,
    Letter,
    Look,
    Refused,
    Select,
    Show,
    View,
)
from benchmarks.steering.switchboard import Switchboard
from mobilenet.config import ConfigError

SILENCE_LIMIT_S = 10.0  # of somebody who has connected


def check_way(scenario: Scenario) -> None:
    """Raises ScenarioError for a way of running that the page does not offer on this machine."""
    check_scenario(scenario)
    offered = ("cpu", "cuda") if read_machine().accelerators else ("cpu",)
    if scenario.device not in offered:
        raise ScenarioError(
            f"There is no device {scenario.device!r} here. Choose one of: {', '.join(offered)}."
        )


class Endpoint:
    """Listens from its making until it is closed.

    keep: told of every run that is to be shown, before the page is asked to show it.
    """

    def __init__(self, board: Switchboard, keep: Callable[[Snapshot], None]) -> None:
        self.secret = secrets.token_urlsafe(32)
        self._board = board
        self._keep = keep
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.endpoint = self
        self.address, self.port = str(self._server.server_address[0]), self._server.server_port
        threading.Thread(target=self._server.serve_forever, name="steering", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, letter: Letter) -> View | Done | Refused:
        if not secrets.compare_digest(letter.secret.encode(), self.secret.encode()):
            return Refused("The secret is another.")
        try:
            return self._follow(letter)
        except (CandidateError, ConfigError, ScenarioError, SnapshotError) as error:
            return Refused(str(error))

    def _follow(self, letter: Letter) -> View | Done:
        match letter.what:
            case Greet():
                pass
            case Look():
                return self._board.view(letter.page)
            case Select(network, scenario) as order:
                candidate(network)
                if scenario is not None:
                    check_way(scenario)
                self._board.order(letter.page, order)
            case Show(document):
                found = loads(document)
                self._keep(found)
                self._board.order(letter.page, Show(found.text))
        return Done()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64
    endpoint: Endpoint

    @property
    def server_port(self) -> int:
        return int(self.server_address[1])


class _Handler(socketserver.StreamRequestHandler):
    """One line, one answer. Whoever sends no letter, a browser say, hears nothing."""

    timeout = SILENCE_LIMIT_S
    server: _Server

    def handle(self) -> None:
        with suppress(ValidationError, OSError):  # whoever has gone needs no answer
            letter = LETTER.validate_json(self.rfile.readline(MAX_LINE_BYTES))
            self.wfile.write(ANSWER.dump_json(self.server.endpoint.answer(letter)) + b"\n")
