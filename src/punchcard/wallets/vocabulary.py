"""The words for where a pass is, and for what became of a push."""

from enum import StrEnum


class WalletState(StrEnum):
    """Whether a card is in a wallet, as far as the wallet's company tells."""

    NONE = "none"
    ISSUED = "issued"
    INSTALLED = "installed"


class ObjectState(StrEnum):
    """Where Google's object of a card is; REMOVED: its holder threw it away."""

    ISSUED = "issued"
    INSTALLED = "installed"
    REMOVED = "removed"


class PushVerdict(StrEnum):
    """What Apple made of a push; STOPPED: of this and all others, for a fault of ours."""

    TAKEN = "taken"
    GONE = "gone"
    BAD_TOKEN = "bad_token"  # noqa: S105 a word, not a secret
    RETRY = "retry"
    STOPPED = "stopped"
