"""What is handed to people who have nothing installed, and that it comes back the same."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.candidates import candidate
from benchmarks.claims import findings, summary
from benchmarks.report import MAX_BYTES, read, to_csv, to_html, to_markdown
from benchmarks.report.plain import timm_name
from benchmarks.results import Failure
from benchmarks.snapshot import MAX_BYTES as SNAPSHOT_BYTES
from benchmarks.snapshot import SnapshotError, dumps, loads
from tests.builders import (
    EAGER,
    SCRIPT,
    SCRIPTS,
    SCRIPTURES,
    a_run,
    a_snapshot,
    measurement,
    paper_run,
)
from tests.wording import Wording


@pytest.mark.parametrize("text", ["A title", *SCRIPTS, *SCRIPTURES])
def test_a_report_can_be_read_again_and_is_the_same_document(text: str) -> None:
    saved = a_snapshot(text, text)

    assert read(to_html(saved).encode(), "run.html") == saved


def test_the_document_itself_can_be_read_again(tmp_path: Path) -> None:
    saved = a_snapshot()

    assert read(saved.text.encode(), "run.json") == saved


def test_a_report_loads_nothing_and_runs_its_own_scripts_only() -> None:
    page = to_html(a_snapshot())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy[1].split("style-src")[0]
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert len(scripts) == 2
    elements = page.replace(scripts[0], "")
    assert not re.search(r"<(link|img|iframe|object|embed|a)\b", elements.replace(scripts[1], ""))


@pytest.mark.parametrize("script", SCRIPTS)
def test_words_of_strangers_are_no_markup_in_a_report(script: str) -> None:
    page = to_html(a_snapshot(script, script))
    harmless = to_html(a_snapshot("x", "x"))

    def tags(text: str) -> list[str]:
        outside = re.sub(r"<script[^>]*>.*?</script>", "<script>", text, flags=re.DOTALL)
        return re.findall(r"<\s*/?\s*([a-z!][a-z0-9-]*)", outside, flags=re.IGNORECASE)

    assert tags(page) == tags(harmless)


def test_a_report_says_what_the_run_is_worth_and_what_failed(wording: Wording) -> None:
    page = to_html(a_snapshot())

    assert page.count('class="state valid"') == 1
    assert "VGG-16 in PyTorch eager: did not fit" in page
    (picture, *_) = re.findall(r'aria-label="([^"]*)"', page)
    assert "latency" in picture
    wording(picture)


def test_every_picture_bears_machine_engine_date_and_state() -> None:
    page = to_html(a_snapshot())
    block = re.search(r'id="chart-figures">(.*?)</script>', page, flags=re.DOTALL)
    assert block is not None

    figures = json.loads(block[1])

    assert len(figures) == 2
    captions = [figure["layout"]["annotations"][-1]["text"] for figure in figures]
    assert all("Example CPU" in text and "2026-01-31" in text for text in captions)
    assert all("valid" in text for text in captions)
    assert "PyTorch eager, 1 thread" in captions[0]


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>nothing",
        b'<html><script type="application/json" id="mobilenet-bench-snapshot">{',
        b'<!doctype HTML><script type="application/json" id="mobilenet-bench-snapshot">{}</script>',
        b"PK\x03\x04\xff",
        b"",
        b" " * (MAX_BYTES + 1),
    ],
    ids=["other page", "unfinished", "empty document", "not text", "empty", "too large"],
)
def test_what_holds_no_snapshot_is_refused(content: bytes, wording: Wording) -> None:
    with pytest.raises(SnapshotError, match=r"some\.html") as refused:
        read(content, "some.html")
    wording(re.sub(r"(Bench\.) .*", r"\1", str(refused.value)))  # what follows are pydantic's words


def test_a_report_that_was_tampered_with_is_refused() -> None:
    page = re.sub(r'"median_s":0\.\d+', '"median_s":0.001', to_html(a_snapshot()))

    with pytest.raises(SnapshotError, match=r"summary\.rows\[0\]\.median_s"):
        read(page.encode(), "run.html")


def test_markdown_is_a_table_with_title_note_and_what_must_be_known() -> None:
    lines = to_markdown(a_snapshot()).splitlines()

    assert lines[0] == "### A title"
    assert "A note\\." in lines[2]
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 3
    assert len({line.count("|") for line in table}) == 1
    assert any(line.startswith("- State: valid") for line in lines)
    assert any("snapshot " in line for line in lines[-1:])


@pytest.mark.parametrize(
    "text", ["*a*", "# b", "@someone", "<b>", "[l](x)", "a|b", "`c`", "![i](x)"]
)
def test_words_of_strangers_are_no_markup_in_markdown(text: str) -> None:
    title = to_markdown(a_snapshot(text, "")).splitlines()[0].removeprefix("### ")

    assert not re.search(r"(?<!\\)[*`<|\[\]!]", title)
    assert not re.search(r"[@]|(?<!&)#", title)


def test_csv_has_the_columns_of_timms_results_first() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(a_snapshot()))))

    assert list(rows[0])[:7] == [
        "model",
        "infer_img_size",
        "infer_samples_per_sec",
        "infer_step_time",
        "infer_batch_size",
        "param_count",
        "infer_gmacs",
    ]
    assert [row["model"] for row in rows] == ["mobilenetv1_050", "mobilenetv1_100", "resnet18"]
    assert float(rows[1]["infer_step_time"]) == pytest.approx(16.0, rel=0.02)
    assert float(rows[1]["infer_samples_per_sec"]) == pytest.approx(62.5, rel=0.02)
    assert float(rows[1]["param_count"]) == 4.23
    assert float(rows[1]["infer_gmacs"]) == 0.569


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("1.0-224", "mobilenetv1_100"),
        ("0.25-128", "mobilenetv1_025"),
        ("0.5-160-full-c8-n10", "mobilenetv1_050_full_c8_n10"),
        ("1.0-224-shallow", "mobilenetv1_100_shallow"),
        ("mobilenet_v2", "mobilenet_v2"),
    ],
)
def test_networks_are_called_as_timm_calls_them(key: str, name: str) -> None:
    assert timm_name(candidate(key)) == name


def test_a_run_of_nothing_has_a_report_too(wording: Wording) -> None:
    empty = loads(dumps(a_run()))

    assert read(to_html(empty).encode(), "run.html") == empty
    wording(to_markdown(empty).replace(empty.id, "ID"))
    assert to_csv(empty).count("\n") == 1


def test_the_largest_document_exports_to_a_page_that_can_be_read_again() -> None:
    widths = [number / 20 for number in range(1, 21)]
    text = dumps(a_run(*(measurement(f"{one}-160", rounds=140, calls=200) for one in widths)))
    assert len(text) > 0.9 * SNAPSHOT_BYTES
    saved = loads(text)

    page = to_html(saved).encode()

    assert len(page) < MAX_BYTES
    assert read(page, "large.html") == saved


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n  ", b"<!-- saved by a browser -->\n"])
def test_what_editors_and_browsers_put_before_a_page_does_no_harm(before: bytes) -> None:
    saved = a_snapshot()

    assert read(before + to_html(saved).encode(), "run.html") == saved
    if not before.startswith(b"<"):
        assert read(before + saved.text.encode(), "run.json") == saved


def test_a_run_of_the_papers_networks_carries_the_claims(wording: Wording) -> None:
    saved = loads(dumps(paper_run({"1.0-224-full": 25.0}), title="", note=""))
    (failed,) = (one for one in findings(saved.run, EAGER) if one.claim.id == "equations-time")

    page, text = to_html(saved), to_markdown(saved)

    assert failed.outcome == "fails"
    for shown in (html.unescape(page), text):
        assert failed.claim.sentence.rstrip(".") in shown
        assert summary(findings(saved.run, EAGER)) in shown
    assert read(page.encode(), "run.html") == saved
    wording(text[text.index("- **fails here**") :].replace(saved.id, "ID"))


def test_a_run_of_other_networks_says_nothing_of_the_claims() -> None:
    told = summary(findings(a_snapshot().run, EAGER))

    assert told not in html.unescape(to_html(a_snapshot()))
    assert "fails here" not in to_markdown(a_snapshot())


def test_words_of_a_stranger_among_the_claims_are_only_words() -> None:
    run = paper_run()
    rows = tuple(row for row in run.measurements if row.candidate.key != "vgg16")
    failed = Failure(candidate("vgg16"), rows[0].scenario, f"{SCRIPT} @nobody")
    saved = loads(dumps(replace(run, measurements=rows, failures=(failed,)), title="", note=""))

    assert SCRIPT not in to_html(saved)
    assert SCRIPT not in to_markdown(saved)
    assert "@nobody" not in to_markdown(saved)
