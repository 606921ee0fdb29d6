"""Three versions of a field: as shown, as typed, as it is now."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.money import PlainAmount
from punchcard.web.pages.shown_values import as_texts, merge, read_shown, write_shown

WORDS = st.dictionaries(st.sampled_from("abc"), st.text(max_size=3))


@pytest.mark.parametrize(
    ("shown", "typed", "now", "after", "theirs"),
    [
        ("a", "a", "a", "a", None),
        ("a", "b", "a", "b", None),
        ("a", "a", "c", "c", None),
        ("a", "b", "b", "b", None),
        ("a", "b", "c", "b", "c"),
        ("a", "b", "", "b", ""),
        ("", "", "c", "c", None),
        ("one\ntwo", " one\r\ntwo ", "three", "three", None),
    ],
)
def test_what_nobody_typed_over_stays_as_others_left_it(
    shown: str, typed: str, now: str, after: str, theirs: str | None
) -> None:
    merged = merge(shown={"x": shown}, typed={"x": typed}, now={"x": now})
    assert merged.values == {"x": after}
    assert merged.conflicts.get("x") == theirs


@pytest.mark.parametrize(
    ("shown", "typed", "now", "after", "is_conflict"),
    [
        ("10", "15", "3", "8", False),
        ("10", "8", "3", "1", False),
        ("10", "2", "3", "2", True),
        ("10", "", "3", "", False),
        ("10", "15", "", "15", True),
        ("10", "ten", "3", "ten", True),
        # More digits than Python reads as a number.
        ("9" * 5000, "15", "3", "15", True),
    ],
)
def test_of_a_number_that_others_count_down_the_difference_counts(
    shown: str, typed: str, now: str, after: str, is_conflict: bool
) -> None:
    merged = merge(shown={"x": shown}, typed={"x": typed}, now={"x": now}, sums=("x",))
    assert merged.values == {"x": after}
    assert ("x" in merged.conflicts) is is_conflict


@given(shown=WORDS, typed=WORDS, now=WORDS)
def test_sent_again_after_a_conflict_what_was_typed_counts(
    shown: dict[str, str], typed: dict[str, str], now: dict[str, str]
) -> None:
    first = merge(shown=shown, typed=typed, now=now)
    second = merge(shown=now, typed=first.values, now=now)
    assert second.conflicts == {}
    assert {k: v.strip() for k, v in second.values.items()} == {
        k: v.strip() for k, v in first.values.items()
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "null", "[" * 9000, " " * 300_000])
def test_what_cannot_be_read_says_nothing_of_what_was_shown(text: str) -> None:
    assert read_shown(text) is None


@given(WORDS)
def test_what_was_shown_comes_back(shown: dict[str, str]) -> None:
    assert read_shown(write_shown(shown)) == shown
    assert json.loads(write_shown(shown)) == shown


def test_values_are_written_as_their_fields_show_them() -> None:
    values = {"box": True, "empty": None, "off": False, "sum": PlainAmount(1250, "EUR"), "n": 7}
    texts = {"box": "on", "empty": "", "off": "", "n": "7"}
    assert as_texts(values, "en") == texts | {"sum": "12.50"}
    assert as_texts(values, "de")["sum"] == "12,50"
