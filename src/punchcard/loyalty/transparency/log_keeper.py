"""The log's own work in the background: topics of the outbox, and what they do."""

import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.loyalty.transparency import sequencer
from punchcard.loyalty.transparency.signing.checkpoints import CheckpointMaker
from punchcard.loyalty.turns import ONE_KEY, GoesOn, Monotonic, Turns

LOG_SEQUENCE: Final = "log.sequence"
LOG_CHECKPOINT: Final = "log.checkpoint"

_WHOLE_LOOKS: Final = timedelta(minutes=10)
"""How far apart whole looks are: an hour of a busy shop is a million entries."""


def enqueue_sequence(session: Session, now: datetime) -> int:
    """Leave word when something waits for its place; returns whether it was."""
    if not sequencer.has_new(session.connection()):
        return 0
    outbox.enqueue(session, LOG_SEQUENCE, ONE_KEY, now)
    return 1


def enqueue_checkpoint(session: Session, now: datetime) -> int:
    """Leave word that a checkpoint may be due."""
    outbox.enqueue(session, LOG_CHECKPOINT, ONE_KEY, now)
    return 1


class LogKeeper:
    """What the worker asks: a long ledger is taken up turn by turn, so that no lease runs out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        maker: CheckpointMaker,
        *,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._database = database
        self._maker = maker
        self._turns = Turns(database, clock, LOG_SEQUENCE, monotonic)
        self._looked_at: datetime | None = None
        self._done_at: datetime | None = None

    def take_turn(self) -> None:
        """Give places for a while; leave word when there is more to do.

        Between whole looks only what may have come since the last turn is looked at.
        """
        self._turns.take(self._sequence)

    def _sequence(self, now: datetime, goes_on: GoesOn) -> bool:
        last = self._looked_at
        # Ahead of now: the clock was put back since.
        is_recent = last is not None and timedelta() <= now - last < _WHOLE_LOOKS
        since = self._done_at if is_recent else None
        is_done = sequencer.sequence(self._database, now=now, since=since, goes_on=goes_on)
        self._done_at = now if is_done else None
        if is_done and since is None:
            self._looked_at = now
        return is_done

    def make_checkpoint(self) -> None:
        """Make a checkpoint if one is due. Raises LogBroken."""
        self._maker.make_if_due()
