"""What runs here, and what may be expected of it: the commands engines, validate and machine."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from benchmarks.cli.answer import BAD_INPUT, FAILED, AsJson, print_aligned, print_json, stop
from benchmarks.cli.measure import Preset

LOOK_S = 0.5  # the span in which a busy machine shows


def engines(as_json: AsJson = False) -> None:
    """List the engines, and whether each really runs here.

    A tiny network is run in each: some 20 seconds, and a minute or more the first time, when it is
    exported and compiled.
    """
    from benchmarks.engines import ENGINES
    from benchmarks.engines.probe import probe
    from benchmarks.progress import ProgressBar

    with ProgressBar() as bar:
        found = probe(bar.show)
    if as_json:
        print_json([asdict(status) | {"versions": dict(status.versions)} for status in found])
        return
    rows = [("Name", "Engine", "Device", "Precision", "Runs here", "")]
    for status in found:
        versions = ", ".join(" ".join(pair) for pair in status.versions[:1])
        answer = "yes" if status.available else "no"
        label = ENGINES[status.engine].label
        rows.append(
            (
                status.engine,
                label,
                status.device,
                status.precision,
                answer,
                status.reason or versions,
            )
        )
    print_aligned(rows)


def validate(
    engine: Annotated[str, typer.Option(help="The runtime to do it in.")] = "onnxruntime",
    threads: Annotated[int, typer.Option(help="CPU threads that it may use.")] = 1,
    runs: Annotated[int, typer.Option(min=1, max=100, help="A minute each, or less.")] = 4,
    preset: Annotated[Preset, typer.Option(help="As for measure.")] = "standard",
    as_json: AsJson = False,
) -> None:
    """Find out whether this machine can be measured, and what difference it would find.

    Copies of one network are timed in turns. They are identical, so whatever they differ by is
    chance, and a difference that is reported is an error. Runs that are invalid compare nothing
    and are not counted. In --json, "resolution" is the difference, relative, that four of five
    such runs would find.

    Exit status: 0 it can be measured, 1 it cannot now, 2 bad input, 130 interrupted.
    """
    from benchmarks import validation
    from benchmarks.progress import ProgressBar
    from benchmarks.scenarios import ScenarioError

    try:
        with ProgressBar() as bar:
            found = validation.validate(
                bar.show, engine=engine, threads=threads, runs=runs, preset=preset
            )
    except ScenarioError as error:
        raise stop(str(error), BAD_INPUT) from error
    if as_json:
        print_json(validation.to_json(found))
    else:
        print_aligned(validation.to_rows(found))
    raise typer.Exit(0 if found.can_be_measured else FAILED)


def machine(as_json: AsJson = False) -> None:
    """Show the facts of this machine that a latency depends on, and what would disturb now.

    The facts go into every snapshot; no host name, user name or path is among them.
    """
    from benchmarks import units
    from benchmarks.machine import read_machine, read_signs, read_state
    from benchmarks.preflight import check

    facts, state = read_machine(), read_state()
    before = read_signs()
    time.sleep(LOOK_S)
    findings = check(read_signs(), before)
    if as_json:
        described = asdict(facts) | {"packages": dict(facts.packages)}
        looked_at = [asdict(finding) for finding in findings]
        print_json({"machine": described, "state": asdict(state), "findings": looked_at})
        return
    memory = units.gigabytes(facts.memory_bytes)
    free = units.gigabytes(state.memory_available_bytes)
    packages = [" ".join(package) for package in facts.packages]
    busy = state.load_1min
    load = "unknown" if busy is None else f"{units.significant(busy, 2)} in the last minute"
    print_aligned(
        [
            ("CPU", facts.cpu),
            ("CPUs", f"{facts.usable_cpus} usable, {facts.logical_cpus} logical"),
            ("Memory", f"{memory}, {free} free"),
            ("Accelerators", ", ".join(facts.accelerators) or "none found"),
            ("System", facts.system),
            ("Python", facts.python),
            ("Load", load),
            *zip(("Packages", *[""] * len(packages)), packages, strict=False),
            *(
                (
                    one.title,
                    " ".join(filter(None, [one.word, one.text, one.advice])),
                )
                for one in findings
            ),
        ]
    )
