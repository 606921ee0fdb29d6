"""A promotion in one sentence, as pages, passes and terminals say it."""

from typing import Any

import pytest

from punchcard.loyalty.promotion_words import promotion_words, purchase_words
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.loyalty.words import ENTERED_BY

DOUBLE = {"kind": "multiply", "factor": "2.000"}


def window(days: list[int], begins: str = "16:00", ends: str = "18:00") -> dict[str, Any]:
    return {"weekdays": days, "from": begins, "to": ends}


@pytest.mark.parametrize(
    ("effect", "windows", "told"),
    [
        (DOUBLE, [], "Double points"),
        ({"kind": "multiply", "factor": "1.250"}, [], "1.25 times the points"),
        ({"kind": "add_points", "points": 1}, [], "1 point more"),
        (
            {"kind": "add_stamps", "stamps": 2},
            [window([6, 7], "00:00", "24:00")],
            "2 stamps more, Saturdays, Sundays",
        ),
        (DOUBLE, [window([2])], "Double points, Tuesdays from 16:00 to 18:00"),
        (
            DOUBLE,
            [window([5, 4, 3, 2, 1], "22:00", "24:00"), window([1, 2, 3, 4, 5, 6, 7])],
            "Double points, Monday to Friday from 22:00 to 24:00; every day from 16:00 to 18:00",
        ),
        (DOUBLE, [window([1, 2])], "Double points, Mondays, Tuesdays from 16:00 to 18:00"),
    ],
)
def test_what_it_gives_and_when_is_one_sentence(
    effect: dict[str, Any], windows: list[dict[str, Any]], told: str
) -> None:
    assert promotion_words(effect, windows, "en") == told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("fr", "Points doublés, le mardi de 16:00 à 18:00"),
        ("de", "Doppelte Punkte, dienstags von 16:00 bis 18:00"),
        ("lb", "Duebel Punkten, dënschdes vu 16:00 bis 18:00"),
    ],
)
def test_each_language_says_it_as_people_do(language: str, told: str) -> None:
    assert promotion_words(DOUBLE, [window([2])], language) == told


def test_from_which_purchase_on_it_counts_is_told_with_its_money() -> None:
    assert purchase_words(1550, "EUR", "en") == "for purchases of €15.50 and more"
    assert purchase_words(0, "EUR", "en") == ""


def test_whoever_asks_for_an_entry_has_a_name_on_pages() -> None:
    assert set(ENTERED_BY) == set(ActorKind)
