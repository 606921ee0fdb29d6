"""A typed client of a Punchcard server, for tills, web shops and scripts of one shop."""

from punchcard_client.errors import (
    Busy,
    InvalidInput,
    Locked,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    PunchcardError,
    Refused,
    Unreachable,
)
from punchcard_client.guest import Guest
from punchcard_client.shop import Shop
from punchcard_client.transport import Patience
from punchcard_client.webhooks import NotVerified, verify_webhook

__all__ = [
    "Busy",
    "Guest",
    "InvalidInput",
    "Locked",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "NotVerified",
    "Patience",
    "Problem",
    "PunchcardError",
    "Refused",
    "Shop",
    "Unreachable",
    "verify_webhook",
]
