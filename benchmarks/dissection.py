"""What each layer of one network takes in this worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from benchmarks.engines import ENGINES, load_engine
from benchmarks.engines.profile import Profile, layer_times
from benchmarks.engines.session import EngineError, Session, Unsupported
from benchmarks.layer_times import LayerTimes
from benchmarks.loading import Engines, load
from benchmarks.messages import Dissect, Task
from benchmarks.timing.protocol import Check, Plan

WARM = Plan(rounds=1, max_warmup_s=0.5, min_warmup_calls=3)
PASSES, MIN_PASSES = 30, 8
ENOUGH_S = 2.0  # once there are so many passes as it takes at least
_UNCOUNTED = 2  # of the profile, which has a first call of its own


def dissect(
    command: Dissect,
    check: Check,
    tell: Callable[[float], None] = lambda fraction: None,
    *,
    engines: Engines = load_engine,
    clock: Callable[[], float] = time.monotonic,
) -> LayerTimes:
    """Passes under the runtime's own eye, in turns with inferences that nobody looks at.

    tell: how far it is, from 0 to 1, after each pass.
    Raises EngineError where the network does not run, its runtime tells nothing, or what it tells
    is not this network.
    """
    config = command.task.candidate.config
    assert config is not None, "only a MobileNet has layers that are known"
    session = load(0, command.task, WARM, check, engines).session
    whole_ns: list[int] = []
    started = clock()
    with _profile_of(session, command.task) as profile:
        while len(whole_ns) < PASSES:
            check()
            if len(whole_ns) >= MIN_PASSES + _UNCOUNTED and clock() - started > ENOUGH_S:
                break
            session.time_ns()  # the first after another network is slower
            whole_ns.append(session.time_ns())
            profile.run()
            tell(len(whole_ns) / PASSES)
        passes = profile.passes()
    if len(passes) != len(whole_ns):
        raise EngineError(f"the runtime told of {len(passes)} inferences, and {len(whole_ns)} ran")
    return layer_times(config, profile.method, passes[_UNCOUNTED:], whole_ns[_UNCOUNTED:])


def _profile_of(session: Session, task: Task) -> AbstractContextManager[Profile]:
    start: Callable[[], AbstractContextManager[Profile]] | None = getattr(session, "profile", None)
    if start is None:
        label = ENGINES[task.scenario.engine].label
        raise Unsupported(
            f"{label} does not tell what its layers take; "
            "PyTorch eager, ONNX Runtime and OpenVINO do"
        )
    return start()
