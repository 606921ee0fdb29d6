"""Cards: opened through the till, and read: one, a page of many, or those that a code names.

Every query starts from the vendor; a list costs three queries, however long it is.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar, Unpack

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import CardId, ProgramId, VendorId, as_card_token, as_id, readable_number
from punchcard.kit.secrets import hash_token
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.kit.validation import contacts
from punchcard.loyalty.cards.card_order import in_order
from punchcard.loyalty.cards.card_queries import card_query, in_tier
from punchcard.loyalty.cards.card_search import HOLDERS, cards_like, held_by
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.external_codes import cards_by_code, external_code
from punchcard.loyalty.cards.merges.merged_cards import led_on
from punchcard.loyalty.cards.retired_cards import card_of_retired_code
from punchcard.loyalty.cards.views import views_of
from punchcard.loyalty.errors.cards import CardNotFound, CardWasReplaced
from punchcard.loyalty.operations import (
    CardKey,
    CardRef,
    NewCustomer,
    OpenCard,
    Operation,
    OperationMetadata,
)
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.loyalty.tables import CARDS, CUSTOMERS
from punchcard.loyalty.vocabulary import CardStatus

Answer_co = TypeVar("Answer_co", covariant=True)


class Submits(Protocol[Answer_co]):
    """What `open_card` needs of the till, which stands above the cards and is handed in."""

    def submit(self, operation: Operation) -> Answer_co:
        """Do an operation and wait for its receipt."""
        ...


LOOKUP_LIMIT = 50
"""How many cards one contact can name: an address typed by strangers may stand on many."""


def get_card(session: Session, vendor_id: VendorId, card_id: CardId, *, now: datetime) -> CardView:
    """Return the vendor's card as it is at `now`. Raises CardNotFound."""
    wanted = as_id(card_id)
    if wanted is None:
        raise CardNotFound
    found = _views(session, _of_vendor(vendor_id).where(CARDS.c.id == wanted), now)
    if not found:
        raise CardNotFound
    return found[0]


def list_cards(
    session: Session,
    vendor_id: VendorId,
    *,
    now: datetime,
    limit: int,
    before_id: str | None = None,
    program_id: ProgramId | None = None,
    status: CardStatus | None = None,
    query: str | None = None,
    country: str | None = None,
    active_since: datetime | None = None,
    active_before: datetime | None = None,
    tier: str | None = None,
    order: str | None = None,
    by_former: bool = True,
) -> list[CardView]:
    """Return up to `limit` cards that come after `before_id`, newest first or as `order` says.

    `query` is what `card_search` looks for: words of a name, parts of contacts, ends of a number,
    and unless `by_former` is off those that a card had before it was replaced.
    `active_since` and `active_before` (not included) bound the last activity; `tier` is a key.
    """
    wanted = in_order(session, _of_vendor(vendor_id).limit(limit), order, before_id)
    if program_id is not None:
        wanted = wanted.where(CARDS.c.program_id == program_id)
    if status is not None:
        wanted = wanted.where(CARDS.c.status == status)
    if active_since is not None:
        wanted = wanted.where(CARDS.c.last_activity_at >= active_since)
    if active_before is not None:
        wanted = wanted.where(CARDS.c.last_activity_at < active_before)
    if tier is not None:
        wanted = wanted.where(in_tier(session, vendor_id, tier))
    if query and query.strip():
        wanted = wanted.where(cards_like(vendor_id, query.strip(), country, by_former=by_former))
    return _views(session, wanted, now)


def open_card(
    till: Submits[Answer_co],
    program_id: ProgramId,
    *,
    customer: NewCustomer | None = None,
    is_vouched: bool = True,
    is_by_till: bool = False,
    is_trusted: bool = True,
    is_mailed: bool = True,
    locale: str | None = None,
    referrer_card_id: CardId | None = None,
    **metadata: Unpack[OperationMetadata],
) -> Answer_co:
    """Open a card in a program, for a customer or anonymously; see OpenCard for the rest.

    Waits until it is durable. Raises ProgramNotFound, ProgramInactive, CardAlreadyExists,
    ContactConflict, TillBusy.
    """
    return till.submit(
        OpenCard(
            program_id=program_id,
            customer=customer,
            is_vouched=is_vouched,
            is_by_till=is_by_till,
            is_trusted=is_trusted,
            is_mailed=is_mailed,
            locale=locale,
            referrer_card_id=referrer_card_id,
            **metadata,
        )
    )


