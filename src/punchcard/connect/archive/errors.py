"""Why a database is not copied, and an archive not made, not taken in, or not to be had."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class ArchiveRefused(Exception):
    """An archive is not made, or not taken in: its text says why, to an operator."""


class ValueNotKept(Exception):
    """A database holds what another one does not keep: its text says what, to an operator."""


class VendorArchiveNotFound(DomainError):
    """No such archive of this vendor, or its time is over."""

    code = "archive_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such archive. It is kept for some hours only: ask for a new one.")


class ArchiveUnderWay(DomainError):
    """One is being made already."""

    code = "archive_under_way"
    kind = Kind.CONFLICT
    sentence = N_("An archive is being made already.")


class ArchiveNotReady(DomainError):
    """The archive has not been made yet, or could not be: facts `state`."""

    code = "archive_not_ready"
    kind = Kind.CONFLICT
    sentence = N_("This archive cannot be fetched: it is not made yet, or could not be made.")
