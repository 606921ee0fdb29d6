"""The words of archives; the HTTP contract has the same."""

from enum import StrEnum


class ArchiveState(StrEnum):
    """How far an archive has come: WAITING until the worker has made it, then READY or FAILED."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
