"""What one network takes in this worker: memory at its peak, and energy where a counter counts it.

In a process of its own, never in one that is timed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks import usage
from benchmarks.engines import load_engine
from benchmarks.engines.session import Accelerator, EngineError, Session
from benchmarks.loading import Engines, load
from benchmarks.messages import Task, Weigh, Weighed
from benchmarks.received import has
from benchmarks.timing.protocol import Check, Plan
from benchmarks.usage import NVML, PACKAGE, Energy, EnergySource, Memory

SETTLED = Plan(rounds=1, max_warmup_s=0.0, min_warmup_calls=3)
CALLS = 5  # for the peak; the first shows nearly all of it, save what an allocator scatters
ENERGY_S = 10.0  # counters are renewed some ten times a second, and power takes a while to settle


def weigh(
    command: Weigh, check: Check, *, engines: Engines = load_engine, energy_s: float = ENERGY_S
) -> Weighed:
    """Raises EngineError where the network does not run or the system does not tell."""
    load(0, command.smallest, SETTLED, check, engines)
    _import_what_it_needs(command.task)
    floor_bytes = _resident_bytes()
    session = load(0, command.task, SETTLED, check, engines).session
    loaded_bytes = _resident_bytes()
    accelerator: Accelerator | None = getattr(session, "accelerator", None)
    if accelerator is not None:
        accelerator.reset_peak()
    memory = Memory(floor_bytes, loaded_bytes, _peak_bytes(session, check))
    if accelerator is not None:
        allocated_bytes, reserved_bytes = accelerator.peak_bytes()
        memory = replace(
            memory,
            device_allocated_bytes=allocated_bytes,
            device_reserved_bytes=reserved_bytes,
            device_process_bytes=usage.gpu_process_bytes(accelerator.uuid),
        )
    meter, source = _meter(command.task.scenario.device, accelerator)
    energy = metered(meter, source, session.time_ns, check, energy_s) if meter else None
    return Weighed(memory, energy)


def _import_what_it_needs(task: Task) -> None:
    """Modules that the class of somebody's own network imports are no part of what it takes."""
    if has(task.candidate.key):
        from benchmarks.networks import build  # torch, which this process has then

        build(task.candidate)


def _resident_bytes() -> int:
    gc.collect()
    usage.give_back_free_memory()
    found = usage.resident_bytes()
    if found is None:
        raise EngineError("this system does not tell how much memory a process takes")
    return found


def _peak_bytes(session: Session, check: Check) -> int:
    """The most that was resident while inferences ran."""
    was_reset = usage.reset_peak()
    for _ in range(CALLS):
        check()
        session.time_ns()
    found = usage.peak_bytes()
    if not was_reset or found is None:
        raise EngineError(
            "this system keeps no peak of a process's memory that could be reset "
            "(Linux does, where /proc/self/clear_refs may be written)"
        )
    return found


def _meter(device: str, accelerator: Accelerator | None) -> tuple[usage.Meter | None, EnergySource]:
    """Of where the network runs; None where nothing counts its energy."""
    if device == "cpu":
        return usage.start_package_meter(), PACKAGE
    return usage.start_gpu_meter(accelerator.uuid) if accelerator else None, NVML


def metered(
    meter: usage.Meter,
    source: EnergySource,
    call: Callable[[], int],
    check: Check,
    energy_s: float,
) -> Energy | None:
    """Back-to-back calls for at least `energy_s` seconds; None if the counter stood still."""
    started = time.perf_counter()
    inferences = 0
    while time.perf_counter() - started < energy_s:
        check()
        call()
        inferences += 1
    joules = meter()
    seconds = time.perf_counter() - started
    return Energy(joules, inferences, seconds, source) if joules else None
