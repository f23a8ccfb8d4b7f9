"""What a link may say, checked before any widget sees it, in keys or in the page's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from benchmarks.candidates import Candidate, CandidateError, candidate
from benchmarks.dashboard.labels import CHOICES, key_of, name_of
from benchmarks.engines import ENGINES
from benchmarks.machine import read_machine
from benchmarks.scenarios import MAX_BATCH
from mobilenet.config import (
    MAX_CLASSES,
    MAX_RESOLUTION,
    MAX_WIDTH,
    MIN_RESOLUTION,
    MIN_WIDTH,
    PAPER_RESOLUTIONS,
    PAPER_WIDTHS,
    ConfigError,
)

MAX_PINS = 12
MIN_MS, MAX_MS = 0.01, 10_000.0  # of a budget
MIN_MB, MAX_MB = 0.1, 1_000.0
SHOWN_CHARACTERS = 40  # of a wrong value, in the sentence about it
Query = Mapping[str, list[str]]


@dataclass
class Reading:
    """query: the link as the page itself would write it; problems: a sentence for each mistake.

    candidates: keys of networks that lists must offer besides the usual ones; pins: of the tray.
    """

    query: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)


def read(query: Query) -> Reading:
    """Check a link; what it leaves out or gets wrong takes the page's defaults."""
    found = Reading()
    limits = {
        "width": (float, MIN_WIDTH, MAX_WIDTH),
        "resolution": (int, MIN_RESOLUTION, MAX_RESOLUTION),
        "classes": (int, 1, MAX_CLASSES),
        "batch": (int, 1, MAX_BATCH),
        "threads": (int, 1, read_machine().usable_cpus),
        "max_ms": (float, MIN_MS, MAX_MS),
        "max_mb": (float, MIN_MB, MAX_MB),
    }
    for name, values in query.items():
        if name in limits:
            _number(found, name, values[-1], *limits[name])
        elif name in CHOICES:
            _choice(found, name, values[-1])
        elif name == "precision":
            _precision(found, values[-1], _engine_of(query))
        elif name == "baseline":
            _candidates(found, name, values[-1:])
        elif name == "pins":
            _candidates(found, name, values)
        else:
            found.query[name] = list(values)
    if _beyond_the_paper(found.query):
        found.query["wide"] = ["true"]
    return found


def apply() -> None:
    """On a tab's first run, put the link in order and keep what was wrong with it."""
    if "link_problems" in st.session_state:
        return
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    reading = read(query)
    st.session_state["link_problems"] = reading.problems
    st.session_state["known_candidates"] = reading.candidates
    st.session_state["link_pins"] = reading.pins
    if reading.query != query:
        st.query_params.from_dict(reading.query)
        st.rerun()  # widgets take their first value from the link that a run begins with


def show_problems() -> None:
    """What was wrong with the link, until the next one."""
    if problems := st.session_state["link_problems"]:
        st.warning("\n".join(f"- {problem}" for problem in problems), icon=":material/link_off:")


def _number(
    found: Reading, name: str, text: str, kind: type[int] | type[float], low: float, high: float
) -> None:
    try:
        value = kind(text)
    except ValueError:
        found.problems.append(
            f"The link's {name} {_quoted(text)} is no number from {low:,} to {high:,}; "
            "the default is shown."
        )
        return
    if not low <= value <= high:
        found.problems.append(
            f"The link's {name} {_quoted(text)} is outside {low:,} to {high:,}; "
            "the default is shown."
        )
        return
    found.query[name] = [str(value)]


def _choice(found: Reading, name: str, text: str) -> None:
    words = CHOICES[name]()
    wanted = text.casefold()
    for key, word in words.items():
        if wanted in (key.casefold(), word.casefold()):
            found.query[name] = [word]
            return
    found.problems.append(
        f"The link's {name} {_quoted(text)} is not known; the default is shown. "
        f"Choose one of: {', '.join(words)}."
    )


def _engine_of(query: Query) -> str:
    """The engine that a link leads to, right or wrong as its name may be."""
    wanted = query.get("engine", [""])[-1].casefold()
    matching = (key for key, one in ENGINES.items() if wanted in (key, one.label.casefold()))
    return next(matching, next(iter(ENGINES)))


def _precision(found: Reading, text: str, engine: str) -> None:
    """The first that an engine offers is its default, and the page keeps no default in links."""
    offered = ENGINES[engine].precisions
    wanted = text.casefold()
    if wanted not in offered:
        found.problems.append(
            f"The link's precision {_quoted(text)} is not offered by {ENGINES[engine].label}; "
            f"the default is shown. Choose one of: {', '.join(offered)}."
        )
    elif wanted != offered[0]:
        found.query["precision"] = [wanted]


def _candidates(found: Reading, name: str, values: list[str]) -> None:
    if len(values) > MAX_PINS:
        found.problems.append(
            f"The link's {name} are {len(values)}; at most {MAX_PINS} fit, so the rest is left out."
        )
    keys: list[str] = []
    for text in values[:MAX_PINS]:
        try:
            known: Candidate = candidate(key_of(text[:SHOWN_CHARACTERS]))
        except CandidateError:
            found.problems.append(f"The link's {name}: no network is called {_quoted(text)}.")
        except ConfigError as error:
            found.problems.append(f"The link's {name}: {error}")
        else:
            if known.detector is None:
                keys.append(known.key)
            else:
                found.problems.append(f"The link's {name}: {known.label} is on the Tasks page.")
    keys = list(dict.fromkeys(keys))
    if keys:
        found.query[name] = [name_of(key) for key in keys]
        found.candidates += keys
        found.pins += keys if name == "pins" else []


def _quoted(text: str) -> str:
    """A wrong value, cut short, and as code: Markdown in it would load a picture or set a link."""
    return "`" + repr(text[:SHOWN_CHARACTERS]).replace("`", "´") + "`"


def _beyond_the_paper(query: Query) -> bool:
    """Whether the sliders must offer more than the paper's range to show this network."""
    width = float(query.get("width", ["1"])[-1])
    resolution = int(query.get("resolution", ["224"])[-1])
    return not (
        PAPER_WIDTHS[0] <= width <= PAPER_WIDTHS[-1]
        and PAPER_RESOLUTIONS[0] <= resolution <= PAPER_RESOLUTIONS[-1]
    )
