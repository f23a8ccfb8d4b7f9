"""What is done with snapshots: the commands report and compare, and the group snapshots."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.cli.answer import (
    BAD_INPUT,
    FAILED,
    AsJson,
    print_aligned,
    print_json,
    stop,
    tell,
    terminal_width,
)

if TYPE_CHECKING:
    from benchmarks.compare import Comparison
    from benchmarks.setups import Fact
    from benchmarks.snapshot import Snapshot
    from benchmarks.store import Entry, Store

Given = Annotated[
    str, typer.Argument(metavar="SNAPSHOT", help="A file (JSON, or a report), an id, or a link.")
]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As `snapshots list` shows them.")]

snapshots = typer.Typer(
    name="snapshots", no_args_is_help=True, help="Keep snapshots, find, tag and delete them."
)


def report(
    given: Given,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One page with charts, for a browser.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A table to paste into an issue.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With the columns of timm's results.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="The document itself.")
    ] = None,
) -> None:
    """Turn a snapshot into something that people without this program can read.

    Without an option, Markdown is printed.

    \b
    Examples:
      mobilenet-bench report run.json --html run.html --csv run.csv
      mobilenet-bench report run.html --json run.json    and back again
    """
    from benchmarks import report as reports
    from mobilenet.files import FileError, check_target, write_whole

    found = _one(given)
    forms: list[tuple[Path | None, Callable[[Snapshot], str]]] = [
        (html, reports.to_html),
        (markdown, reports.to_markdown),
        (csv, reports.to_csv),
        (json, lambda one: one.text + "\n"),
    ]
    wanted = [(path, make) for path, make in forms if path is not None]
    if not wanted:
        typer.echo(reports.to_markdown(found), nl=False)
        return
    places = [path.resolve() for path, _ in wanted]
    if len({*places, Path(given).resolve()}) <= len(places):
        raise stop(
            "A report may not replace its source or another one. Name other files.", BAD_INPUT
        )
    try:
        for path, _ in wanted:
            check_target(path)
        for path, make in wanted:
            write_whole(path, make(found).encode())
            tell(f"Saved to {path}.")
    except FileError as error:
        raise stop(str(error), FAILED) from error


def compare(
    given: Annotated[
        list[str],
        typer.Argument(metavar="SNAPSHOT...", help="Files or ids; all are put beside the first."),
    ],
    as_json: AsJson = False,
) -> None:
    """Put snapshots side by side: what differs between them, and what may be concluded.

    Runs of one machine scatter by some 10 % for no reason, so that between two of them only
    differences of some 30 % and more are told; of runs on different machines nothing is.
    """
    from benchmarks import compare as comparing
    from benchmarks.setups import facts as facts_of

    if len(given) < 2:
        raise stop("One snapshot is nothing to compare. Name two or more.", BAD_INPUT)
    found = [_one(one) for one in given]
    facts = facts_of(found)
    beside = [comparing.compare(found[0].run, other.run) for other in found[1:]]
    if as_json:
        print_json(comparison_json(found, facts, beside))
        return
    names = [one.title or Path(name).name for one, name in zip(found, given, strict=True)]
    print_comparison(names, facts, beside)


def print_comparison(
    names: Sequence[str], facts: Sequence[Fact], beside: Sequence[Comparison]
) -> None:
    """What differs; then for each of those beside the first its networks, and what follows."""
    differing = [fact for fact in facts if fact.differs]
    typer.echo("What differs" if differing else "Nothing differs that is known of")
    if differing:
        print_aligned([("", *names), *((fact.name, *fact.texts) for fact in differing)])
    for name, one in zip(names[1:], beside, strict=True):
        typer.echo(f"\n{names[0]} and {name}: {one.level}")
        if one.rows:
            print_aligned(_rows(one, names[0], name))
        if one.missing:
            typer.echo(f"Only in one of them: {', '.join(one.missing)}.")
        typer.echo("\n".join(textwrap.wrap(one.conclusion, terminal_width())))


@snapshots.command("list")
def list_snapshots(
    words: Annotated[list[str] | None, typer.Argument(help="That they must hold, all.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="That they must bear.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the snapshots that are kept, the newest first."""
    with _store() as store:
        found = store.find(" ".join(words or []), tags=tag or [], limit=limit)
    if as_json:
        print_json([_described(entry) for entry in found.entries])
        return
    if not found.entries:
        tell("There is none." if words or tag else "No snapshot is kept yet.")
        return
    rows = [("Id", "Measured", "State", "Machine", "Name")]
    for entry in found.entries:
        tags = f" [{', '.join(entry.tags)}]" if entry.tags else ""
        row = (entry.id, entry.started_utc[:10], entry.state or "preview", entry.machine)
        rows.append((*row, entry.name + tags))
    print_aligned(rows)
    if found.total > len(found.entries):
        tell(f"{found.total - len(found.entries):,} more; narrow it down, or raise --limit.")


