"""What the program says to people, in one file that is read as text: `tests/wording.txt`.

A test asserts facts: a verdict, a number, a name, a status. How it is put goes through the fixture
`wording`, which compares it with the file. After a change of words, `make wording` writes the file
anew; its diff is what a reviewer reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_name("wording.txt")


def key_of(name: str, of_class: str | None) -> str:
    """How a test is called in the file: without its module, which may move."""
    return f"{of_class}.{name}" if of_class else name


def read(path: Path = FILE) -> dict[str, list[str]]:
    """By test, the texts that it looked at, in order."""
    found: dict[str, list[str]] = {}
    texts: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line.startswith("# "):
            texts = found.setdefault(line[2:], [])
        elif line.startswith("- "):
            texts.append(line[2:])
        elif line.startswith("  "):
            texts[-1] += "\n" + line[2:]
        elif not line and texts:
            continue
    return found


def write(said: dict[str, list[str]], path: Path = FILE) -> None:
    path.write_text("\n".join(_lines(said)) + "\n", encoding="utf-8")


def _lines(said: dict[str, list[str]]) -> Iterator[str]:
    for key in sorted(said):
        yield f"# {key}"
        for text in said[key]:
            first, *rest = text.splitlines() or [""]
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
        yield ""


class Wording:
    """Of one test: call it with each text, in order."""

    def __init__(self, expected: list[str], is_written: bool) -> None:
        self.said: list[str] = []
        self._expected, self._is_written = expected, is_written

    def __call__(self, text: object) -> None:
        """text: a sentence, or an exception for its message. Ends of lines are stripped."""
        said = "\n".join(line.rstrip() for line in str(text).strip().splitlines())
        number = len(self.said)
        self.said.append(said)
        if self._is_written:
            return
        assert number < len(self._expected), f"new words, see `make wording`:\n{said}"
        assert said == self._expected[number], "changed words: if on purpose, run `make wording`"
