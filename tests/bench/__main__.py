"""`python -m tests.bench [SECTION ...]`: figures, the goals beside them, and which were reached.

Without a name the short sections run. --quick asks each question only as often as trying the
section takes; its figures mean little.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.machine import busy_cpu_s, read_machine, read_state
from benchmarks.validity import MIN_OTHERS_CPUS
from tests.bench import (
    agreement,
    answers,
    budget,
    chosen,
    clone,
    distilled,
    engines,
    estimators,
    fastest,
    gallery,
    kernel,
    page,
    predicted,
    recommended,
    tasks,
)
from tests.bench.figure import Figure


@dataclass(frozen=True)
class Section:
    """times: how often it asks its question; quick: to try it. is_watched: all processes are its
    children, so what others use can be told."""

    figures: Callable[[int], Iterable[Figure]]
    takes: str
    times: int = 1
    quick: int = 1
    is_watched: bool = True
    by_default: bool = False


SECTIONS = {
    "page": Section(lambda times: page.figures(), "3 minutes", is_watched=False, by_default=True),
    "engines": Section(engines.figures, "3 minutes", 8, 1, by_default=True),
    "budget": Section(budget.figures, "3 minutes", by_default=True),
    "gallery": Section(lambda times: gallery.figures(), "2 minutes", is_watched=False),
    "kernel": Section(kernel.figures, "8 minutes", 6, 3, is_watched=False),
    "fastest": Section(fastest.figures, "8 minutes", 5, 1),
    "agreement": Section(agreement.figures, "11 minutes", 5, 1),
    "answers": Section(answers.figures, "6 minutes", 8, 1),
    "recommended": Section(recommended.figures, "29 minutes", 60, 4),
    "predicted": Section(predicted.figures, "11 minutes", 48, 8),
    "chosen": Section(chosen.figures, "20 minutes", 20, 2),
    "distilled": Section(distilled.figures, "many minutes", 5, 1, is_watched=False),
    "tasks": Section(tasks.figures, "5 minutes", is_watched=False),
    "estimators": Section(lambda times: estimators.figures(), "10 seconds"),
    "clone": Section(lambda times: clone.figures(), "some minutes and 6.5 GB", is_watched=False),
}


def main(arguments: list[str]) -> int:
    chosen = _parser().parse_args(arguments)
    unknown = set(chosen.sections) - set(SECTIONS)
    if unknown:
        print(f"Unknown: {', '.join(sorted(unknown))}. Choose from: {', '.join(SECTIONS)}.")
        return 2
    machine = read_machine()
    print(f"{machine.cpu}, {machine.usable_cpus} usable CPUs, {machine.system}")
    by_default = [name for name, section in SECTIONS.items() if section.by_default]
    for name in chosen.sections or by_default:
        section = SECTIONS[name]
        _show(name, section, chosen.times or (section.quick if chosen.quick else section.times))
    return 0


def _show(name: str, section: Section, times: int) -> None:
    is_short = times < section.times
    print(f"\n{name}: {'a short form; its figures mean little' if is_short else section.takes}")
    print(f"  load over the last minute when it began: {read_state().load_1min}")
    started, busy_s, own_s = time.monotonic(), busy_cpu_s(), _own_cpu_s()
    for figure in section.figures(times):
        print(figure, flush=True)
    seconds = time.monotonic() - started
    state = f"  took {seconds:.0f} s"
    if section.is_watched:
        others = max(0.0, busy_cpu_s() - busy_s - (_own_cpu_s() - own_s)) / seconds
        is_busy = others >= MIN_OTHERS_CPUS
        state += f"; other programs used {others:.2f} CPUs" + (
            ": the machine was BUSY, the figures mean little" if is_busy else ": idle"
        )
    print(state, flush=True)


def _own_cpu_s() -> float:
    """Of this process and of all that it started and that have ended."""
    return sum(os.times()[:4])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = ", ".join(f"{name} ({section.takes})" for name, section in SECTIONS.items())
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=names)
    parser.add_argument("--quick", action="store_true", help="only try the sections")
    parser.add_argument("--times", type=int, help="ask so often instead of the section's number")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
