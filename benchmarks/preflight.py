"""What would disturb a measurement if it began now, and what to do about it. Pure.

These are signs, read in a moment and judged by rough limits. Whether a machine can really be
measured is shown only by timing identical networks (`validation`).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from benchmarks import units
from benchmarks.machine import Signs

Severity = Literal["fine", "note", "disturbs", "unknown"]
WORDS: dict[Severity, str] = {
    "fine": "fine",
    "note": "may disturb",
    "disturbs": "disturbs",
    "unknown": "unknown",
}
MAX_PRESSURE = 0.05  # of the time
NOTED_OTHERS, DISTURBING_OTHERS = 0.05, 0.2  # of all CPUs
MAX_STOLEN = 0.02  # of all CPUs; the system counts it in steps of 10 ms
UNREAD = "Not readable here."
UNRATED = "Read when nobody measures."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. text and advice are sentences; no advice where none is due."""

    code: str
    severity: Severity
    title: str
    text: str
    advice: str = ""

    @property
    def word(self) -> str:
        """The verdict, as it begins a sentence."""
        return f"{WORDS[self.severity].capitalize()}."


def check(now: Signs, before: Signs | None, *, threads: int = 1) -> tuple[Finding, ...]:
    """Findings in a fixed order, for a measurement with `threads` threads.

    before: an earlier reading, with no measurement of ours in between; None where there is none,
    then nothing is said about what only a span of time can show.
    """
    return (
        _others(now, before),
        _pressure(now, before),
        _stolen(now, before),
        _quota(now, before, threads),
        _threads(now, threads),
        _clock(now),
        _heat(now, before),
        _battery(now),
        _swap(now, before),
        _virtual(now),
    )


def summary(findings: tuple[Finding, ...]) -> str:
    """In one sentence: "2 of 10 disturb, 1 may, 2 are unknown." """
    count = Counter(finding.severity for finding in findings)
    disturbing = count["disturbs"]
    verb = "disturbs" if disturbing == 1 else "disturb"
    parts = [f"{disturbing} of {len(findings)} {verb}" if disturbing else "Nothing disturbs"]
    if count["note"]:
        parts.append(f"{count['note']} may")
    if count["unknown"]:
        parts.append(f"{count['unknown']} {'is' if count['unknown'] == 1 else 'are'} unknown")
    return f"{', '.join(parts)}."


def _others(now: Signs, before: Signs | None) -> Finding:
    code, title = "others", "Other programs"
    if before is None:
        return Finding(code, "unknown", title, UNRATED)
    stolen_s = (now.stolen_cpu_s or 0.0) - (before.stolen_cpu_s or 0.0)
    own_s = now.own_cpu_s - before.own_cpu_s
    used_s = now.busy_cpu_s - before.busy_cpu_s - own_s - stolen_s
    share = min(max(0.0, used_s / _cpu_s(now, before)), 1.0)
    text = f"They use {units.share(share)} of the CPUs."
    if share < NOTED_OTHERS:
        return Finding(code, "fine", title, text)
    severity: Severity = "disturbs" if share >= DISTURBING_OTHERS else "note"
    return Finding(code, severity, title, text, "Close them, or wait until they are done.")


def _pressure(now: Signs, before: Signs | None) -> Finding:
    code, title = "pressure", "Waiting for a CPU"
    if now.pressure is None:
        return Finding(code, "unknown", title, UNREAD)
    if before is None or before.pressure is None:
        return Finding(code, "unknown", title, UNRATED)
    share = now.pressure.since(before.pressure)
    text = f"Programs waited in {units.share(share)} of the time."
    if share <= MAX_PRESSURE:
        return Finding(code, "fine", title, text)
    return Finding(code, "disturbs", title, text, "Wait, or close what is busy.")


def _stolen(now: Signs, before: Signs | None) -> Finding:
    code, title = "stolen", "Taken by the host"
    if now.stolen_cpu_s is None:
        return Finding(code, "unknown", title, UNREAD)
    if before is None or before.stolen_cpu_s is None:
        return Finding(code, "unknown", title, UNRATED)
    share = (now.stolen_cpu_s - before.stolen_cpu_s) / _cpu_s(now, before)
    text = f"{units.share(max(0.0, share))} of the CPU time."
    if share <= MAX_STOLEN:
        return Finding(code, "fine", title, text)
    advice = "Neighbours on the same host are busy: try another hour, or another machine."
    return Finding(code, "disturbs", title, text, advice)


