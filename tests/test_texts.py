"""Any script and any emoji may stand in a text; what cannot be seen and turns others may not."""

import pytest

from benchmarks.texts import cleaned, own_direction, problem_of, problem_of_name


@pytest.mark.parametrize(
    "text",
    ["MobileNet", "مرحبا\u200f", "שלום \u200e1.0", "你好", "👩🏽‍🔬🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é é", "<b>α=½</b>", ""],
)
def test_any_script_and_any_emoji_may_stand_in_it(text: str) -> None:
    assert problem_of(text) is None
    assert cleaned(text) == text


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2067"]
)
def test_what_cannot_be_seen_is_named_with_its_place(character: str) -> None:
    problem = problem_of(f"ab{character}c")

    assert problem is not None
    assert problem.startswith(f"Character 3 is U+{ord(character):04X}")
    assert cleaned(f"ab{character}c") == "ab c"


@pytest.mark.parametrize("text", ["\u200b", "\u3164 \u3164", "\u2800", " ", "\u0301"])
def test_a_text_of_which_nothing_can_be_seen_is_none(text: str) -> None:
    assert problem_of_name(text)
    assert problem_of_name(f"{text}a") is None


def test_lines_may_stand_where_there_may_be_several() -> None:
    assert problem_of("one\n\ttwo", lines=True) is None
    assert cleaned("one\n\ttwo\r", lines=True) == "one\n\ttwo "
    assert problem_of("one\ntwo") is not None


def test_each_line_reads_in_its_own_direction() -> None:
    assert own_direction("שלום!\nHello!") == "\u2068שלום!\u2069\n\u2068Hello!\u2069"
