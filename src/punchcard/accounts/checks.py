"""What fields of vendors and people must look like, whatever face they were typed into."""

import re
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from punchcard.accounts.subjects import ROLES, SCOPES
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_, as_language
from punchcard.kit.money import is_currency

PASSWORD_MINIMUM: Final = 8
PASSWORD_MAXIMUM: Final = 200

_SLUG = re.compile(r"[a-z0-9](-?[a-z0-9])*")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f-\x9f]{1,64}@[^@\s\x00-\x1f\x7f-\x9f]+\.[^@\s.]+")
_PHONE = re.compile(r"(\+|00)[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[ ()./-]")
# The machine's own zone, whatever that is, and the one that says it was never set.
_NO_ZONES = {"localtime", "Factory"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(field: str, text: str, *, maximum: int = 120, minimum: int = 1) -> str:
    """Return `text` stripped, if it is one line of `minimum` to `maximum` characters."""
    stripped = text.strip()
    if _CONTROL.search(stripped):
        raise invalid_field(
            field, message=N_("Must be one line of text without control characters.")
        )
    if not minimum <= len(stripped) <= maximum:
        raise invalid_field(
            field,
            message=N_("Must have between {minimum} and {maximum} characters."),
            minimum=minimum,
            maximum=maximum,
        )
    return stripped


def slug(field: str, text: str) -> str:
    """Return `text` if it can stand in an address."""
    if len(text) > 63 or _SLUG.fullmatch(text) is None:
        raise invalid_field(
            field,
            message=N_("Must consist of small letters, digits and single hyphens between them."),
        )
    return text


def email(field: str, text: str) -> str:
    """Return the e-mail address in small letters."""
    found = as_email(text)
    if found is None:
        raise invalid_field(
            field, message=N_("Must be an e-mail address such as name@example.com.")
        )
    return found


def as_email(text: str) -> str | None:
    """Return the e-mail address in `text` in small letters, or None if it is none."""
    lowered = text.strip().lower()
    return lowered if len(lowered) <= 254 and _EMAIL.fullmatch(lowered) else None


def as_phone(text: str) -> str | None:
    """Return the phone number in `text` as +digits, or None if it has no country code.

    Blanks, hyphens and the like are forgiven, and 00 for the plus.
    """
    compact = _BETWEEN_DIGITS.sub("", text.strip())
    if _PHONE.fullmatch(compact) is None:
        return None
    return "+" + compact.removeprefix("+").removeprefix("00")


def currency(field: str, code: str) -> str:
    """Return `code` if it names a currency."""
    if not is_currency(code):
        raise invalid_field(field, message=N_("Must be a currency code such as EUR."))
    return code


def timezone(field: str, name: str) -> str:
    """Return `name` if it names a time zone."""
    if not is_timezone(name):
        raise invalid_field(field, message=N_("Must be a time zone such as Europe/Luxembourg."))
    return name


def is_timezone(name: str) -> bool:
    """Tell whether `name` is that of a time zone, the same one on every machine."""
    return name in _timezones()


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def language(field: str, tag: str) -> str:
    """Return our name of the language `tag`."""
    found = as_language(tag) if len(tag) == 2 else None
    if found is None:
        raise invalid_field(field, message=N_("Must be one of the languages en, fr, de, lb."))
    return found


def password(field: str, text: str) -> str:
    """Return `text` if it is long enough for a password."""
    if not PASSWORD_MINIMUM <= len(text) <= PASSWORD_MAXIMUM:
        raise invalid_field(
            field,
            message=N_("Must have between {minimum} and {maximum} characters."),
            minimum=PASSWORD_MINIMUM,
            maximum=PASSWORD_MAXIMUM,
        )
    return text


def role(field: str, name: str) -> str:
    """Return `name` if it is a role."""
    if name not in ROLES:
        raise invalid_field(field, message=N_("Must be owner, manager or staff."))
    return name


def scopes(field: str, names: list[str]) -> list[str]:
    """Return the scopes in their order, each once, if there is at least one and all are known."""
    if not names or not set(names) <= set(SCOPES):
        raise invalid_field(
            field,
            message=N_("Must be one or more of loyalty:read, loyalty:operate, loyalty:manage."),
        )
    return [scope for scope in SCOPES if scope in names]
