"""Cards as people look for them: by words of a name, and parts of contacts and numbers.

Every word must be found, in any order: in the holder's name or address, or, with digits, in their
phone number or at either end of the card's number, or at the beginning of one that it had before it
was replaced. The codes of a card that has become part of another find that one as well. Case,
accents and invisible characters make no difference.

Customers of one vendor are read one after another where a part is wanted: no index knows the middle
of a word. Whole contacts, ids, and both ends of a card's number are found by their indexes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from punchcard.db.base import table_of
from punchcard.kit.folding import fold_name, spellings
from punchcard.kit.ids import CARD_NUMBER_DIGITS, VendorId
from punchcard.kit.secrets import hash_token
from punchcard.kit.validation import contacts
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.models import LAST_DIGITS, RetiredCardCode, last_digits
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.tables import CARDS, CUSTOMERS

WORDS_LIMIT: Final = 8
"""How many words are looked at; those that follow narrow nothing."""

HOLDERS: Final = CUSTOMERS.alias("holder")
_FOUND: Final = CARDS.alias("found")
_MERGES: Final = table_of(CardMerge)
_MERGES_FOLLOWED: Final = 2

_RUN_TOGETHER: Final = 5
"""The shortest word that is also found across what parts a name: Annemarie in Anne-Marie."""

_BETWEEN_WORDS = re.compile(r"[\s,;]+")
_BETWEEN_PARTS = re.compile(r"[-'.]+")
_NUMBER = re.compile(r"[0-9()./+-]*[0-9][0-9()./+-]*")
_NO_DIGIT = re.compile(r"[^0-9]+")


@dataclass(frozen=True, slots=True)
class _Term:
    """A word, or a number with the blanks that were typed inside it."""

    text: str
    is_number: bool


def cards_like(
    vendor_id: VendorId, query: str, country: str | None, *, by_former: bool = True
) -> ColumnElement[bool]:
    """Return the condition that `query`, which is not blank, is about a card of the vendor.

    `country` is the shop's: phone numbers may be typed as they are dialled there. `by_former` finds
    cards by the codes too that they had before they were replaced.
    """
    # PostgreSQL keeps no NUL, and takes none to look for.
    query = query.replace("\x00", "\ufffd")
    # Blanks of every kind part words; folding would drop the odd ones.
    terms = _terms(contacts.fold_number(" ".join(query.split())))
    of_holders = [_in_holder(term, country) for term in terms]
    codes = _as_code(query, by_former=by_former)
    people = [_held(vendor_id, of_holders)] if terms else []
    for place, term in enumerate(terms):
        others = [one for other, one in enumerate(of_holders) if other != place]
        held = [_held(vendor_id, others)] if others else []
        if term.is_number:
            digits = _digits(term.text)
            numbers = _in_number(vendor_id, digits)
            if by_former and len(digits) <= CARD_NUMBER_DIGITS:
                numbers.append(_in_former_number(digits))
            codes += [and_(number, *held) for number in numbers]
    # One query each, so that each takes its own index; within one OR all cards would be read, as
    # they would beside the vendor, whose cards these need not be: the vendor is named outside.
    ids = [select(_FOUND.c.id).where(one) for one in [*people, *codes]]
    ids += _merged_into([select(_FOUND.c.id).where(one) for one in codes])
    return and_(CARDS.c.vendor_id == vendor_id, CARDS.c.id.in_(union(*ids))) if ids else false()


def _merged_into(ids: Sequence[Select[tuple[str]]]) -> list[Select[tuple[str]]]:
    """Return the queries of the cards that these have become part of: at once, and by way of one.

    A card that is part of another has kept its number, its code and its address.
    """
    steps: list[Select[tuple[str]]] = []
    for _ in range(_MERGES_FOLLOWED if ids else 0):
        merges = _MERGES.alias()
        parts = union(*ids) if not steps else steps[-1]
        steps.append(
            select(merges.c.card_id).where(
                merges.c.from_card_id.in_(parts), merges.c.undone_at.is_(None)
            )
        )
    return steps


def held_by(vendor_id: VendorId, customers: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a card belongs to one of the vendor's customers (HOLDERS).

    Customers are looked for first, by their own indexes: they are few, the vendor's cards many.
    """
    return CARDS.c.customer_id.in_(_holders(vendor_id, customers))


