"""The log's own work in the background: topics of the outbox, and what they do."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.loyalty.transparency import sequencer
from punchcard.loyalty.transparency.signing.checkpoints import CheckpointMaker

LOG_SEQUENCE: Final = "log.sequence"
LOG_CHECKPOINT: Final = "log.checkpoint"

_ALL: Final = "all"
_TURN_SECONDS: Final = 10.0


def enqueue_sequence(session: Session, now: datetime) -> int:
    """Leave word when something waits for its place; returns whether it was."""
    if not sequencer.has_new(session.connection()):
        return 0
    outbox.enqueue(session, LOG_SEQUENCE, _ALL, now)
    return 1


def enqueue_checkpoint(session: Session, now: datetime) -> int:
    """Leave word that a checkpoint may be due."""
    outbox.enqueue(session, LOG_CHECKPOINT, _ALL, now)
    return 1


class LogKeeper:
    """What the worker asks: a long ledger is taken up turn by turn, so that no lease runs out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        maker: CheckpointMaker,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._maker = maker
        self._monotonic = monotonic

    def take_turn(self) -> None:
        """Give places for a while; leave word when there is more to do."""
        until = self._monotonic() + _TURN_SECONDS
        now = self._clock.now()
        is_done = sequencer.sequence(
            self._database, now=now, goes_on=lambda: self._monotonic() < until
        )
        if not is_done:
            with self._database.write() as session:
                outbox.enqueue(session, LOG_SEQUENCE, _ALL, now)

    def make_checkpoint(self) -> None:
        """Make a checkpoint if one is due. Raises LogBroken."""
        self._maker.make_if_due()
