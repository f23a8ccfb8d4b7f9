"""The one measurement that the claims need."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.candidates import Candidate, candidate
from benchmarks.claims.claim import Claim
from benchmarks.claims.deciding import claims
from benchmarks.insight import way_label
from benchmarks.jobs.request import Request
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import EFFORTS, Preset

# Recorded: all networks in ONNX Runtime with one thread, 19 s a process.
TURNS_S, A_NETWORK_S, A_DISSECTION_S = 5.0, 0.75, 3.0
ANCHOR = "1.0-224"  # what nearly all are compared with; the run times it twice


def request(scenario: Scenario, preset: Preset, wanted: Iterable[Claim] | None = None) -> Request:
    """One run in which all the networks of `wanted` (None: of all claims) take turns.

    Raises ScenarioError for what this machine cannot run, and where nothing is to be measured.
    """
    chosen = claims() if wanted is None else tuple(wanted)
    return Request(
        title=f"Test the paper's claims in {way_label(scenario)}",
        candidates=_networks(key for claim in chosen for key in claim.networks),
        scenarios=(scenario,),
        preset=preset,
        quality="preview" if preset == "preview" else "measured",
        fresh=True,
        layers=_networks(key for claim in chosen for key in claim.layers),
    )


def seconds_for(asked: Request) -> float:
    """About how long a request takes at most: as many processes as it takes at least, in each of
    which every network warms up and takes its turns, or the preset's limit where that is longer.
    What has to be exported first comes on top."""
    effort = EFFORTS[asked.preset]
    a_process_s = TURNS_S + A_NETWORK_S * len(asked.candidates)
    turns_s = max(effort.min_workers * a_process_s, effort.budget_s)
    return turns_s + A_DISSECTION_S * len(asked.layers)


def _networks(keys: Iterable[str]) -> tuple[Candidate, ...]:
    ordered = sorted(dict.fromkeys(keys), key=lambda key: key != ANCHOR)
    return tuple(candidate(key) for key in ordered)
