"""One HTML page that holds everything: charts, table, the document itself; and reading it again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from benchmarks import charts, units
from benchmarks.claims.telling import brief
from benchmarks.report.paper import tested
from benchmarks.report.pictures import pictures
from benchmarks.snapshot import Snapshot, SnapshotError, decode
from benchmarks.tables import describe_failure, heading, notes, to_cells

MAX_BYTES = 25_000_000  # of a page; plotly takes 5, the document at most 5
_OPENING = '<script type="application/json" id="mobilenet-bench-snapshot">'
_CLOSING = "</script>"
_MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<")


def to_html(snapshot: Snapshot) -> str:
    """`snapshot` as a page that opens without a network, asks nobody for anything, and can be
    imported again. Nothing in it runs but the two scripts that it names by their hash."""
    run = snapshot.run
    titles, rows = to_cells(run)
    drawn = pictures(snapshot, dark=False)
    script = _script("page.js")
    page: str = _template().render(
        snapshot=snapshot,
        run=run,
        heading=heading(run),
        notes=notes(run),
        state=run.state,
        measured=units.moment(run.started_utc),
        titles=titles,
        rows=rows,
        failures=[describe_failure(failure) for failure in run.failures],
        charts=drawn,
        papers=tested(run),
        facts=brief,
        plotly=Markup(get_plotlyjs()),
        script=Markup(script),
        hashes=[_hash(get_plotlyjs()), _hash(script)],
        figures=_json_in_html(json.dumps([chart.figure for chart in drawn])),
        config=_json_in_html(json.dumps(dict(charts.CONFIG))),
        opening=Markup(_OPENING),
        document=_json_in_html(snapshot.text),
    )
    return page


def read(content: bytes, name: str) -> Snapshot:
    """The snapshot in a JSON document or in a page that `to_html` made. Raises SnapshotError.

    name: of the file, for people. Nothing in the page is run or looked at but its document.
    """
    if len(content) > MAX_BYTES:
        raise SnapshotError(f"{name} is larger than the limit, {units.megabytes(MAX_BYTES)}.")
    start = content.find(_OPENING.encode())
    if start < 0 and not _MARKUP.match(content):
        return decode(content, name)
    end = content.find(_CLOSING.encode(), start)
    if start < 0 or end < 0:
        raise SnapshotError(f"{name} is a page without a snapshot of MobileNet Bench in it.")
    return decode(content[start + len(_OPENING) : end], name)


def _json_in_html(text: str) -> Markup:
    """JSON that no browser takes for the end of its element, or for the beginning of another."""
    return Markup(
        text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _hash(script: str) -> str:
    """As a content security policy names what may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _script(name: str) -> str:
    return files("benchmarks.report").joinpath(name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_script("page.html.jinja"))
