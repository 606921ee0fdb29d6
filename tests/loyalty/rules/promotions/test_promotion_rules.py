"""Promotions in the rules: when they are on, what they give, how often, and how much at most."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.loyalty.operations import Actor
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.promotions.promotion_offer import PromotionOffer, promotion_of
from punchcard.loyalty.rules.promotions.promotion_rules import uses_after, uses_before
from punchcard.loyalty.rules.standing import NO_STANDING
from punchcard.loyalty.rules.tiers.tier_plan import Tier, TierPlan
from punchcard.loyalty.rules.values import CardState, Decision, History, PastEntry
from punchcard.loyalty.vocabulary import ActorKind, EntryType, TierBasis
from tests.support.drivers.rules import MONDAY, card, earn, past, points_program, void

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
NIGHT = {"weekdays": [5], "from": "22:00", "to": "02:00"}


def offer(number: int = 1, **fields: Any) -> PromotionOffer:
    """Return a promotion that doubles points, or what `fields` say."""
    given = {"effect": {"kind": "multiply", "factor": "2.000"}, **fields}
    return promotion_of({"id": f"0000000{number}-promotion", "version": 1, **given})


def plus(points: int, number: int = 1, **fields: Any) -> PromotionOffer:
    return offer(number, effect={"kind": "add_points", "points": points}, **fields)


def bought(
    amount_minor: int,
    *offers: PromotionOffer,
    on: CardState | None = None,
    left: dict[str, int] | None = None,
    at: datetime = MONDAY,
    **more: Any,
) -> Decision:
    program = points_program(promotions=offers)
    history = History(budgets=left or {})  # type: ignore[arg-type]
    return decide(earn(amount_minor, **more), program, on or card(), at, history)


def entry_of(purchase: Decision) -> PastEntry:
    """Return the entry of a purchase that carried nothing on, as its void finds it."""
    draft, _ = purchase.steps[-1]
    facts = {"points_delta": draft.points_delta, "amount_minor": draft.amount_minor}
    return past(EntryType.POINTS_EARNED, details=draft.details, **facts)


def points(amount_minor: int, *offers: PromotionOffer, **more: Any) -> int:
    return bought(amount_minor, *offers, **more).card.points


def wall(text: str, fold: int = 0) -> datetime:
    """Return the moment at which the shop's clock shows this time."""
    return datetime.fromisoformat(text).replace(tzinfo=LUXEMBOURG, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        ("2026-03-06 21:59", False),
        ("2026-03-06 22:00", True),
        ("2026-03-07 00:00", True),
        ("2026-03-07 01:59:59", True),
        ("2026-03-07 02:00", False),
        # The small hours of Friday belong to Thursday's night.
        ("2026-03-06 01:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_began_on(at: str, is_on: bool) -> None:
    assert offer(windows=[NIGHT]).is_on(wall(at), LUXEMBOURG) is is_on


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        ("2026-03-06 23:00", False),
        ("2026-03-13 23:00", True),
        ("2026-03-14 01:00", True),
        ("2026-03-20 23:00", False),
    ],
)
def test_the_night_after_the_last_day_is_the_last_days_own(at: str, is_on: bool) -> None:
    week = offer(windows=[NIGHT], starts_on=date(2026, 3, 7), ends_on=date(2026, 3, 13))
    assert week.is_on(wall(at), LUXEMBOURG) is is_on


def test_a_day_ends_at_24_00_and_not_before() -> None:
    late = offer(windows=[{"weekdays": [5], "from": "20:00", "to": "24:00"}])
    assert late.is_on(wall("2026-03-06 23:59:59"), LUXEMBOURG)
    assert not late.is_on(wall("2026-03-07 00:00"), LUXEMBOURG)


def test_the_hour_that_comes_twice_is_on_twice() -> None:
    small_hours = offer(windows=[{"weekdays": [7], "from": "02:00", "to": "03:00"}])
    first, second = wall("2026-10-25 02:30"), wall("2026-10-25 02:30", fold=1)
    assert second - first == timedelta(hours=1)
    assert small_hours.is_on(first, LUXEMBOURG)
    assert small_hours.is_on(second, LUXEMBOURG)
    assert not small_hours.is_on(second + timedelta(minutes=30), LUXEMBOURG)


def test_the_hour_that_never_comes_is_never_on() -> None:
    small_hours = offer(windows=[{"weekdays": [7], "from": "02:00", "to": "03:00"}])
    midnight = wall("2026-03-29 00:00")
    minutes = [midnight + timedelta(minutes=n) for n in range(240)]
    assert not any(small_hours.is_on(at, LUXEMBOURG) for at in minutes)
    over = offer(windows=[{"weekdays": [7], "from": "01:30", "to": "03:30"}])
    assert sum(over.is_on(at, LUXEMBOURG) for at in minutes) == 60


