"""Why an archive could not be made, as its owner is told: what it is, and what to do."""

import errno
from collections.abc import Mapping
from typing import Final

from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.models import VendorArchive
from punchcard.connect.archive.vocabulary import ArchiveFailure, ArchiveState
from punchcard.db.failures import is_storage_failure
from punchcard.kit.i18n import N_

SENTENCES: Final[Mapping[ArchiveFailure, str]] = {
    ArchiveFailure.LEDGER_DAMAGED: N_(
        "The ledger is damaged, so nothing was written. Ask whoever runs this server to look: they"
        " find out more with “punchcard ledger verify”."
    ),
    ArchiveFailure.NO_SPACE: N_(
        "The server has no room left for the file. Ask whoever runs it to make room, then try"
        " again."
    ),
    ArchiveFailure.TOO_LARGE: N_(
        "The file is larger than the server may write one. Ask whoever runs it: they can write it"
        " to another disk with “punchcard vendor export”."
    ),
    ArchiveFailure.STOPPED: N_(
        "The server was stopped each time while it made the file. Try again; if that does not help,"
        " ask whoever runs it."
    ),
    ArchiveFailure.UNKNOWN: N_(
        "Something went wrong that is not the shop’s doing; the server’s log says what. Try again;"
        " if that does not help, ask whoever runs it."
    ),
}
"""What is said of each."""

_OF_DISKS: Final[Mapping[int | None, ArchiveFailure]] = {
    errno.ENOSPC: ArchiveFailure.NO_SPACE,
    errno.EDQUOT: ArchiveFailure.NO_SPACE,
    errno.EFBIG: ArchiveFailure.TOO_LARGE,
}


def known_failure(error: Exception) -> ArchiveFailure | None:
    """Return what an error comes to, None for one that may be gone at the next attempt."""
    if isinstance(error, ArchiveRefused):
        return ArchiveFailure.LEDGER_DAMAGED
    if isinstance(error, OSError):
        return _OF_DISKS.get(error.errno)
    return ArchiveFailure.NO_SPACE if is_storage_failure(error) else None


def failure_of(row: VendorArchive) -> ArchiveFailure | None:
    """Return why an archive could not be made; None for one that was, or is being made."""
    if row.state is not ArchiveState.FAILED:
        return None
    return next((one for one in ArchiveFailure if one == row.error), ArchiveFailure.UNKNOWN)
