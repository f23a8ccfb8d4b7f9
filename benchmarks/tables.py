"""A run as a table for people: plain text for the terminal, HTML for a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks import units, used
from benchmarks.engines import ENGINES
from benchmarks.frames import images_per_s, to_frame, top1_of
from benchmarks.insight import engine_label, judged, way_label
from benchmarks.recommendation import recommend
from benchmarks.results import Failure, Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.statistics import MIN_WORKERS
from benchmarks.validity import busy_start, shared_gpu, state_of
from benchmarks.variants import Top1

__all__ = [
    "describe_failure",
    "heading",
    "notes",
    "printable",
    "to_cells",
    "to_frame",
    "to_html",
    "to_text",
]

GAP = "  "
_INHERITING = 'style="color:inherit;font-size:inherit;border-collapse:collapse"'
QUALITY_NOTES = {
    "preview": "preview: a first look, or a measurement that was cut short.",
    "preliminary": "preliminary: timed in a process that was already warm.",
}


@dataclass(frozen=True)
class _Column:
    title: str
    text: Callable[[Measurement], str]
    is_number: bool = True


def to_text(run: Run, *, width: int = 100) -> str:
    """The run for a terminal of `width` columns: the last columns of the table go if need be."""
    columns = _fitting(_columns(run), run.measurements, width)
    heading = [line for text in _heading(run) for line in textwrap.wrap(text, width)]
    notes = [
        line
        for note in _notes(run, columns)
        for line in textwrap.wrap(note, width, subsequent_indent=GAP, break_on_hyphens=False)
    ]
    grid = _grid(columns, run.measurements) if run.measurements else []
    return "\n\n".join("\n".join(part) for part in (heading, grid, notes) if part)


def to_html(run: Run) -> str:
    """The run for a notebook: escaped, without scripts or colours of its own, nothing loaded."""
    columns = _columns(run)
    titles = "".join(_cell("th", column, column.title) for column in columns)
    rows = "".join(
        f"<tr>{''.join(_cell('td', column, column.text(row)) for column in columns)}</tr>"
        for row in run.measurements
    )
    table = f"<table {_INHERITING}><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"
    heading = "<br>".join(escape(line) for line in _heading(run))
    notes = "<br>".join(escape(note) for note in _notes(run, columns))
    return (
        f"<div><p>{heading}</p>{table if run.measurements else ''}"
        f'<p style="font-size:smaller;opacity:.8">{notes}</p></div>'
    )


def to_cells(run: Run) -> tuple[list[str], list[list[str]]]:
    """Titles of the columns, and the texts of each row."""
    columns = _columns(run)
    rows = [[column.text(row).strip() for column in columns] for row in run.measurements]
    return [column.title.strip() for column in columns], rows


def heading(run: Run) -> list[str]:
    """The machine, and what all networks of the run have in common; a line each."""
    return _heading(run)


def notes(run: Run) -> list[str]:
    """What must be known to read the whole table, a sentence or two each."""
    return _notes(run, _columns(run))


def describe_failure(failure: Failure) -> str:
    """For people: "ResNet-18 in OpenVINO: does not fit into memory"."""
    return f"{_with_engine(failure)}: {printable(failure.reason)}"


def printable(text: str) -> str:
    """`text` without control characters: a snapshot may come from a stranger."""
    return "".join(character if character.isprintable() else " " for character in text)


_NETWORK = _Column("Network", lambda row: row.candidate.label, is_number=False)
_SCENARIO = {
    "engine": _Column("Engine", lambda row: engine_label(row.scenario), is_number=False),
    "device": _Column("Device", lambda row: row.scenario.device, is_number=False),
    "precision": _Column("Precision", lambda row: row.scenario.precision, is_number=False),
    "threads": _Column("Threads", lambda row: str(row.scenario.threads)),
    "batch": _Column("Batch", lambda row: str(row.scenario.batch)),
}
_LATENCY = _Column("Latency", lambda row: units.milliseconds(row.median_s))
_ON_DEVICE = _Column("On device", lambda row: units.milliseconds(row.device_median_s))
_QUALITY = _Column("Quality", lambda row: row.quality, is_number=False)
_TOP1 = _Column("  Top-1", lambda row: _top1_text(top1_of(row)), is_number=False)
_REST = (
    _Column("95 % interval", lambda row: units.milliseconds_interval(row.interval_s)),
    _TOP1,
    _Column("Mult-adds", lambda row: units.millions(row.candidate.mult_adds)),
    _Column("Parameters", lambda row: units.millions(row.candidate.parameters)),
    _Column("Images/s", lambda row: units.significant(images_per_s(row))),
)


def _against(run: Run) -> list[_Column]:
    """What may be said of each against the first; nothing where that was not properly timed."""
    first = run.measurements[0] if run.measurements else None
    if first is None or len(run.measurements) < 2 or first.workers < MIN_WORKERS:
        return []
    return [
        _Column(
            "Than the first",
            lambda row: "" if row == first else judged(row, first, run) or units.NOT_MEASURED,
            is_number=False,
        )
    ]


def _columns(run: Run) -> list[_Column]:
    """The most important first: those at the end go where there is no room."""
    differing = [column for name, column in _SCENARIO.items() if not _is_shared(run, name)]
    qualities = {row.quality for row in run.measurements}
    quality = [_QUALITY] if len(qualities) > 1 else []
    own = [_Column(title, text) for title, text in used.columns(run.measurements)]
    clocked = any(row.device_median_s is not None for row in run.measurements)
    own = [_ON_DEVICE, *own] if clocked else own
    return [_NETWORK, *differing, _LATENCY, *quality, *_against(run), *own, *_REST]


def _scenarios(run: Run) -> list[Scenario]:
    return [row.scenario for row in run.measurements] + [row.scenario for row in run.failures]


def _is_shared(run: Run, name: str) -> bool:
    """Whether all scenarios of the run agree in this field."""
    return len({getattr(scenario, name) for scenario in _scenarios(run)}) <= 1


def _heading(run: Run) -> list[str]:
    """The machine, and what all scenarios of the run have in common."""
    machine = run.machine
    facts = [machine.cpu, _count(machine.usable_cpus, "usable CPU"), *machine.accelerators]
    heading = [printable(", ".join([*facts, machine.system]))]
    if not _scenarios(run):
        return heading
    engines = dict.fromkeys(_engine_with_version(scenario, run) for scenario in _scenarios(run))
    scenario = _scenarios(run)[0]
    texts = {
        "device": scenario.device,
        "precision": scenario.precision,
        "threads": _count(scenario.threads, "thread"),
        "batch": f"batch {scenario.batch}",
    }
    shared = [text for name, text in texts.items() if _is_shared(run, name)]
    qualities = {row.quality for row in run.measurements}
    shared += qualities - {"measured"} if len(qualities) == 1 else set()
    return [*heading, printable(", ".join([*engines, *shared]))]


def _notes(run: Run, columns: Sequence[_Column]) -> list[str]:
    """What must be known to read the table, what failed, whether the run was stopped."""
    notes = ["Latency: median of this run; another run may differ by some 10 %."]
    if not run.measurements:
        notes = ["Nothing was measured."]
    if (state := state_of(run)) is not None:
        workers = max(row.workers for row in run.measurements)
        notes.insert(0, f"State: {state.word}; timed in {_processes(workers)}.")
        reasons = [f"{reason.text} {reason.advice}" for reason in state.reasons]
        notes[1:1] = [*reasons, *filter(None, [busy_start(run), shared_gpu(run)])]
    if (found := recommend(run)) is not None:
        notes[0:0] = [printable(sentence) for sentence in found.sentences]
    if _TOP1 in columns:
        known = [top1 for row in run.measurements if (top1 := top1_of(row)) is not None]
        guessed = {top1.source for top1 in known if top1.error_percent is not None}
        sources = [
            f"{source} (≈: estimated between them)" if source in guessed else source
            for source in dict.fromkeys(top1.source for top1 in known)
        ]
        notes += [f"Top-1: {'; '.join(sources)}."] if sources else []
    if _ON_DEVICE in columns:
        notes.append(
            "On device: of the latency, what the accelerator's own clock shows, from its first "
            "work to its last; a small network makes it wait for the CPU in between."
        )
    notes += used.notes(run.measurements, {column.title for column in columns})
    qualities = {row.quality for row in run.measurements}
    notes += [note for quality, note in QUALITY_NOTES.items() if quality in qualities]
    restless = [_with_engine(row) for row in run.measurements if row.never_steady]
    if restless:
        notes.append(
            f"Never became steady while warming up: {', '.join(restless)}. "
            "Times may still hold effects of the start; measure again when the machine is idle."
        )
    notes += [f"Failed: {describe_failure(failure)}" for failure in run.failures]
    if run.cancelled and not run.measurements:
        notes.append("Cancelled.")
    elif run.cancelled:
        notes.append("Cancelled: this is what was measured until then.")
    return notes


def _fitting(columns: Sequence[_Column], rows: Sequence[Measurement], width: int) -> list[_Column]:
    """As many of `columns` as there is room for, at least as far as the latency."""
    fitting: list[_Column] = []
    used = -len(GAP)
    for column in columns:
        used += len(GAP) + len(_cells(column, rows)[0])
        if used > width and _LATENCY in fitting:
            break
        fitting.append(column)
    return fitting


def _grid(columns: Sequence[_Column], rows: Sequence[Measurement]) -> list[str]:
    lines = zip(*(_cells(column, rows) for column in columns), strict=True)
    return [GAP.join(line).rstrip() for line in lines]


def _cells(column: _Column, rows: Sequence[Measurement]) -> list[str]:
    """Title and texts of one column, all equally wide."""
    texts = [column.title, *(column.text(row) for row in rows)]
    align = str.rjust if column.is_number else str.ljust
    return [align(text, max(map(len, texts))) for text in texts]


def _cell(tag: str, column: _Column, text: str) -> str:
    side = "right" if column.is_number else "left"
    return f'<{tag} style="text-align:{side};padding:.2em .6em">{escape(text.strip())}</{tag}>'


def _top1_text(top1: Top1 | None) -> str:
    """Published figures are indented by the width of the estimates' sign, so that all line up."""
    if top1 is None:
        return f"  {units.NOT_MEASURED}"
    text = units.percent(top1.percent, error_percent=top1.error_percent)
    return f"  {text}" if top1.error_percent is None else text


def _with_engine(row: Measurement | Failure) -> str:
    return f"{row.candidate.name} in {way_label(row.scenario)}"


def _engine_with_version(scenario: Scenario, run: Run) -> str:
    engine = ENGINES.get(scenario.engine)
    version = run.machine.version_of(engine.distribution) if engine else None
    return f"{engine_label(scenario)} {version or ''}".strip()


def _processes(workers: int) -> str:
    return "1 process" if workers == 1 else f"{workers} fresh processes"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
