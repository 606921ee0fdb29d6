"""Tables of programs, rewards, cards, the ledger, staff PINs, the daily rollup and events."""

from punchcard.loyalty.models.cards import LAST_DIGITS, LoyaltyCard, RetiredCardCode, last_digits
from punchcard.loyalty.models.ledger import LoyaltyTransaction, ReferenceClaim, TransactionOrigin
from punchcard.loyalty.models.programs import LoyaltyProgram, Reward
from punchcard.loyalty.models.rollup import NOWHERE, DailyRollup
from punchcard.loyalty.models.staff import StaffPin
from punchcard.loyalty.models.vendor_events import VendorEvent

__all__ = [
    "LAST_DIGITS",
    "NOWHERE",
    "DailyRollup",
    "LoyaltyCard",
    "LoyaltyProgram",
    "LoyaltyTransaction",
    "ReferenceClaim",
    "RetiredCardCode",
    "Reward",
    "StaffPin",
    "TransactionOrigin",
    "VendorEvent",
    "last_digits",
]
