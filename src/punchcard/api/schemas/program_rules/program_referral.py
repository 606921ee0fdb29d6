"""What a program promises for bringing a friend."""

from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.fields import LEFT_OUT, IdOf, OneOf, Schema, whole
from punchcard.kit.ids import RewardId
from punchcard.loyalty.rules.promises.referral_form import REFERRAL_BOUNDS
from punchcard.loyalty.vocabulary import ReferralStatus

_Points = Annotated[int, whole(*REFERRAL_BOUNDS["points"])]
_Stamps = Annotated[int, whole(*REFERRAL_BOUNDS["stamps"])]
_Minimum = Annotated[int, whole(*REFERRAL_BOUNDS["minimum_purchase_minor"])]
_HoldDays = Annotated[int, whole(*REFERRAL_BOUNDS["hold_days"])]
_Limit = Annotated[int, whole(*REFERRAL_BOUNDS["limit_per_year"])]


class ReferralSide(Schema):
    """What one of the two gets: points, or stamps, or a reward; without any of them, nothing."""

    points: _Points | None = None
    stamps: _Stamps | None = None
    reward_id: IdOf[RewardId] | None = None


class ReferralTerms(Schema):
    """What is given when a friend who joined by a card's link comes for the first time.

    At the first visit that a PIN signed or that was paid, of `minimum_purchase_minor` at least, and
    `hold_days` after it. `limit_per_year` is how many friends of one card count a calendar year.
    """

    status: OneOf[ReferralStatus] = ReferralStatus.ACTIVE
    referrer: ReferralSide | None = None
    friend: ReferralSide | None = None
    minimum_purchase_minor: _Minimum = 0
    hold_days: _HoldDays = 0
    limit_per_year: _Limit = 10


class ProgramReferral(Schema):
    """The promise for bringing a friend, as it is asked for; null ends it."""

    referral: ReferralTerms | None = LEFT_OUT


class ProgramReferralSchema(Schema):
    """The promise for bringing a friend, as it is."""

    referral: Annotated[
        ReferralTerms | None, Field(description="Null in a program that brings no friends.")
    ]
