"""Tiers in the rules: what counts towards one, what comes with it, and what a void takes back."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from punchcard.kit.ids import RewardId
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.standing import NO_STANDING
from punchcard.loyalty.rules.tiers.tier_plan import Tier, TierGrant, TierPlan, plan_of
from punchcard.loyalty.rules.tiers.tier_rules import TierView
from punchcard.loyalty.vocabulary import ActorKind, TierBasis
from tests.loyalty.rules.promotions.test_promotion_rules import offer
from tests.support.drivers.rules import (
    CAKE,
    MONDAY,
    card,
    earn,
    points_program,
    program,
    stamp,
    visit,
)
from tests.support.drivers.tier_life import (
    BASIC,
    CAKE_FOR_GOLD,
    GOLD,
    ONE_DOWN,
    TO_FIT,
    YEAR,
    noon,
    plan,
    tiered,
)
from tests.support.drivers.tier_life import TierLife as Life


def test_a_purchase_that_reaches_a_tier_is_followed_by_the_entry_that_says_so() -> None:
    life = Life(tiered())
    assert life.buys(60, "2026-03-02") == ["points_earned"]
    assert life.buys(40, "2026-03-03") == ["points_earned", "tier_changed"]
    assert life.told == {
        "from": "basic",
        "to": "silver",
        "basis": "points",
        "amount": 100,
        "reason": "reached",
        "tier": {"key": "silver", "since": "2026-03-03"},
    }
    assert (life.last.stamps_delta, life.last.points_delta) == (0, 0)


def test_the_purchase_is_the_operations_own_entry() -> None:
    decision = decide(earn(40_000), tiered(), card(), MONDAY)
    assert [str(draft.type) for draft, _ in decision.steps] == [
        "points_earned",
        "tier_changed",
        "reward_granted",
    ]
    assert decision.main == 0


def test_a_tiers_factor_counts_from_the_next_purchase_on_and_towards_no_tier() -> None:
    life = Life(tiered())
    life.buys(100, "2026-03-02")
    assert life.state.points == 100
    life.buys(10, "2026-03-03")
    assert life.state.points == 112
    assert [(part["kind"], part["points"]) for part in life.told["parts"]] == [
        ("base", 10),
        ("tier", 2),
    ]
    assert life.told["parts"][1]["tier"] == "silver"
    assert life.told["qualified"] == ["points:2026-03", 10]


def test_factor_promotion_and_carry_are_rounded_down_once() -> None:
    rules = points_program(
        tier_plan=plan(), promotions=(offer(effect={"kind": "multiply", "factor": "1.500"}),)
    )
    silver = card(standing=NO_STANDING._replace(tier={"key": "silver", "since": "2026-01-01"}))
    once = decide(earn(330), rules, silver, MONDAY)
    # 3.30 times 1.25 times 1.5 is 6.1875.
    assert once.card.points == 6
    assert Fraction(once.card.points_carry, once.card.carry_parts or 1) == Fraction("0.1875")
    again = decide(earn(330), rules, once.card, MONDAY)
    assert again.card.points == 12


def test_a_void_takes_the_tiers_part_back_with_its_purchase() -> None:
    life = Life(tiered())
    life.buys(100, "2026-03-02")
    life.buys(10, "2026-03-03")
    life.voids(life.entries[-1], "2026-03-03")
    assert life.state.points == 100
    assert life.shown("2026-03-03").progress == 100


def test_promotions_for_the_lowest_tier_reach_cards_that_never_left_it() -> None:
    rules = points_program(tier_plan=plan(), promotions=(offer(tier_keys=["basic"]),))
    assert decide(earn(1000), rules, card(), MONDAY).card.points == 20
    gold = card(standing=NO_STANDING._replace(tier={"key": "gold", "since": "2026-01-01"}))
    assert decide(earn(1000), rules, gold, MONDAY).card.points == 20
    details = decide(earn(1000), rules, gold, MONDAY).steps[0][0].details or {}
    assert [part["kind"] for part in details["parts"]] == ["base", "tier"]


def test_bonuses_welcomes_and_imports_count_towards_no_tier() -> None:
    rules = points_program(tier_plan=plan(), promotions=(offer(),), welcome_points=500)
    life = Life(rules, card(is_welcome_due=True))
    assert life.buys(50, "2026-03-02") == ["welcome_bonus", "points_earned"]
    assert life.shown("2026-03-02").progress == 50
    told = replace(earn(100_000), actor=Actor(ActorKind.IMPORT, "i"))
    assert life.does(told, noon("2026-03-03")) == ["points_earned"]
    assert life.shown("2026-03-03").progress == 50


def test_money_visits_or_stamps_count_where_the_shop_says_so() -> None:
    for basis, counts in ((TierBasis.SPEND_MINOR, 1234), (TierBasis.VISITS, 1)):
        life = Life(tiered(basis=basis))
        life.does(earn(1234), MONDAY)
        assert life.shown("2026-03-02").progress == counts
    stamps = program(
        tier_plan=plan(basis=TierBasis.STAMPS),
        promotions=(offer(effect={"kind": "add_stamps", "stamps": 2}),),
    )
    life = Life(stamps)
    life.does(stamp(2), MONDAY)
    assert (life.state.stamps, life.shown("2026-03-02").progress) == (4, 2)


def test_a_visit_without_an_amount_spends_nothing() -> None:
    rules = program(type="hybrid", tier_plan=plan(basis=TierBasis.SPEND_MINOR))
    life = Life(rules)
    life.does(visit(stamps=1), MONDAY)
    assert life.state.standing is None


def test_pending_points_count_at_once() -> None:
    life = Life(points_program(tier_plan=plan(), points_activation_days=14))
    life.buys(100, "2026-03-02")
    assert (life.state.points, life.tier["key"]) == (0, "silver")


def test_what_was_voided_or_paid_back_counts_no_more_but_the_tier_stays_to_its_date() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(300, "2026-03-02")
    bought = life.entries[0]
    assert life.tier == {
        "key": "gold",
        "since": "2026-03-02",
        "until": "2026-12-31",
        "given": {"gold": 2026},
    }
    assert life.voids(bought, "2026-03-04") == ["voided"]
    assert life.shown("2026-12-31") == TierView("gold", "2026-03-02", "2026-12-31", 0)
    assert life.shown("2027-01-01").key == "basic"


def test_refunds_in_any_order_take_back_what_was_counted_and_no_more() -> None:
    for order in ((10, 7, 13), (13, 10, 7), (7, 13, 10)):
        life = Life(tiered())
        life.buys(30, "2026-03-02")
        bought, before = life.entries[0], 0
        for euros in order:
            life.refunds(bought, euros, "2026-03-03", before)
            before += euros
        assert life.shown("2026-03-03").progress == 0
        assert life.state.kept_standing.qualifying == {}


def test_a_visit_and_its_stamps_go_with_the_last_of_its_money() -> None:
    life = Life(program(type="hybrid", tier_plan=plan(basis=TierBasis.VISITS)))
    life.does(visit(stamps=1, amount_minor=1000), MONDAY)
    bought = life.entries[0]
    life.refunds(bought, 4, "2026-03-02")
    assert life.shown("2026-03-02").progress == 1
    life.refunds(bought, 6, "2026-03-02", before=4)
    assert life.shown("2026-03-02").progress == 0
    life = Life(program(type="hybrid", tier_plan=plan(basis=TierBasis.STAMPS)))
    life.does(visit(stamps=1, amount_minor=1000), MONDAY)
    bought = life.entries[0]
    life.refunds(bought, 4, "2026-03-02")
    assert life.shown("2026-03-02").progress == 1
    life.refunds(bought, 6, "2026-03-02", before=4)
    assert life.shown("2026-03-02").progress == 0


def test_a_tier_without_a_date_goes_with_its_purchase_where_tiers_fall() -> None:
    falls = Life(tiered(downgrade=TO_FIT))
    falls.buys(300, "2026-03-02")
    assert falls.voids(falls.entries[0], "2026-03-04") == ["voided", "tier_changed"]
    assert falls.told["reason"] == "taken_back"
    assert falls.tier["key"] == "basic"
    slowly = Life(tiered(downgrade=ONE_DOWN))
    slowly.buys(300, "2026-03-02")
    slowly.voids(slowly.entries[0], "2026-03-04")
    assert slowly.tier["key"] == "silver"
    never = Life(tiered())
    never.buys(300, "2026-03-02")
    assert never.voids(never.entries[0], "2026-03-04") == ["voided"]
    assert never.tier["key"] == "gold"


def test_a_void_that_leaves_enough_changes_no_tier() -> None:
    life = Life(tiered(downgrade=TO_FIT))
    life.buys(300, "2026-03-02")
    life.buys(50, "2026-03-03")
    assert life.voids(life.entries[-1], "2026-03-04") == ["voided"]
    assert life.tier["key"] == "gold"


def test_a_tiers_grant_is_given_once_a_year_however_often_it_is_reached() -> None:
    life = Life(tiered(downgrade=TO_FIT))
    life.buys(300, "2026-03-02")
    first = life.entries[0]
    [given] = life.state.kept_standing.grants.values()
    assert given == {"reward_id": CAKE, "name": "A cake", "value_minor": 1200}
    assert life.told["reason"] == "tier"
    life.voids(first, "2026-03-03")
    assert life.buys(300, "2026-03-04") == ["points_earned", "tier_changed"]
    again = life.entries[-2]
    life.voids(again, "2026-03-05")
    assert "reward_granted" in life.buys(300, "2027-03-04")
    assert len(life.state.kept_standing.grants) == 2


def test_a_reward_without_a_value_is_given_as_well() -> None:
    pin = Tier("gold", 300, grants=(TierGrant(RewardId(CAKE), "A pin"),))
    life = Life(tiered(tiers=(BASIC, pin)))
    life.buys(300, "2026-03-02")
    [given] = life.state.kept_standing.grants.values()
    assert given == {"reward_id": CAKE, "name": "A pin"}


def test_a_card_full_of_grants_reaches_its_tier_and_is_given_no_more() -> None:
    full = {f"g{n}": {"reward_id": CAKE, "name": "A cake"} for n in range(50)}
    life = Life(tiered(), card(standing=NO_STANDING._replace(grants=full)))
    assert life.buys(300, "2026-03-02") == ["points_earned", "tier_changed"]
    assert len(life.state.kept_standing.grants) == 50


def test_who_jumps_over_a_tier_is_given_what_the_reached_one_gives() -> None:
    pin = Tier("silver", 100, grants=(TierGrant(RewardId("pin"), "A pin"),))
    life = Life(tiered(tiers=(BASIC, pin, GOLD)))
    life.buys(300, "2026-03-02")
    assert [one["name"] for one in life.state.kept_standing.grants.values()] == ["A cake"]


def test_what_counted_nothing_takes_nothing_back() -> None:
    life = Life(points_program())
    life.buys(30, "2026-03-02")
    life.rules = tiered()
    assert life.voids(life.entries[0], "2026-03-03") == ["voided"]
    with_penny = Life(tiered())
    with_penny.does(earn(50), MONDAY)
    assert with_penny.state.standing is None


def test_a_card_that_never_left_the_lowest_tier_is_in_it_since_it_was_opened() -> None:
    life = Life(tiered(), card(enrolled_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC)))
    assert life.shown("2026-03-02") == TierView("basic", "2026-03-01", None, 0, "silver", 100)


def test_an_overdrawn_count_is_shown_as_it_is_and_misses_the_whole_threshold() -> None:
    held = NO_STANDING._replace(qualifying={"points:2026-02": -5})
    life = Life(tiered(), card(standing=held))
    assert life.shown("2026-03-02").missing == 100


def test_a_plan_is_read_from_what_a_program_keeps() -> None:
    told = [
        {"key": "basic", "threshold": 0, "earn_factor": "1.000", "grants": []},
        {"key": "gold", "threshold": 300, "earn_factor": "2.000", "grants": [CAKE, "gone"]},
    ]
    rules = {"basis": "spend_minor", "window": "calendar_year", "downgrade": "one_down"}
    read = plan_of(
        told,
        {**rules, "holds_months": 3, "grace_days": 7},
        points_program().type,
        {CAKE: CAKE_FOR_GOLD},
    )
    assert read == TierPlan((BASIC, GOLD), TierBasis.SPEND_MINOR, YEAR, 3, 7, ONE_DOWN)
    plain = plan_of(told, None, program().type, {})
    assert plain == TierPlan((BASIC, GOLD._replace(grants=())), TierBasis.STAMPS)
    assert plan_of([], None, program().type, {}) is None
