"""The claims of the MobileNets paper, each with what follows by arithmetic and what is measured.

findings(run, scenario)             what came of each claim
request(scenario, preset)           the one measurement that all of them need
"""

from benchmarks.claims.asking import request, seconds_for
from benchmarks.claims.claim import OUTCOMES, Claim, Finding, Number, Outcome
from benchmarks.claims.deciding import by_table, claims, findings, is_tested, missing, summary

__all__ = [
    "OUTCOMES",
    "Claim",
    "Finding",
    "Number",
    "Outcome",
    "by_table",
    "claims",
    "findings",
    "is_tested",
    "missing",
    "request",
    "seconds_for",
    "summary",
]
