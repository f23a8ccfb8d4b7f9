"""Text that people write and strangers send: what may be in it, and how to take out what may not.

Any script and any emoji may. Characters that nobody sees but that change what is seen may not:
control characters, and those that turn the direction of what stands beside them.
"""

from __future__ import annotations

import re
import unicodedata

# Embeddings, overrides and isolates of direction; marks such as U+200F stay, scripts need them.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_EMPTY = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are drawn as nothing
_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029"
_ANY = re.compile(f"[{_CONTROL}{_TURNING}]")
_BUT_LINES = re.compile(f"(?![\n\t])[{_CONTROL}{_TURNING}]")


def problem_of(text: str, *, lines: bool = False) -> str | None:
    """What must not be in `text`, as a sentence; None where all may. lines: it may have several."""
    found = (_BUT_LINES if lines else _ANY).search(text)
    if found is None:
        return None
    code = f"U+{ord(found[0]):04X}"
    name = unicodedata.name(found[0], "a control character").lower()
    return f"Character {found.start() + 1} is {code} ({name}), which cannot be seen. Take it out."


def problem_of_name(text: str) -> str | None:
    """The same of one line by which something is called: some of it must be seen."""
    if text and all(one in _EMPTY or unicodedata.category(one)[0] in "CZM" for one in text):
        return "Nothing of it can be seen."
    return problem_of(text)


def own_direction(text: str) -> str:
    """`text`, each line of which reads in the direction of its own first letter, whatever stands
    around it."""
    return "\n".join(f"\u2068{line}\u2069" for line in text.split("\n"))


def cleaned(text: str, *, lines: bool = False) -> str:
    """`text` with a space for each character that must not be in it."""
    return (_BUT_LINES if lines else _ANY).sub(" ", text)
