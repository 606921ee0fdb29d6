"""Tables of programs, rewards, cards, the ledger, staff PINs and the daily rollup."""

from punchcard.loyalty.models.cards import LAST_DIGITS, LoyaltyCard, RetiredCardCode, last_digits
from punchcard.loyalty.models.ledger import LoyaltyTransaction, ReferenceClaim, TransactionOrigin
from punchcard.loyalty.models.programs import LoyaltyProgram, Reward
from punchcard.loyalty.models.rollup import NOWHERE, DailyRollup
from punchcard.loyalty.models.staff import StaffPin

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
    "last_digits",
]
