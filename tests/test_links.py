"""Links to the page: good ones are kept, keys become words, each mistake is said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dashboard import links
from benchmarks.dashboard.labels import CHOICES
from benchmarks.engines import ENGINES


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


def test_the_default_precision_is_left_out_of_a_link_as_the_page_itself_does() -> None:
    assert links.read({"precision": ["float32"]}) == links.Reading()
    assert links.read({"precision": ["BFloat16"]}).query == {"precision": ["bfloat16"]}


@pytest.mark.parametrize("engine", [{"engine": ["openvino"]}, {"engine": ["OpenVINO"]}, {}])
def test_a_precision_that_the_links_engine_does_not_offer_is_named_and_left_out(
    engine: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, offered in (("eager", ("float32", "bfloat16")), ("openvino", ("float32", "int8"))):
        monkeypatch.setitem(ENGINES, name, replace(ENGINES[name], precisions=offered))
    good, bad = ("int8", "bfloat16") if engine else ("bfloat16", "int8")

    assert links.read({"precision": [good]} | engine).query["precision"] == [good]
    found = links.read({"precision": [bad]} | engine)

    assert "precision" not in found.query
    label = "OpenVINO" if engine else "PyTorch eager"
    assert found.problems == [
        f"The link's precision `'{bad}'` is not offered by {label}; the default is shown. "
        f"Choose one of: float32, {good}."
    ]


def test_float32_is_every_engines_default() -> None:
    assert {one.precisions[0] for one in ENGINES.values()} == {"float32"}


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
        ("engine", "tflite", f"Choose one of: {', '.join(ENGINES)}"),
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


@given(
    st.dictionaries(
        st.sampled_from([*CHOICES, "width", "resolution", "classes", "batch", "threads"])
        | st.sampled_from(["pins", "baseline", "wide", "precision"])
        | st.text(),
        st.lists(
            st.text()
            | st.floats().map(str)
            | st.integers().map(str)
            | st.sampled_from(
                ["0.5-160", "resnet18", "OpenVINO", "1.0-224-full", "float16", "9" * 5000]
            ),
            min_size=1,
            max_size=20,
        ),
    )
)
def test_any_link_is_read_and_what_is_left_of_it_is_in_order(query: dict[str, list[str]]) -> None:
    once = links.read(query)
    twice = links.read(once.query)

    assert twice.query == once.query
    assert twice.problems == []
    assert all(len(sentence) < 700 for sentence in once.problems)
