"""A snapshot as Markdown and as CSV."""

from __future__ import annotations

import csv
import html
import io
import re

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.claims import Finding
from benchmarks.report.paper import tested
from benchmarks.results import Measurement
from benchmarks.snapshot import Snapshot
from benchmarks.tables import heading, notes, to_cells
from benchmarks.texts import cleaned

# Whatever Markdown, or a site that shows it, could take for markup, a mention or the number of an
# issue; "@" and "#" do not everywhere yield to a backslash.
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>+\-.!|~^$=:&]")
_NAMING = re.compile("[@#]")
_PLAIN = re.compile(r"[\\`*_\[\]|~]")


def to_markdown(snapshot: Snapshot) -> str:
    """Title, note, a table and what must be known to read it, to paste into an issue."""
    run = snapshot.run
    titles, rows = to_cells(run)
    parts = []
    if snapshot.title:
        parts.append(f"### {_inert(snapshot.title)}")
    if snapshot.note:
        parts.append("  \n".join(_inert(line) for line in snapshot.note.splitlines()))
    parts.append("  \n".join(_inert(line) for line in heading(run)))
    if rows:
        table = [titles, ["---"] * len(titles), *rows]
        parts.append("\n".join(f"| {' | '.join(map(_cell, row))} |" for row in table))
    for paper in tested(run):
        parts.append(f"#### {_text(paper.title)}\n\n{_text(paper.summary)}")
        parts.append("\n".join(f"- {_claim(one)}" for one in paper.findings))
    anew = "Its figures were made anew from its times, by other rules than when it was measured."
    told = [
        *notes(run),
        *([anew] if snapshot.is_recomputed else []),
        f"Measured {units.moment(run.started_utc)}, snapshot {snapshot.id}.",
    ]
    parts.append("\n".join(f"- {_text(line)}" for line in told))
    return "\n\n".join(parts) + "\n"


def to_csv(snapshot: Snapshot) -> str:
    """One row a network and scenario. The first columns are those of timm's benchmark results."""
    out = io.StringIO()
    rows = [_csv_row(one) for one in snapshot.run.measurements]
    writer = csv.DictWriter(out, [*_TIMM, *_OURS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


_TIMM = (
    "model",
    "infer_img_size",
    "infer_samples_per_sec",
    "infer_step_time",  # ms of a whole batch
    "infer_batch_size",
    "param_count",  # millions
    "infer_gmacs",
)
_OURS = (
    "engine",
    "device",
    "precision",
    "threads",
    "quality",
    "latency_low_ms",
    "latency_high_ms",
    "latency_p90_ms",
    "latency_p99_ms",
    "inferences",
    "processes",
)


def timm_name(network: Candidate) -> str:
    """As timm would call it: "mobilenetv1_050"; references have torchvision's names, somebody's own
    its key, in which a spreadsheet finds no formula."""
    config = network.config
    if config is None:
        return network.key
    name = f"mobilenetv1_{round(100 * config.width_multiplier):03d}"
    extras = [
        "full" if config.block == "full" else "",
        "shallow" if config.depth == "shallow" else "",
        "c8" if config.channel_multiple == 8 else "",
        f"n{config.num_classes}" if config.num_classes != 1000 else "",
    ]
    return "_".join([name, *filter(None, extras)])


def _csv_row(one: Measurement) -> dict[str, object]:
    bounds, scenario = one.interval_s, one.scenario
    return {
        "model": timm_name(one.candidate),
        "infer_img_size": one.candidate.resolution,
        "infer_samples_per_sec": f"{scenario.batch / one.median_s:.2f}",
        "infer_step_time": _ms(one.median_s),
        "infer_batch_size": scenario.batch,
        "param_count": f"{one.candidate.parameters / 1e6:.2f}",
        "infer_gmacs": f"{one.candidate.mult_adds / 1e9:.3f}",
        "engine": scenario.engine,
        "device": scenario.device,
        "precision": scenario.precision,
        "threads": scenario.threads,
        "quality": one.quality,
        "latency_low_ms": _ms(bounds.low if bounds else None),
        "latency_high_ms": _ms(bounds.high if bounds else None),
        "latency_p90_ms": _ms(one.p90_s),
        "latency_p99_ms": _ms(one.p99_s),
        "inferences": len(one.times_s),
        "processes": one.workers,
    }


def _claim(one: Finding) -> str:
    """On one line: what came of it, and by which figures."""
    shown = one.measured or one.by_arithmetic or one.why
    return f"**{one.word}**: {_text(f'{one.claim.sentence} {cleaned(shown)}')}"


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{1e3 * seconds:.4f}"


def _inert(text: str) -> str:
    """What a person wrote, shown as it is: no markup of it does anything."""
    return _NAMING.sub(lambda sign: f"&#{ord(sign[0])};", _MARKUP.sub(r"\\\g<0>", text))


def _text(text: str) -> str:
    """The program's own words, and those of machines, which have no markup in them."""
    return _PLAIN.sub(r"\\\g<0>", html.escape(text, quote=False)).replace("@", "&#64;")


def _cell(text: str) -> str:
    return _text(" ".join(text.split()))
