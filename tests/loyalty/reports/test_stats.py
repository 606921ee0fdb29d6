"""Statistics: what the till keeps by the day, what is answered, and the rebuild from the ledger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError, InvalidInput
from punchcard.loyalty.models import DailyRollup, LoyaltyProgram
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardRef,
    EarnPoints,
    OpenCard,
    RedeemPoints,
    RedeemReward,
    RedeemStamps,
    VoidEntry,
)
from punchcard.loyalty.reports import stats_rebuild, stats_service
from punchcard.loyalty.reports.stats_rebuild import Comparison
from punchcard.loyalty.reports.stats_service import Stats
from punchcard.loyalty.rules.rollup_rules import ROLLUP_COLUMNS
from punchcard.loyalty.vocabulary import ActorKind, ProgramType
from tests.loyalty import shelf
from tests.support.cast import Shop


class StatsDriver:
    """The shop's counter: hands operations to its till."""

    def __init__(self, shop: Shop, program: LoyaltyProgram) -> None:
        self.shop = shop
        self.program = program
        self.common: dict[str, Any] = {
            "vendor_id": shop.id,
            "actor": Actor(ActorKind(SYSTEM.kind), None),
        }

    def do(self, kind: Callable[..., Any], **fields: Any) -> Any:
        return self.shop.context.loyalty.till.submit(kind(**self.common, **fields))

    def open(self, **fields: Any) -> CardRef:
        receipt = self.do(OpenCard, program_id=self.program.id, **fields)
        return CardRef(CardKey.ID, receipt.card.id)

    def stats(self, first: date | None = None, last: date | None = None) -> Stats:
        context = self.shop.context
        with context.database.read() as session:
            return stats_service.program_stats(
                session, self.program, now=context.clock.now(), first=first, last=last
            )


@pytest.fixture
def counter(alice: Shop) -> StatsDriver:
    """Open the counter of a hybrid program."""
    return StatsDriver(alice, shelf.program(alice, **shelf.HYBRID))


def compared(shop: Shop) -> Comparison:
    with shop.context.database.snapshot() as connection:
        return stats_rebuild.compare(connection, lambda _rows: None)


def figures(stats: Stats, *names: str) -> tuple[int, ...]:
    return tuple(stats.totals[name] for name in names)


def test_a_day_at_the_counter_is_counted(counter: StatsDriver) -> None:
    card = counter.open()
    counter.open()
    counter.do(AddStamp, card=card, quantity=4)
    counter.do(RedeemStamps, card=card)
    counter.do(EarnPoints, card=card, amount_minor=1250)
    counter.do(RedeemPoints, card=card, points=5)
    stats = counter.stats()
    assert (stats.cards, stats.active_cards) == (2, 2)
    assert figures(stats, "stamps_earned", "stamps_redeemed", "rewards_redeemed") == (4, 3, 1)
    assert figures(stats, "points_earned", "points_redeemed") == (12, 5)
    assert figures(stats, "purchases", "purchase_amount_minor", "reward_value_minor") == (
        1,
        1250,
        350,
    )
    assert stats_service.redemption_rate(ProgramType.HYBRID, stats.totals) == 0.75
    assert stats_service.redemption_rate(ProgramType.POINTS, stats.totals) == round(5 / 12, 4)
    assert stats.totals == stats.all_time


def test_a_void_subtracts_on_its_own_day(counter: StatsDriver, clock: ManualClock) -> None:
    card = counter.open()
    bought = counter.do(EarnPoints, card=card, amount_minor=1250)
    monday = clock.now().date()
    clock.advance(days=1)
    counter.do(VoidEntry, transaction_id=bought.entry["id"])
    stats = counter.stats(first=monday)
    by_day = [(f["points_earned"], f["purchases"]) for _, f in stats.days]
    assert by_day == [(12, 1), (-12, -1)]
    assert figures(stats, "points_earned", "purchases", "purchase_amount_minor") == (0, 0, 0)
    assert stats_service.redemption_rate(ProgramType.POINTS, stats.totals) is None


def test_days_are_those_of_the_programs_time_zone(counter: StatsDriver, clock: ManualClock) -> None:
    clock.set(datetime.fromisoformat("2026-03-02T22:30:00+00:00"))
    card = counter.open()
    clock.set(datetime.fromisoformat("2026-03-02T23:30:00+00:00"))
    counter.do(AddStamp, card=card)
    days = counter.stats(first=date(2026, 3, 2)).days
    assert [(day.day, f["cards_opened"], f["stamps_earned"]) for day, f in days] == [
        (2, 1, 0),
        (3, 0, 1),
    ]


def test_cards_are_active_for_thirty_days_after_they_were_last_seen(
    counter: StatsDriver, clock: ManualClock
) -> None:
    for _ in range(3):
        card = counter.open()
    clock.advance(days=29)
    counter.do(AddStamp, card=card)
    assert counter.stats().active_cards == 3
    clock.advance(days=1)
    assert counter.stats().active_cards == 1
    clock.advance(days=29)
    assert counter.stats().active_cards == 0
    assert counter.stats().cards == 3


def test_a_late_operation_counts_on_the_day_it_happened(
    counter: StatsDriver, clock: ManualClock
) -> None:
    clock.advance(days=1)
    card = counter.open()
    clock.advance(days=1)
    counter.do(EarnPoints, card=card, amount_minor=900, occurred_at=clock.now() - timedelta(days=1))
    assert [f["purchases"] for _, f in counter.stats(first=date(2026, 3, 3)).days] == [1, 0]
    assert compared(counter.shop).differences == []