@snapshots.command("add")
def add_snapshots(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON, or reports.")],
    tag: Annotated[list[str] | None, typer.Option(help="For all of them.")] = None,
) -> None:
    """Keep snapshots from files."""
    from benchmarks.store import TagError

    found = [(path, _from_file(path)) for path in files]
    with _store() as store:
        for path, one in found:
            try:
                is_new = store.add(one, tag or [])
            except TagError as error:
                raise stop(str(error), BAD_INPUT) from error
            tell(f"{path}: {'kept as' if is_new else 'was kept already, as'} {one.id}.")


@snapshots.command("tag")
def tag_snapshot(
    snapshot_id: Annotated[str, typer.Argument(metavar="ID")],
    tags: Annotated[list[str] | None, typer.Argument(help="Instead of those it has.")] = None,
) -> None:
    """Give a snapshot these tags, and no others."""
    from benchmarks.store import TagError

    with _store() as store:
        entry = store.entry(snapshot_id)
        if entry is None:
            raise stop(f"There is no snapshot {snapshot_id}.", BAD_INPUT)
        try:
            store.tag(snapshot_id, add=tags or [], remove=entry.tags)
        except TagError as error:
            raise stop(str(error), BAD_INPUT) from error


@snapshots.command("delete")
def delete_snapshots(ids: Ids) -> None:
    """Remove snapshots for good."""
    with _store() as store:
        missing = [one for one in ids if not store.delete(one)]
    if missing:
        raise stop(f"There is no snapshot {', '.join(missing)}.", BAD_INPUT)


@contextmanager
def _store() -> Iterator[Store]:
    """The store for one command; what goes wrong ends it with a sentence."""
    from benchmarks.store import Store, StoreError

    try:
        with closing(Store()) as store:
            yield store
    except StoreError as error:
        raise stop(str(error), FAILED) from error


def _one(given: str) -> Snapshot:
    """A snapshot by its file, its id or the beginning of that, or a link."""
    from benchmarks.keeping import find
    from benchmarks.snapshot import SnapshotError
    from benchmarks.store import StoreError

    try:
        return find(given)
    except SnapshotError as error:
        raise stop(str(error), BAD_INPUT) from error
    except StoreError as error:
        raise stop(str(error), FAILED) from error


def _from_file(path: Path) -> Snapshot:
    from benchmarks.keeping import read_file
    from benchmarks.snapshot import SnapshotError

    try:
        return read_file(path)
    except SnapshotError as error:
        raise stop(str(error), BAD_INPUT) from error


def _rows(one: Comparison, first: str, other: str) -> list[Sequence[str]]:
    from benchmarks import units

    rows: list[Sequence[str]] = [
        ("Network", "Run in", first, other, "Ratio", "95 % interval", "Verdict")
    ]
    for row in one.rows:
        bounds = row.interval
        rows.append(
            (
                row.network,
                row.way,
                units.milliseconds(row.first.median_s),
                units.milliseconds(row.other.median_s),
                units.times(row.ratio, digits=3),
                units.span(bounds.low, bounds.high, digits=3) if bounds else units.NOT_MEASURED,
                row.verdict or "none",
            )
        )
    return rows


def comparison_json(
    found: Sequence[Snapshot], facts: Sequence[Fact], beside: Sequence[Comparison]
) -> dict[str, object]:
    """The same for programs."""
    return {
        "snapshots": [one.id for one in found],
        "differences": {fact.name: list(fact.texts) for fact in facts if fact.differs},
        "comparisons": [
            {
                "level": one.level,
                "conclusion": one.conclusion,
                "only_in_one": list(one.missing),
                "rows": [
                    {
                        "network": row.first.candidate.key,
                        "first": asdict(row.first.scenario),
                        "other": asdict(row.other.scenario),
                        "first_median_s": row.first.median_s,
                        "other_median_s": row.other.median_s,
                        "ratio": row.ratio,
                        "low": row.interval.low if row.interval else None,
                        "high": row.interval.high if row.interval else None,
                        "verdict": row.verdict,
                    }
                    for row in one.rows
                ],
            }
            for one in beside
        ],
    }


def _described(entry: Entry) -> dict[str, object]:
    shown = ("id", "title", "note", "about", "saved_utc", "started_utc", "machine", "state", "tags")
    return {name: getattr(entry, name) for name in shown}
