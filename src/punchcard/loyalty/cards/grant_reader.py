"""Grants and reservations, read: one, those of a card, or the one that a code names."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.rows import find_own, paginate, paginate_back
from punchcard.kit.ids import CardId, GrantId, ReservationId, VendorId, as_id
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.errors.grants import GrantNotFound, ReservationNotFound
from punchcard.loyalty.grant_codes import as_grant_code
from punchcard.loyalty.grant_models import Grant, Reservation
from punchcard.loyalty.tables import CARDS


def get_grant(session: Session, vendor_id: VendorId, grant_id: GrantId) -> Grant:
    """Return the vendor's grant. Raises GrantNotFound."""
    return find_own(session, Grant, vendor_id, grant_id, missing=GrantNotFound)


def grant_by_code(session: Session, vendor_id: VendorId, code: str) -> Grant:
    """Return the vendor's grant that `code` names, however it was typed. Raises GrantNotFound."""
    wanted = as_grant_code(code)
    query = select(Grant).where(Grant.code == wanted, Grant.vendor_id == vendor_id)
    grant = session.scalar(query) if wanted else None
    if grant is None:
        raise GrantNotFound
    return grant


def list_grants(
    session: Session,
    vendor_id: VendorId,
    card_id: CardId,
    *,
    limit: int,
    before_id: str | None = None,
) -> Sequence[Grant]:
    """Return up to `limit` grants of the vendor's card before `before_id`, newest first.

    Raises CardNotFound.
    """
    wanted = _known_card(session, vendor_id, card_id)
    query = select(Grant).where(Grant.card_id == wanted)
    return paginate_back(session, query, Grant, before_id, limit)


def list_all_grants(
    session: Session, vendor_id: VendorId, *, limit: int, after_id: str | None = None
) -> Sequence[Grant]:
    """Return up to `limit` grants of the vendor after `after_id`, oldest first."""
    query = select(Grant).where(Grant.vendor_id == vendor_id)
    return paginate(session, query, Grant, after_id, limit)


def get_reservation(
    session: Session, vendor_id: VendorId, reservation_id: ReservationId
) -> Reservation:
    """Return the vendor's reservation. Raises ReservationNotFound."""
    return find_own(session, Reservation, vendor_id, reservation_id, missing=ReservationNotFound)


def list_reservations(
    session: Session,
    vendor_id: VendorId,
    card_id: CardId,
    *,
    limit: int,
    before_id: str | None = None,
) -> Sequence[Reservation]:
    """Return up to `limit` reservations of the vendor's card before `before_id`, newest first.

    Raises CardNotFound.
    """
    wanted = _known_card(session, vendor_id, card_id)
    query = select(Reservation).where(Reservation.card_id == wanted)
    return paginate_back(session, query, Reservation, before_id, limit)


def _known_card(session: Session, vendor_id: VendorId, card_id: CardId) -> CardId:
    """Return the id of the vendor's card, as it is kept. Raises CardNotFound."""
    wanted = as_id(card_id)
    known = select(CARDS.c.id).where(CARDS.c.id == wanted, CARDS.c.vendor_id == vendor_id)
    if wanted is None or session.scalar(known) is None:
        raise CardNotFound
    return wanted
