"""Reading what people type: money with a comma or a point, whole numbers, texts, choices."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from punchcard.kit.errors import DomainError, InvalidInput, Kind
from punchcard.kit.money import PlainAmount
from punchcard.web.pages.forms import TEXT_CHARACTERS, Form

SPACES = ["", " ", "\u00a0", "\u202f", "'", "’"]

UNSEEN = re.compile("[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")


def form(**fields: str) -> Form:
    return Form(FormData(list(fields.items())))


@given(
    minor=st.integers(min_value=0, max_value=10**9),
    mark=st.sampled_from(",."),
    space=st.sampled_from(SPACES),
)
def test_an_amount_is_read_as_it_was_meant(minor: int, mark: str, space: str) -> None:
    whole, cents = divmod(minor, 100)
    typed = f"{whole:,}".replace(",", space) + f"{mark}{cents:02}"
    assert form(amount=typed).money("amount", "EUR") == minor


@given(yen=st.integers(min_value=0, max_value=10**9))
def test_a_currency_without_cents_has_none(yen: int) -> None:
    assert form(amount=str(yen)).money("amount", "JPY") == yen
    assert form(amount=f"{yen}.5").money("amount", "JPY") is None


@given(st.text())
def test_whatever_is_typed_for_an_amount_is_an_amount_or_a_fault(typed: str) -> None:
    read = form(amount=typed)
    found = read.money("amount", "EUR", maximum_minor=100_000)
    assert (found is None) == ("amount" in read.errors)
    assert found is None or 0 <= found <= 100_000


@given(st.text())
def test_whatever_is_typed_for_a_number_is_one_or_a_fault(typed: str) -> None:
    read = form(n=typed)
    found = read.whole("n", minimum=1, maximum=50)
    assert (found is None) == ("n" in read.errors)
    assert found is None or 1 <= found <= 50


@given(st.integers(min_value=-(10**6), max_value=10**6))
def test_a_whole_number_is_read_and_its_bounds_are_told(number: int) -> None:
    read = form(n=str(number))
    found = read.whole("n", minimum=-1000, maximum=1000)
    assert found == (number if -1000 <= number <= 1000 else None)
    told = {} if found is not None else {"n": "A whole number from -1,000 to 1,000."}
    assert read.errors == told


@pytest.mark.parametrize("typed", ["1e3", "NaN", "Infinity", "-1", "1,5,0", "12.345", "٣", "0x1f"])
def test_what_is_no_amount_is_told(typed: str) -> None:
    read = form(amount=typed)
    assert read.money("amount", "EUR") is None
    assert not read.is_valid


def test_an_amount_beyond_the_limit_is_told() -> None:
    assert form(amount="1000.01").money("amount", "EUR", maximum_minor=100_000) is None
    assert form(amount=str(Decimal(10) ** 400)).money("amount", "EUR") is None


@given(st.text(max_size=TEXT_CHARACTERS))
def test_a_text_is_kept_as_typed_or_refused_but_for_what_nobody_sees(typed: str) -> None:
    read = form(name=typed)
    found = read.text("name")
    if found is None:
        assert "name" in read.errors
    else:
        assert found == UNSEEN.sub("", typed).strip()
        assert "\x00" not in found
        assert "\n" not in found


def test_a_text_that_is_too_long_or_of_several_lines_is_told() -> None:
    assert form(name="x" * 121).text("name", limit=120) is None
    assert form(name="one\ntwo").text("name") is None
    assert form(name="one\r\ntwo").text("name", lines=True) == "one\ntwo"


def test_an_empty_field_is_a_fault_only_where_it_is_required() -> None:
    read = form(name="  ")
    assert read.text("name", required=False) is None
    assert read.is_valid
    assert read.text("name") is None
    assert read.errors == {"name": "Please fill this in."}


def test_contacts_are_brought_into_one_shape() -> None:
    read = form(email=" Anna@Example.COM ", phone="+352 621 123 456", wrong="anna")
    assert read.email("email") == "anna@example.com"
    assert read.phone("phone", "LU") == "+352621123456"
    assert read.email("wrong") is None
    assert read.phone("wrong", "LU") is None


def test_a_choice_is_one_of_those_offered() -> None:
    read = form(role="owner", other="emperor")
    assert read.choice("role", ["owner", "staff"]) == "owner"
    assert read.choice("other", ["owner", "staff"]) is None
    assert read.choice("missing", ["owner"], required=False) is None
    assert set(read.errors) == {"other"}


def test_a_form_that_is_opened_shows_what_was_before() -> None:
    opened = Form(initial={"name": "Café", "scopes": ["a"], "on": True, "nothing": None})
    assert [opened.value(name) for name in ("name", "nothing", "unknown")] == ["Café", "", ""]
    assert (opened.is_on("scopes", "a"), opened.is_on("scopes", "b")) == (True, False)
    assert (opened.is_on("on"), opened.is_on("nothing")) == (True, False)


class TooHot(DomainError):
    """For these tests."""

    code = "too_hot"
    kind = Kind.REFUSED
    sentence = "The coffee is too hot."


class Gone(DomainError):
    """For these tests."""

    code = "gone"
    kind = Kind.MISSING
    sentence = "There is none."


def test_a_refusal_stands_above_the_form_and_faults_beside_their_fields() -> None:
    read = form(owner_email="x")
    with read.refusals():
        raise TooHot
    assert (read.refusal, read.is_valid) == ("The coffee is too hot.", False)
    with read.refusals(email="owner_email"):
        raise InvalidInput([{"loc": ["body", "email"], "message": "Taken."}])
    assert read.errors == {"owner_email": "Taken."}


def test_what_is_not_there_is_no_fault_of_the_form() -> None:
    with pytest.raises(Gone), form().refusals():
        raise Gone


@pytest.mark.parametrize(("language", "shown"), [("en", "3.50"), ("fr", "3,50"), ("lb", "3,50")])
def test_an_amount_stands_in_its_field_as_the_visitor_types_it(language: str, shown: str) -> None:
    form = Form(language=language, initial={"value": PlainAmount(350, "EUR"), "none": None})

    assert form.value("value") == shown
    assert form.value("none") == ""
