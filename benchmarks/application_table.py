"""The networks of an application as rows for people: ours, the paper's, and the time here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks import units
from benchmarks.applications import Application, Entry, Printed
from benchmarks.candidates import Candidate
from benchmarks.jobs.request import can_run
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario

DIFFERS = "≠"
DIGITS = 4  # as many as the paper prints at most
LEGEND = (
    f"{DIFFERS} marks a figure of the paper that our count, rounded alike, is not. Parameters are "
    "all that training changes, batch norm's and biases too. The paper's quality is of its own "
    "data."
)
Found = Callable[[Candidate], Measurement | None]


@dataclass(frozen=True)
class Row:
    """Texts; "–" where nothing is known.

    paper_parameters, paper_mult_adds: as printed, with "≠" before what our count, rounded alike, is
    not. quality: the paper's, of its own data.
    """

    network: str
    parameters: str
    paper_parameters: str
    mult_adds: str
    paper_mult_adds: str
    latency: str
    interval: str
    quality: str


def rows(application: Application, found: Found) -> list[Row]:
    """found: what was measured of a network, if anything."""
    return [_row(entry, found) for entry in application.entries]


def notes(application: Application) -> list[str]:
    """What must be known of the rows: each sentence once, before it the networks it is about."""
    named: dict[str, list[str]] = {}
    for entry in application.entries:
        if entry.note:
            named.setdefault(entry.note, []).append(name_of(entry))
    return [f"{'; '.join(names)}: {note}" for note, names in named.items()]


def runnable(application: Application, scenario: Scenario) -> tuple[Candidate, ...]:
    """What can be timed so."""
    return tuple(one for one in application.timed if can_run(one, scenario))


def name_of(entry: Entry) -> str:
    """Without its number of outputs, which is the application's."""
    network = entry.candidate
    if network is None:
        return entry.paper.model if entry.paper else units.NOT_MEASURED
    label = network.label.partition(" (")[0]
    return f"MobileNet {label}" if network.config is not None else label


def agreement(applications: Iterable[Application]) -> tuple[int, int]:
    """How many of the paper's counts ours are, and of how many."""
    pairs = [
        (printed, count)
        for application in applications
        for entry in application.entries
        if (network := entry.candidate) is not None and (paper := entry.paper) is not None
        for printed, count in (
            (paper.mult_adds, network.mult_adds),
            (paper.parameters, network.parameters),
        )
    ]
    return sum(printed.is_met_by(count) for printed, count in pairs), len(pairs)


def agreement_text(application: Application) -> str:
    """ "10 of the paper's 12 counts are met to the last digit." """
    met, printed = agreement([application])
    return f"{met} of the paper's {printed} counts are met to the last digit."


def _row(entry: Entry, found: Found) -> Row:
    network, paper = entry.candidate, entry.paper
    time = None if network is None else found(network)
    parameters = network.parameters if network else None
    mult_adds = network.mult_adds if network else None
    name = name_of(entry)
    return Row(
        network=f"{name} (baseline)" if entry.is_baseline else name,
        parameters=units.millions(parameters, digits=DIGITS),
        paper_parameters=_printed(paper.parameters if paper else None, parameters),
        mult_adds=units.millions(mult_adds, digits=DIGITS),
        paper_mult_adds=_printed(paper.mult_adds if paper else None, mult_adds),
        latency=units.milliseconds(time.median_s if time else None),
        interval=units.milliseconds_interval(time.interval_s if time else None),
        quality=paper.quality if paper else units.NOT_MEASURED,
    )


def _printed(printed: Printed | None, count: int | None) -> str:
    if printed is None:
        return units.NOT_MEASURED
    text = f"{printed.value / 1e6:,.10g} M"
    return text if count is None or printed.is_met_by(count) else f"{DIFFERS} {text}"
