"""How far the ledger is proved: what the console, the doctor and whoever watches are told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from punchcard.loyalty.transparency import kept_checkpoints
from punchcard.loyalty.transparency.checkpoint_text import parse_checkpoint
from punchcard.loyalty.transparency.signed_notes import NoteFaulty


@dataclass(frozen=True, kw_only=True)
class Anchored:
    """What the newest checkpoint covers; `since`: when the first was made."""

    since: datetime
    made_at: datetime
    entries: int
    events: int


def anchored(connection: Connection) -> Anchored | None:
    """Return how far the ledger is anchored; None while there is no checkpoint."""
    newest = kept_checkpoints.newest_note(connection)
    since = kept_checkpoints.first_made_at(connection)
    if newest is None or since is None:
        return None
    try:
        told = parse_checkpoint(newest[0].rpartition("\n\n")[0])
    except NoteFaulty:
        return None
    return Anchored(since=since, made_at=told.made_at, entries=told.size, events=told.audit_size)
