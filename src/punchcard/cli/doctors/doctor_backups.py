"""What `punchcard doctor` says of backups: whether there are any, how old, and where."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from punchcard.cli.backups.backup_bucket import BackupBucket, wants_bucket
from punchcard.cli.doctors.findings import Finding
from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.kit.settings import Settings

_OLD_BACKUP: Final = timedelta(days=8)


def look_at_backups(connection: "Connection", settings: "Settings") -> Finding:
    """Return how old the newest backup is, here and in the bucket that is set."""
    from sqlalchemy import select

    from punchcard.kit.environment.backup_names import BACKUPS, backups_in, made_until
    from punchcard.loyalty.tables import CARDS

    if connection.scalar(select(CARDS.c.id).limit(1)) is None:
        return Finding("backups", "ok", "There is no card yet that could be lost.")
    folder = settings.data_dir / BACKUPS
    now = datetime.now(UTC)
    whole = made_until(backups_in(folder), now)
    if not whole:
        message = f"There is none in {folder}. Run `punchcard backup` every night."
        return Finding("backups", "warning", message)
    newest = whole[-1].made_at
    if newest < now - _OLD_BACKUP:
        message = f"The newest in {folder} is of {_told(newest)}. Run `punchcard backup` nightly."
        return Finding("backups", "warning", message)
    here = f"The newest in {folder} is of {_told(newest)}."
    if wants_bucket(settings):
        return _in_bucket(settings, here, now)
    return Finding("backups", "ok", here)


def _in_bucket(settings: "Settings", here: str, now: datetime) -> Finding:
    from punchcard.kit.environment.backup_names import made_until

    try:
        kept = made_until((one.backup for one in BackupBucket(settings).kept()), now)
    except CommandFailed as error:
        return Finding("backups", "error", f"{here} {error}")
    where = f"the bucket {settings.backup_s3_bucket}"
    if not kept:
        return Finding("backups", "warning", f"{here} There is none in {where}.")
    newest = kept[-1].made_at
    told = f"{here} The newest in {where} is of {_told(newest)}."
    is_old = newest < now - _OLD_BACKUP
    return Finding("backups", "warning" if is_old else "ok", told)


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
