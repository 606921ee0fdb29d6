"""What can go wrong with Google, by what helps: waiting, an operator, or nothing."""

from punchcard.db.outbox import PermanentFailure, RetryLater


class GoogleAway(RetryLater):
    """Google cannot be reached, is busy, or asks for patience: later it may go well."""


class GoogleClassMissing(GoogleAway):
    """An object was to be put where its class is not; once the class is there it may go well."""


class GoogleNeedsOperator(RetryLater):
    """Google does not let this server in; nothing goes well until the operator has acted."""


class GoogleRefused(PermanentFailure):
    """Google refuses what it was sent: sending the same again would not help."""
