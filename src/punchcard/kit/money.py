"""Currencies and their minor units: the one table that server, pages, terminal and files go by."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from punchcard.kit.i18n import LANGUAGES, locale_of

USUAL_DIGITS: Final = 2

# ISO 4217 currencies whose minor unit is not a hundredth. Not CLDR's table, by which Babel and
# browsers write amounts: it says what is customary, and that changes with their versions.
UNUSUAL_DIGITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
"""The digits of every currency that has not USUAL_DIGITS."""
_CODE = re.compile(r"[A-Z]{3}")
_FRACTION = re.compile(r"0(\.0+)?(?![#0,])")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a sentence: written with its currency, as the sentence's language does."""

    minor: int
    currency: str

    def write_in(self, language: str) -> str:
        """Return the amount as `language` writes it."""
        return write_amount(self.minor, self.currency, language)


@dataclass(frozen=True, slots=True)
class PlainAmount(Amount):
    """An amount in a sentence about what to type: without its currency."""

    def write_in(self, language: str) -> str:
        """Return the amount as one types it in `language`."""
        return plain_amount(self.minor, self.currency, language, is_grouped=True)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a language writes between thousands and before the minor units."""

    group: str
    decimal: str


def is_currency(code: str) -> bool:
    """Return whether `code` is an ISO 4217 alphabetic code that Babel's CLDR data knows."""
    # Imported here: the till needs this module at every start, CLDR only when a program is made.
    from babel.numbers import list_currencies

    return _CODE.fullmatch(code) is not None and code in list_currencies()


def minor_units(currency: str) -> int:
    """Return how many minor units make one unit: 100 for EUR, 1 for JPY, 1000 for KWD."""
    return int(10 ** minor_digits(currency))


def minor_digits(currency: str) -> int:
    """Return how many digits of an amount are minor units: 2 for EUR, 0 for JPY, 3 for KWD."""
    return UNUSUAL_DIGITS.get(currency, USUAL_DIGITS)


def in_units(minor: int, currency: str) -> Decimal:
    """Return an amount in whole units, with all digits of its currency."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def write_amount(minor: int, currency: str, language: str) -> str:
    """Return an amount in minor units with its currency, as `language` (one of ours) writes it."""
    from babel.numbers import format_currency

    return format_currency(
        in_units(minor, currency),
        currency,
        _pattern(language, minor_digits(currency)),
        locale_of(language),
        currency_digits=False,
    )


def plain_amount(minor: int, currency: str, language: str, *, is_grouped: bool = False) -> str:
    """Return an amount without its currency, as a field shows it; all its digits are there."""
    marks = marks_of(language)
    digits = minor_digits(currency)
    text = f"{in_units(minor, currency):,.{digits}f}"
    group = marks.group if is_grouped else ""
    return text.translate({ord(","): group, ord("."): marks.decimal})


@lru_cache(maxsize=16)
def marks_of(language: str) -> Marks:
    """Return the marks with which `language` (one of ours) writes numbers."""
    from babel import Locale

    symbols = Locale.parse(locale_of(language)).number_symbols["latn"]
    return Marks(group=symbols["group"], decimal=symbols["decimal"])


@lru_cache(maxsize=512)
def signs_of(currency: str) -> tuple[str, ...]:
    """Return what stands for a currency beside an amount, longest first: `EUR`, `eur`, `€`."""
    from babel.numbers import get_currency_symbol

    signs = {get_currency_symbol(currency, locale_of(language)) for language in LANGUAGES}
    # Where several countries have it, a sign bears the country: JP¥, US$.
    bare = {sign[-1] for sign in signs if unicodedata.category(sign[-1]) == "Sc"}
    # Without the blanks that do not break, as what is typed is read.
    plain = {unicodedata.normalize("NFKC", sign) for sign in signs | bare}
    names = {currency, currency.lower(), *plain}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


@lru_cache(maxsize=64)
def _pattern(language: str, digits: int) -> str:
    """Return the language's pattern of a price, with as many digits as the currency has."""
    from babel import Locale

    pattern: str = Locale.parse(locale_of(language)).currency_formats["standard"].pattern
    fraction = f"0.{'0' * digits}" if digits else "0"
    return _FRACTION.sub(fraction, pattern, count=1)
