"""The words of archives; the HTTP contract has the same."""

from enum import StrEnum


class ArchiveState(StrEnum):
    """How far an archive has come: WAITING until the worker has made it, then READY or FAILED."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class ArchiveFailure(StrEnum):
    """Why an archive could not be made."""

    LEDGER_DAMAGED = "ledger_damaged"
    NO_SPACE = "no_space"
    TOO_LARGE = "too_large"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
