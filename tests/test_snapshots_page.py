"""Snapshots, Compare and History as Streamlit runs them: saved, found, imported, compared."""

from __future__ import annotations

import json

import pytest

from benchmarks.dashboard import session
from benchmarks.dashboard.settings import READ_ONLY_VARIABLE
from benchmarks.report import to_html
from benchmarks.snapshot import loads
from benchmarks.texts import own_direction
from tests.builders import a_run, a_snapshot, measurement
from tests.pages import Site, alts, drawn, keys, press, rows_of, said, site, told
from tests.wording import Wording

__all__ = ["site"]


def test_a_run_is_saved_with_what_was_just_typed_found_again_and_opened_by_its_link(
    site: Site,
) -> None:
    site.manager.add(a_run(measurement("0.5-160")))
    page = site.opened("gallery")
    page.text_area(key="keep_note").set_value("Written first")
    page.text_input(key="keep_title").set_value("Kept for later")
    press(page, "keep")

    (entry,) = session.store().find("kept for later").entries
    assert (entry.note, page.title[0].value) == ("Written first", own_direction("Kept for later"))
    assert page.query_params["snapshot"] in (entry.id, [entry.id])
    other = site.opened("gallery", snapshot=entry.id)
    assert other.title[0].value == own_direction("Kept for later")
    press(other, "back")
    assert len(rows_of(other)) == 1


def test_without_a_run_there_is_nothing_to_save(site: Site) -> None:
    assert "keep" not in keys(site.opened("gallery"))


def test_a_colleagues_report_is_imported_and_compared_with_each_machine_named(site: Site) -> None:
    content = json.loads(a_snapshot("From a colleague").text)
    content["run"]["machine"]["cpu"] = "Colleague CPU"
    theirs, ours = loads(json.dumps(content)), a_snapshot("Ours")
    session.store().add(ours)
    page = site.opened("gallery")
    page.file_uploader(key="import").set_value([("theirs.html", to_html(theirs).encode(), "")])
    drawn(page)

    assert [one.value.replace("\\", "") for one in page.toast] == ["Imported: From a colleague"]
    assert session.store().get(theirs.id) == theirs
    compared = site.opened("comparing", of=[ours.id, theirs.id])
    assert "They are of different machines." in said(compared)
    (alt,) = alts(compared)
    assert alt.startswith("Latency of each network in 2 runs")
    shown = compared.table[0].value.to_string().replace("\\", "")
    assert "Colleague CPU" in shown
    assert "Example CPU" in shown


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.json", b"{"),
        ("page.html", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("text.json", b"\xff\xfe"),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_with_the_reason(
    site: Site, wording: Wording, name: str, content: bytes
) -> None:
    page = site.opened("gallery")
    page.file_uploader(key="import").set_value([(name, content, "application/json")])
    drawn(page)

    assert name in told(page)
    wording(told(page))
    assert session.store().find().total == 0


def test_the_compare_page_is_never_empty(site: Site) -> None:
    page = site.opened("comparing")

    assert len(page.multiselect(key="compared").value) == 2
    assert alts(page)[0].startswith("Latency of each network in 2 runs")
    assert "Threads" in page.table[0].value.to_string()


@pytest.mark.parametrize("wrong", ["a" * 26, "<script>alert(1)</script>", "../../etc/passwd"])
def test_an_id_that_leads_nowhere_is_a_sentence(site: Site, wrong: str) -> None:
    page = site.opened("gallery", snapshot=wrong)

    assert f"no snapshot {wrong}" in told(page)
    assert "back" in keys(page)


def test_a_link_to_snapshots_that_are_gone_shows_nothing_else(site: Site) -> None:
    saved = a_snapshot("Still there")
    session.store().add(saved)
    page = site.opened("comparing", of=[saved.id, "a" * 26, saved.id])

    assert "Of the 2 snapshots in this link 1 cannot be shown" in told(page)
    assert page.multiselect(key="compared").value == [saved.id]
    assert not alts(page)


def test_visitors_of_a_read_only_server_can_look_and_start_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, "1")
    saved = a_snapshot("To look at")
    session.store().add(saved, ["seen"])
    page = site.opened("gallery")
    assert not page.file_uploader
    assert "keep" not in keys(page)

    opened = site.opened("gallery", snapshot=saved.id)
    assert opened.title[0].value == own_direction("To look at")
    assert "Tags: seen" in said(opened)
    assert not opened.multiselect


def test_a_snapshot_that_was_deleted_does_not_come_back_with_the_file_it_came_from(
    site: Site,
) -> None:
    saved = a_snapshot("To be deleted")
    page = site.opened("gallery")
    page.file_uploader(key="import").set_value([("one.json", saved.text.encode(), "")])
    drawn(page)
    assert session.store().delete(saved.id)
    page.text_input(key="words").set_value("to be deleted")
    drawn(page)

    assert session.store().get(saved.id) is None
    assert not page.dataframe


def test_tagging_a_snapshot_that_somebody_deleted_is_a_sentence(
    site: Site, wording: Wording
) -> None:
    saved = a_snapshot("Deleted while looked at")
    session.store().add(saved, ["tagged"])
    page = site.opened("gallery", snapshot=saved.id)
    session.store().delete(saved.id)
    page.multiselect(key=f"tags-{saved.id}").set_value([])
    drawn(page)

    assert len(page.error) == 2
    wording(page.error[0].value)


def test_words_and_pages_narrow_the_list(site: Site) -> None:
    for number in range(52):
        session.store().add(a_snapshot(f"Listed {number:02d}"))
    page = site.opened("gallery")
    assert len(rows_of(page)) == 50
    assert page.button(key="open").disabled
    page.text_input(key="words").set_value("listed 07")
    drawn(page)

    assert [row["Name"] for row in rows_of(page)] == [own_direction("Listed 07")]
    assert page.button(key="open").disabled
    assert page.button(key="compare").disabled


def test_every_form_of_a_snapshot_is_offered(site: Site) -> None:
    saved = a_snapshot("Handed out")
    session.store().add(saved)
    page = site.opened("gallery", snapshot=saved.id)

    labels = [one.label for one in page.download_button]
    assert labels == ["Page (HTML)", "Document (JSON)", "Table (Markdown)", "Table (CSV)"]
    assert saved.id in page.code[0].value
