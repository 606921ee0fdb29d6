"""What purchases usually come to, so that a slip of the hand is seen; from the rollup alone."""

from collections.abc import Collection
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import DailyRollup

DAYS: Final = 90
LEAST_DAYS: Final = 3
"""Of how many days with purchases something can be told."""
FAR_MORE: Final = 10
"""How many times the usual purchase one may be before somebody is asked, as at the terminal."""
USUAL_UNITS: Final = 100
"""What is taken for usual, in whole units, while a program has too few purchases to tell."""


def usual_purchases(
    session: Session, program_ids: Collection[ProgramId], *, now: datetime
) -> dict[ProgramId, int]:
    """Return what a purchase usually comes to, in minor units, by program.

    It is the middle one of the averages of the last 90 days with purchases, so that a few purchases
    of another size do not move it. Programs with fewer than three such days are left out.
    """
    averages: dict[ProgramId, list[int]] = {}
    # Of all locations together: a void may stand elsewhere than its purchase.
    purchases = func.sum(DailyRollup.purchases)
    amount_minor = func.sum(DailyRollup.purchase_amount_minor)
    for row in session.execute(
        select(DailyRollup.program_id, purchases, amount_minor)
        .where(
            DailyRollup.program_id.in_(program_ids),
            DailyRollup.day >= (now - timedelta(days=DAYS)).date(),
        )
        .group_by(DailyRollup.program_id, DailyRollup.day)
        .having(purchases > 0, amount_minor > 0)
    ):
        averages.setdefault(row[0], []).append(max(1, int(row[2]) // int(row[1])))
    return {
        program_id: median_low(of_days)
        for program_id, of_days in averages.items()
        if len(of_days) >= LEAST_DAYS
    }


def is_far_more(amount_minor: int, usual_minor: int | None, minor_digits: int) -> bool:
    """Return whether an amount is so much more than usual that somebody should look twice."""
    usual = USUAL_UNITS * 10**minor_digits if usual_minor is None else usual_minor
    return amount_minor > FAR_MORE * usual
