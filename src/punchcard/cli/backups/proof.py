"""Whether what was put back is whole and ours: tables, secrets, ledger, log and figures."""

from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from punchcard.cli.backups.progress import bar
from punchcard.cli.support import CommandFailed, check_secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.db.database import Database
    from punchcard.kit.settings import Settings
    from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint

_OTHER_PROGRAM = "There is no database of Punchcard in this file."


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredState:
    """What a database that was put back holds, all of it found sound."""

    entries: int
    cards: int
    revision_before: str
    revision: str
    days_corrected: int
    is_held_against_checkpoint: bool
    needs_new_beginning: bool

    def facts(self) -> dict[str, Any]:
        """Return it for machines."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """Return it for people."""
        told = [f"The ledger is sound: {self.entries:,} entries of {self.cards:,} cards."]
        if self.is_held_against_checkpoint:
            told.append("It is what the checkpoint beside the backup says.")
        if self.days_corrected:
            told.append(
                f"The figures of {self.days_corrected:,} days differed, and were put right."
            )
        else:
            told.append("The figures are those of the ledger.")
        if self.revision_before != self.revision:
            told.append(f"It was brought from revision {self.revision_before} to {self.revision}.")
        return told


def prove(
    url: str, settings: "Settings", checkpoint_file: Path | None, *, is_silent: bool
) -> RestoredState:
    """Bring the database at `url`, which nobody else uses, up to date, and look at all of it.

    `settings` are those that it is to be served with: its secrets must be theirs.
    `checkpoint_file` is what was signed just before the backup. Figures that differ from the ledger
    are corrected. Raises CommandFailed, DatabaseIsNewer, and ForeignSecrets.
    """
    # Every table is declared by what a context imports.
    import punchcard.context  # noqa: F401
    from punchcard.cli.doctors.doctor_database import missing_parts
    from punchcard.db.database import Database
    from punchcard.db.migrate import current, head, is_current, upgrade

    with closing(Database(url)) as database:
        before = current(database)
        if before is None:
            raise CommandFailed(_OTHER_PROGRAM)
        if not is_current(database):
            upgrade(url)
        check_secrets(database, settings)
        with database.read_connection() as connection:
            if missing := missing_parts(connection):
                raise CommandFailed(f"The backup is not whole: {missing} is missing.")
        entries, cards = _verified(database, is_silent=is_silent)
        is_held = _held_against_log(database, settings, checkpoint_file, is_silent=is_silent)
        return RestoredState(
            entries=entries,
            cards=cards,
            revision_before=before,
            revision=head(),
            days_corrected=_figures_put_right(database, is_silent=is_silent),
            is_held_against_checkpoint=is_held,
            needs_new_beginning=_is_older_than_last_signed(database, settings),
        )


def _verified(database: "Database", *, is_silent: bool) -> tuple[int, int]:
    from punchcard.loyalty.ledger.ledger_verify import count_entries, verify_ledger

    with database.snapshot() as connection, bar("Verifying", is_silent=is_silent) as show:
        total = count_entries(connection)
        verdict = verify_ledger(connection, progress=lambda entries: show(entries, total))
    if not verdict.is_sound:
        first = verdict.damages[0]
        raise CommandFailed(
            f"The ledger in the backup is damaged in {verdict.damage_count:,} places, the first at"
            f" card {first.card_id}: {first.what}."
        )
    return verdict.entries, verdict.cards


def _held_against_log(
    database: "Database", settings: "Settings", checkpoint_file: Path | None, *, is_silent: bool
) -> bool:
    """Hold the log against the ledger; return whether a checkpoint from outside took part."""
    from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
    from punchcard.loyalty.transparency.log_verify import verify_log

    try:
        public = load_log_key(settings).verifier.public
    except LogKeyMissing:
        public = None
    against = _checkpoint_in(checkpoint_file, public)
    with (
        database.snapshot() as connection,
        bar("Holding against the log", is_silent=is_silent) as b,
    ):
        verdict = verify_log(
            connection,
            against=against,
            kept=_kept_checkpoints(connection, public),
            progress=lambda entries: b(entries, None),
        )
    if not verdict.is_sound:
        first = verdict.damages[0].what if verdict.damages else ""
        raise CommandFailed(
            f"The ledger in the backup is not what its log holds, in {verdict.damage_count:,}"
            f" places: {first}."
        )
    return bool(against)


def _checkpoint_in(path: Path | None, public: bytes | None) -> "list[Checkpoint]":
    from punchcard.cli.ledger_log import read_checkpoints

    # Without the key nothing is known of a signature; the ledger itself is verified all the same.
    if path is None or not path.exists() or public is None:
        return []
    return read_checkpoints([path], public)


def _kept_checkpoints(connection: "Connection", public: bytes | None) -> "list[Checkpoint]":
    from punchcard.loyalty.transparency.kept_checkpoints import kept_notes, open_own
    from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty

    opened = []
    for note in kept_notes(connection) if public is not None else []:
        try:
            opened.append(open_own(note, public or b""))
        except NoteFaulty:
            # By a key of before: it says nothing to this one.
            continue
    return opened


def _figures_put_right(database: "Database", *, is_silent: bool) -> int:
    """Compare the figures by day with the ledger, correct them, and return how many differed."""
    from punchcard.db.limits import WorkKind, working_as
    from punchcard.loyalty.reports import stats_rebuild

    with database.snapshot() as connection, bar("Comparing figures", is_silent=is_silent) as show:
        total, done = stats_rebuild.count_rows(connection), 0

        def count(rows: int) -> None:
            nonlocal done
            done += rows
            show(done, total)

        found = stats_rebuild.compare(connection, count)
    if found.differences:
        with working_as(WorkKind.WORKER), database.write() as session:
            stats_rebuild.correct(session.connection(), found.differences)
    return len(found.differences)


def _is_older_than_last_signed(database: "Database", settings: "Settings") -> bool:
    """Return whether something was signed since, which the log of the backup does not hold."""
    from punchcard.loyalty.transparency.kept_checkpoints import kept_notes, last_signed

    last = last_signed(settings)
    if last is None:
        return False
    with database.read_connection() as connection:
        return last not in kept_notes(connection)
