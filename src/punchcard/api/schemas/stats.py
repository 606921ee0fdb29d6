"""What is said about statistics, and how a range of days is asked for."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator

from punchcard.api.schemas.fields import Day, IdOf, Schema
from punchcard.kit.ids import ProgramId
from punchcard.kit.validation.days import LAST_YEAR
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.reports.stats_service import (
    DateRange,
    Figures,
    Money,
    PlatformStats,
    Stats,
    redemption_rate,
)


def _within_years(value: object) -> object:
    """Let who asks for the days up to the end of the calendar have those that can be counted."""
    try:
        is_last = isinstance(value, str) and date.fromisoformat(value).year > LAST_YEAR
    except ValueError:
        is_last = False
    return date(LAST_YEAR, 12, 31) if is_last else value


AskedDay = Annotated[Day, BeforeValidator(_within_years)]
"""A day of a figure that is asked for."""


class DaysAsked:
    """The days a request names: from the first to the last, both included."""

    def __init__(
        self,
        first: Annotated[
            AskedDay | None,
            Query(alias="from", description="First day; 30 days before `to` if none."),
        ] = None,
        last: Annotated[
            AskedDay | None, Query(alias="to", description="Last day; today if none.")
        ] = None,
    ) -> None:
        self.first = first
        self.last = last


DaysDep = Annotated[DaysAsked, Depends()]


class FiguresSchema(Schema):
    """What happened; a void subtracts on its own day. Amounts are in the minor unit."""

    cards: int
    stamps_earned: int
    stamps_redeemed: int
    points_earned: int
    points_redeemed: int
    points_adjusted: int
    rewards_redeemed: int
    purchases: int


class ProgramFigures(FiguresSchema):
    """What happened in one program."""

    reward_value_minor: int
    purchase_amount_minor: int


class ProgramTotals(ProgramFigures):
    """What happened in one program over some time.

    `redemption_rate` is the part of the stamps (in a points program: of the points) earned in that
    time that was redeemed; null when none was earned.
    """

    redemption_rate: float | None


class ProgramDay(ProgramFigures):
    """What happened in one program on one day."""

    day: Day


class ProgramStatsSchema(Schema):
    """A program's statistics.

    `cards` counts all its cards, `active_cards` those used in the last 30 days. `daily` holds every
    day of the range, of a long one the last 366; `totals` always cover all of it.
    """

    program_id: IdOf[ProgramId]
    currency: str
    timezone: str
    first_day: Day
    last_day: Day
    cards: int
    active_cards: int
    totals: ProgramTotals
    all_time: ProgramTotals
    daily: list[ProgramDay]


class MoneySchema(Schema):
    """Amounts of one currency."""

    currency: str
    purchase_amount_minor: int
    reward_value_minor: int


class PlatformDay(FiguresSchema):
    """What happened on one day."""

    day: Day


class ProgramCounts(Schema):
    """How many programs there are."""

    draft: int
    active: int
    inactive: int


class PlatformStatsSchema(Schema):
    """All vendors together; amounts of the range are kept apart by currency."""

    first_day: Day
    last_day: Day
    vendors: int
    programs: ProgramCounts
    cards: int
    active_cards: int
    totals: FiguresSchema
    all_time: FiguresSchema
    money: list[MoneySchema]
    daily: list[PlatformDay]


def program_stats_schema(program: LoyaltyProgram, stats: Stats) -> ProgramStatsSchema:
    """Return a program's statistics as they are told."""

    def totals(figures: Figures) -> ProgramTotals:
        rate = redemption_rate(program.type, figures)
        return ProgramTotals(**figure_values(figures, ProgramFigures), redemption_rate=rate)

    return ProgramStatsSchema(
        program_id=program.id,
        currency=program.currency,
        timezone=program.timezone,
        **_range(stats.range),
        cards=stats.cards,
        active_cards=stats.active_cards,
        totals=totals(stats.totals),
        all_time=totals(stats.all_time),
        daily=[ProgramDay(day=day, **figure_values(f, ProgramFigures)) for day, f in stats.days],
    )


def platform_stats_schema(platform: PlatformStats) -> PlatformStatsSchema:
    """Return the platform's statistics as they are told."""
    stats = platform.stats
    return PlatformStatsSchema(
        **_range(stats.range),
        vendors=platform.vendors,
        programs=ProgramCounts(
            **{name: platform.programs.get(name, 0) for name in ProgramCounts.model_fields}
        ),
        cards=stats.cards,
        active_cards=stats.active_cards,
        totals=FiguresSchema(**figure_values(stats.totals, FiguresSchema)),
        all_time=FiguresSchema(**figure_values(stats.all_time, FiguresSchema)),
        money=[money_schema(money) for money in platform.money],
        daily=[PlatformDay(day=day, **figure_values(f, FiguresSchema)) for day, f in stats.days],
    )


def money_schema(money: Money) -> MoneySchema:
    """Return the amounts of one currency as they are told."""
    return MoneySchema(
        currency=money.currency,
        purchase_amount_minor=money.purchase_amount_minor,
        reward_value_minor=money.reward_value_minor,
    )


def _range(days: DateRange) -> dict[str, date]:
    return {"first_day": days.first, "last_day": days.last}


def figure_values(figures: Figures, schema: type[FiguresSchema]) -> dict[str, Any]:
    """Return those of the figures that `schema` has, under its names."""
    known = {**figures, "cards": figures["cards_opened"]}
    return {name: known[name] for name in schema.model_fields}
