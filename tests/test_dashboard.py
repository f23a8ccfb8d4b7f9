"""What the page decides without a browser: links, when to preview, words, the Method page."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.candidates import candidate
from benchmarks.collection import Collection, collect
from benchmarks.dashboard import links
from benchmarks.dashboard.actions import needs_preview
from benchmarks.dashboard.labels import CHOICES, key_of, name_of
from benchmarks.dashboard.progress import describe
from benchmarks.jobs.manager import JobView
from benchmarks.jobs.request import Request
from benchmarks.references import references
from benchmarks.results import Failure, Scenario
from mobilenet.accuracy import SOURCES
from tests.samples import measurement

HALF = candidate("0.5-160")


def job(state: str = "queued", owner: str = "me") -> JobView:
    request = Request("Preview", (HALF,), (Scenario(),), "preview", "preview", owner=owner)
    return JobView(request, state)  # type: ignore[arg-type]


def test_a_good_link_is_left_as_it_is() -> None:
    query = {"width": ["0.5"], "resolution": ["160"], "engine": ["OpenVINO"], "embed": ["true"]}

    found = links.read(query)

    assert found.query == query
    assert found.problems == []


def test_keys_in_a_link_become_the_pages_words() -> None:
    found = links.read({"engine": ["openvino"], "x": ["mult_adds"], "pins": ["resnet18", "0.5-96"]})

    assert found.query["engine"] == ["OpenVINO"]
    assert found.query["x"] == ["Mult-adds"]
    assert found.query["pins"] == ["ResNet-18", "0.5-96"]
    assert found.pins == ["resnet18", "0.5-96"]


def test_a_network_beyond_the_paper_opens_the_wider_range() -> None:
    assert links.read({"width": ["1.5"]}).query["wide"] == ["true"]
    assert links.read({"resolution": ["320"]}).query["wide"] == ["true"]
    assert "wide" not in links.read({"width": ["0.25"], "resolution": ["128"]}).query


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("width", "7", "`'7'` is outside 0.05 to 2"),
        ("width", "nan", "outside 0.05 to 2"),
        ("width", "1e400", "outside 0.05 to 2"),
        ("resolution", "abc", "no number from 32 to 1,024"),
        ("batch", "-1", "`'-1'` is outside 1 to 1,024"),
        ("threads", "99999", "is outside 1 to"),
        ("engine", "tflite", "Choose one of: eager, onnxruntime, openvino"),
        ("network", "vgg99", "Choose one of: mobilenet, googlenet"),
        ("pins", "lenet", "no network is called `'lenet'`"),
        ("baseline", "9-224", "outside 0.05 to 2"),
    ],
)
def test_each_mistake_in_a_link_is_named_with_its_limit_and_left_out(
    name: str, value: str, said: str
) -> None:
    found = links.read({name: [value]})

    assert len(found.problems) == 1
    assert said in found.problems[0]
    assert name not in found.query


def test_a_link_cannot_pin_more_than_fit() -> None:
    found = links.read({"pins": [f"0.5-{side}" for side in range(32, 232)]})

    assert len(found.pins) == links.MAX_PINS
    assert "200" in found.problems[0]


def test_markdown_in_a_wrong_value_stays_text() -> None:
    sentence = links.read({"engine": ["![x](http://example.org/`x`.png)"]}).problems[0]

    assert sentence.count("`") == 2
    assert "`'![x](http://example.org/´x´.png)'`" in sentence


def test_a_long_wrong_value_is_cut_in_the_sentence_about_it() -> None:
    for name in ("width", "engine", "pins"):
        sentence = links.read({name: ["x" * 5000]}).problems[0]
        assert len(sentence) < 600, name


def test_words_are_unique_because_the_link_carries_them() -> None:
    for name, words in CHOICES.items():
        assert len({word.casefold() for word in words().values()}) == len(words()), name


def test_every_reference_is_found_by_its_name_and_by_its_key() -> None:
    for key in references():
        assert key_of(name_of(key)) == key
        assert key_of(key) == key


def test_a_preview_starts_only_where_nothing_is_known_or_under_way() -> None:
    def needed(*jobs: JobView, collection: Collection | None = None) -> bool:
        return needs_preview(HALF, Scenario(), jobs, "me", collection or Collection())

    known = collect([replace(measurement("0.5-160"), candidate=HALF, scenario=Scenario())])

    assert needed()
    assert needed(job("replaced"))
    assert not needed(job("queued"))
    assert not needed(job("running", owner="somebody else"))
    assert not needed(collection=known)


def test_a_preview_that_failed_or_was_cancelled_by_hand_is_not_started_again() -> None:
    failure = Failure(HALF, Scenario(), "the worker process was ended")
    failed = replace(job("done"), failures=(failure,))

    assert not needs_preview(HALF, Scenario(), (failed,), "me", Collection())
    assert not needs_preview(HALF, Scenario(), (job("cancelled"),), "me", Collection())
    assert needs_preview(HALF, Scenario(), (job("cancelled", "another"),), "me", Collection())


def test_a_waiting_job_says_for_whom_it_waits() -> None:
    waiting = replace(job(), ahead=2, first="Measure 3 networks")

    assert "waits for 2 measurements" in describe(waiting)
    assert "“Measure 3 networks”" in describe(waiting)
    assert "3 s left" in describe(replace(job("running"), phase="Timing", remaining_s=3.2))


def test_the_method_page_names_every_source_and_its_known_errors() -> None:
    def method_page() -> None:
        from benchmarks.dashboard import method

        method.show()

    shown = AppTest.from_function(method_page).run()

    assert not shown.exception
    text = " ".join(one.value for one in shown.markdown)
    for source in SOURCES.values():
        assert source.title in text
        assert all(footnote in text for footnote in source.footnotes)
    assert all(network.label in text for network in references().values())
