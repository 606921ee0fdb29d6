"""What a program says about when points and stamps begin and end."""

from typing import Annotated, Literal

from pydantic import Field

from punchcard.api.schemas.fields import LEFT_OUT, OneOf, Schema, whole
from punchcard.loyalty.rules.dated.expiry_rules import (
    EXPIRY_BOUNDS,
    EXPIRY_MONTHS,
    NOTICE_DAYS,
    NOTICES_LIMIT,
)
from punchcard.loyalty.vocabulary import ExpiryKind, ExpiryRounding

Months = Annotated[int, whole(*EXPIRY_MONTHS)]
ActivationDays = Annotated[int, whole(*EXPIRY_BOUNDS["points_activation_days"])]
GraceDays = Annotated[int, whole(*EXPIRY_BOUNDS["return_grace_days"])]
NoticeDays = Annotated[list[Annotated[int, whole(*NOTICE_DAYS)]], Field(max_length=NOTICES_LIMIT)]


class PointsExpiry(Schema):
    """When points end: never, `months` after they were earned or after the last visit (inactivity).

    `round_to` moves the day up to the end of its month or year. `year_end` is the end of the
    calendar year they were earned in. Points that exist keep the day they were given.
    """

    kind: OneOf[ExpiryKind]
    months: Months | None = None
    round_to: OneOf[ExpiryRounding] = ExpiryRounding.DAY


class StampsExpiry(Schema):
    """When stamps end: never, `months` after they were given, or after the last visit."""

    kind: Literal["never", "fixed", "inactivity"]
    months: Months | None = None


class ProgramDates(Schema):
    """The rules with dates of a program, as they are asked for."""

    points_expiry: PointsExpiry | None = LEFT_OUT
    points_activation_days: ActivationDays = LEFT_OUT
    expiry_notice_days: NoticeDays | None = LEFT_OUT
    return_grace_days: GraceDays = LEFT_OUT
    stamps_expiry: StampsExpiry | None = LEFT_OUT


class ProgramDatesSchema(Schema):
    """The rules with dates of a program, as they are."""

    points_expiry: PointsExpiry | None
    points_activation_days: int
    expiry_notice_days: list[int] | None
    return_grace_days: int
    stamps_expiry: StampsExpiry | None
