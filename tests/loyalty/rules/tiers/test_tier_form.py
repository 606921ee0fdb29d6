"""What a program may say about its tiers, and what contradicts itself."""

from typing import Any

import pytest

from punchcard.loyalty.rules.tiers.tier_form import (
    given_by,
    idle_tier_faults,
    kept_tiers,
    tier_faults,
)

BASIC: dict[str, Any] = {"key": "basic", "name": "Basic", "threshold": 0}
GOLD: dict[str, Any] = {"key": "gold", "name": "Gold", "threshold": 300, "grants": ["cake"]}


def faults(*tiers: dict[str, Any], type: str = "points", **rules: Any) -> list[tuple[Any, ...]]:
    """Return where something is wrong with these tiers of a program that has a cake."""
    told = tier_faults({"type": type, "tiers": list(tiers), **rules}, {"cake"})
    return [tuple(fault["loc"]) for fault in told]


def idle(**rules: Any) -> list[tuple[Any, ...]]:
    """Return what has no effect of rules that are all asked for."""
    return [tuple(fault["loc"]) for fault in idle_tier_faults(rules, rules)]


def test_tiers_that_rise_from_nothing_fit() -> None:
    assert faults(BASIC, GOLD) == []
    assert faults() == []


@pytest.mark.parametrize("threshold", [0, 100, 299])
def test_each_tier_takes_more_than_the_one_before(threshold: int) -> None:
    top = {**BASIC, "key": "top", "threshold": threshold}
    assert ("tiers", 2, "threshold") in faults(BASIC, GOLD, top)
    assert faults(BASIC, GOLD, {**top, "threshold": 301}) == []


def test_the_lowest_begins_at_nothing() -> None:
    assert faults({**BASIC, "threshold": 1}, GOLD) == [("tiers", 0, "threshold")]


def test_keys_are_names_and_stand_there_once() -> None:
    assert faults(BASIC, {**GOLD, "key": "basic"}) == [("tiers", 1, "key")]
    for key in ("1", "", "gold star", "é", "a" * 41):
        assert faults(BASIC, {**GOLD, "key": key}) == [("tiers", 1, "key")]


@pytest.mark.parametrize("factor", ["0.999", "1.5", "10.001", "2", "-1.000", "1,250"])
def test_a_factor_takes_no_points_away_and_gives_ten_times_at_most(factor: str) -> None:
    assert faults(BASIC, {**GOLD, "earn_factor": factor}) == [("tiers", 1, "earn_factor")]
    for fits in ("1.000", "1.250", "10.000"):
        assert faults(BASIC, {**GOLD, "earn_factor": fits}) == []


def test_where_no_points_are_collected_none_can_count_more() -> None:
    more = {**GOLD, "earn_factor": "1.250"}
    assert faults(BASIC, more, type="stamps") == [("tiers", 1, "earn_factor")]
    assert faults(BASIC, GOLD, type="stamps") == []


@pytest.mark.parametrize(
    ("type", "basis", "fits"),
    [
        ("stamps", "stamps", True),
        ("stamps", "visits", True),
        ("stamps", "points", False),
        ("stamps", "spend_minor", False),
        ("points", "stamps", False),
        ("points", "spend_minor", True),
        ("hybrid", "stamps", True),
        ("hybrid", "points", True),
    ],
)
def test_what_counts_is_something_the_program_collects(type: str, basis: str, fits: bool) -> None:
    assert faults(BASIC, type=type, tier_basis=basis) == ([] if fits else [("tier_basis",)])


def test_what_counts_for_ever_is_held_for_no_time() -> None:
    held: dict[str, Any] = {"tier_holds_months": 12, "tier_grace_days": 30}
    names = [("tier_holds_months",), ("tier_grace_days",)]
    for window in ({}, {"tier_window": "lifetime"}):
        assert idle(**window, tier_downgrade="to_fit", **held) == names
    assert idle(tier_window="calendar_year", tier_downgrade="to_fit", **held) == []
    assert idle(tier_holds_months=0, tier_grace_days=0) == []


def test_a_tier_that_nobody_falls_from_is_held_for_no_time() -> None:
    held: dict[str, Any] = {"tier_holds_months": 12, "tier_grace_days": 30}
    for downgrade in ({}, {"tier_downgrade": "never"}):
        for window in ("calendar_year", "rolling_12_months"):
            found = idle_tier_faults({"tier_window": window, **downgrade, **held}, held)
            assert [fault["loc"] for fault in found] == [["tier_holds_months"], ["tier_grace_days"]]
            assert all("Nobody falls" in fault["message"] for fault in found)
            # What stands there from before is nobody's fault now.
            assert idle_tier_faults({"tier_window": window, **downgrade, **held}, ["tiers"]) == []


def test_tiers_give_rewards_of_the_catalogue_each_once_and_the_lowest_none() -> None:
    assert faults(BASIC, {**GOLD, "grants": ["cake", "pie"]}) == [("tiers", 1, "grants", 1)]
    assert faults(BASIC, {**GOLD, "grants": ["cake", "cake"]}) == [("tiers", 1, "grants", 1)]
    assert faults({**BASIC, "grants": ["cake"]}, GOLD) == [("tiers", 0, "grants")]


def test_tiers_are_kept_with_all_their_fields() -> None:
    kept = kept_tiers([BASIC, GOLD])
    assert kept is not None
    assert kept[0] == {**BASIC, "texts": {}, "earn_factor": "1.000", "grants": [], "branding": {}}
    assert kept[1]["grants"] == ["cake"]
    assert given_by(kept) == {"cake"}
    assert given_by(None) == set()
    assert kept_tiers([]) is None
