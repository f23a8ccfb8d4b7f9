"""What a run says of itself, in one line."""

from __future__ import annotations

from benchmarks.results import Run
from benchmarks.validity import state_of


def worth(run: Run) -> str:
    state = state_of(run)
    if state is None:
        return "nothing was measured"
    return ": ".join([state.word, *(reason.text.rstrip(".") for reason in state.reasons[:1])])
