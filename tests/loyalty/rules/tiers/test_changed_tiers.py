"""A shop changes its tiers: thresholds, basis and dates, with cards in them."""

from datetime import date

from punchcard.loyalty.rules.tiers.tier_plan import Tier
from punchcard.loyalty.rules.tiers.tier_rules import TierView, tier_view
from punchcard.loyalty.vocabulary import TierBasis
from tests.support.drivers.rules import points_program
from tests.support.drivers.tier_life import BASIC, ONE_DOWN, SILVER, TO_FIT, YEAR, tiered
from tests.support.drivers.tier_life import TierLife as Life


def test_another_basis_counts_from_nothing_and_takes_no_tier_away() -> None:
    life = Life(tiered())
    life.buys(300, "2026-03-02")
    life.rules = tiered(basis=TierBasis.VISITS)
    assert life.shown("2026-03-03") == TierView("gold", "2026-03-02", None, 0)
    assert life.buys(10, "2026-03-03") == ["points_earned"]
    life.rules = tiered()
    assert life.shown("2026-03-03").progress == 300


def test_higher_thresholds_take_no_tier_before_its_date() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(100, "2026-03-02")
    life.rules = tiered(tiers=(BASIC, Tier("silver", 500)), window=YEAR, downgrade=TO_FIT)
    assert life.buys(10, "2026-03-03") == ["points_earned"]
    assert life.shown("2026-12-31").key == "silver"
    assert life.shown("2027-01-01").key == "basic"


def test_lower_thresholds_lift_a_card_with_its_next_purchase() -> None:
    life = Life(tiered())
    life.buys(100, "2026-03-02")
    life.rules = tiered(tiers=(BASIC, SILVER, Tier("gold", 100 + 1)))
    assert life.shown("2026-03-02").missing == 1
    life.rules = tiered(tiers=(BASIC, Tier("silver", 50), Tier("gold", 90)))
    assert (life.shown("2026-03-02").key, life.shown("2026-03-02").missing) == ("silver", 0)
    life.buys(1, "2026-03-03")
    assert life.tier["key"] == "gold"


def test_whose_tier_was_removed_is_in_the_one_that_fits_and_told_so_when_it_next_buys() -> None:
    life = Life(tiered())
    life.buys(300, "2026-03-02")
    life.rules = tiered(tiers=(BASIC, SILVER))
    assert life.shown("2026-03-03").key == "silver"
    assert life.buys(10, "2026-03-04") == ["points_earned", "tier_changed"]
    assert (life.told["from"], life.told["to"]) == ("gold", "silver")


def test_a_removed_tier_that_comes_to_its_date_goes_to_what_fits() -> None:
    life = Life(tiered(window=YEAR, downgrade=ONE_DOWN, holds_months=1))
    life.buys(300, "2026-03-02")
    life.rules = tiered(tiers=(BASIC, SILVER), window=YEAR, downgrade=ONE_DOWN)
    assert life.sees("2027-02-02") == ["tier_changed"]
    assert life.tier["key"] == "basic"


def test_where_all_tiers_were_removed_a_tiers_date_ends_it() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(100, "2026-03-02")
    bought = life.entries[0]
    life.rules = points_program()
    assert life.buys(10, "2026-03-03") == ["points_earned"]
    assert life.voids(bought, "2026-03-04") == ["voided"]
    assert life.state.kept_standing.qualifying == {}
    assert life.sees("2027-01-01") == ["tier_changed"]
    assert life.told["reason"] == "removed"
    assert life.tier == {}
    assert tier_view(life.rules, life.state, date(2027, 1, 1)) is None


def test_where_tiers_no_longer_fall_one_that_comes_to_its_date_stays() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(300, "2026-03-02")
    life.rules = tiered(window=YEAR)
    assert life.sees("2027-01-01") == ["tier_changed"]
    assert life.tier["key"] == "gold"
    assert (life.told["reason"], life.state.due_on) == ("kept", None)


def test_a_date_that_was_given_is_kept_where_dates_were_switched_off() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(100, "2026-03-02")
    life.rules = tiered(downgrade=TO_FIT)
    assert life.voids(life.entries[0], "2026-03-03") == ["voided"]
    assert life.tier["key"] == "silver"


def test_where_dates_were_switched_on_a_tier_without_one_gets_none() -> None:
    life = Life(tiered())
    life.buys(100, "2026-03-02")
    life.rules = tiered(window=YEAR, downgrade=TO_FIT)
    assert life.buys(100, "2026-03-03") == ["points_earned"]
    assert life.state.due_on is None


def test_a_removed_tier_is_no_matter_of_a_void() -> None:
    life = Life(tiered(downgrade=TO_FIT))
    life.buys(300, "2026-03-02")
    life.rules = tiered(tiers=(BASIC, SILVER), downgrade=TO_FIT)
    assert life.voids(life.entries[0], "2026-03-03") == ["voided"]