def lookup_cards(
    session: Session,
    vendor_id: VendorId,
    code: str,
    rotating_codes: RotatingCodes,
    *,
    now: datetime,
    country: str | None = None,
) -> list[CardView]:
    """Return the cards of the vendor that `code` names, none if it names none.

    `code` is a card's token or whole address, its id or number, or its rotating code (one card);
    the code of a card that came from elsewhere (one card a program); or
    an e-mail address or phone number (up to LOOKUP_LIMIT cards, those of verified customers first).
    A number without a country code is one of `country`, the shop's. What names a merged card names
    the card that it became, but for its id.
    Raises CodeExpired for a rotating code that is not right now, CardWasReplaced for the number or
    the token of a card that has others now.
    """
    ref = _ref_of(code.strip(), rotating_codes, now)
    condition = _named_by(vendor_id, code.strip(), ref, country)
    if condition is None:
        return _by_external_code(session, vendor_id, code, now)
    verified_first = (CUSTOMERS.c.is_verified.desc(), CARDS.c.id.desc())
    wanted = card_query().where(condition).order_by(*verified_first)
    is_id = ref is not None and ref.key == CardKey.ID
    found = _views(session, wanted.limit(LOOKUP_LIMIT), now, leads_on=not is_id)
    found = found or _by_external_code(session, vendor_id, code, now)
    if not found and ref and (card_id := card_of_retired_code(session, vendor_id, ref)):
        raise CardWasReplaced(card_id=card_id)
    return found


def is_contact(code: str, rotating_codes: RotatingCodes, *, now: datetime) -> bool:
    """Return whether `lookup_cards` would look for people by their contact, and not for a card.

    Raises CodeExpired.
    """
    return _ref_of(code.strip(), rotating_codes, now) is None


def card_labels(session: Session, card_ids: Collection[CardId]) -> dict[str, str]:
    """Return what each card is called in a list: its holder's name, or its number."""
    if not card_ids:
        return {}
    query = (
        select(CARDS.c.id, CARDS.c.number, HOLDERS.c.name)
        .outerjoin(HOLDERS, HOLDERS.c.id == CARDS.c.customer_id)
        .where(CARDS.c.id.in_(card_ids))
    )
    return {row.id: row.name or readable_number(row.number) for row in session.execute(query)}


def labels_of_vendor(
    session: Session, vendor_id: VendorId, card_ids: Collection[CardId]
) -> dict[str, str]:
    """Return what each of these cards is called; those of other vendors are left out."""
    wanted = [one for one in map(as_id, card_ids) if one]
    own = select(CARDS.c.id).where(CARDS.c.vendor_id == vendor_id, CARDS.c.id.in_(wanted))
    return card_labels(session, session.scalars(own).all())


def get_card_by_token(session: Session, token: str, *, now: datetime) -> CardView:
    """Return the card that a secret token opens, whichever vendor's it is.

    That of a merged card opens the card which that became. Raises CardNotFound.
    """
    if as_card_token(token) != token:
        raise CardNotFound
    wanted = card_query().where(CARDS.c.token_hash == hash_token(token))
    found = _views(session, wanted, now, leads_on=True)
    if not found or is_elsewhere(found[0].vendor_id):
        raise CardNotFound
    return found[0]


def _of_vendor(vendor_id: VendorId) -> Select[Any]:
    return card_query().where(CARDS.c.vendor_id == vendor_id)


def _views(
    session: Session, query: Select[Any], now: datetime, *, leads_on: bool = False
) -> list[CardView]:
    rows: Sequence[Row[Any]] = session.execute(query).all()
    if leads_on and (leads := led_on(session, rows)):
        wanted = list(dict.fromkeys(leads.get(row.id, row.id) for row in rows))
        by_id = {row.id: row for row in session.execute(card_query().where(CARDS.c.id.in_(wanted)))}
        rows = [by_id[card_id] for card_id in wanted]
    if not rows:
        return []
    return views_of(session, rows, now)


def _by_external_code(
    session: Session, vendor_id: VendorId, code: str, now: datetime
) -> list[CardView]:
    """Return the cards that came from elsewhere with this code: one a program."""
    kept = external_code(code)
    if kept is None:
        return []
    coded = cards_by_code(session, {(vendor_id, kept)}).get((vendor_id, kept), [])
    return _views(session, card_query().where(CARDS.c.id.in_(coded)), now) if coded else []


def _ref_of(code: str, rotating_codes: RotatingCodes, now: datetime) -> CardRef | None:
    ref = CardRef.parse(code)
    if ref is None and (number := rotating_codes.verify(code, now)):
        return CardRef(CardKey.NUMBER, number)
    return ref


def _named_by(
    vendor_id: VendorId, code: str, ref: CardRef | None, country: str | None
) -> ColumnElement[bool] | None:
    if ref is not None:
        column, value = {
            CardKey.ID: (CARDS.c.id, ref.value),
            CardKey.NUMBER: (CARDS.c.number, ref.value),
            CardKey.TOKEN: (CARDS.c.token_hash, hash_token(ref.value)),
        }[ref.key]
        return and_(column == value, CARDS.c.vendor_id == vendor_id)
    if emails := contacts.email_forms(code):
        return held_by(vendor_id, HOLDERS.c.email.in_(emails))
    if phones := contacts.phone_forms(code, country=country):
        return held_by(vendor_id, HOLDERS.c.phone.in_(phones))
    return None
