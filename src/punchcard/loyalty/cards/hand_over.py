"""Handing a card that was just opened or replaced to its customer, by a link that works once.

A till never holds a card's own address. It is given this link for some minutes instead, and shows
it as a code: the phone that opens it is led to the card, and nobody is led there again.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from punchcard.accounts.errors import LinkInvalid
from punchcard.accounts.links import LinkTokens
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.clock import Clock
from punchcard.kit.ids import CardId
from punchcard.kit.secrets import hash_token
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import CardLinks, hand_over_path
from punchcard.loyalty.cards.models import UsedLink
from punchcard.loyalty.models import LoyaltyCard, RetiredCardCode


class HandOver:
    """Makes and opens the links by which cards are handed over."""

    def __init__(self, settings: Settings, clock: Clock, links: CardLinks) -> None:
        self.life = timedelta(minutes=settings.hand_over_minutes)
        self._tokens = LinkTokens(settings.keys, "hand over", clock)
        self._clock = clock
        self._links = links

    def url(self, card: CardView, *, given_at: datetime) -> str | None:
        """Return the link to a card whose number was given at `given_at`; None when too late."""
        ends_at = given_at + self.life
        if ends_at <= self._clock.now():
            return None
        facts = {"card": card.id, "number": card.number}
        ticket = self._tokens.issue(facts, expires_at=ends_at)
        return self._links.base_of(card.vendor_id) + hand_over_path(ticket)

    def recent_url(self, session: Session, card: CardView) -> str | None:
        """Return the link to a card that was opened or replaced just now, else None."""
        replaced = select(RetiredCardCode.replaced_at).where(RetiredCardCode.card_id == card.id)
        given = [card.enrolled_at, *session.scalars(replaced)]
        return self.url(card, given_at=max(given))

    def find(self, session: Session, ticket: str) -> LoyaltyCard:
        """Return the card that a link leads to. Raises LinkInvalid: it was used, or has ended."""
        facts = self._tokens.read(ticket)
        card = session.get(LoyaltyCard, CardId(str(facts.get("card"))))
        is_used = card is not None and session.get(UsedLink, _digest(card)) is not None
        if card is None or is_used or card.number != facts.get("number"):
            raise LinkInvalid
        if is_elsewhere(card.vendor_id):
            raise LinkInvalid
        return card

    def use(self, session: Session, ticket: str) -> str | None:
        """Return the token of the card that a link leads to; it leads nowhere from then on.

        None when the token cannot be unsealed. Raises LinkInvalid.
        """
        card = self.find(session, ticket)
        used = UsedLink(digest=_digest(card), expires_at=self._clock.now() + self.life)
        with refusing_duplicates(session, LinkInvalid):
            session.add(used)
        return self._links.token(card.id, card.token_sealed)


def _digest(card: LoyaltyCard) -> bytes:
    """Return what a hand-over is known by: the card and its number, however many links led there.

    A till that asks again under its key is given another link, and must not use up one of two.
    """
    return hash_token(f"hand over {card.id} {card.number}")


def expire_used(session: Session, now: datetime) -> int:
    """Delete the used links that would have ended by themselves; returns how many there were."""
    statement = delete(UsedLink).where(UsedLink.expires_at <= now)
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