def _held(vendor_id: VendorId, conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return _FOUND.c.customer_id.in_(_holders(vendor_id, and_(*conditions)))


def _holders(vendor_id: VendorId, customers: ColumnElement[bool]) -> Select[tuple[str]]:
    return select(HOLDERS.c.id).where(HOLDERS.c.vendor_id == vendor_id, customers)


def _terms(typed: str) -> list[_Term]:
    """Return what was typed as words and numbers; digits that follow one another are one number."""
    terms: list[_Term] = []
    for word in _BETWEEN_WORDS.split(typed):
        is_number = _NUMBER.fullmatch(word) is not None
        if is_number and terms and terms[-1].is_number:
            terms[-1] = _Term(f"{terms[-1].text} {word}", True)
        elif is_number or any(char.isalnum() for char in word):
            terms.append(_Term(word, is_number))
        elif not (terms and terms[-1].is_number) and word:
            terms.append(_Term(word, False))
    return [
        _Term(term.text, term.is_number and len(_digits(term.text)) >= contacts.PART_DIGITS)
        for term in terms[:WORDS_LIMIT]
    ]


def _in_holder(term: _Term, country: str | None) -> ColumnElement[bool]:
    if not term.is_number:
        return _in_words(term.text)
    parts = contacts.phone_parts(term.text, country=country)
    forms = contacts.phone_forms(term.text, country=country)
    # Digits may also stand in a name or an address, each group by itself: Guest 12 of 2026.
    in_words = and_(*map(_in_words, term.text.split()))
    return or_(_has(HOLDERS.c.phone, parts), HOLDERS.c.phone.in_(forms), in_words)


def _in_words(word: str) -> ColumnElement[bool]:
    """Return the condition that a word is found in the holder's name or e-mail address.

    What a hyphen or a dot parts is found part by part: Jean-Luc is also Jean Luc.
    """
    spelt = [word.lower(), *spellings(word)]
    whole = [_has(HOLDERS.c.email, spelt)]
    if "@" in word:
        return or_(HOLDERS.c.email.in_(contacts.email_forms(word)), *whole)
    folded_parts = _parts(fold_name(word) or "")
    typed_parts = _parts(word)
    # As typed, for letters that people write in several ways; an odd apostrophe parts only once
    # it is folded.
    parts = typed_parts if len(typed_parts) == len(folded_parts) else folded_parts
    return or_(*whole, and_(*(_in_part(spellings(part) or (part,)) for part in parts or [word])))


def _in_part(spelt: Sequence[str]) -> ColumnElement[bool]:
    name = HOLDERS.c.name_folded
    run_together = func.replace(func.replace(func.replace(name, "'", ""), "-", ""), " ", "")
    long = [one for one in spelt if len(one) >= _RUN_TOGETHER]
    return or_(_has(name, spelt), _has(HOLDERS.c.email, spelt), _has(run_together, long))


def _has(column: ColumnElement[Any], texts: Sequence[str]) -> ColumnElement[bool]:
    alike = (column.contains(one, autoescape=True) for one in dict.fromkeys(texts))
    return or_(false(), *alike)


def _parts(word: str) -> list[str]:
    return [part for part in _BETWEEN_PARTS.split(word) if part]


def _in_number(vendor_id: VendorId, digits: str) -> list[ColumnElement[bool]]:
    """Return the conditions that a card's number begins, or that it ends with `digits`."""
    if len(digits) > CARD_NUMBER_DIGITS:
        return []
    begins = _begins(_FOUND.c.number, digits)
    if len(digits) < LAST_DIGITS:
        return [begins]
    # The same expression as the index has: both databases then look it up.
    ends = last_digits(_FOUND.c.number) == digits[-LAST_DIGITS:]
    ends = and_(_FOUND.c.vendor_id == vendor_id, ends, _FOUND.c.number.endswith(digits))
    return [begins, ends]


def _in_former_number(digits: str) -> ColumnElement[bool]:
    """Return the condition that the card was replaced, and that its number began with `digits`."""
    former = select(RetiredCardCode.card_id).where(_begins(RetiredCardCode.number, digits))
    return _FOUND.c.id.in_(former)


def _begins(
    number: ColumnElement[str] | InstrumentedAttribute[str], digits: str
) -> ColumnElement[bool]:
    """Return a range, which both databases look up in an index of the number."""
    if not digits.strip("9"):
        return number >= digits
    return and_(number >= digits, number < str(int(f"1{digits}") + 1)[1:])


def _as_code(query: str, *, by_former: bool) -> list[ColumnElement[bool]]:
    """Return the conditions that a scanned address, a token, an id or an old code is the card's."""
    ref = CardRef.parse_any(query)
    if ref is None:
        return []
    from_elsewhere = _FOUND.c.external_code == ref.value
    if ref.key in (CardKey.NUMBER, CardKey.EXTERNAL):
        return [from_elsewhere]
    if ref.key == CardKey.ID:
        return [_FOUND.c.id == ref.value, from_elsewhere]
    hashed = hash_token(ref.value)
    former = select(RetiredCardCode.card_id).where(RetiredCardCode.token_hash == hashed)
    replaced = [_FOUND.c.id.in_(former)] if by_former else []
    return [_FOUND.c.token_hash == hashed, from_elsewhere, *replaced]


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)
