"""Turns that were really taken, kept as read off the clock, so that tests can judge them again."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from benchmarks.machine import Machine
from benchmarks.results import Block
from benchmarks.timing.contamination import Signals

STEP_NS = 500  # to which times are rounded: 0.02 % of the shortest median
SIGNALS = ("wall_ns", "delay_ns", "involuntary", "major_faults", "throttled")
NANOSECONDS_TOO = ("wall_ns", "delay_ns")
NOT_READ = -1


@dataclass(frozen=True)
class Arm:
    """One network in one process of a set. process: its number within the set."""

    network: str
    process: int


@dataclass(frozen=True)
class Group:
    """Sets of fresh processes that took turns, one set after the other.

    neighbours: busy programs beside it. set_s: seconds that each set took, with its start.
    blocks: place in `arms` and block, in the order in which they ran.
    """

    engine: str
    threads: int
    neighbours: int
    arms: tuple[Arm, ...]
    set_s: tuple[float, ...] = ()
    blocks: tuple[tuple[int, Block], ...] = ()

    @cached_property
    def by_arm(self) -> Mapping[tuple[int, int], Sequence[Block]]:
        """Place and set to blocks."""
        found: dict[tuple[int, int], list[Block]] = {}
        for place, block in self.blocks:
            found.setdefault((place, block.worker), []).append(block)
        return found

    def places(self, process: int) -> list[int]:
        return [place for place, arm in enumerate(self.arms) if arm.process == process]


@dataclass(frozen=True)
class Capture:
    """What one session recorded, on one machine."""

    recorded_utc: str
    machine: Machine
    groups: tuple[Group, ...]


def save(capture: Capture, path: Path) -> None:
    heads = [
        {
            "engine": group.engine,
            "threads": group.threads,
            "neighbours": group.neighbours,
            "arms": [asdict(arm) for arm in group.arms],
            "set_s": [round(seconds, 3) for seconds in group.set_s],
        }
        for group in capture.groups
    ]
    head = {
        "recorded_utc": capture.recorded_utc,
        "machine": asdict(capture.machine),
        "groups": heads,
    }
    columns = {
        f"{number}_{name}": values
        for number, group in enumerate(capture.groups)
        for name, values in _columns(group.blocks).items()
    }
    with lzma.open(path, "wb", preset=9) as file:
        np.savez(file, head=np.array(json.dumps(head)), **columns)  # type: ignore[arg-type]


def load(path: Path) -> Capture:
    with lzma.open(path, "rb") as file, np.load(file) as stored:
        head = json.loads(str(stored["head"]))
        facts = head["machine"]
        machine = Machine(
            **facts
            | {
                "accelerators": tuple(facts["accelerators"]),
                "packages": tuple((name, version) for name, version in facts["packages"]),
                "settings": tuple((name, value) for name, value in facts.get("settings", ())),
            }
        )
        groups = tuple(
            Group(
                engine=group["engine"],
                threads=group["threads"],
                neighbours=group["neighbours"],
                arms=tuple(Arm(**arm) for arm in group["arms"]),
                set_s=tuple(group["set_s"]),
                blocks=_blocks({name: stored[f"{number}_{name}"].tolist() for name in COLUMNS}),
            )
            for number, group in enumerate(head["groups"])
        )
    return Capture(head["recorded_utc"], machine, groups)


COLUMNS = ("place", "worker", "round", "settle", "calls", "times", *SIGNALS)


def _columns(blocks: Iterable[tuple[int, Block]]) -> dict[str, np.ndarray]:
    blocks = tuple(blocks)
    values: dict[str, list[int]] = {
        "place": [place for place, _ in blocks],
        "worker": [block.worker for _, block in blocks],
        "round": [block.round for _, block in blocks],
        "settle": [_steps(block.settle_ns) for _, block in blocks],
        "calls": [len(block.times_ns) for _, block in blocks],
        "times": [_steps(ns) for _, block in blocks for ns in block.times_ns],
    }
    for name in SIGNALS:
        read = [getattr(block.signals, name, None) for _, block in blocks]
        if name in NANOSECONDS_TOO:
            read = [None if ns is None else _steps(ns) for ns in read]
        values[name] = [NOT_READ if value is None else value for value in read]
    return {name: np.array(column, np.int32) for name, column in values.items()}


def _blocks(columns: Mapping[str, Sequence[int]]) -> tuple[tuple[int, Block], ...]:
    ends = accumulate(columns["calls"], initial=0)
    found = []
    for row, (start, end) in enumerate(pairwise(ends)):
        read = {name: columns[name][row] for name in SIGNALS}
        signals = Signals(
            **{
                name: None
                if value == NOT_READ
                else value * (STEP_NS if name in NANOSECONDS_TOO else 1)
                for name, value in read.items()
            }  # type: ignore[arg-type]
        )
        block = Block(
            round=columns["round"][row],
            settle_ns=columns["settle"][row] * STEP_NS,
            times_ns=tuple(steps * STEP_NS for steps in columns["times"][start:end]),
            worker=columns["worker"][row],
            signals=signals,
        )
        found.append((columns["place"][row], block))
    return tuple(found)


def _steps(ns: int) -> int:
    return round(ns / STEP_NS)
