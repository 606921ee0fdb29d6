"""What a program owes its cards, as it leaves the server."""

from datetime import date
from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.fields import Schema
from punchcard.loyalty.reports.liability_service import Liability


class PointsMovements(Schema):
    """How the points of all cards moved; each number is positive where its name says."""

    earned: Annotated[int, Field(description="Purchases and welcome, with `bonus` among it.")]
    bonus: Annotated[int, Field(description="What promotions and tiers added.")]
    adjusted: int
    moved: Annotated[int, Field(description="Opening balances, and cards that became one.")]
    redeemed: int
    expired: int
    refunded: int
    reserved: Annotated[int, Field(description="Set aside, less what was given back.")]


class EndingPointsSchema(Schema):
    """Points that end in one month, told by its first day; null for those without an end."""

    month: date | None
    points: int


class LiabilitySchema(Schema):
    """What a program's cards have at the end of a day, and how that came about.

    `closing` = `opening` + earned + adjusted + moved - redeemed - expired - refunded - reserved. It
    is the sum of all cards' points with `pending` ones among it. `gross_minor` is their value if
    all are redeemed, by the reward that gives the most for a point; `expected_minor` if as large a
    share is redeemed as of the points that were redeemed or ended so far.
    """

    from_day: Annotated[date, Field(alias="from")]
    on: date
    currency: str
    opening: int
    movements: PointsMovements
    imported: Annotated[int, Field(description="What imports told; it is in `opening`.")]
    closing: int
    pending: int
    ending: list[EndingPointsSchema]
    value_per_point_minor: Annotated[
        str | None, Field(description="Three digits after the point.", examples=["4.500"])
    ]
    redeemed_share: Annotated[str | None, Field(examples=["0.970"])]
    gross_minor: int | None
    expected_minor: int | None


def liability_schema(found: Liability) -> LiabilitySchema:
    """Return a program's liability as its vendor sees it."""
    moved = found.movements
    value, share = found.value_per_point, found.redeemed_share
    return LiabilitySchema(
        **{"from": found.first},
        on=found.last,
        currency=found.currency,
        opening=found.opening,
        movements=PointsMovements(
            **{name: moved[f"points_{name}"] for name in PointsMovements.model_fields}
        ),
        imported=found.imported,
        closing=found.closing,
        pending=found.pending,
        ending=[EndingPointsSchema(month=one.month, points=one.points) for one in found.ending],
        value_per_point_minor=None if value is None else f"{float(value):.3f}",
        redeemed_share=None if share is None else f"{float(share):.3f}",
        gross_minor=found.gross_minor,
        expected_minor=found.expected_minor,
    )
