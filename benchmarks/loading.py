"""Networks made ready in a worker: loaded, their answer checked against PyTorch's, warm."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks import gpu
from benchmarks.engines import load_engine
from benchmarks.engines.session import (
    Accelerator,
    Engine,
    EngineError,
    Logits,
    OutOfMemory,
    Session,
    Unsupported,
)
from benchmarks.machine import read_counters
from benchmarks.messages import Loaded, Task
from benchmarks.prepared import discard, expected
from benchmarks.results import Block
from benchmarks.scenarios import Precision
from benchmarks.timing.contamination import Counters
from benchmarks.timing.protocol import Check, DeviceClock, Plan, ReadCounters, watched_turn
from benchmarks.timing.warmup import warm_up

# How far the logits may be off, as `output_error` counts it. Rounding explains what is below: with
# random weights it grows from layer to layer, for 0.25-128 to 1e-5 in float32, 0.04 in float16,
# 0.21 in bfloat16, 0.48 in int8. Networks that have nothing to do with each other are 1.41 apart.
MAX_OUTPUT_ERROR: Mapping[Precision, float] = {
    "float32": 1e-4,
    "float16": 0.1,
    "bfloat16": 0.4,
    "int8": 0.8,
}
MIN_LOGIT_SPREAD = 1e-3  # below this the network says nothing, and a comparison would be empty


Engines = Callable[[str], Engine]  # from the name of one


@dataclass
class Warm:
    """A network that is ready to take its turns, with the blocks it has had so far.

    read: the counters of where it runs. clock: its accelerator's, if that has one.
    """

    task: Task
    session: Session
    loaded: Loaded
    read: ReadCounters = read_counters
    clock: DeviceClock | None = None
    blocks: list[Block] = field(default_factory=list)

    def turn(self, number: int, count: int, check: Check) -> Block:
        """Its block in round `number`."""
        return watched_turn(self.session.time_ns, number, count, check, self.read, self.clock)


def load(number: int, task: Task, plan: Plan, check: Check, engines: Engines = load_engine) -> Warm:
    """Build or read the network, warm it up, check what it answers. Raises EngineError.

    number: its place among the tasks.
    """
    engine = engines(task.scenario.engine)
    folder = Path(task.folder) if task.folder else None
    try:
        start = time.perf_counter()
        session = engine.load(task.candidate, task.scenario, folder)
        load_s = time.perf_counter() - start
        warmup_ns = warm_up(session.time_ns, plan, check)  # first: it begins with the first call
        output_error = _output_error(session, folder, task)
    except MemoryError as error:
        raise OutOfMemory from error
    except (OutOfMemory, Unsupported):
        raise
    except EngineError as error:
        if folder is None:
            raise
        discard(folder)
        reason = str(error).replace(f"{folder}{os.sep}", "").rstrip(" .")
        raise EngineError(
            f"{reason}. Its export was removed; measure again to make a new one"
        ) from error
    return Warm(
        task,
        session,
        Loaded(number, warmup_ns, load_s, output_error),
        read=_counters_of(session),
        clock=getattr(session, "clock", None),
    )


def _counters_of(session: Session) -> ReadCounters:
    """The system's for this process, and how the GPU is where the session runs on one."""
    accelerator: Accelerator | None = getattr(session, "accelerator", None)
    watch = gpu.watch(accelerator.uuid) if accelerator is not None else None
    if watch is None:
        return read_counters

    def read() -> Counters:
        state = watch()
        return replace(read_counters(), gpu=state)

    return read


def _output_error(session: Session, folder: Path | None, task: Task) -> float | None:
    """How far it is off, as in `Measurement`; None for eager itself.

    Raises EngineError where the output is wrong: a time for a wrong answer is worth nothing.
    """
    logits = session.logits()
    _check_usable(logits, task)
    wanted = session.wanted if folder is None else expected(folder)
    if wanted is None:
        return None
    if wanted.shape != logits.shape:
        raise EngineError(f"gave output of shape {logits.shape}, PyTorch gives {wanted.shape}")
    unit, called = float(wanted.std()), "logits' spread"
    if task.candidate.own is not None:
        # Zeros alone have no size to go by: theirs is 1.
        unit, called = _root_mean_square(wanted) or 1.0, "outputs' root mean square"
    error = _root_mean_square(logits - wanted) / unit
    allowed = MAX_OUTPUT_ERROR[task.scenario.precision]
    if not error <= allowed:
        raise EngineError(
            f"gave another answer than PyTorch: off by {error:.2g} of the {called}, "
            f"{allowed:g} is allowed in {task.scenario.precision}"
        )
    return error


def _check_usable(output: Logits, task: Task) -> None:
    """Raises EngineError. Somebody's own network may give nearly the same for all classes, as a
    fresh one of PyTorch's does: only what is no number says nothing."""
    if task.candidate.own is None:
        spread = float(output.std())
        if not np.isfinite(output).all() or spread < MIN_LOGIT_SPREAD:
            raise EngineError(
                f"gave no usable output (standard deviation of the logits {spread:.2g})"
            )
        return
    if not np.isfinite(output).all():
        raise EngineError("gave no usable output: not all of it are finite numbers")
    batch = task.scenario.batch
    if not output.ndim or len(output) != batch:
        raise EngineError(
            f"gave output of shape {output.shape} for a batch of {batch}, which does not come first"
        )


def _root_mean_square(values: Logits) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))