def test_days_are_the_shops_own() -> None:
    one_day = offer(starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 1))
    # In UTC it is still June.
    assert one_day.is_on(datetime(2026, 6, 30, 22, 30, tzinfo=UTC), LUXEMBOURG)
    assert not one_day.is_on(datetime(2026, 7, 1, 22, 0, tzinfo=UTC), LUXEMBOURG)


def test_what_was_ended_by_hand_counts_for_purchases_made_before() -> None:
    ended = offer(ended_at=MONDAY)
    assert ended.is_on(MONDAY - timedelta(seconds=1), LUXEMBOURG)
    assert not ended.is_on(MONDAY, LUXEMBOURG)


def test_the_entry_tells_what_the_promotion_gave() -> None:
    draft = bought(1250, offer(effect={"kind": "multiply", "factor": "1.500"})).steps[-1][0]
    assert draft.points_delta == 18
    assert draft.details == {
        "parts": [
            {"kind": "base", "points": 12, "stamps": 0, "rate": "1/100"},
            {
                "kind": "promotion",
                "points": 6,
                "stamps": 0,
                "factor": "1.500",
                "promotion_id": "00000001-promotion",
                "version": 1,
                "best": True,
            },
        ]
    }


def test_fractions_are_multiplied_and_rounded_down_once() -> None:
    half_more = offer(effect={"kind": "multiply", "factor": "1.500"})
    # 1.5 points each: three purchases are four points and a half, the half is carried.
    decision = bought(100, half_more)
    for _ in range(2):
        decision = bought(100, half_more, on=decision.card)
    kept = decision.card
    assert (kept.points, Fraction(kept.points_carry, kept.carry_parts or 100)) == (
        4,
        Fraction(1, 2),
    )


def test_of_the_best_only_one_counts_and_others_come_on_top() -> None:
    double, triple = offer(1), offer(2, effect={"kind": "multiply", "factor": "3.000"})
    gift = plus(7, 3, stacking="add")
    assert points(1000, double, triple) == 30
    assert points(1000, double, triple, gift) == 37
    # Each adds its share of the base: the order is of no account.
    adding = [replace_stacking(one) for one in (double, triple)]
    assert points(1000, *adding) == points(1000, *reversed(adding)) == 40


def replace_stacking(one: PromotionOffer) -> PromotionOffer:
    return one._replace(is_best=False)


def test_of_two_alike_the_older_counts() -> None:
    details = bought(1000, plus(10, 2), offer(1)).steps[-1][0].details or {}
    assert [part.get("promotion_id") for part in details["parts"]] == [None, "00000001-promotion"]


def test_which_is_best_depends_on_the_purchase() -> None:
    assert points(200, offer(1), plus(5, 2)) == 7
    assert points(2000, offer(1), plus(5, 2)) == 40


@pytest.mark.parametrize(
    ("fields", "asked", "expected"),
    [
        ({"minimum_purchase_minor": 1000}, {}, 20),
        ({"minimum_purchase_minor": 1001}, {}, 10),
        ({"location_ids": ["gare"]}, {}, 10),
        ({"location_ids": ["gare"]}, {"location_id": "gare"}, 20),
        ({"location_ids": ["gare"]}, {"location_id": "kirchberg"}, 10),
        ({"tier_keys": ["gold"]}, {}, 10),
        ({"items": ["beans"]}, {}, 10),
    ],
)
def test_a_promotion_is_for_some_purchases(
    fields: dict[str, Any], asked: dict[str, Any], expected: int
) -> None:
    assert points(1000, offer(**fields), **asked) == expected


def test_a_promotion_is_for_some_tiers() -> None:
    tiers = TierPlan(
        (Tier("basic", 0), Tier("silver", 10), Tier("gold", 20)), basis=TierBasis.VISITS
    )
    gold = card(standing=NO_STANDING._replace(tier={"key": "gold"}))
    for keys, earned in ((["gold", "silver"], 20), (["silver"], 10), (["basic"], 10)):
        rules = points_program(promotions=(offer(tier_keys=keys),), tier_plan=tiers)
        assert decide(earn(1000), rules, gold, MONDAY).card.points == earned


def test_what_an_import_tells_earns_nothing_beside_its_base() -> None:
    told = Actor(ActorKind.IMPORT, "an-import")
    operation = replace(earn(1000, occurred_at=MONDAY - timedelta(days=1)), actor=told)
    program = points_program(promotions=(offer(),))
    assert decide(operation, program, card(), MONDAY).card.points == 10


def test_a_limit_a_day_begins_anew_with_the_shops_day() -> None:
    twice = offer(limit={"times": 2, "per": "day"})
    kept = card()
    for _ in range(3):
        kept = bought(1000, twice, on=kept).card
    assert kept.points == 50
    assert kept.kept_standing.uses == {"00000001-promotion": [["2026-03-02", 2]]}
    kept = bought(1000, twice, on=kept, at=wall("2026-03-03 00:00")).card
    assert kept.points == 70


