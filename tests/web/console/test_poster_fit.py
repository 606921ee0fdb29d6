"""How large words are printed, reckoned without a browser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.web.console.programs.poster_fit import (
    SOFT_HYPHEN,
    STEPS,
    TextBlock,
    hyphenated,
    largest_step,
)
from punchcard.web.pages.assets import STATIC


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("Kaffeekarte", "Kaffeekarte"),
        ("Konditorei-Stammkundenkarte", "Konditorei-Stamm|kunden|karte"),
        ("Geburtstagsüberraschungskuchen", "Geburtstags|über|raschungs|kuchen"),
        ("Donaudampfschifffahrtsgesellschaft", "Donau|dampf|schiff|fahrts|gesell|schaft"),
        ("Chocolaterieconfiserie", "Choco|late|riecon|fiserie"),
        ("W" * 20, "W" * 20),
    ],
)
def test_long_words_are_divided_where_a_syllable_ends(word: str, parts: str) -> None:
    assert hyphenated(word).replace(SOFT_HYPHEN, "|") == parts


@given(st.text(max_size=60))
def test_dividing_a_text_changes_nothing_that_is_read(text: str) -> None:
    assert hyphenated(text).replace(SOFT_HYPHEN, "") == text.replace(SOFT_HYPHEN, "")


@given(st.text(max_size=120), st.text(max_size=60))
def test_more_words_never_stand_larger(text: str, more: str) -> None:
    few, many = (
        largest_step([TextBlock(words, 8, is_name=True)], width=60, height=30)
        for words in (text, f"{text} {more}")
    )
    assert few <= many


def test_a_short_name_stands_in_full_size_and_a_long_one_in_less() -> None:
    assert largest_step([TextBlock("Kaffee", 10, is_name=True)], width=128, height=20) == 0
    long = TextBlock("Stammkundenkarte " * 7, 10, is_name=True)
    assert 0 < largest_step([long], width=128, height=40) < len(STEPS) - 1


def test_a_word_that_nothing_divides_may_break_but_stays_as_large_as_it_can() -> None:
    assert largest_step([TextBlock("W" * 120, 6, is_name=True)], width=128, height=60) == 0


def test_the_style_sheet_has_the_same_steps() -> None:
    css = (STATIC / "css" / "poster.css").read_text(encoding="utf-8")
    rule = re.compile(r"\.fit-(\d+) \{\s*--of-names: ([\d.]+);\s*--of-words: ([\d.]+);")
    found = {int(step): (float(name), float(word)) for step, name, word in rule.findall(css)}
    assert found == dict(enumerate(STEPS))
