"""The words of the transparency log."""

from enum import StrEnum


class LogTree(StrEnum):
    """The trees: over entries' hashes, over what stands beside them, over the audit trail.

    The first two have the same leaves in the same order, and one row for both in `log_leaves`.
    """

    LEDGER = "ledger"
    BESIDE = "beside"
    AUDIT = "audit"
