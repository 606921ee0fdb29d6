"""The cards a browser has: so that the poster, scanned again, opens the card instead of a new one.

One cookie of this server's own for each program, needed for just that: it goes to the pages of
joining alone, no script reads it, and it is sealed. A card whose link no longer works, because it
was replaced or the server has another key, is as one that was never there.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from punchcard.kit.ids import ProgramId
from punchcard.kit.secrets import Sealer
from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import public_path
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.vocabulary import HELD_STATUSES
from punchcard.web.pages.page_request import PageRequest

_PATH: Final = "/join"
_SECONDS: Final = 400 * 86_400
"""Browsers keep no cookie longer; each look at the card begins anew."""
_NAME_CHARACTERS: Final = 12
_COOKIE_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card that this browser has, and the secret token of its page."""

    card: CardView
    token: str

    @property
    def path(self) -> str:
        """Return the path of the card's page."""
        return public_path(self.token)

    def is_of(self, told: NewCustomer | None) -> bool:
        """Return whether the card may be whose who told this: the same person, or nobody."""
        holder = self.card.customer
        if told is None:
            return True
        return holder is not None and all(
            getattr(told, name) in (None, holder.get(name))
            for name in ("name", "email", "phone", "birthday")
        )


def known_card(request: PageRequest, session: Session, program_id: ProgramId) -> KnownCard | None:
    """Return the card that this browser has in a program, if it still is one."""
    sent = request.cookie(_name(program_id), path=_PATH, is_harmless=True) or ""
    token = _opened(request.context.settings, sent, program_id)
    if token is None:
        return None
    try:
        card = card_service.get_card_by_token(session, token, now=request.context.clock.now())
    except CardNotFound:
        return None
    is_held = card.program_id == program_id and card.status in HELD_STATUSES
    return KnownCard(card, token) if is_held else None


def remember_card(request: PageRequest, program_id: ProgramId, token: str) -> None:
    """Let this browser have the card from now on, instead of any other of the same program."""
    sealed = _sealer(request.context.settings).seal(token.encode(), program_id)
    value = to_url_base64(sealed)
    request.set_cookie(_name(program_id), value, seconds=_SECONDS, path=_PATH)


def remember_opened(request: PageRequest, card: CardView, token: str) -> None:
    """Do the same for a card whose page somebody opens, unless they are of a shop's staff.

    Who is signed in looks at customers' cards, and has none of them.
    """
    if request.session_token is None and card.status in HELD_STATUSES:
        remember_card(request, card.program_id, token)


def forget_card(request: PageRequest, program_id: ProgramId) -> None:
    """Let this browser have no card of the program any more; the card itself stays."""
    request.set_cookie(_name(program_id), None, seconds=0, path=_PATH)


def _name(program_id: ProgramId) -> str:
    # Short, as it goes with every page of the card; what is in it is sealed for the whole id.
    return f"punchcard_card_{program_id[-_NAME_CHARACTERS:]}"


def _opened(settings: Settings, sent: str, program_id: ProgramId) -> str | None:
    if not sent or len(sent) > _COOKIE_CHARACTERS:
        return None
    # Browsers still keep some that are padded.
    sealed = from_url_base64(sent.rstrip("="))
    plain = _sealer(settings).open(sealed, program_id) if sealed is not None else None
    return plain.decode() if plain is not None else None


def _sealer(settings: Settings) -> Sealer:
    return Sealer(settings.keys, "card of a browser")
