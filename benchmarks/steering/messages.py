"""What a notebook says to a dashboard and hears back: one JSON object a line, one answer each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario

MAX_LINE_BYTES = 12_000_000  # a snapshot of 5 MB, its quotation marks escaped


@dataclass(frozen=True)
class Greet:
    """Are you there? Answered by `Done`."""

    kind: Literal["greet"] = "greet"


@dataclass(frozen=True)
class Select:
    """Move the page to this network, by its key; `scenario`: None leaves that as it is."""

    network: str
    scenario: Scenario | None = None
    kind: Literal["select"] = "select"


@dataclass(frozen=True)
class Show:
    """Show this run, a snapshot's document. Its times join those of this machine's page."""

    document: str
    kind: Literal["show"] = "show"


@dataclass(frozen=True)
class Look:
    """What does the page show? Answered by `View`."""

    kind: Literal["look"] = "look"


What = Annotated[Greet | Select | Show | Look, Field(discriminator="kind")]


@dataclass(frozen=True)
class Letter:
    """secret: the dashboard's. page: whose mailbox it is for."""

    secret: str
    page: str
    what: What


@dataclass(frozen=True)
class Shown:
    """What a page shows: networks by their keys, and what is known of them in its scenario."""

    selected: str
    baseline: str
    pinned: tuple[str, ...]
    scenario: Scenario
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class View:
    """shown: None before the page was first drawn in a browser."""

    shown: Shown | None
    kind: Literal["view"] = "view"


@dataclass(frozen=True)
class Done:
    kind: Literal["done"] = "done"


@dataclass(frozen=True)
class Refused:
    reason: str
    kind: Literal["refused"] = "refused"


Answer = Annotated[View | Done | Refused, Field(discriminator="kind")]
LETTER: TypeAdapter[Letter] = TypeAdapter(Letter)
ANSWER: TypeAdapter[View | Done | Refused] = TypeAdapter(Answer)
