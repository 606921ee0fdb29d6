"""Any life of a card among tiers goes by the rules as the second opinion says."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from punchcard.loyalty.rules.tiers.tier_plan import Tier
from punchcard.loyalty.vocabulary import TierDowngrade, TierWindow
from tests.oracle.tiers import Member
from tests.support.draw import DRAW
from tests.support.drivers.tier_life import CAKE_FOR_GOLD, TierLife, tiered

PLANS = st.fixed_dictionaries(
    {
        "tiers": st.just([("basic", 0), ("silver", 50), ("gold", 120), ("top", 300)]),
        "window": st.sampled_from(list(TierWindow)),
        "falls": st.sampled_from(list(TierDowngrade)),
        "holds": st.integers(0, 15),
        "grace": st.integers(0, 70),
    }
)
STEPS = st.lists(
    st.tuples(st.integers(0, 150), st.integers(1, 180), st.none() | st.integers(0, 5)),
    max_size=12,
)
FIRST_DAYS = st.dates(date(2026, 1, 1), date(2029, 12, 31))


@seed(DRAW)
@settings(max_examples=200)
@given(plan=PLANS, steps=STEPS, first=FIRST_DAYS)
def test_any_life_among_tiers_is_what_the_second_opinion_says(
    plan: dict[str, Any], steps: list[tuple[int, int, int | None]], first: date
) -> None:
    grants = (CAKE_FOR_GOLD,)
    rules = tiered(
        tiers=tuple(
            Tier(key, takes, grants=grants if takes else ()) for key, takes in plan["tiers"]
        ),
        window=plan["window"],
        downgrade=plan["falls"],
        holds_months=plan["holds"],
        grace_days=plan["grace"],
    )
    life, member, day = TierLife(rules), Member(plan, first), first
    purchases: list[Any] = []
    for gap, euros, voided in steps:
        day += timedelta(days=gap)
        member.live_until(day)
        if voided is None or voided >= len(purchases) or member.bought[voided].is_voided:
            life.buys(euros, day.isoformat())
            purchases.append([entry for entry in life.entries if entry.type == "points_earned"][-1])
            member.buy(euros)
        else:
            life.voids(purchases[voided], day.isoformat())
            member.give_back(voided)
        shown = life.shown(day.isoformat())
        until = member.until.isoformat() if member.until else None
        assert (shown.key, shown.until) == (plan["tiers"][member.place][0], until)
        assert shown.progress == member.counts()
    given = [entry for entry in life.entries if entry.type == "reward_granted"]
    assert len(given) == len(member.gifts)
