"""Which backups are kept: the newest of each of the last days, weeks and months that have one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from punchcard.kit.environment.backup_names import BackupName


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How many days, weeks (from Monday) and months keep their newest backup, all in UTC.

    Only those count that have one: a server that stood still loses nothing. 0 of each keeps all.
    """

    days: int
    weeks: int
    months: int

    @property
    def is_everything(self) -> bool:
        """Return whether nothing is ever removed."""
        return not (self.days or self.weeks or self.months)


def superfluous(backups: Sequence[BackupName], keeping: Keeping) -> list[BackupName]:
    """Return those that need not be kept, the oldest first; never the newest of all."""
    if keeping.is_everything or not backups:
        return []
    newest_first = sorted(backups, reverse=True)
    kept = {newest_first[0]}
    kept |= _newest_of_each(newest_first, keeping.days, lambda made: made.date())
    kept |= _newest_of_each(newest_first, keeping.weeks, lambda made: made.isocalendar()[:2])
    kept |= _newest_of_each(newest_first, keeping.months, lambda made: (made.year, made.month))
    return [backup for backup in reversed(newest_first) if backup not in kept]


def _newest_of_each(
    newest_first: Sequence[BackupName], number: int, span_of: Callable[[datetime], object]
) -> set[BackupName]:
    newest: dict[object, BackupName] = {}
    for backup in newest_first:
        newest.setdefault(span_of(backup.made_at), backup)
    return set(list(newest.values())[:number])
