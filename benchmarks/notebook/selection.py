"""What a page shows, as a notebook wants it: configurations and measurements."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from benchmarks import units
from benchmarks.candidates import Candidate, candidate
from benchmarks.insight import scenario_label
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.steering.messages import Shown
from mobilenet.config import MobileNetConfig

Network = MobileNetConfig | str


@dataclass(frozen=True)
class Selection:
    """Networks of the page: a MobileNetConfig each, or a reference's name.

    network: the one that is selected. baseline: what differences are counted from.
    pinned: those of the tray. results: what is known of all these in `scenario`; previews too.
    """

    network: Network
    baseline: Network
    pinned: tuple[Network, ...]
    scenario: Scenario
    results: tuple[Measurement, ...]

    def result(self, network: Network) -> Measurement | None:
        """Of one network; None where it was not timed in the page's scenario."""
        key = candidate(network).key
        return next((one for one in self.results if one.candidate.key == key), None)

    def __repr__(self) -> str:
        heading = f"Selected on the page, in {scenario_label(self.scenario)}"
        width = max(len(name) for name, _ in self._rows())
        return "\n".join([heading, *(f"{name:<{width}}  {text}" for name, text in self._rows())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left">{escape(name)}</td>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self._rows()
        )
        heading = f"Selected on the page, in {scenario_label(self.scenario)}"
        return f"<div><p>{escape(heading)}</p><table>{rows}</table></div>"

    def _rows(self) -> list[tuple[str, str]]:
        named = [("selected", self.network), ("baseline", self.baseline)]
        named += [("pinned", one) for one in self.pinned]
        return [(role, self._text(one)) for role, one in named]

    def _text(self, network: Network) -> str:
        found = self.result(network)
        name = candidate(network).name
        if found is None:
            return f"{name}, not timed"
        quality = "" if found.quality == "measured" else f", {found.quality}"
        return f"{name}, {units.milliseconds(found.median_s)}{quality}"


def selection_of(shown: Shown) -> Selection:
    return Selection(
        network=_network(candidate(shown.selected)),
        baseline=_network(candidate(shown.baseline)),
        pinned=tuple(_network(candidate(key)) for key in shown.pinned),
        scenario=shown.scenario,
        results=shown.measurements,
    )


def _network(one: Candidate) -> Network:
    return one.config if one.config is not None else one.key
