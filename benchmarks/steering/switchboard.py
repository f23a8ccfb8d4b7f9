"""The mailboxes of a dashboard's pages: what they are asked to show, and what they show."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from benchmarks.steering.messages import Select, Show, Shown, View

MAX_PAGES = 100  # the one that was longest silent goes first
PRESENT_S = 5.0  # since a page has last looked: it is open in a browser
FOLLOW_S = 3.0  # in which a page that is open has followed


@dataclass
class _Mailbox:
    order: Select | Show | None = None
    number: int = 0  # of the order
    followed: int = 0
    shown: Shown | None = None
    looked_at: float = field(default=float("-inf"))


class Switchboard:
    """One for each server process. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._mailboxes: OrderedDict[str, _Mailbox] = OrderedDict()

    def order(self, page: str, order: Select | Show) -> None:
        """What the page is to show; it takes the place of what it was asked before."""
        with self._changed:
            box = self._box(page)
            box.order = order
            box.number += 1

    def orders(self, page: str, *, after: int) -> tuple[int, Select | Show | None]:
        """The page looks into its mailbox: the newest order and its number, if that is above
        `after`."""
        with self._changed:
            box = self._box(page)
            box.looked_at = time.monotonic()
            return (box.number, box.order) if box.number > after else (after, None)

    def tell(self, page: str, shown: Shown, *, followed: int) -> None:
        """What the page shows now, having followed orders up to that number."""
        with self._changed:
            box = self._box(page)
            box.shown, box.followed = shown, followed
            self._changed.notify_all()

    def followed(self, page: str, number: int) -> None:
        """The page has done what it was asked, and what it shows are no networks."""
        with self._changed:
            self._box(page).followed = number
            self._changed.notify_all()

    def view(self, page: str) -> View:
        """What the page shows. One that is open is given a moment to follow its last order."""
        with self._changed:
            box = self._box(page)
            if time.monotonic() - box.looked_at < PRESENT_S:
                self._changed.wait_for(lambda: box.followed >= box.number, FOLLOW_S)
            return View(box.shown)

    def _box(self, page: str) -> _Mailbox:
        box = self._mailboxes.setdefault(page, _Mailbox())
        self._mailboxes.move_to_end(page)
        while len(self._mailboxes) > MAX_PAGES:
            self._mailboxes.popitem(last=False)
        return box
