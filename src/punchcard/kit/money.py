"""Currencies and their minor units."""

import re

# ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_CODE = re.compile(r"[A-Z]{3}")


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
    return _EXPONENTS.get(currency, 2)
