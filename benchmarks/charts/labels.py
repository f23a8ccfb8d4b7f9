"""Which points of a crowded chart get a label, and where, so that none overlap.

Places are found for a small plot and hold on every larger one, where the points of two labels
move apart: two labels count as apart only if they lie in the same order as their points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

CHARACTER_PX = 6.1  # mean width, and height, of the label font with a little air
LINE_PX = 13.0
NEAR = (
    ("middle", "right"), ("top", "center"), ("middle", "left"), ("bottom", "center"),
    ("top", "right"), ("top", "left"), ("bottom", "right"), ("bottom", "left"),
)  # fmt: skip
FAR = tuple(
    (right, up, away)
    for away in (12, 24, 36, 50)
    for right, up in ((0.6, 1), (-0.6, 1), (0.6, -1), (-0.6, -1),
                      (1, 0.5), (-1, 0.5), (1, -0.5), (-1, -0.5))
)  # fmt: skip


class Mark(NamedTuple):
    """A drawn point, in pixels from the plot's lower left corner."""

    x: float
    y: float
    diameter: float


class Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


class _Thing(NamedTuple):
    """What takes up room, and the mark it belongs to and moves with."""

    owner: Mark
    box: Box


class Request(NamedTuple):
    """A wish for a label on the mark with this index. `needed`: better crowded than missing."""

    mark: int
    text: str
    needed: bool = False


class Place(NamedTuple):
    """Beside its mark (`side`, as plotly's `textposition`), or away from it at the end of a line.

    dx, dy: pixels from the mark to the text's nearer edge, where `side` is None.
    """

    side: str | None
    dx: float
    dy: float
    box: Box


def place(
    requests: Iterable[Request],
    marks: Sequence[Mark],
    *,
    bounds: Box,
    lines: Sequence[Box] = (),
    reserved: Sequence[Box] = (),
) -> dict[int, Place]:
    """Where each label that finds room stands, by the index of its mark.

    requests: most important first. lines: thin things that a label had better not cross.
    reserved: where no label may stand.
    """
    bodies = [_Thing(mark, _body(mark)) for mark in marks]
    taken = [_Thing(Mark(box.left, box.top, 0), box) for box in reserved]
    placed: dict[int, Place] = {}
    for request in requests:
        mark = marks[request.mark]
        others = bodies[: request.mark] + bodies[request.mark + 1 :]
        best: tuple[float, Place] | None = None
        for rank, option in enumerate(chain(_near(mark, request.text), _far(mark, request.text))):
            if best is not None and best[0] <= rank:
                break  # no later option is cheaper
            label = _Thing(mark, option.box)
            if not _inside(option.box, bounds) or _meets(label, taken):
                continue
            covered = _meets(label, others)
            if covered and not request.needed:
                continue
            if any(_meets(_Thing(mark, dot), taken) for dot in _leader(mark, option)):
                continue
            crossed = sum(_overlap(option.box, line) for line in lines)
            cost = rank + 10 * crossed + 100 * covered
            if best is None or cost < best[0]:
                best = (cost, option)
        if best is not None:
            placed[request.mark] = best[1]
            boxes = [best[1].box, *_leader(mark, best[1])]
            taken += [_Thing(mark, box) for box in boxes]
    return placed


def _near(mark: Mark, text: str) -> Iterator[Place]:
    """Where plotly writes a label beside its mark: at the radius and a quarter more."""
    away = mark.diameter / 1.6 + 1
    width = CHARACTER_PX * len(text)
    left = {"left": mark.x - away - width, "center": mark.x - width / 2, "right": mark.x + away}
    bottom = {
        "top": mark.y + away,
        "middle": mark.y - LINE_PX / 2,
        "bottom": mark.y - away - LINE_PX,
    }
    for v, h in NEAR:
        box = Box(left[h], bottom[v], left[h] + width, bottom[v] + LINE_PX)
        yield Place(f"{v} {h}", 0, 0, box)


def _far(mark: Mark, text: str) -> Iterator[Place]:
    width = CHARACTER_PX * len(text)
    for right, up, away in FAR:
        reach = mark.diameter / 2 + away
        dx, dy = right * reach, up * reach
        left = mark.x + dx if dx > 0 else mark.x + dx - width
        bottom = mark.y + dy - LINE_PX / 2
        yield Place(None, dx, dy, Box(left, bottom, left + width, bottom + LINE_PX))


def _leader(mark: Mark, option: Place) -> list[Box]:
    """The line from a mark to its label far off, as a few small boxes."""
    if option.side is not None:
        return []
    spots = [
        (mark.x + option.dx * part, mark.y + option.dy * part) for part in (0.35, 0.55, 0.75, 0.9)
    ]
    return [Box(x - 1.5, y - 1.5, x + 1.5, y + 1.5) for x, y in spots]


def _body(mark: Mark) -> Box:
    half = 0.45 * mark.diameter  # a circle leaves the corners of its square free
    return Box(mark.x - half, mark.y - half, mark.x + half, mark.y + half)


def _inside(box: Box, bounds: Box) -> bool:
    return (
        bounds.left <= box.left
        and box.right <= bounds.right
        and bounds.bottom <= box.bottom
        and box.top <= bounds.top
    )


def _meets(thing: _Thing, others: Iterable[_Thing]) -> bool:
    return any(not _apart(thing, other) for other in others)


def _apart(one: _Thing, two: _Thing) -> bool:
    """Whether they stay apart when the plot grows: in the order of the points they belong to."""
    (a, box), (b, other) = one, two
    return (
        (box.right <= other.left and a.x <= b.x)
        or (other.right <= box.left and b.x <= a.x)
        or (box.top <= other.bottom and a.y <= b.y)
        or (other.top <= box.bottom and b.y <= a.y)
    )


def _overlap(a: Box, b: Box) -> bool:
    return a.left < b.right and b.left < a.right and a.bottom < b.top and b.bottom < a.top
