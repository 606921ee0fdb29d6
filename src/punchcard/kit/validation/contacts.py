"""What e-mail addresses and phone numbers are, and the one form in which each is kept.

They are read as people paste them: invisible characters (Unicode's Cf) and blanks other than the
plain one are dropped, and what Unicode holds compatible (full-width letters, say) is folded: NFKC.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Final

from punchcard.kit.i18n import N_
from punchcard.kit.validation.invalid import InvalidValue

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

EMAIL_CHARACTERS: Final = 254
PHONE_CHARACTERS: Final = 40
EMAIL_PATTERN: Final = "^[^@\\uff20\\ufe6b]+[@\\uff20\\ufe6b][^@\\uff20\\ufe6b]+$"
"""What every address matches; the rule refuses more, such as two dots in a row."""
PHONE_PATTERN: Final = "^[^A-Za-z]+$"
"""What every number matches; the rule refuses more."""

PART_DIGITS: Final = 3
"""The shortest part of a number that is looked for: fewer digits stand in nearly all of them."""

_LONGEST_READ = 1000
_EMAIL_SENTENCE = N_("Must be an e-mail address such as name@example.com.")
_PHONE_SENTENCE = N_("Must be a phone number such as +352 621 123 456.")
_NO_COUNTRY_SENTENCE = N_("Must be a phone number with its country code, such as +352 621 123 456.")

# The names that stay refused: they lead nowhere by RFC 2606, and a removed member is kept under
# one of them. What else is reserved may be a name in a shop's own network, such as till.local.
_NOWHERE = ("invalid", "localhost")
_LAST_LABEL = re.compile(r"\.(xn--[a-z0-9-]+|[a-z][a-z0-9-]*)$")

_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")
"""What stands before the @ of most addresses: nobody reads it otherwise."""
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_PHONE = re.compile(r"\+?[0-9 ()./-]+")
_DIALLED_ABROAD = re.compile(r"[ ()./-]*0[ ()./-]*0")
_NATIONAL_DIGITS = re.compile(r"[0-9]{3,17}")
_ZERO_IN_BRACKETS = re.compile(r"\( *0+ *\)")
_NO_DIGIT = re.compile(r"[^0-9]+")
_BETWEEN_DIGITS = re.compile(r"[ ()./-]")
_NOT_THERE = r"@\s\x00-\x1f\x7f-\x9f\ud800-\udfff"
_EMAIL_AS_ONCE_KEPT = re.compile(rf"[^{_NOT_THERE}]{{1,64}}@[^{_NOT_THERE}]+")
_PHONE_AS_ONCE_KEPT = re.compile(r"\+[1-9][0-9]{6,14}")


def email(text: str) -> str:
    """Return an e-mail address in small letters, its domain in Unicode: `info@bücher.lu`.

    That is the one form of an address, however it was typed. No name server is asked.
    Raises InvalidValue.
    """
    folded = fold_typed(text).lower()
    if len(text) > _LONGEST_READ or len(folded) > EMAIL_CHARACTERS:
        raise InvalidValue(_EMAIL_SENTENCE)
    local, _, domain = folded.rpartition("@")
    if _PLAIN_LOCAL.fullmatch(local) and domain.isascii() and _is_plain_domain(domain):
        return folded
    return _validated_email(folded)


@lru_cache(maxsize=1024)
def _is_plain_domain(domain: str) -> bool:
    """Return whether a domain that can have mail is written as it is kept: as most people's is.

    A file of customers has thousands of addresses of a few domains, of which each takes a while.
    """
    try:
        return _validated_email(f"x@{domain}") == f"x@{domain}"
    except InvalidValue:
        return False


def _validated_email(folded: str) -> str:
    validator = _email_validator()
    try:
        found = validator.validate_email(folded, check_deliverability=False, strict=True)
    except validator.EmailNotValidError:
        raise InvalidValue(_EMAIL_SENTENCE) from None
    if len(found.normalized) > EMAIL_CHARACTERS or not _LAST_LABEL.search(found.ascii_domain):
        raise InvalidValue(_EMAIL_SENTENCE)
    return str(found.normalized)


def email_forms(text: str) -> tuple[str, ...]:
    """Return how an address that was typed may be stored: as it once was kept, and its one form.

    Empty if it can be no address at all. What was stored under an older, more lenient rule and is
    none under this one must still be found.
    """
    typed = text.strip().lower()
    is_one = len(typed) <= EMAIL_CHARACTERS and _EMAIL_AS_ONCE_KEPT.fullmatch(typed)
    forms = [typed] if is_one else []
    if "@" in fold_typed(text):
        with suppress(InvalidValue):
            forms.append(email(text))
    return tuple(dict.fromkeys(forms))


def ascii_domain(domain: str) -> str:
    """Return a domain as the network writes it (IDNA 2008). Raises InvalidValue."""
    validator = _email_validator()
    try:
        found = validator.validate_email(f"x@{domain}", check_deliverability=False)
    except validator.EmailNotValidError:
        raise InvalidValue(_EMAIL_SENTENCE) from None
    return str(found.ascii_domain)


def phone(text: str, *, country: str | None) -> str:
    """Return a phone number in the form of ITU-T E.164: `+352621123456`.

    A number without a country code is read as one dials it in `country` (ISO 3166-1 alpha-2). A
    zero that is dialled only inside the country goes, in brackets or not; where it is part of the
    number, as in Italy, it stays. Raises InvalidValue.
    """
    typed = _typed_phone(text)
    if not typed.startswith("+") and country is None:
        raise InvalidValue(_NO_COUNTRY_SENTENCE)
    readings = [typed]
    if typed.startswith("+"):
        readings.insert(0, _ZERO_IN_BRACKETS.sub("", typed))
    # Mostly the same twice, and reading a number is what takes long.
    found = _best(dict.fromkeys(map(_digits, readings)), country)
    if found is None:
        raise InvalidValue(_PHONE_SENTENCE)
    return found


def phone_of_any_country(text: str) -> str:
    """Return a phone number in its one form, or only its digits if it has no country code.

    For where the shop's country is not known yet: `phone` then reads the digits. Raises
    InvalidValue for what can't be a number in any country.
    """
    typed = _typed_phone(text)
    if typed.startswith("+"):
        return phone(text, country=None)
    digits = _digits(typed)
    if _NATIONAL_DIGITS.fullmatch(digits) is None:
        raise InvalidValue(_PHONE_SENTENCE)
    return digits


def phone_forms(text: str, *, country: str | None) -> tuple[str, ...]:
    """Return how a number that was typed may be stored: its one form, and as it once was kept.

    Empty if it can be no number at all.
    """
    try:
        as_once_kept = _digits(_typed_phone(text))
    except InvalidValue:
        return ()
    forms = [as_once_kept] if _PHONE_AS_ONCE_KEPT.fullmatch(as_once_kept) else []
    with suppress(InvalidValue):
        forms.append(phone(text, country=country))
    return tuple(dict.fromkeys(forms))


def phone_parts(text: str, *, country: str | None) -> tuple[str, ...]:
    """Return the digits that a kept number may contain if `text` is a part of it.

    What is dialled before a number is no part of what is kept: zeros, and the prefix that
    `country` has for calls inside it (06 in Hungary, 8 in Russia). Each has at least
    PART_DIGITS digits; empty if there are none.
    """
    typed = fold_number(text)
    readings = (_ZERO_IN_BRACKETS.sub("", typed), typed)
    parts = []
    for digits in (_NO_DIGIT.sub("", reading) for reading in readings):
        parts.append(digits.lstrip("0") or digits)
        prefix = _national_prefix(country) if not typed.startswith(("+", "00")) else None
        if prefix:
            parts.append(digits.removeprefix(prefix))
    return tuple(dict.fromkeys(part for part in parts if len(part) >= PART_DIGITS))


def fold_typed(text: str) -> str:
    """Return `text` as contacts are read: folded, without invisible characters and odd blanks."""
    if text.isascii():
        return text.strip()
    kept = "".join(char for char in text if not _is_unseen(char))
    return unicodedata.normalize("NFKC", kept).strip()


def fold_number(text: str) -> str:
    """Return `text` as numbers are read: folded, with plain digits and hyphens."""
    folded = _DASHES.sub("-", fold_typed(text))
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)


def _is_unseen(char: str) -> bool:
    category = unicodedata.category(char)
    return category == "Cf" or (category == "Zs" and char != " ")


@cache
def _email_validator() -> ModuleType:
    # Imported at first use: what it knows of domains takes a tenth of a second.
    import email_validator

    # The library's own way to choose which reserved names it refuses.
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = _NOWHERE
    return email_validator


def _typed_phone(text: str) -> str:
    """Return the number in ASCII, as typed but for `+` where 00 was: with blanks and brackets."""
    if len(text) > _LONGEST_READ:
        raise InvalidValue(_PHONE_SENTENCE)
    typed = fold_number(text).lstrip(" (")
    if dialled := _DIALLED_ABROAD.match(typed):
        typed = f"+{typed[dialled.end() :]}"
    if len(typed) > PHONE_CHARACTERS or _PHONE.fullmatch(typed) is None:
        raise InvalidValue(_PHONE_SENTENCE)
    return typed


@cache
def _national_prefix(country: str | None) -> str | None:
    """Return what one dials before a number inside `country`, if anything."""
    from phonenumbers import PhoneMetadata

    known = PhoneMetadata.metadata_for_region(country) if country else None
    return known.national_prefix if known else None


def _digits(typed: str) -> str:
    return _BETWEEN_DIGITS.sub("", typed)


def _best(readings: Iterable[str], country: str | None) -> str | None:
    """Return the first reading that is a number in use, else the first of a possible length."""
    import phonenumbers as numbers

    best: PhoneNumber | None = None
    for number in (number for reading in readings for number in _parsed(reading, country)):
        possible = numbers.is_possible_number_with_reason(number)
        if possible != numbers.ValidationResult.IS_POSSIBLE or not _reads_the_same(number):
            continue
        if numbers.is_valid_number(number):
            best = number
            break
        best = best or number
    return numbers.format_number(best, numbers.PhoneNumberFormat.E164) if best else None


def _reads_the_same(number: "PhoneNumber") -> bool:
    """Return whether a number, written down, is read as itself: one of zeros alone gets shorter."""
    import phonenumbers as numbers

    kept = numbers.format_number(number, numbers.PhoneNumberFormat.E164)
    try:
        again = numbers.parse(kept, None)
    except numbers.NumberParseException:
        return False
    return kept == numbers.format_number(again, numbers.PhoneNumberFormat.E164)


def _parsed(reading: str, country: str | None) -> "Iterator[PhoneNumber]":
    """Give the number as it reads, then without zeros that its country may not dial."""
    import phonenumbers as numbers

    try:
        number = numbers.parse(reading, country)
    except numbers.NumberParseException:
        return
    yield number
    if number.italian_leading_zero:
        yield numbers.PhoneNumber(number.country_code, number.national_number)
