"""What every wallet can do, whichever company's it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, ProgramId
from punchcard.wallets.vocabulary import WalletState


class WalletAway(DomainError):
    """The company whose wallet it is does not answer, or not as it should."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")


@dataclass(frozen=True)
class Complaint:
    """Something about what the operator set up: an error stops passes, a warning will."""

    state: str
    message: str


class Records(Protocol):
    """What is written down of one company's passes: read in the caller's transaction."""

    def count_cards(self, session: Session, program_id: ProgramId) -> int:
        """Return how many cards of a program have a pass."""

    def next_cards(
        self, session: Session, program_id: ProgramId, *, after: CardId | None, limit: int
    ) -> Sequence[CardId]:
        """Return the next cards of a program that have a pass, in the order of their ids."""

    def states(self, session: Session, card_ids: Collection[CardId]) -> dict[CardId, WalletState]:
        """Return issued or installed for each of these cards that has a pass."""


class Platform(Protocol):
    """One company's wallet."""

    @property
    def name(self) -> str:
        """Return the word for it in links and states: apple or google."""

    @property
    def records(self) -> Records:
        """Return what is written down of its passes."""

    @property
    def is_configured(self) -> bool:
        """Return whether the operator has set it up: its passes are then kept up to date."""

    @property
    def fault(self) -> str | None:
        """Return what the operator must put right before it hands out passes again, if anything."""

    def link_for(self, token: str, base: str) -> str | None:
        """Return where the pass of the card with this token is, None while there is none."""

    def refresh_cards(
        self, card_ids: Collection[CardId], *, is_urgent: bool = True
    ) -> dict[CardId, str]:
        """Bring these cards' passes up to date; returns why some never will be.

        Raises RetryLater when someone else is away.
        """

    def refresh_program(self, program_id: ProgramId) -> None:
        """Bring up to date what all cards of a program share.

        Raises RetryLater or PermanentFailure.
        """
