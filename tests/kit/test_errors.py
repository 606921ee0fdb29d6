"""What refusals tell: a minute at which it works is one at which it is not refused again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from punchcard.connect.claims.errors import ReceiptTooEarly, TooManyReceiptsToday
from punchcard.kit.errors import DomainError
from punchcard.kit.i18n import LANGUAGES
from punchcard.loyalty.errors.balances import (
    DailyStampLimitReached,
    LatePurchaseLimitReached,
    LateStampLimitReached,
    StampTooSoon,
)
from punchcard.loyalty.errors.staff import StaffPinLocked

OPENS = datetime(2026, 3, 2, 10, 15, 40, tzinfo=ZoneInfo("Europe/Luxembourg"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "refusal",
    [
        StampTooSoon(next_stamp_at=OPENS),
        DailyStampLimitReached(next_stamp_at=OPENS, stamps_left_today=0, max_daily_stamps=1),
        LateStampLimitReached(next_stamp_at=OPENS, stamps_left_today=0, max_daily_stamps=1),
        LatePurchaseLimitReached(next_purchase_at=OPENS, max_late_purchases=3),
        StaffPinLocked(locked_until=OPENS),
        TooManyReceiptsToday(next_receipt_at=OPENS, limit=3),
        ReceiptTooEarly(occurred_at=OPENS),
    ],
    ids=lambda refusal: type(refusal).__name__,
)
def test_the_told_minute_is_the_first_full_one_at_which_it_works(
    refusal: DomainError, language: str
) -> None:
    assert "10:16" in refusal.told(language)
    assert OPENS in refusal.facts.values()


def test_a_moment_that_waits_for_a_whole_minute_is_told_as_it_is() -> None:
    begins = OPENS.replace(second=0)
    assert "10:15" in StampTooSoon(next_stamp_at=begins).told("de")
