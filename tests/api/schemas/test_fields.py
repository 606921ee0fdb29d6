"""Field types: what a request may hold, and what it may not."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from punchcard.api.schemas import fields
from punchcard.api.schemas.fields import Schema, Texts, whole

NAME = TypeAdapter(fields.Name)
SHORT_TEXT = TypeAdapter(fields.ShortText)
LONG_TEXT = TypeAdapter(fields.LongText)
EMAIL = TypeAdapter(fields.Email)
PHONE = TypeAdapter(fields.Phone)
BIRTHDAY = TypeAdapter(fields.Birthday)
SLUG = TypeAdapter(fields.Slug)
CURRENCY = TypeAdapter(fields.Currency)
TIMEZONE = TypeAdapter(fields.Timezone)
LANGUAGE = TypeAdapter(fields.LanguageText)
COLOUR = TypeAdapter(fields.Colour)
HTTPS_URL = TypeAdapter(fields.HttpsUrl)
MOMENT = TypeAdapter(fields.Moment)
ID_TEXT = TypeAdapter(fields.IdOf[str])
WHOLE_NUMBER = TypeAdapter(fields.WholeNumber)
ONE_TO_FIFTY = TypeAdapter(Annotated[int, whole(1, 50)])
FLAG = TypeAdapter(fields.Flag)
TEXTS: list[TypeAdapter[Any]] = [
    NAME,
    SHORT_TEXT,
    LONG_TEXT,
    EMAIL,
    PHONE,
    BIRTHDAY,
    SLUG,
    CURRENCY,
    TIMEZONE,
    LANGUAGE,
    COLOUR,
    HTTPS_URL,
    MOMENT,
    ID_TEXT,
]


class Greeting(Schema):
    hello: fields.Name


class Door(Schema):
    name: fields.Name
    opens_at: fields.Moment | None = None
    texts: Texts[Greeting] = Texts()


def accepts(adapter: TypeAdapter[Any], value: object) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("adapter", TEXTS)
@given(
    before=st.text("ab 09", max_size=5),
    bad=st.one_of(
        st.sampled_from("\x00\x01\x07\x0b\x1b\x7f\x80\x9f"),
        st.characters(categories=["Cs"]),
    ),
    after=st.text("ab 09", min_size=1, max_size=5),
)
def test_no_text_holds_control_characters_or_unpaired_surrogates(
    adapter: TypeAdapter[Any], before: str, bad: str, after: str
) -> None:
    assert not accepts(adapter, f"a{before}{bad}{after}a")


@pytest.mark.parametrize("adapter", TEXTS)
@given(value=st.one_of(st.integers(), st.booleans(), st.none(), st.floats()))
def test_a_text_is_nothing_but_text(adapter: TypeAdapter[Any], value: object) -> None:
    assert not accepts(adapter, value)


@pytest.mark.parametrize("adapter", TEXTS)
@given(text=st.text(max_size=200))
def test_any_text_is_taken_or_refused_and_what_is_taken_can_be_stored(
    adapter: TypeAdapter[Any], text: str
) -> None:
    if accepts(adapter, text):
        stored = adapter.dump_json(adapter.validate_python(text))
        assert b"\\u0000" not in stored
        assert adapter.dump_json(adapter.validate_json(stored)) == stored


@pytest.mark.parametrize(
    "name", ["Ünïcödé", "עליסה", "アリス", "👩🏽‍🍳 Alice", "O’Brien", "x" * 120, "e\u0301"]
)
def test_people_may_have_any_name(name: str) -> None:
    assert NAME.validate_python(name) == name


def test_names_are_stripped_and_not_blank_or_endless() -> None:
    assert NAME.validate_python("  Café Alice\n") == "Café Alice"
    assert not accepts(NAME, " \t ")
    assert not accepts(NAME, "x" * 121)
    assert not accepts(NAME, "two\nlines")


def test_long_texts_keep_their_lines_and_tabs() -> None:
    assert LONG_TEXT.validate_python("a\r\nb\tc\rd") == "a\nb\tc\nd"
    assert not accepts(LONG_TEXT, "x" * 10_001)
    assert SHORT_TEXT.validate_python("") == ""


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Alice@Example.COM ", "alice@example.com"),
        ("a.b+c@x-y.lu", "a.b+c@x-y.lu"),
        ("a@b.xn--p1ai", "a@b.рф"),
        ("x" * 64 + "@b.lu", "x" * 64 + "@b.lu"),
    ],
)
def test_email_addresses_are_lower_case(text: str, email: str) -> None:
    assert EMAIL.validate_python(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        "a@b",
        "@b.lu",
        "a@",
        "a b@c.lu",
        ".a@b.lu",
        "a.@b.lu",
        "a..b@c.lu",
        "a@b..lu",
        "a@-b.lu",
        "a@b-.lu",
        "a@b.lu.",
        "a@b@c.lu",
        '"a b"@c.lu',
        "a@1.2.3.4",
        "x" * 65 + "@b.lu",
        "a@" + "b" * 64 + ".lu",
        "a@" + "b." * 126 + "lu",
        "a@b.lu\nBcc: x",
    ],
)
def test_what_no_mail_server_takes_is_no_email_address(text: str) -> None:
    assert not accepts(EMAIL, text)


def test_phone_numbers_are_kept_without_their_punctuation() -> None:
    assert PHONE.validate_python(" +352 (621) 123-456 ") == "+352621123456"
    assert PHONE.validate_python("621 111 001") == "621111001"


@pytest.mark.parametrize(
    "text", ["12", "+0621123456", "+123456", "+1234567890123456", "+352a621123", "+999123456789"]
)
def test_what_cannot_be_dialled_is_no_phone_number(text: str) -> None:
    assert not accepts(PHONE, text)


@given(st.dates(min_value=date(2024, 1, 1), max_value=date(2024, 12, 31)))
def test_every_day_of_a_leap_year_is_a_birthday(day: date) -> None:
    assert BIRTHDAY.validate_python(day.strftime("%m-%d")) == day.strftime("%m-%d")


@pytest.mark.parametrize("text", ["02-30", "04-31", "00-10", "13-01", "12-00", "1-1", "0314"])
def test_no_other_day_is_a_birthday(text: str) -> None:
    assert not accepts(BIRTHDAY, text)


@pytest.mark.parametrize(
    ("adapter", "good", "bad"),
    [
        (
            SLUG,
            ["a", "cafe-alice", "3-bears", "x" * 63],
            ["", "-a", "a-", "a--b", "A", "é", "x" * 64],
        ),
        (CURRENCY, ["EUR", "JPY", "KWD"], ["eur", "EURO", "ZZZ", "", "€"]),
        (
            TIMEZONE,
            ["Europe/Luxembourg", "UTC"],
            ["Mars/Base", "../etc/passwd", "", "europe/paris"],
        ),
        (LANGUAGE, ["en", "fr", "de", "lb"], ["it", "FR", "", "fr-CH"]),
        (COLOUR, ["#aa3311", "#000000"], ["aa3311", "#aa331", "red", "#gg0000", "#aa33111"]),
        (
            HTTPS_URL,
            ["https://a.lu", "https://a.lu:8443/x/y.png?z=1#t", "https://xn--caf-dma.lu/"],
            [
                "http://a.lu",
                "https://",
                "https://u:p@a.lu",
                "javascript:alert(1)",
                "https://a b.lu",
                'https://a.lu/"',
                "https://a.lu/é",
                "//a.lu",
            ],
        ),
        (
            ID_TEXT,
            ["01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d"],
            ["1", "01976f3e8a4b7c219d523f0e6a1b2c3d", "{01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d}"],
        ),
    ],
)
def test_forms(adapter: TypeAdapter[str], good: list[str], bad: list[str]) -> None:
    assert [adapter.validate_python(text) for text in good] == good
    assert [text for text in bad if accepts(adapter, text)] == []


def test_some_spellings_are_brought_into_one_form() -> None:
    assert LANGUAGE.validate_python("lu") == "lb"
    assert COLOUR.validate_python("#AA3311") == "#aa3311"
    upper = "01976F3E-8A4B-7C21-9D52-3F0E6A1B2C3D"
    assert ID_TEXT.validate_python(upper) == upper.lower()


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 3),  # noqa: DTZ001 - the zone is drawn beside it
        max_value=datetime(9998, 12, 29),  # noqa: DTZ001 - the same
        timezones=st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m))),
    )
)
def test_a_moment_is_read_with_its_zone_and_written_in_utc(moment: datetime) -> None:
    read = MOMENT.validate_python(moment.isoformat())
    assert read == moment
    assert read.tzinfo is UTC
    written = json.loads(MOMENT.dump_json(read))
    assert written.endswith("Z")
    assert MOMENT.validate_python(written) == moment == MOMENT.validate_python(moment)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14",
        "2026-03-14T09:26:53",
        "2026-03-14 09:26:53Z",
        "20260314T092653Z",
        "now",
        "2026-02-30T00:00:00Z",
        "2026-03-14T24:01:00Z",
        "2026-03-14T23:59:60Z",
        "1773480413",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:00",
        "9999-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "2026-03-14T09:26:53+24:00",
        "٢٠٢٦-03-14T09:26:53Z",
    ],
)
def test_what_is_no_moment_of_our_years_is_refused(text: str) -> None:
    assert not accepts(MOMENT, text)


def test_a_moment_without_zone_is_refused_as_a_value_too() -> None:
    assert not accepts(MOMENT, datetime(2026, 3, 14))  # noqa: DTZ001 - that is the point


@given(st.integers())
def test_whole_numbers_stay_within_their_bounds(number: int) -> None:
    assert accepts(ONE_TO_FIFTY, number) == (1 <= number <= 50)
    assert accepts(WHOLE_NUMBER, number) == (abs(number) <= 2**53 - 1)


@pytest.mark.parametrize("value", ["5", 5.0, True, None, [5], "5.0", float("nan"), 1e400])
def test_only_whole_numbers_are_whole_numbers(value: object) -> None:
    assert not accepts(ONE_TO_FIFTY, value)


@pytest.mark.parametrize("value", ["true", 1, 0, "yes", None])
def test_only_true_and_false_are_flags(value: object) -> None:
    assert not accepts(FLAG, value)


def test_unknown_fields_are_refused_at_every_depth() -> None:
    with pytest.raises(ValidationError):
        Door.model_validate({"name": "Front", "colour": "red"})
    with pytest.raises(ValidationError):
        Door.model_validate({"name": "Front", "texts": {"it": {"hello": "Ciao"}}})


def test_texts_may_leave_languages_out() -> None:
    door = Door.model_validate({"name": "Front", "texts": {"lb": {"hello": "Moien"}}})
    assert door.texts.lb == Greeting(hello="Moien")
    assert door.texts.fr is None


def test_published_patterns_are_the_enforced_ones() -> None:
    for adapter in (NAME, SHORT_TEXT, LONG_TEXT, EMAIL, PHONE, BIRTHDAY, SLUG, COLOUR, HTTPS_URL):
        assert "pattern" in adapter.json_schema()
    assert MOMENT.json_schema()["format"] == "date-time"
    assert ONE_TO_FIFTY.json_schema() == {"type": "integer", "minimum": 1, "maximum": 50}
