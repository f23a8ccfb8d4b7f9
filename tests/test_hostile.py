"""Documents that are wrong, or meant to do harm: none gets in, none does any."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.report import read
from benchmarks.snapshot import SnapshotError, dumps
from benchmarks.texts import problem_of
from benchmarks.usage import peak_bytes, reset_peak
from tests.builders import a_run, measurement, with_layers

FEW, MANY = 150, 5_000  # documents
MAX_GROWTH_BYTES = 300_000_000  # of memory, at the peak
SMALL = a_run(measurement("0.5-160", rounds=4, calls=3), measurement("resnet18"))
GOOD = json.loads(dumps(with_layers(SMALL)))
WRONG = [None, True, -1, -1.5, 2**70, 1e999, float("nan"), "", "x" * 5000, [], {}, [[]], {"a": 1}]
Wreck = Callable[[dict[str, Any], random.Random], str]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value inside a JSON value."""
    if not isinstance(value, (dict, list)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for key, inner in items for place in ((*path, key), *places(inner, (*path, key)))]


PLACES = places(GOOD)


def inside(content: Any, rng: random.Random) -> tuple[Any, Any]:
    """Some container in it, and a key of that."""
    *path, last = rng.choice(PLACES)
    for key in path:
        content = content[key]
    return content, last


def another_type(content: dict[str, Any], rng: random.Random) -> str:
    """What stands there is replaced by something of a kind that nothing there may be."""
    inner, key = inside(content, rng)
    while inner[key] is None:  # who knows what else may stand there
        inner, key = inside(content, rng)
    before = inner[key]
    fitting = {type(before)} | ({float, int} if isinstance(before, (int, float)) else set())
    inner[key] = rng.choice([one for one in WRONG if type(one) not in fitting and one is not None])
    return json.dumps(content)


def one_more_field(content: dict[str, Any], rng: random.Random) -> str:
    while not isinstance(inner := inside(content, rng)[0], dict):
        pass
    inner[rng.choice(["__class__", "eval", "constructor", "x" * 900, "\u202e", "../../x"])] = 1
    return json.dumps(content)


def a_field_less(content: dict[str, Any], rng: random.Random) -> str:
    required = ("run", "summary", "title", "note", "schema_version", "program_version")
    del content[rng.choice(required)]
    return json.dumps(content)


def an_impossible_time(content: dict[str, Any], rng: random.Random) -> str:
    row = rng.choice(content["run"]["measurements"])
    times = rng.choice(row["blocks"])["times_ns"]
    times[rng.randrange(len(times))] = rng.choice([0, -1, -(10**18), 10**16, 0.5, "1", None, True])
    return json.dumps(content)


def not_a_number(content: dict[str, Any], rng: random.Random) -> str:
    rng.choice(content["run"]["measurements"])["load_s"] = 12345.0
    return json.dumps(content).replace(
        "12345.0", rng.choice(["NaN", "Infinity", "-Infinity", "1e999", "0x10", "1_0", "+1", "01"])
    )


def tampered(content: dict[str, Any], rng: random.Random) -> str:
    """Times and summary no longer fit each other."""
    row = rng.choice(content["run"]["measurements"])
    factor = rng.choice([2, 3, 10])
    for block in row["blocks"]:
        block["times_ns"] = [factor * ns for ns in block["times_ns"]]
    return json.dumps(content)


def too_many(content: dict[str, Any], rng: random.Random) -> str:
    row = rng.choice(content["run"]["measurements"])
    row["warmup_ns"] = [1] * rng.choice([500_001, 1_000_000])
    return json.dumps(content)


def twice(content: dict[str, Any], rng: random.Random) -> str:
    rows = content["run"]["measurements"]
    if rng.random() < 0.5:
        rows.append(rng.choice(rows))
    else:
        blocks = rng.choice(rows)["blocks"]
        blocks.append(rng.choice(blocks))
    return json.dumps(content)


def unseen_characters(content: dict[str, Any], rng: random.Random) -> str:
    evil = rng.choice(["\u202e", "\u2066", "\x00", "\x1b[31m", "\x85", "\u2029"])
    where = rng.choice([content, content["run"]["machine"]])
    where[rng.choice(["title", "note"] if where is content else ["cpu", "system"])] = f"a{evil}b"
    return json.dumps(content)


def markup_in_names(content: dict[str, Any], rng: random.Random) -> str:
    scenario = rng.choice(content["run"]["measurements"])["scenario"]
    scenario[rng.choice(["engine", "device"])] = rng.choice(
        ["<script>alert(1)</script>", "../../etc/passwd", "a b", "", "'; DROP TABLE snapshots; --"]
    )
    return json.dumps(content)


def too_deep(content: dict[str, Any], rng: random.Random) -> str:
    depth = rng.choice([200, 5000, 100_000])
    return '{"schema_version": 2, "run": ' + rng.choice(["[", '{"a":']) * depth


def cut_short(content: dict[str, Any], rng: random.Random) -> str:
    text = json.dumps(content)
    return text[: rng.randrange(len(text))]


def garbled(content: dict[str, Any], rng: random.Random) -> str:
    """With a stray mark where none can stand: before or after the whole."""
    stray = rng.choice(["\x00", "{", "]", ",", "<", "null", "//"])
    text = json.dumps(content)
    return f"{stray}{text}" if rng.random() < 0.5 else f"{text}{stray}"


def another_thing(content: dict[str, Any], rng: random.Random) -> str:
    pool = [None, 1, "text", [], {}, {"schema_version": 4}, {"schema_version": "2"}, [content]]
    return json.dumps(rng.choice([*pool, {"schema_version": True}, {"schema_version": -1}]))


def a_page_around_it(content: dict[str, Any], rng: random.Random) -> str:
    inner = rng.choice([another_type, tampered, cut_short, too_deep])(content, rng)
    return (
        "<!DOCTYPE html><script>alert(1)</script>"
        f'<script type="application/json" id="mobilenet-bench-snapshot">{inner}</script>'
    )


WRECKS: tuple[Wreck, ...] = (
    another_type,
    one_more_field,
    a_field_less,
    an_impossible_time,
    not_a_number,
    tampered,
    twice,
    unseen_characters,
    markup_in_names,
    too_deep,
    cut_short,
    garbled,
    another_thing,
    a_page_around_it,
)


@pytest.mark.parametrize(
    "count", [FEW, pytest.param(MANY, marks=pytest.mark.slow("reads five thousand documents"))]
)
def test_hostile_documents_are_all_refused_and_none_crashes(count: int) -> None:
    text = json.dumps(GOOD)
    can_tell = reset_peak()  # what earlier tests took would hide what these take
    before = peak_bytes() or 0
    for number in range(count):
        rng = random.Random(number)
        wreck = too_many if number % 500 == 0 else WRECKS[number % len(WRECKS)]
        hostile = wreck(json.loads(text), rng)
        with pytest.raises(SnapshotError) as refusal:
            read(hostile.encode("utf-8", "surrogatepass"), "upload.json")
        said = str(refusal.value)
        assert 10 < len(said) < 500, wreck.__name__
        assert problem_of(said) is None, wreck.__name__

    if can_tell:
        assert (peak_bytes() or 0) - before <= MAX_GROWTH_BYTES


def test_the_document_that_they_are_made_of_is_accepted() -> None:
    assert read(json.dumps(GOOD).encode(), "upload.json").run.measurements
