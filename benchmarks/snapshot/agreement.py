"""Whether what a document says of its times is what the times say."""

from __future__ import annotations

import math

TOLERANCE = 1e-6  # relative: another library's logarithm may differ in the last digits


def difference(told: object, found: object, place: str) -> str | None:
    """The first place where the two differ, with both values; None where they agree.

    told, found: JSON values in which tuples count as lists.
    """
    if isinstance(told, dict) and isinstance(found, dict) and told.keys() == found.keys():
        parts = [(f"{place}.{key}", told[key], found[key]) for key in told]
    elif isinstance(told, (list, tuple)) and isinstance(found, (list, tuple)):
        if len(told) != len(found):
            return f"{place} has {len(told)} entries, and {len(found)} follow"
        pairs = zip(told, found, strict=True)
        parts = [(f"{place}[{number}]", *pair) for number, pair in enumerate(pairs)]
    elif told == found or _are_close(told, found):
        return None
    else:
        return f"{place} is {told!r}, and {found!r} follows"
    return next((off for name, a, b in parts if (off := difference(a, b, name))), None)


def _are_close(told: object, found: object) -> bool:
    return (
        isinstance(told, float)
        and isinstance(found, float)
        and math.isclose(told, found, rel_tol=TOLERANCE)
    )
