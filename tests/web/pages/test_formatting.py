"""How pages write numbers, money, days and counts in each language."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from punchcard.kit.i18n import LANGUAGES
from punchcard.web.pages.formatting import Wording

SUMMER_NIGHT = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)


def plain(text: str) -> str:
    """Return a text whose spaces are all the same."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "money", "number"),
    [
        ("en", "€1,234.50", "12,345"),
        ("fr", "1 234,50 €", "12 345"),
        ("de", "1.234,50 €", "12.345"),
        ("lb", "1.234,50 €", "12.345"),
    ],
)
def test_money_and_numbers_are_written_as_people_write_them(
    language: str, money: str, number: str
) -> None:
    wording = Wording(language)
    assert plain(wording.money(123_450, "EUR")) == money
    assert plain(wording.number(12_345)) == number


def test_a_currency_without_cents_shows_none() -> None:
    assert Wording("en").money(500, "JPY") == "JP¥500"


def test_french_counts_zero_among_the_ones() -> None:
    words = {
        language: [Wording(language).count(n, "{n} stamp", "{n} stamps") for n in (0, 1, 2)]
        for language in ("en", "fr")
    }
    assert words["en"] == ["0 stamps", "1 stamp", "2 stamps"]
    assert words["fr"] == ["0 stamp", "1 stamp", "2 stamps"]


def test_no_time_is_not_once_in_french() -> None:
    words = Wording("fr")
    told = [words.count(n, "une fois", "{n} fois") for n in (0, 1, 2)]
    assert told == ["0 fois", "une fois", "2 fois"]


def test_a_moment_is_told_in_the_shops_time_zone() -> None:
    wording = Wording("en")
    assert wording.day(SUMMER_NIGHT, "Europe/Luxembourg").startswith("1 Aug")
    assert wording.clock(SUMMER_NIGHT, "Europe/Luxembourg") == "00:30"
    assert "1 Aug" in wording.moment(SUMMER_NIGHT, "Europe/Luxembourg")
    assert wording.day(date(2026, 7, 31)).startswith("31 Jul")


def test_a_change_shows_its_sign_and_no_share_a_dash() -> None:
    wording = Wording("en")
    assert [wording.signed(n) for n in (5, -5)] == ["+5", "−5"]
    assert wording.percent(None) == "–"
    assert wording.percent(0.25) == "25%"
    assert wording.percent(Fraction(3, 7)) == "43%"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_how_long_ago_it_was(language: str) -> None:
    told = Wording(language).ago(SUMMER_NIGHT - timedelta(hours=3), SUMMER_NIGHT)
    assert "3" in told
    assert Wording(language).month_name(1)[:1] in "Jj"


def test_an_entry_of_a_kind_that_came_later_is_named_by_its_type() -> None:
    assert Wording("en").entry_name("something_new") == "something_new"


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=1), "virun 1 Sekonn"),
        (timedelta(hours=3), "virun 3 Stonnen"),
        (timedelta(days=5), "viru 5 Deeg"),
        (timedelta(minutes=10), "virun 10 Minutten"),
        (timedelta(minutes=24), "viru 24 Minutten"),
        (timedelta(seconds=40), "viru 40 Sekonnen"),
        (timedelta(days=-5), "a 5 Deeg"),
        (timedelta(days=-3), "an 3 Deeg"),
        (timedelta(days=400 * 365), "viru 400 Joer"),
    ],
)
def test_luxembourgish_drops_an_n_as_it_is_spoken(passed: timedelta, told: str) -> None:
    assert Wording("lb").ago(SUMMER_NIGHT - passed, SUMMER_NIGHT) == told
