"""`python -m tests.bench [SECTION ...]`: prints a table of figures, goals beside them.

Sections: page, engines, clone. `clone` installs everything anew: some minutes and 6.5 GB, so it
runs only when it is named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from benchmarks.machine import read_machine, read_state
from tests.bench import clone, engines, page
from tests.bench.figure import Figure

SECTIONS: dict[str, Callable[[], Iterable[Figure]]] = {
    "page": page.figures,
    "engines": engines.figures,
    "clone": clone.figures,
}
BY_DEFAULT = ("page", "engines")


def main(names: list[str]) -> int:
    unknown = set(names) - set(SECTIONS)
    if unknown:
        print(f"Unknown: {', '.join(sorted(unknown))}. Choose from: {', '.join(SECTIONS)}.")
        return 2
    machine = read_machine()
    print(f"{machine.cpu}, {machine.usable_cpus} usable CPUs, {machine.system}")
    for name in names or BY_DEFAULT:
        print(f"\n{name}: load over the last minute {read_state().load_1min}")
        for figure in SECTIONS[name]():
            print(figure, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
