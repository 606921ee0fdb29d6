"""In which wallets a card is, read together with the card: for receipts, which cannot ask again."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, case, exists, literal_column

from punchcard.loyalty.cards.card_queries import WalletColumns
from punchcard.loyalty.tables import CARDS
from punchcard.wallets.google.models import GoogleObject
from punchcard.wallets.models import AppleDeviceRegistration, ApplePass
from punchcard.wallets.vocabulary import ObjectState

_NONE: Final[ColumnElement[str]] = literal_column("'none'")


def state_columns(configured: Iterable[str]) -> WalletColumns:
    """Return none, issued or installed for Apple and for Google, as columns beside a card's.

    They say what the wallets' own `states` say. Empty while no wallet is set up: then a receipt
    costs nothing more.
    """
    known = {"apple": _apple, "google": _google}
    names = set(configured)
    if not names:
        return ()
    return tuple(
        (column() if name in names else _NONE).label(f"wallet_{name}")
        for name, column in known.items()
    )


def _apple() -> ColumnElement[str]:
    has_phone = exists().where(AppleDeviceRegistration.card_id == CARDS.c.id)
    has_pass = exists().where(ApplePass.card_id == CARDS.c.id)
    return _first_of(has_phone, has_pass)


def _google() -> ColumnElement[str]:
    of_card = GoogleObject.card_id == CARDS.c.id
    return _first_of(
        exists().where(of_card, GoogleObject.state == ObjectState.INSTALLED),
        exists().where(of_card, GoogleObject.state == ObjectState.ISSUED),
    )


def _first_of(installed: ColumnElement[bool], issued: ColumnElement[bool]) -> ColumnElement[str]:
    words: list[tuple[ColumnElement[bool], ColumnElement[str]]] = [
        (installed, literal_column("'installed'")),
        (issued, literal_column("'issued'")),
    ]
    return case(*words, else_=_NONE)
