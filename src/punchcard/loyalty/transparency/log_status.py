"""How far the ledger is proved: what the console, the doctor and whoever watches are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, select

from punchcard.kit.settings import Settings
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.transparency import kept_checkpoints
from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
from punchcard.loyalty.transparency.signing.checkpoint_text import parse_checkpoint
from punchcard.loyalty.transparency.signing.checkpoints import goes_on_from
from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty

# One is made each day at least; a worker that restarts may be a little late.
_STALE: Final = timedelta(hours=26)


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


def log_finding(
    connection: Connection, settings: Settings, now: datetime
) -> tuple[Literal["ok", "warning", "error"], str]:
    """Return how the proof stands, and what to do about it, as the doctor tells it."""
    found = anchored(connection)
    if found is None and connection.scalar(select(ENTRIES.c.id).limit(1)) is None:
        return "ok", "There is no entry yet that could be proved."
    try:
        key = load_log_key(settings).verifier
    except LogKeyMissing as error:
        return "warning", str(error) if found is None else f"The key is missing. {error}"
    if fault := _contradiction(connection, settings, key.public):
        return "error", fault
    if found is None:
        return "warning", "No checkpoint was signed yet. Run: punchcard ledger checkpoint"
    told = (
        f"The newest checkpoint is of {found.made_at:%Y-%m-%d %H:%M} UTC and covers"
        f" {found.entries:,} entries."
    )
    if now - found.made_at > _STALE:
        return "warning", f"{told} Does a server run, with its worker?"
    if not (
        settings.checkpoint_mail_to or settings.checkpoint_folder or settings.checkpoint_webhook
    ):
        told += " Keep checkpoints elsewhere: PUNCHCARD_CHECKPOINT_MAIL_TO or _FOLDER sends them."
    return "ok", told


def _contradiction(connection: Connection, settings: Settings, public: bytes) -> str | None:
    """Return what speaks against the last checkpoints, in the database and beside the key."""
    newest = kept_checkpoints.newest_note(connection)
    for note in (newest[0] if newest else None, kept_checkpoints.last_signed(settings)):
        if note is None:
            continue
        try:
            before = kept_checkpoints.open_own(note, public)
        except NoteFaulty:
            return "The last checkpoint is signed by another key than the one that is set."
        if not goes_on_from(connection, before):
            return (
                f"The ledger is not the one of the checkpoint of {before.made_at:%Y-%m-%d %H:%M}"
                " UTC. Run: punchcard ledger verify"
            )
    return None
