"""What the cells of a row say, read as people and their systems write it. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.vocabulary import DateOrder
from punchcard.kit.spreadsheet.csv_sheet import is_long_number, unguarded_inside

_SPACES: Final = re.compile(r"[\s'’\u00a0\u202f]")
_NUMBER: Final = re.compile(r"([+-]?)([0-9.,]+)")
_EXCEL_NUMBER: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
_ISO: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ].*)?")
# As many signs as "1 / 2 / 1990" has between two parts: of thousands each would be tried as an end.
_PARTED: Final = re.compile(
    r"([0-9]{1,2})[-/. ]{1,3}([0-9]{1,2})[-/. ]{0,3}([0-9]{2,4})?(?:[T ].*)?"
)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_OWN_BIRTHDAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})")
_DECIMALS: Final = re.compile(r"[0-9]([.,])([0-9]{1,2}|[0-9]{4,})$")
_BOTH: Final = re.compile(r"[.,].*[.,]")
_LARGEST: Final = 9_000_000_000_000
_LARGEST_DIGITS: Final = len(str(_LARGEST))

_YES: Final = frozenset(
    "yes y true 1 x on oui o vrai ja j wahr jo jaa ok optin subscribed granted ✓ ✔".split()
)
_NO: Final = frozenset("no n false 0 off non faux nein falsch nee neen optout unsubscribed".split())
_FORMULA_BEGINS: Final = ("=", "@", "+", "-", "\uff1d", "\uff20", "\uff0b", "\uff0d")
"""With those of East Asian keyboards, which spreadsheets read as the same."""
_DIALLED: Final = re.compile(r"[+-][0-9 ()./,-]+")


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet would run what stands there; numbers with a sign are none."""
    text = cell.strip()
    return text.startswith(_FORMULA_BEGINS) and not _DIALLED.fullmatch(text)


def is_shortened(cell: str) -> bool:
    """Return whether a spreadsheet has written a long number its own way: 4,91512E+11."""
    return bool(_EXCEL_NUMBER.fullmatch(_SPACES.sub("", cell)))


def unescaped(cell: str) -> str:
    """Return a cell without the apostrophes that kept a spreadsheet from running it."""
    text = unguarded_inside(cell.strip())
    kept = text[1:].lstrip()
    is_marked = text.startswith("'") and (kept[:1] in _FORMULA_BEGINS or is_long_number(kept))
    return kept if is_marked else text


def whole_number(cell: str, *, decimal: str) -> int:
    """Return a balance: a whole number of zero or more, maybe with marks or an empty fraction.

    Raises BadRow.
    """
    plain = _SPACES.sub("", cell)
    if is_shortened(plain):
        raise BadRow(FaultCode.SPREADSHEET_NUMBER)
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise BadRow(FaultCode.NO_NUMBER)
    whole, _, fraction = found[2].partition(decimal)
    if fraction.strip("0"):
        raise BadRow(FaultCode.NO_WHOLE_NUMBER)
    digits = whole.replace("," if decimal == "." else ".", "")
    if not digits.isdigit():
        raise BadRow(FaultCode.NO_NUMBER)
    # As a text, since Python reads no number of thousands of digits.
    digits = digits.lstrip("0")
    if found[1] == "-" and digits:
        raise BadRow(FaultCode.NEGATIVE)
    if len(digits) > _LARGEST_DIGITS or int(digits or "0") > _LARGEST:
        raise BadRow(FaultCode.TOO_MUCH)
    return int(digits or "0")


def find_decimal(cells: Iterable[str], *, delimiter: str) -> str:
    """Return the mark before fractions: as the cells show, else what goes with the delimiter.

    A comma between fields leaves the point for numbers.
    """
    for cell in cells:
        plain = _SPACES.sub("", cell)
        if _BOTH.search(plain) and len(set(plain) & {",", "."}) == 2:
            return max(",", ".", key=plain.rfind)
        if found := _DECIMALS.search(plain):
            return found[1]
    return "," if delimiter == ";" else "."


def find_date_order(cells: Iterable[str]) -> DateOrder:
    """Return in which order days are written: as a day beyond 12 shows, else the day first."""
    for cell in cells:
        found = _PARTED.fullmatch(cell.strip())
        if found is None:
            continue
        if int(found[1]) > 12:
            return DateOrder.DAY_FIRST
        if int(found[2]) > 12:
            return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST


def birthday(cell: str, order: DateOrder) -> str:
    """Return month and day as they are kept, `MM-DD`; a year is dropped. Raises BadRow."""
    text = cell.strip()
    if found := _OWN_BIRTHDAY.fullmatch(text):
        month, day = int(found[1]), int(found[2])
        if month > 12 and order is DateOrder.DAY_FIRST:
            month, day = day, month
    else:
        _, month, day = _parts(text, order)
    try:
        # A leap year: 29 February is somebody's.
        date(2000, month, day)
    except ValueError:
        raise BadRow(FaultCode.NO_DAY) from None
    return f"{month:02}-{day:02}"


def moment(cell: str, order: DateOrder, now: datetime) -> datetime:
    """Return the beginning of a day that is over, in UTC. Raises BadRow."""
    year, month, day = _parts(cell.strip(), order)
    if year is None:
        raise BadRow(FaultCode.NO_DAY)
    try:
        found = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise BadRow(FaultCode.NO_DAY) from None
    if not now - timedelta(days=36_525) < found <= now + timedelta(days=1):
        raise BadRow(FaultCode.NO_DAY)
    return min(found, now)


def _parts(text: str, order: DateOrder) -> tuple[int | None, int, int]:
    if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    found = _PARTED.fullmatch(text)
    if found is None:
        raise BadRow(FaultCode.NO_DAY)
    day, month = int(found[1]), int(found[2])
    if order is DateOrder.MONTH_FIRST:
        day, month = month, day
    year = None if found[3] is None else int(found[3])
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    return year, month, day


def yes_or_no(cell: str) -> bool:
    """Return what a word for yes or no says, in any of the four languages. Raises BadRow."""
    word = folded(cell)
    if word in _YES or cell.strip() in _YES:
        return True
    if not word or word in _NO:
        return False
    raise BadRow(FaultCode.NO_YES_OR_NO)


def folded(text: str) -> str:
    """Return a word or a heading without case, accents, blanks and signs."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if char.isalnum())