def test_a_limit_counts_a_late_purchase_on_the_day_it_happened() -> None:
    once = offer(limit={"times": 1, "per": "day"})
    yesterday = MONDAY - timedelta(days=1)
    kept = bought(1000, once, on=card(enrolled_at=MONDAY - timedelta(days=9))).card
    kept = bought(1000, once, on=kept, occurred_at=yesterday).card
    assert kept.points == 40
    kept = bought(1000, once, on=kept, occurred_at=yesterday).card
    assert kept.points == 50
    assert kept.kept_standing.uses["00000001-promotion"] == [["2026-03-01", 1], ["2026-03-02", 1]]


@pytest.mark.parametrize(
    ("per", "days", "expected"), [("week", 6, 30), ("week", 7, 40), ("card", 400, 30)]
)
def test_a_limit_a_week_begins_on_monday_and_a_limit_a_card_never(
    per: str, days: int, expected: int
) -> None:
    once = offer(limit={"times": 1, "per": per})
    kept = bought(1000, once).card
    assert bought(1000, once, on=kept, at=MONDAY + timedelta(days=days)).card.points == expected


def test_what_comes_after_all_kept_days_gets_nothing_of_a_limited_promotion() -> None:
    once = offer(limit={"times": 1, "per": "day"})
    kept = card(enrolled_at=MONDAY - timedelta(days=99))
    for day in range(1, 12):
        kept = bought(1000, once, on=kept, at=MONDAY + timedelta(days=day)).card
    before = kept.points
    kept = bought(1000, once, on=kept, at=MONDAY + timedelta(days=11), occurred_at=MONDAY).card
    assert kept.points == before + 10


def test_a_budget_that_does_not_cover_the_share_gives_nothing() -> None:
    limited = plus(10, budget={"points": 25})
    assert points(100, limited, left={limited.id: 10}) == 11
    assert points(100, limited, left={limited.id: 9}) == 1
    assert points(100, limited) == 1


def test_a_budget_covers_the_share_rounded_up() -> None:
    half = offer(effect={"kind": "multiply", "factor": "1.500"}, budget={"points": 1})
    assert bought(100, half, left={half.id: 0}).card.points_carry == 0
    assert bought(100, half, left={half.id: 1}).card.points_carry == 50


def test_where_the_best_is_used_up_the_next_best_counts() -> None:
    triple = offer(1, effect={"kind": "multiply", "factor": "3.000"}, budget={"points": 25})
    assert points(1000, triple, offer(2), left={triple.id: 20}) == 30
    assert points(1000, triple, offer(2), left={triple.id: 19}) == 20


def test_a_void_takes_the_whole_purchase_and_gives_the_use_back() -> None:
    once = offer(limit={"times": 1, "per": "day"})
    decision = bought(1050, once)
    program = points_program(promotions=(once,))
    history = History(entry=entry_of(decision))
    voided = decide(void(), program, decision.card, MONDAY, history)
    assert (voided.card.points, voided.card.standing) == (0, None)
    assert (voided.steps[-1][0].details or {})["uses"] == {once.id: []}
    assert bought(1000, once, on=voided.card).card.points == 20


def test_a_void_of_a_day_that_is_kept_no_more_gives_no_use_back() -> None:
    once = offer(limit={"times": 1, "per": "day"})
    first = bought(1000, once)
    kept = first.card
    for day in range(1, 12):
        kept = bought(1000, once, on=kept, at=MONDAY + timedelta(days=day)).card
    program = points_program(promotions=(once,))
    at = MONDAY + timedelta(days=12)
    voided = decide(void(), program, kept, at, History(entry=entry_of(first)))
    assert voided.card.points == kept.points - 20
    assert voided.card.kept_standing.uses == kept.kept_standing.uses


@given(
    st.lists(st.tuples(st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-03"]), st.booleans()))
)
def test_uses_that_are_given_back_leave_what_was_there(steps: list[tuple[str, bool]]) -> None:
    uses: dict[str, Any] = {}
    counted: dict[str, int] = {}
    for period, is_use in steps:
        if is_use or counted.get(period):
            change = uses_after if is_use else uses_before
            uses |= change(uses, [{"promotion_id": "one", "period": period}])
            counted[period] = counted.get(period, 0) + (1 if is_use else -1)
    expected = [[period, times] for period, times in sorted(counted.items()) if times]
    assert list(uses.get("one", [])) == expected


def test_a_time_that_was_never_counted_is_not_given_back() -> None:
    part = {"promotion_id": "one", "period": "2026-03-02", "kind": "promotion"}
    uses = {"one": (("2026-03-01", 2),)}
    assert uses_before(uses, [part]) == {}
