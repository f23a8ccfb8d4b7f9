"""The values: what the paper says, how it is tested, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from benchmarks import units
from benchmarks.candidates import candidate
from benchmarks.claims.criteria import LayerTest, TimeTest

Outcome = Literal["holds", "fails", "cannot tell", "not measured"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
Basis = Literal["counted", "published", "measured"]
PAPER = "arXiv:1704.04861"


@dataclass(frozen=True)
class Number:
    """A number as the paper prints it, beside the exact one.

    printed: with the paper's digits. exact: in the same unit; without one it is a whole number.
    slack: how far the exact one may be off, as a share of it; None: by less than one unit of the
        last digit that is printed, so that it may have been rounded or cut off.
    is_limit: whether the paper says "more than" it.
    """

    what: str
    printed: str
    exact: float
    unit: str = "M"
    slack: float | None = None
    is_limit: bool = False

    @property
    def agrees(self) -> bool:
        if self.is_limit:
            return self.exact > float(self.printed)
        off = abs(self.exact - float(self.printed))
        if self.slack is not None:
            return off <= self.slack * self.exact
        return off < 10.0**-self._decimals

    @property
    def figure(self) -> str:
        """What the paper prints, with its unit."""
        figure = units.fixed(float(self.printed), self._decimals)
        return _joined("more than" if self.is_limit else "", figure, self.unit)

    @property
    def as_printed(self) -> str:
        return _joined(self.what, self.figure)

    @property
    def as_counted(self) -> str:
        decimals = self._decimals + 1 if self.unit else self._decimals
        return _joined(self.what, units.fixed(self.exact, decimals), self.unit)

    @property
    def _decimals(self) -> int:
        return len(self.printed.partition(".")[2])


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))


@dataclass(frozen=True)
class Reasoned:
    """What follows from counts or published figures, and decides nothing where `holds` is None.

    text: with the figures, in a sentence.
    """

    holds: bool | None
    text: str


@dataclass(frozen=True)
class Claim:
    """One statement, and how it is tested.

    table: beside which of the paper's it stands. place: where the paper says it, if elsewhere.
    sentence: in our words. figure: what the paper prints.
    test: how it is decided, with the criterion. erratum: what is known to be wrong in the source.
    numbers, reasoned: what can be settled without a clock. timing: what this machine has to show;
        it then decides, and the rest is told beside it.
    untestable: why it cannot be told here at all.
    note: what else has to be known.
    asked_here: why the paper does not say so itself; None for its own claims.
    """

    id: str
    table: str
    sentence: str
    test: str
    figure: str = ""
    erratum: str | None = None
    numbers: tuple[Number, ...] = ()
    reasoned: Reasoned | None = None
    timing: TimeTest | None = None
    untestable: str | None = None
    basis: Basis = "counted"
    note: str | None = None
    asked_here: str | None = None
    place: str = ""

    @property
    def is_papers(self) -> bool:
        """Whether the paper says it. What is asked here may still start from its figures."""
        return self.asked_here is None

    @property
    def source(self) -> str | None:
        """Where the figures stand; None where the paper has none."""
        return f"{PAPER}, {self.place or self.table}" if self.printed else None

    @property
    def printed(self) -> str:
        """What the paper gives, in its own digits."""
        figures = self.figure or ", ".join(number.as_printed for number in self.numbers)
        return f"{figures}, {self.place.lower()}" if self.place else figures

    @property
    def networks(self) -> tuple[str, ...]:
        """Keys of the networks that must be timed in turns."""
        return self.timing.networks if self.timing else ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Keys of those of which the time of each layer is needed."""
        return self.networks if isinstance(self.timing, LayerTest) else ()


@dataclass(frozen=True)
class Decision:
    """What this machine says. measured: with the figures; None where there are none."""

    outcome: Outcome
    why: str
    measured: str | None = None


@dataclass(frozen=True)
class Finding:
    """What came of one claim.

    by_arithmetic, arithmetic: what counting or published figures say; None where they say nothing.
    measured: what the clock said here. why: the outcome in a sentence.
    """

    claim: Claim
    by_arithmetic: str | None
    arithmetic: Outcome | None
    measured: str | None
    outcome: Outcome
    why: str

    @property
    def word(self) -> str:
        """For people; what needs no clock holds, or fails, everywhere."""
        here = " here" if self.claim.timing is not None else ""
        return {
            "holds": f"holds{here}",
            "fails": f"fails{here}",
            "cannot tell": "cannot be told",
            "not measured": "not measured yet",
        }[self.outcome]


def label(key: str) -> str:
    """A network's name for a sentence: "1.0-224 (full)", "VGG-16"."""
    return candidate(key).label
