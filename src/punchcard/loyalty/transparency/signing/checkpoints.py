"""Making checkpoints: what is committed gets its place, and the trees over it are signed."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.subjects import SYSTEM
from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.db.dialects import is_sqlite, oldest_writer_since
from punchcard.kit.clock import Clock
from punchcard.kit.i18n import SOURCE_LANGUAGE
from punchcard.kit.ids import Ids
from punchcard.kit.private_files import make_private_folder, write_private_text
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency import kept_checkpoints, sequencer
from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
from punchcard.loyalty.transparency.models import CHECKPOINTS, HEADS
from punchcard.loyalty.transparency.sequencer import Progress
from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint
from punchcard.loyalty.transparency.signing.checkpoint_webhook import SEND_CHECKPOINT
from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty, NoteKey, sign_note
from punchcard.loyalty.transparency.tree_reader import TreeReader, tree_size
from punchcard.loyalty.transparency.vocabulary import LogTree

_TRIES: Final = 20
_AT_LEAST_EVERY: Final = timedelta(days=1)

_log = logging.getLogger(__name__)


class LogBroken(Exception):
    """The log does not go on from the last checkpoint; nothing is signed. The text says why."""


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint and the note that it is signed in."""

    checkpoint: Checkpoint
    note: str


class CheckpointMaker:
    """Signs the state of the log; asked by the worker every hour, by backups and by the operator.

    Nothing is signed that contradicts what was signed before: of the two checkpoints, one would
    prove this server a liar. `begins_anew` is for an operator who knows why: a backup was put back,
    or the key is lost.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        mail_queue: MailQueue,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._mail_queue = mail_queue

    def make(
        self, *, begins_anew: bool = False, progress: Progress = lambda leaves: None
    ) -> SignedCheckpoint:
        """Give places to what is committed, and sign. Raises LogKeyMissing, LogBroken."""
        key = self._key(begins_anew=begins_anew)
        sequencer.sequence(self._database, now=self._clock.now(), progress=progress)
        with self._database.read_connection() as connection:
            is_thorough = sequencer.has_strays(connection)
        for _ in range(_TRIES):
            sequencer.sequence(self._database, now=self._clock.now(), is_thorough=is_thorough)
            with self._database.write() as session:
                made = self._sign(session, key, begins_anew=begins_anew)
            if made is not None:
                kept_checkpoints.keep_last_signed(self._settings, made.note)
                self._put_into_folder(made)
                return made
        raise LogBroken("Entries are recorded more quickly than the log takes them up.")

    def make_if_due(self) -> SignedCheckpoint | None:
        """Make one if the last is an hour old and there is something new, or a day old.

        Without a key there is none. Raises LogBroken.
        """
        now = self._clock.now()
        with self._database.read_connection() as connection:
            newest = kept_checkpoints.newest_note(connection)
            if newest is not None:
                age = now - newest[1]
                if age < timedelta(minutes=self._settings.checkpoint_minutes):
                    return None
                if age < _AT_LEAST_EVERY and not self._has_grown(connection):
                    return None
        try:
            return self.make()
        except LogKeyMissing as error:
            if self._settings.is_embedded or self._settings.log_key:
                raise LogBroken(str(error)) from error
            return None

    def _has_grown(self, connection: Connection) -> bool:
        query = select(CHECKPOINTS.c.size, CHECKPOINTS.c.audit_size)
        newest = connection.execute(query.order_by(CHECKPOINTS.c.created_at.desc()).limit(1)).one()
        sizes = (tree_size(connection, LogTree.LEDGER), tree_size(connection, LogTree.AUDIT))
        return tuple(newest) != sizes or sequencer.has_new(connection)

    def _key(self, *, begins_anew: bool) -> NoteKey:
        if self._settings.log_key or not self._settings.is_embedded:
            return load_log_key(self._settings)
        with self._database.read_connection() as connection:
            is_first = kept_checkpoints.newest_note(connection) is None
        is_first = is_first and kept_checkpoints.last_signed(self._settings) is None
        try:
            return load_log_key(self._settings, makes_one=is_first or begins_anew)
        except LogKeyMissing as error:
            raise LogKeyMissing(
                "The key that signed the checkpoints so far is gone: put log_key back into the data"
                " directory. If it is lost for good: punchcard ledger checkpoint --begin-anew"
            ) from error

    def _sign(
        self, session: Session, key: NoteKey, *, begins_anew: bool
    ) -> SignedCheckpoint | None:
        """Sign what is there; None while an entry of before has no place yet."""
        connection = session.connection()
        # One at a time: two checkpoints are made one after the other.
        connection.execute(select(HEADS.c.size).with_for_update()).all()
        now, until = self._complete_until(connection)
        if sequencer.lacks_entry_before(connection, until):
            return None
        self._check_it_goes_on(connection, key, begins_anew=begins_anew)
        checkpoint = _state(connection, key.name, now=now, until=until)
        made = SignedCheckpoint(checkpoint, sign_note(checkpoint.text, key))
        newest = kept_checkpoints.newest_note(connection)
        if begins_anew and newest is not None:
            self._record_break(session, key, checkpoint)
        checkpoint_id = self._ids.new_id()
        connection.execute(
            insert(CHECKPOINTS).values(
                id=checkpoint_id,
                size=checkpoint.size,
                audit_size=checkpoint.audit_size,
                note=made.note,
                origin=checkpoint.origin,
                created_at=now,
            )
        )
        if self._settings.checkpoint_webhook:
            outbox.enqueue(session, SEND_CHECKPOINT, checkpoint_id, now)
        if self._settings.checkpoint_mail_to and _is_first_of_day(newest, now):
            self._mail(session, made)
        return made

    def _complete_until(self, connection: Connection) -> tuple[datetime, datetime]:
        """Return the present moment, and up to when nothing that is recorded can still appear.

        SQLite has one writer, which is this one. On PostgreSQL writers who have begun may commit
        later, and each machine has a clock of its own.
        """
        since = oldest_writer_since(connection)
        now = self._clock.now()
        if is_sqlite(connection):
            return now, now
        skew = timedelta(seconds=self._settings.clock_skew_seconds)
        return now, min(now, since or now) - skew

    def _check_it_goes_on(self, connection: Connection, key: NoteKey, *, begins_anew: bool) -> None:
        if begins_anew:
            return
        newest = kept_checkpoints.newest_note(connection)
        for note in (newest[0] if newest else None, kept_checkpoints.last_signed(self._settings)):
            if note is None:
                continue
            try:
                before = kept_checkpoints.open_own(note, key.verifier.public)
            except NoteFaulty as error:
                raise LogBroken(f"The last checkpoint: {error} {_WHAT_TO_DO}") from error
            if not goes_on_from(connection, before):
                raise LogBroken(
                    f"The log does not hold what was signed on {before.made_at:%Y-%m-%d %H:%M} UTC"
                    f" ({before.size:,} entries): an older copy of the database was put back, or"
                    f" entries were rewritten. {_WHAT_TO_DO}"
                )

    def _record_break(self, session: Session, key: NoteKey, checkpoint: Checkpoint) -> None:
        act = Act(subject=SYSTEM, now=self._clock.now(), ids=self._ids)
        audit_service.record_act(
            session,
            act,
            "ledger.log_begun_anew",
            of=("ledger", key.name),
            vendor_id=None,
            new={"entries": checkpoint.size, "signed_by": str(key.verifier)},
        )

    def _mail(self, session: Session, made: SignedCheckpoint) -> None:
        facts = {
            "origin": made.checkpoint.origin,
            "entries": str(made.checkpoint.size),
            "note": made.note,
        }
        to = self._settings.checkpoint_mail_to
        self._mail_queue.enqueue(
            session, Mail(kind="checkpoint", to=to, language=SOURCE_LANGUAGE, facts=facts)
        )

    def _put_into_folder(self, made: SignedCheckpoint) -> None:
        if not self._settings.checkpoint_folder:
            return
        folder = Path(self._settings.checkpoint_folder)
        stamp = made.checkpoint.made_at.strftime("%Y%m%dT%H%M%SZ")
        try:
            make_private_folder(folder)
            write_private_text(folder / f"checkpoint-{stamp}-{made.checkpoint.size}", made.note)
        except FileExistsError:
            pass
        except OSError as error:
            _log.error("the checkpoint is not in %s: %s", folder, error.strerror)


def goes_on_from(connection: Connection, before: Checkpoint) -> bool:
    """Return whether the trees, as they are kept, begin with what a checkpoint signed."""
    expected = (
        (LogTree.LEDGER, before.size, before.root),
        (LogTree.BESIDE, before.size, before.beside_root),
        (LogTree.AUDIT, before.audit_size, before.audit_root),
    )
    for tree, size, root in expected:
        try:
            if TreeReader(connection, tree).root(size) != root:
                return False
        except LookupError:
            return False
    return True


def _state(connection: Connection, origin: str, *, now: datetime, until: datetime) -> Checkpoint:
    size = tree_size(connection, LogTree.LEDGER)
    audit_size = tree_size(connection, LogTree.AUDIT)
    return Checkpoint(
        origin=origin,
        size=size,
        root=TreeReader(connection, LogTree.LEDGER).root(size),
        beside_root=TreeReader(connection, LogTree.BESIDE).root(size),
        audit_size=audit_size,
        audit_root=TreeReader(connection, LogTree.AUDIT).root(audit_size),
        made_at=now,
        complete_until=until,
    )


def _is_first_of_day(newest: tuple[str, datetime] | None, now: datetime) -> bool:
    return newest is None or newest[1].date() < now.date()


_WHAT_TO_DO: Final = (
    "Find out why before anything else (punchcard ledger verify). If a backup was put back on"
    " purpose: punchcard ledger checkpoint --begin-anew"
)