def test_the_range_is_thirty_days_unless_given(counter: StatsDriver) -> None:
    stats = counter.stats()
    assert (stats.range.first, stats.range.last) == (date(2026, 2, 1), date(2026, 3, 2))
    assert [day for day, _ in stats.days] == [
        date(2026, 2, 1) + timedelta(days=n) for n in range(30)
    ]
    assert counter.stats(last=date(2026, 1, 30)).range.first == date(2026, 1, 1)
    assert counter.stats(first=date(2027, 1, 1)).range.last == date(2027, 1, 1)
    with pytest.raises(InvalidInput):
        counter.stats(first=date(2026, 3, 2), last=date(2026, 3, 1))


def test_a_long_range_has_totals_for_all_and_a_series_of_its_last_366_days(
    counter: StatsDriver, clock: ManualClock
) -> None:
    counter.open()
    clock.advance(days=1000)
    stats = counter.stats(first=date(2020, 1, 1))
    assert stats.totals["cards_opened"] == 1
    assert len(stats.days) == 366
    assert stats.days[-1][0] == stats.range.last


def test_bobs_business_is_not_in_alices_figures(counter: StatsDriver, bob: Shop) -> None:
    other = StatsDriver(bob, shelf.program(bob, **shelf.HYBRID, currency="CHF"))
    other.do(EarnPoints, card=other.open(), amount_minor=777)
    assert counter.stats().cards == 0
    counter.do(EarnPoints, card=counter.open(), amount_minor=1000)
    with bob.context.database.read() as session:
        platform = stats_service.platform_stats(session, now=bob.context.clock.now())
    assert (platform.vendors, dict(platform.programs), platform.stats.cards) == (
        2,
        {"active": 2},
        2,
    )
    assert [(one.currency, one.purchase_amount_minor) for one in platform.money] == [
        ("CHF", 777),
        ("EUR", 1000),
    ]


def plausible_weeks(counter: StatsDriver, clock: ManualClock) -> int:
    """Let the shop live for some weeks; returns how many operations the till took."""
    chance = Random(7)  # noqa: S311 - the same weeks every time
    reward = shelf.reward(counter.shop, counter.program.id, points_required=5, value_minor=90)
    cards = [counter.open() for _ in range(4)]
    entries: list[str] = []
    done = len(cards)
    for _ in range(150):
        clock.advance(minutes=chance.randrange(600))
        card = chance.choice(cards)
        wishes: list[tuple[Callable[..., Any], dict[str, Any]]] = [
            (AddStamp, {"card": card, "quantity": chance.randrange(1, 4)}),
            (RedeemStamps, {"card": card}),
            (EarnPoints, {"card": card, "amount_minor": chance.randrange(1, 3000)}),
            (RedeemPoints, {"card": card, "points": chance.randrange(1, 9)}),
            (RedeemReward, {"card": card, "reward_id": reward.id}),
            (VoidEntry, {"transaction_id": chance.choice(entries or [reward.id])}),
        ]
        kind, fields = chance.choice(wishes)
        if kind in (AddStamp, EarnPoints) and chance.random() < 0.5:
            fields["occurred_at"] = clock.now() - timedelta(minutes=chance.randrange(3000))
        with suppress(DomainError):
            entries.append(counter.do(kind, **fields).entry["id"])
            done += 1
    return done


def test_the_rebuild_finds_what_the_till_kept(counter: StatsDriver, clock: ManualClock) -> None:
    done = plausible_weeks(counter, clock)
    comparison = compared(counter.shop)
    assert comparison.differences == []
    assert comparison.entries == done > 60


def test_damage_is_found_and_mended(counter: StatsDriver, clock: ManualClock) -> None:
    plausible_weeks(counter, clock)
    database = counter.shop.context.database
    before = counter.stats(first=date(2026, 3, 1))
    invented = {"program_id": counter.program.id, "day": date(2025, 1, 1), "purchases": 3}
    with database.write_connection() as connection:
        connection.execute(delete(DailyRollup).where(DailyRollup.day == date(2026, 3, 2)))
        connection.execute(update(DailyRollup).values(stamps_earned=DailyRollup.stamps_earned + 1))
        zeros = dict.fromkeys(ROLLUP_COLUMNS, 0)
        connection.execute(insert(DailyRollup).values(zeros | invented))
    found = compared(counter.shop)
    assert found.differences[0].columns() == ["purchases"]
    assert found.differences[0].kept["purchases"] == 3
    with database.write_connection() as connection:
        stats_rebuild.correct(connection, found.differences)
    assert compared(counter.shop).differences == []
    assert counter.stats(first=date(2026, 3, 1)) == before


def test_the_till_goes_on_while_the_rebuild_compares_and_corrects(counter: StatsDriver) -> None:
    cards = [counter.open() for _ in range(4)]
    database = counter.shop.context.database
    with database.write_connection() as connection:
        connection.execute(update(DailyRollup).values(purchases=99))

    def buy(card: CardRef) -> None:
        for _ in range(10):
            counter.do(EarnPoints, card=card, amount_minor=100)

    with ThreadPoolExecutor(4) as pool:
        buying = [pool.submit(buy, card) for card in cards]
        found = compared(counter.shop)
        with database.write_connection() as connection:
            stats_rebuild.correct(connection, found.differences)
        for one in buying:
            one.result()
    assert counter.stats().totals["purchases"] == 40
    assert compared(counter.shop).differences == []


def test_progress_tells_every_row(counter: StatsDriver) -> None:
    for _ in range(3):
        counter.open()
    told: list[int] = []
    database = counter.shop.context.database
    with database.read_connection() as connection:
        expected = stats_rebuild.count_rows(connection)
    with database.snapshot() as connection:
        stats_rebuild.compare(connection, told.append)
    assert sum(told) == expected == 6
