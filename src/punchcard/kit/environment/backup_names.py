"""The files of backups: how they are called, and which there are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

BACKUPS: Final = "backups"
"""The folder in the data directory."""

_MOMENT: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"punchcard-(\d{8}T\d{6}Z)\.(db|dump)")


@dataclass(frozen=True, slots=True, order=True)
class BackupName:
    """The name of a backup that was made up from its moment (UTC); they sort by time."""

    made_at: datetime
    name: str


def name_of(moment: datetime, *, is_embedded: bool) -> str:
    """Return how a backup of this moment is called."""
    return f"punchcard-{stamp_of(moment)}.{'db' if is_embedded else 'dump'}"


def stamp_of(moment: datetime) -> str:
    """Return a moment as it stands in names, to the second in UTC."""
    return moment.astimezone(UTC).strftime(_MOMENT)


def as_backup(name: str) -> BackupName | None:
    """Return what a file's name says; None for the name of anything else."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return BackupName(datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC), name)
    except ValueError:
        return None


def backups_in(folder: Path) -> list[BackupName]:
    """Return the whole backups in a folder, the oldest first; none where there is no folder."""
    if not folder.is_dir():
        return []
    found = (as_backup(path.name) for path in folder.iterdir())
    return sorted(backup for backup in found if backup is not None)


def made_until(backups: Iterable[BackupName], now: datetime) -> list[BackupName]:
    """Return those that are not dated ahead, in their order.

    A clock ran wrong once: what it dated is neither the newest nor in the place of another.
    """
    return [backup for backup in backups if backup.made_at <= now]
