"""The notebook's side: one question to a dashboard, one answer."""

from __future__ import annotations

import socket

from pydantic import ValidationError

from benchmarks.steering.announcement import Announcement
from benchmarks.steering.messages import (
    ANSWER,
    LETTER,
    Done,
    Greet,
    Letter,
    Look,
    Refused,
    Select,
    Show,
    View,
)

CONNECT_LIMIT_S = 2.0
ANSWER_LIMIT_S = 30.0
MAX_ANSWER_BYTES = 100_000_000


class DashboardError(RuntimeError):
    """The dashboard cannot be reached, or refuses; the message says what to do."""


def is_there(dashboard: Announcement) -> bool:
    """Whether it listens, and accepts the secret that was announced."""
    try:
        ask(dashboard, "", Greet())
    except DashboardError:
        return False
    return True


def ask(dashboard: Announcement, page: str, what: Greet | Select | Show | Look) -> View | Done:
    """Raises DashboardError."""
    letter = LETTER.dump_json(Letter(dashboard.secret, page, what)) + b"\n"
    try:
        address = ("127.0.0.1", dashboard.steering_port)
        with socket.create_connection(address, CONNECT_LIMIT_S) as connection:
            connection.settimeout(ANSWER_LIMIT_S)
            connection.sendall(letter)
            with connection.makefile("rb") as answers:
                answer = ANSWER.validate_json(answers.readline(MAX_ANSWER_BYTES))
    except (OSError, ValidationError) as error:
        raise DashboardError(
            f"The dashboard on port {dashboard.port} does not answer. It may have ended: "
            "run open_dashboard() again."
        ) from error
    if isinstance(answer, Refused):
        raise DashboardError(f"The dashboard refuses: {answer.reason}")
    return answer
