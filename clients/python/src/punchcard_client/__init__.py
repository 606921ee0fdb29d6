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
from punchcard_client.shop import Shop
from punchcard_client.transport import Patience

__all__ = [
    "Busy",
    "InvalidInput",
    "Locked",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Patience",
    "Problem",
    "PunchcardError",
    "Refused",
    "Shop",
    "Unreachable",
]
