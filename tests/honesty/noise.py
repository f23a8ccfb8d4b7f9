"""Made-up machines: block medians of two networks whose true ratio is known, worker by worker."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.timing.protocol import EFFORTS, is_enough
from benchmarks.timing.statistics import Ratio

ROUNDS = 12
STEP_S = 5.0  # a worker; sets how many the time allows
Blocks = dict[int, dict[int, float]]
RatioOf = Callable[[Blocks, Blocks], Ratio | None]
Disturb = Callable[[random.Random], list[tuple[float, float]]]


@dataclass(frozen=True)
class Machine:
    """How the machine disturbs a worker's rounds.

    disturb: factors on the first and the second network, round by round.
    layout_sd: of each network's own factor in a process, which all its rounds share.
    """

    disturb: Disturb
    layout_sd: float = 0.0


def independent(rng: random.Random) -> list[tuple[float, float]]:
    return [(rng.lognormvariate(0, 0.02), rng.lognormvariate(0, 0.02)) for _ in range(ROUNDS)]


def autocorrelated(rng: random.Random) -> list[tuple[float, float]]:
    """What lasts from round to round meets both networks; each has its own noise besides."""
    state, found = rng.gauss(0, 0.03), []
    for _ in range(ROUNDS):
        state = 0.5 * state + rng.gauss(0, 0.03)
        found.append((math.exp(state + rng.gauss(0, 0.015)), math.exp(state + rng.gauss(0, 0.015))))
    return found


def bursts(rng: random.Random) -> list[tuple[float, float]]:
    def one() -> float:
        slow = 1 + (rng.expovariate(5) if rng.random() < 0.1 else 0)
        return slow * rng.lognormvariate(0, 0.015)

    return [(one(), one()) for _ in range(ROUNDS)]


def ramp(rng: random.Random) -> list[tuple[float, float]]:
    """A machine that heats up: 20 % slower at the end."""
    rises = [1 + 0.2 * number / ROUNDS for number in range(ROUNDS)]
    return [
        (rise * rng.lognormvariate(0, 0.015), rise * rng.lognormvariate(0, 0.015)) for rise in rises
    ]


def step(rng: random.Random) -> list[tuple[float, float]]:
    at = rng.randrange(ROUNDS)
    levels = [1.0 if number < at else 1.3 for number in range(ROUNDS)]
    return [
        (level * rng.lognormvariate(0, 0.015), level * rng.lognormvariate(0, 0.015))
        for level in levels
    ]


MACHINES: Mapping[str, Machine] = {
    "independent": Machine(independent),
    "autocorrelated": Machine(autocorrelated),
    "bursts": Machine(bursts),
    "ramp": Machine(ramp),
    "step": Machine(step),
    "layout": Machine(independent, layout_sd=0.01),
}


def measured(machine: Machine, truth: float, rng: random.Random, ratio_of: RatioOf) -> Ratio | None:
    """The ratio that a run of the standard preset ends with, its stopping rule included."""
    effort = EFFORTS["standard"]
    a: Blocks = {}
    b: Blocks = {}
    ratio = None
    for worker in range(effort.max_workers):
        own = [math.exp(rng.gauss(0, machine.layout_sd)) for _ in range(2)]
        rounds = machine.disturb(rng)
        a[worker] = {number: truth * own[0] * both[0] for number, both in enumerate(rounds)}
        b[worker] = {number: own[1] * both[1] for number, both in enumerate(rounds)}
        ratio = ratio_of(a, b)
        if is_enough([ratio], effort, worker + 1, (worker + 1) * STEP_S):
            break
    return ratio