def _quota(now: Signs, before: Signs | None, threads: int) -> Finding:
    code, title = "quota", "CPU quota"
    if now.quota_cpus is None:
        return Finding(code, "unknown", title, UNREAD)
    if math.isinf(now.quota_cpus):
        return Finding(code, "fine", title, "No quota.")
    text = f"The container may use {units.significant(now.quota_cpus, 2)} CPUs."
    advice = "Choose fewer threads, or give the container more CPU."
    used_up = 0 if before is None else (now.throttled or 0) - (before.throttled or 0)
    if used_up > 0:
        return Finding(code, "disturbs", title, f"{text} It was just used up.", advice)
    if threads >= now.quota_cpus:
        return Finding(code, "note", title, f"{text} The measurement will use it up.", advice)
    return Finding(code, "fine", title, text)


def _threads(now: Signs, threads: int) -> Finding:
    code, title = "threads", "Threads"
    cpus = units.counted(now.usable_cpus, "usable CPU")
    text = f"{units.counted(threads, 'thread')} on {cpus}."
    if threads < now.usable_cpus:
        return Finding(code, "fine", title, text)
    advice = "The system's own work will disturb."
    if now.usable_cpus > 1:
        advice = f"Choose at most {now.usable_cpus - 1}, so that one CPU is left for the system."
    return Finding(code, "note", title, text, advice)


def _clock(now: Signs) -> Finding:
    code, title = "clock", "Clock"
    if now.governor is None and now.is_turbo_on is None:
        return Finding(code, "unknown", title, UNREAD)
    parts = []
    if now.governor is not None:
        parts.append(f"Governor “{now.governor}”.")
    if now.is_turbo_on is not None:
        parts.append("Turbo is on." if now.is_turbo_on else "Turbo is off.")
    text = " ".join(parts)
    if now.governor not in (None, "performance"):
        advice = "Steadier with: sudo cpupower frequency-set --governor performance"
        return Finding(code, "note", title, text, advice)
    if now.is_turbo_on:
        advice = "It falls as the CPU gets warm; that hits all who take turns alike."
        return Finding(code, "note", title, text, advice)
    return Finding(code, "fine", title, text)


def _heat(now: Signs, before: Signs | None) -> Finding:
    code, title = "heat", "Heat"
    if now.overheated is None:
        return Finding(code, "unknown", title, UNREAD)
    if before is None or before.overheated is None:
        return Finding(code, "unknown", title, UNRATED)
    if now.overheated > before.overheated:
        advice = "Let it cool down, and see that air gets to it."
        return Finding(code, "disturbs", title, "The CPU was just slowed down by it.", advice)
    return Finding(code, "fine", title, "The CPU is not slowed down by it.")


def _battery(now: Signs) -> Finding:
    code, title = "battery", "Power"
    if now.is_on_battery is None:
        return Finding(code, "unknown", title, "No battery, or not readable here.")
    if now.is_on_battery:
        return Finding(code, "disturbs", title, "From the battery.", "Plug the machine in.")
    return Finding(code, "fine", title, "From the mains.")


def _swap(now: Signs, before: Signs | None) -> Finding:
    code, title = "swap", "Swap"
    if now.swapped_bytes is None or now.swap_used_bytes is None:
        return Finding(code, "unknown", title, UNREAD)
    if before is not None and now.swapped_bytes > (before.swapped_bytes or 0):
        advice = "Close programs that need much memory."
        return Finding(
            code, "disturbs", title, "Memory is being moved to or from the disk.", advice
        )
    if now.swap_used_bytes == 0:
        return Finding(code, "fine", title, "Not in use.")
    return Finding(code, "fine", title, f"{units.gigabytes(now.swap_used_bytes)} used, at rest.")


def _virtual(now: Signs) -> Finding:
    code, title = "virtual", "Virtual machine"
    if now.is_virtual is None:
        return Finding(code, "unknown", title, UNREAD)
    if not now.is_virtual:
        return Finding(code, "fine", title, "No sign of one.")
    advice = "What its neighbours do shows only in part: trust the test."
    return Finding(code, "note", title, "This is one.", advice)


def _cpu_s(now: Signs, before: Signs) -> float:
    """CPU time that there was between two readings."""
    return now.logical_cpus * (now.time_s - before.time_s)
