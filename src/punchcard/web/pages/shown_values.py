"""What keeps a form from undoing what it did not change.

A page that shows something to be changed sends along what it showed, field by field. When the form
comes back, each field is known in three versions: as it was shown, as it was typed, and as it is
now. Where nothing was typed, what is now stays; where others changed nothing, what was typed
counts; where both did, the person is asked, and nothing they typed is lost.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.money import PlainAmount, marks_of, plain_amount
from punchcard.kit.validation.amounts import plain_whole

_SHOWN_CHARACTERS: Final = 200_000


class FormStale(DomainError):
    """Someone else changed the same thing between reading and writing it."""

    code = "changed_meanwhile"
    kind = Kind.STALE
    sentence = N_("Someone else changed this at the same moment. Please save again.")


@dataclass(frozen=True, slots=True)
class Merged:
    """What each field holds after the merge, and what others wrote where both did.

    `moved` are the numbers to which a difference was added.
    """

    values: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)


def as_texts(values: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return values as fields hold them: a ticked box is "on"."""
    return {name: as_text(value, language) for name, value in values.items()}


def as_text(value: Any, language: str) -> str:
    """Return a value as a field holds it in a language."""
    match value:
        case None | False:
            return ""
        case True:
            return "on"
        case PlainAmount():
            return plain_amount(value.minor, value.currency, language)
        case Decimal():
            return f"{value.normalize():f}".replace(".", marks_of(language).decimal)
    return str(value)


def read_shown(text: str) -> dict[str, str] | None:
    """Return what a page showed; None where a form says nothing of it, or nothing readable."""
    if not 0 < len(text) <= _SHOWN_CHARACTERS:
        return None
    try:
        shown = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(shown, dict) or not all(isinstance(one, str) for one in shown.values()):
        return None
    return shown


def write_shown(texts: Mapping[str, str]) -> str:
    """Return what a page showed as its form takes it along."""
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def merge(
    *,
    shown: Mapping[str, str],
    typed: Mapping[str, str],
    now: Mapping[str, str],
    sums: Collection[str] = (),
) -> Merged:
    """Return what the fields of `typed` hold once what others did meanwhile is taken over.

    Of a field in `sums`, a number that others count down meanwhile, the difference is what was
    typed: shown 10, typed 15, now 3 makes 8.
    """
    merged = Merged()
    for name, text in typed.items():
        before, current = shown.get(name, ""), now.get(name, "")
        if _is_same(text, before):
            merged.values[name] = current
        elif _is_same(current, before) or _is_same(current, text):
            merged.values[name] = text
        elif name in sums and (total := _moved(before, text, current)) is not None:
            merged.values[name] = str(total)
            merged.moved[name] = total
        elif name in sums and not text.strip():
            merged.values[name] = text
        else:
            merged.values[name] = text
            merged.conflicts[name] = current
    return merged


def _is_same(one: str, other: str) -> bool:
    # Browsers send each line's end as two characters.
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _moved(before: str, typed: str, current: str) -> int | None:
    first, second, third = (plain_whole(text.strip()) for text in (before, typed, current))
    if first is None or second is None or third is None:
        return None
    total = third + second - first
    return total if total >= 0 else None
