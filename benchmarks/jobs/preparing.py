"""What must lie ready before a network can be timed: made once, kept in the cache."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError
from benchmarks.jobs.collected import Collected
from benchmarks.jobs.conversation import Conversation
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.messages import Event, NotPrepared, Prepare, Prepared, Progress, Task
from benchmarks.prepared import Form, form_for
from benchmarks.results import Failure
from benchmarks.scenarios import Scenario

# A worker with PyTorch to write a form; which one, is the runner's business.
Writer = Callable[[Form], AbstractContextManager[WorkerProcess]]


def prepared_task(
    run_id: str,
    candidate: Candidate,
    scenario: Scenario,
    writer: Writer,
    talk: Conversation,
    out: Collected,
    aside: Path | None = None,
) -> Task | None:
    """What a worker is to time; None, with a failure noted, if it cannot be prepared.

    aside: a folder of this run alone, where somebody's own network is prepared: a file of it holds
        its weights, and the cache is kept.
    """
    form = form_for(candidate, scenario)
    if form is None:
        return Task(candidate, scenario)
    try:
        root = aside if candidate.own is not None else None
        folder = str(form.folder(root))
        seconds = None
        if not form.is_prepared(root):
            out.report(Progress(f"{_words(form)[0]} {candidate.label}", 0.0))
            seconds = _prepare(Prepare(run_id, form, folder), writer, talk)
    except (EngineError, WorkerDied) as error:
        out.fail(Failure(candidate, scenario, f"could not be {_words(form)[1]}: {error}"))
        return None
    return Task(candidate, scenario, folder, seconds)


def _prepare(command: Prepare, writer: Writer, talk: Conversation) -> float | None:
    """Seconds that it took. Raises EngineError and WorkerDied."""
    heard: list[Event] = []
    with writer(command.form) as worker:
        talk.ask(worker, command, heard.append)
    for event in heard:
        match event:
            case NotPrepared(reason):
                raise EngineError(reason)
            case Prepared(seconds):
                return seconds
    return None


def _words(form: Form) -> tuple[str, str]:
    """For what is being done, and for what was done."""
    if form.precision == "int8":
        return "Quantising", "quantised"
    return ("Compiling", "compiled") if form.export == "aot" else ("Exporting", "exported")
