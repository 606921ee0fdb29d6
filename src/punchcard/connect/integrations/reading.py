"""Reading what a stranger's system sent: typed, bounded, and never with what stood there in words.

Every reader takes the JSON object it looks into and the name of a field. What is missing is None
or nought; what is of another kind is Unreadable.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from punchcard.connect.integrations.models import FOREIGN_CHARACTERS
from punchcard.connect.integrations.told import Unreadable
from punchcard.kit.money import minor_digits
from punchcard.kit.validation.days import within_years
from punchcard.kit.validation.invalid import InvalidValue

AMOUNT_LIMIT: Final = Decimal(10) ** 11
"""No amount of an order has as many units."""
CONTACT_CHARACTERS: Final = 320
_LINES_LIMIT: Final = 2000
_DEPTH_LIMIT: Final = 100


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`, its numbers exact. Raises Unreadable."""
    try:
        told = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, InvalidOperation):
        raise Unreadable("body") from None
    if not isinstance(told, dict):
        raise Unreadable("body")
    return told


def child(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object in a field, empty where there is none."""
    value = told.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(name)
    return value


def children(told: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Return the objects of a list, at most 2,000."""
    value = told.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _LINES_LIMIT:
        raise Unreadable(name)
    if not all(isinstance(one, dict) for one in value):
        raise Unreadable(name)
    return value


def word(told: Mapping[str, Any], name: str, *, limit: int = FOREIGN_CHARACTERS) -> str:
    """Return a text or a whole number as a text, empty where there is none."""
    return as_word(told.get(name), name, limit=limit)


def as_word(value: Any, name: str, *, limit: int = FOREIGN_CHARACTERS) -> str:
    """Return `value` as `word` does."""
    if value is None or value is False:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(name)
    # A number of thousands of digits is no id; to write it out would be refused, or slow.
    if isinstance(value, int) and value.bit_length() > 128:
        raise Unreadable(name)
    text = str(value).strip()
    if len(text) > limit or not text.isprintable():
        raise Unreadable(name)
    return text


def needed_word(told: Mapping[str, Any], name: str) -> str:
    """Return a text that has to be there."""
    text = word(told, name)
    if not text:
        raise Unreadable(name)
    return text


def contact(told: Mapping[str, Any], name: str) -> str | None:
    """Return a contact as it was typed, None where there is none or it can be none."""
    value = told.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > CONTACT_CHARACTERS:
        return None
    return value.strip() if value.isprintable() else None


def noted(notes: Sequence[Mapping[str, Any]], key: str, *names: str) -> str | None:
    """Return the contact in `value` of the last note that has one and bears one of the names."""
    # A tuple: what stands at `key` may be of any kind, also one that no set takes.
    said = [contact(note, "value") for note in notes if note.get(key) in names]
    return next(filter(None, reversed(said)), None)


def total(rows: Sequence[Mapping[str, Any]], name: str) -> Decimal:
    """Return the sum of an amount that each of the rows tells. Raises Unreadable."""
    return sum((amount(row, name) for row in rows), Decimal(0))


def amount(told: Mapping[str, Any], name: str) -> Decimal:
    """Return an amount, a text or a number, as told; nought where there is none."""
    return as_amount(told.get(name), name)


def as_amount(value: Any, name: str) -> Decimal:
    """Return `value` as `amount` does."""
    if value is None or value is False or value == "":
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(name)
    if isinstance(value, str) and len(value) > 40:
        raise Unreadable(name)
    try:
        told = Decimal(value)
        is_amount = told.is_finite() and abs(told) < AMOUNT_LIMIT
    except (InvalidOperation, ValueError):
        is_amount = False
    if not is_amount:
        raise Unreadable(name)
    return told


def currency(told: Mapping[str, Any], name: str) -> str:
    """Return a currency's code of three capital letters."""
    return as_currency(told.get(name), name)


def as_currency(value: Any, name: str) -> str:
    """Return `value` as `currency` does."""
    code = value.upper() if isinstance(value, str) else ""
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Unreadable(name)
    return code


def moment(told: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time in ISO 8601; without an offset it is one of UTC."""
    return as_moment(told.get(name), name)


def as_moment(value: Any, name: str) -> datetime | None:
    """Return `value` as `moment` does; a whole number is seconds since 1970."""
    if value is None or value is False or value == "":
        return None
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return within_years(datetime.fromtimestamp(value, UTC))
        if not isinstance(value, str) or len(value) > 40:
            raise Unreadable(name)
        read = datetime.fromisoformat(value)
        aware = read.replace(tzinfo=UTC) if read.tzinfo is None else read
        return within_years(aware.astimezone(UTC))
    except (ValueError, OverflowError, OSError, InvalidValue):
        raise Unreadable(name) from None


def minor_of(units: Decimal, code: str) -> int:
    """Return an amount of whole units in minor ones, halves away from nought."""
    return int(units.scaleb(minor_digits(code)).quantize(Decimal(1), ROUND_HALF_UP))


def units_of(minor: Any, code: str, name: str) -> Decimal:
    """Return what is told in minor units in whole ones. Raises Unreadable."""
    return as_amount(minor, name).scaleb(-minor_digits(code))


def pointed(told: Any, pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) leads to, None where it leads nowhere."""
    if not pointer:
        return None
    for token in pointer.removeprefix("/").split("/")[:_DEPTH_LIMIT]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(told, dict):
            told = told.get(name)
        elif isinstance(told, list) and name.isascii() and name.isdigit() and len(name) < 6:
            told = told[int(name)] if int(name) < len(told) else None
        else:
            return None
    return told


def _refuse(_constant: str) -> Any:
    raise ValueError
