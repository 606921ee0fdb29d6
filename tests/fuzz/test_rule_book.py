"""The rule book of fields: what it takes has one form, and what it refuses it refuses kindly."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.kit.folding import fold_name, spellings
from punchcard.kit.i18n import LANGUAGES, as_language, negotiate
from punchcard.kit.origins import is_same_server, origin_of
from punchcard.kit.validation import amounts, contacts, places, texts
from punchcard.kit.validation.invalid import InvalidValue
from tests.fuzz.effort import effort
from tests.fuzz.made_up import nearly, ragged

COUNTRIES = (None, "LU", "IT", "HU", "US", "RU")


def idempotent(rule: Callable[[str], str], text: str) -> str | None:
    """Check that a rule refuses, or keeps what it keeps; returns what it keeps."""
    try:
        kept = rule(text)
    except InvalidValue:
        return None
    assert rule(kept) == kept
    kept.encode()
    return kept


addresses = (
    ragged
    | nearly("anna@cafe-alice.example")
    | nearly("info@bücher.lu")
    | st.tuples(ragged, ragged).map("@".join)
    | st.emails()
)


@effort(400)
@given(addresses)
@example("a@b\uff0ec")
@example("\u0130@example.lu")
@example("a@xn--a.lu")
@example("ſ@example.lu")
@example("a@" + "b" * 64 + ".lu")
@example("x@faß.de")
def test_an_address_has_one_form(text: str) -> None:
    kept = idempotent(contacts.email, text)
    forms = contacts.email_forms(text)
    if kept is not None:
        assert len(kept) <= contacts.EMAIL_CHARACTERS
        assert kept in forms
        assert "\n" not in kept


numbers = (
    ragged
    | nearly("+352 621 123 456")
    | nearly("0039 (0)6 1234-567")
    | st.text("0123456789+()/.- \u2011\uff11\u0663", max_size=45)
)


@effort(400)
@given(numbers, st.sampled_from(COUNTRIES))
@example("+(0)(0)", None)
@example("0 0352 621 123 456", "LU")
@example("-00352 621 123 456", "LU")
@example("0" * 40, "IT")
@example("(" * 40, "LU")
@example("+31 0000000", None)
@example("+49 0 00000", None)
@example("0000000", "HU")
def test_a_number_has_one_form(text: str, country: str | None) -> None:
    kept = idempotent(lambda typed: contacts.phone(typed, country=country), text)
    forms = contacts.phone_forms(text, country=country)
    parts = contacts.phone_parts(text, country=country)
    idempotent(contacts.phone_of_any_country, text)
    assert all(part.isascii() and part.isdigit() for part in parts)
    if kept is not None:
        assert kept in forms
        assert contacts.phone(kept, country="LU") == kept


@effort(500)
@given(ragged | nearly("cafe-alice") | nearly("https://cafe.example/a?b=c#d"))
@example("\u200b")
@example(" \ufeff ")
@example("a\u200b\u0085")
def test_lines_slugs_and_addresses_are_kept_as_they_are_kept(text: str) -> None:
    idempotent(texts.one_line, text)
    idempotent(lambda typed: texts.one_line(typed, minimum=0), text)
    idempotent(lambda typed: texts.paragraphs(typed, maximum=500), text)
    slug = idempotent(texts.slug, text)
    assert slug is None or slug.isascii()
    address = idempotent(texts.https_address, text)
    assert address is None or (address.isascii() and "\n" not in address)


@effort(300)
@given(ragged | nearly("Europe/Luxembourg") | st.text("ABEURLdefr- \n", max_size=6))
def test_places_are_those_there_are(text: str) -> None:
    for rule in (places.currency, places.timezone, places.language, places.country):
        kept = idempotent(rule, text)
        assert kept is None or kept.isascii()


typed_amounts = ragged | st.text("0123456789.,'’ €EUR-\u00a0\u202f\uff11", max_size=24)


@effort(600)
@given(typed_amounts, st.sampled_from(["EUR", "JPY", "KWD", "CHF"]), st.sampled_from([*LANGUAGES]))
@example("1" * 40, "EUR", "en")
@example("²", "EUR", "en")
def test_an_amount_is_within_its_bounds_or_refused(text: str, currency: str, language: str) -> None:
    try:
        found = amounts.amount_minor(text, currency, language, maximum=10**9)
    except InvalidValue:
        found = 0
    assert 0 <= found <= 10**9
    whole = amounts.whole_number(text, language)
    assert whole is None or abs(whole) < 10**amounts.LARGEST_DIGITS


@effort(300)
@given(st.integers(0, 10**9), st.sampled_from([*LANGUAGES]))
def test_a_whole_number_is_read_as_it_was_written(number: int, language: str) -> None:
    assert amounts.whole_number(str(number), language) == number
    assert amounts.whole_number(f"-{number}", language) == -number


@effort(400)
@given(ragged | nearly("https://shop.example:8443/a") | nearly("http://[::1]:80"), ragged)
@example("http://[", "x")
@example("http://a:99999999999", "a")
@example("https://ﬁ.example", "x")
@example("http://\ud800.lu", "x")
def test_an_origin_is_one_or_none(address: str, host: str) -> None:
    origin = origin_of(address)
    if origin is not None:
        assert origin_of(origin) == origin
        assert not set(origin) & set(" \r\n\"'<>@;,")
        assert is_same_server(origin, origin.partition("://")[2])
    assert is_same_server(address, host) in (True, False)


@effort(300)
@given(ragged | nearly("fr-LU, en;q=0.5, *;q=0"))
@example("en;q=1e999")
@example("de;q=nan, fr;q=0.1")
@example("de;q=inf")
def test_any_wish_for_a_language_gets_one_of_ours(header: str) -> None:
    assert negotiate(header) in LANGUAGES
    assert as_language(header) in (*LANGUAGES, None)


@effort(300)
@given(ragged)
@pytest.mark.filterwarnings("error")
def test_folding_a_name_ends(name: str) -> None:
    folded = fold_name(name)
    assert folded is None or fold_name(folded) in (folded, None)
    assert all(isinstance(one, str) for one in spellings(name))
