"""Amounts and whole numbers as people type them, in the way of their language.

What a page writes it also reads, thousands and all. What could mean two things is refused, and the
refusal says between which: a mark in the wrong place would make an amount a thousand times itself.
"""

import re
import unicodedata
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.kit.money import Marks, PlainAmount, marks_of, minor_digits, signs_of
from punchcard.kit.validation.invalid import InvalidValue

LARGEST_DIGITS: Final = 18
_SPACED: Final = re.compile(r"[0-9]{1,3}(?:[\s'’][0-9]{3})+(?![0-9])")
_SPACES: Final = re.compile(r"[\s'’]")
_SIGN: Final = re.compile(r"[-−]")
_WHOLE: Final = re.compile(r"[0-9]+")
_PARTS: Final = re.compile(r"(?P<whole>[0-9]*)(?P<mark>[.,])(?P<rest>[0-9]*)")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:(?P<mark>[.,])[0-9]{3})(?:(?P=mark)[0-9]{3})*")


def amount_minor(
    typed: str, currency: str, language: str, *, maximum: int, minimum: int = 0
) -> int:
    """Return what was typed in minor units of `currency`, from `minimum` to `maximum`.

    A comma or a point parts the minor units; `language` tells which mark its pages write between
    thousands. The currency's code or sign may stand before or behind. Raises InvalidValue.
    """
    digits = minor_digits(currency)
    text = _without_currency(unicodedata.normalize("NFKC", typed), currency)
    found = _readings(text, digits, marks_of(language))
    if len(found) > 1:
        larger, smaller = sorted(found, reverse=True)
        raise InvalidValue(
            N_("Is it {larger} or {smaller}? Please type it like that."),
            larger=PlainAmount(larger, currency),
            smaller=PlainAmount(smaller, currency),
        )
    if not found:
        raise InvalidValue(N_("An amount such as {example}."), example=_example(currency, digits))
    if found[0] < minimum:
        raise InvalidValue(N_("At least {minimum}."), minimum=PlainAmount(minimum, currency))
    if found[0] > maximum:
        raise InvalidValue(N_("At most {maximum}."), maximum=PlainAmount(maximum, currency))
    return found[0]


def plain_whole(text: str) -> int | None:
    """Return what a text of nothing but a few digits says, as forms and files hold it; else None.

    Python reads no number of thousands of digits: `isdigit` alone is no leave to call `int`.
    """
    is_whole = text.isascii() and text.isdigit() and len(text) <= LARGEST_DIGITS
    return int(text) if is_whole else None


def whole_number(typed: str, language: str) -> int | None:
    """Return a whole number typed with or without the language's marks between thousands.

    None when it is none.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    sign = -1 if _SIGN.match(text) else 1
    digits = _without_spaces(text[1:] if sign < 0 else text)
    grouped = _GROUPED.fullmatch(digits)
    if grouped and grouped["mark"] == marks_of(language).group:
        digits = digits.replace(grouped["mark"], "")
    if not _WHOLE.fullmatch(digits) or len(digits) > LARGEST_DIGITS:
        return None
    return sign * int(digits)


def _readings(text: str, digits: int, marks: Marks) -> list[int]:
    """Return what `text` can mean, in minor units: nothing, one amount, or two."""
    plain = _without_spaces(text)
    if len(plain) > LARGEST_DIGITS * 2:
        return []
    if _WHOLE.fullmatch(plain):
        return [int(plain) * 10**digits]
    if parts := _PARTS.fullmatch(plain):
        if _GROUPED.fullmatch(plain) and not plain.startswith("0"):
            return _readings_of_one_group(parts, digits, marks)
        return _part(parts["whole"], parts["rest"], digits)
    return _readings_of_marks(plain, digits)


def _readings_of_one_group(parts: re.Match[str], digits: int, marks: Marks) -> list[int]:
    """Return what three digits behind a single mark mean: thousands, or parts of a unit."""
    as_part = _part(parts["whole"], parts["rest"], digits) if digits >= len(parts["rest"]) else []
    if parts["mark"] == marks.decimal:
        # Not the thousands of another country, nor more digits than the currency has.
        return as_part
    as_thousands = int(parts["whole"] + parts["rest"]) * 10**digits
    return [as_thousands, *as_part] if as_part or parts["mark"] == marks.group else []


def _readings_of_marks(plain: str, digits: int) -> list[int]:
    """Return what several marks mean: the last one parts, if it is another than those before."""
    if grouped := _GROUPED.fullmatch(plain):
        return [int(plain.replace(grouped["mark"], "")) * 10**digits]
    last = max(plain.rfind("."), plain.rfind(","))
    head, mark, rest = plain[:last], plain[last : last + 1], plain[last + 1 :]
    thousands = _GROUPED.fullmatch(head)
    if thousands is None or thousands["mark"] == mark or head.startswith("0"):
        return []
    return _part(head.replace(thousands["mark"], ""), rest, digits)


def _part(whole: str, rest: str, digits: int) -> list[int]:
    """Return the amount of so many units and so many parts of one; nothing if it has too many."""
    if not (whole or rest) or (rest and not _WHOLE.fullmatch(rest)) or rest[digits:].strip("0"):
        return []
    return [int(whole or "0") * 10**digits + int(rest[:digits].ljust(digits, "0") or "0")]


def _without_spaces(text: str) -> str:
    """Return the text without blanks and apostrophes between thousands; elsewhere they stay."""
    spaced = _SPACED.match(text)
    return _SPACES.sub("", spaced[0]) + text[spaced.end() :] if spaced else text


def _without_currency(text: str, currency: str) -> str:
    """Return what was typed without the currency's code or sign before or behind it."""
    stripped = text.strip()
    for name in signs_of(currency):
        if stripped.startswith(name):
            return stripped.removeprefix(name).strip()
        if stripped.endswith(name):
            return stripped.removesuffix(name).strip()
    return stripped


def _example(currency: str, digits: int) -> PlainAmount:
    return PlainAmount(1250 if digits == 0 else 125 * 10 ** (digits - 1), currency)
