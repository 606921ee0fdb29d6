"""What one entry adds to its day."""

from hypothesis import given
from hypothesis import strategies as st

from punchcard.loyalty.rules.rollup_rules import ALL_COLUMNS, rollup_deltas
from punchcard.loyalty.vocabulary import EntryType

WHOLE = st.integers(-1000, 1000)
STILL = {
    EntryType.CARD_OPENED,
    EntryType.VOIDED,
    EntryType.STAMPS_EXPIRED,
    EntryType.POINTS_ACTIVATED,
    EntryType.REWARD_GRANTED,
    EntryType.GRANT_REDEEMED,
    EntryType.GRANT_EXPIRED,
    EntryType.GRANT_REVOKED,
    EntryType.TIER_CHANGED,
}
"""What never moves the sum of a card's points and of its pending ones."""
TYPES = [type for type in EntryType if type not in STILL]


def points_in(deltas: dict[str, int]) -> int:
    """Return by how much the columns of points moved what cards have."""
    come = ("points_earned", "points_adjusted", "points_moved")
    gone = ("points_redeemed", "points_expired", "points_refunded", "points_reserved")
    return sum(deltas.get(name, 0) for name in come) - sum(deltas.get(name, 0) for name in gone)


def test_an_opened_card_counts_as_a_card() -> None:
    assert rollup_deltas(type=EntryType.CARD_OPENED, stamps_delta=0, points_delta=0) == {
        "cards_opened": 1
    }


def test_a_purchase_counts_with_its_points_and_its_amount() -> None:
    deltas = rollup_deltas(
        type=EntryType.POINTS_EARNED, stamps_delta=0, points_delta=12, amount_minor=1250
    )
    assert deltas == {"points_earned": 12, "purchases": 1, "purchase_amount_minor": 1250}


def test_a_purchase_too_small_for_a_point_is_still_a_purchase() -> None:
    deltas = rollup_deltas(
        type=EntryType.POINTS_EARNED, stamps_delta=0, points_delta=0, amount_minor=40
    )
    assert deltas == {"purchases": 1, "purchase_amount_minor": 40}


def test_a_full_stamp_card_counts_as_a_reward_with_its_value() -> None:
    deltas = rollup_deltas(
        type=EntryType.STAMPS_REDEEMED,
        stamps_delta=-10,
        points_delta=0,
        has_reward=True,
        reward_value_minor=350,
    )
    assert deltas == {"stamps_redeemed": 10, "rewards_redeemed": 1, "reward_value_minor": 350}


def test_a_free_number_of_points_is_no_reward() -> None:
    deltas = rollup_deltas(type=EntryType.POINTS_REDEEMED, stamps_delta=0, points_delta=-40)
    assert deltas == {"points_redeemed": 40}


def test_a_voided_purchase_takes_away_what_the_void_took_and_the_whole_amount() -> None:
    deltas = rollup_deltas(
        type=EntryType.VOIDED,
        voided_type=EntryType.POINTS_EARNED,
        stamps_delta=0,
        points_delta=-7,
        amount_minor=1250,
    )
    assert deltas == {"points_earned": -7, "purchases": -1, "purchase_amount_minor": -1250}


def test_a_voided_redemption_gives_points_and_reward_back() -> None:
    deltas = rollup_deltas(
        type=EntryType.VOIDED,
        voided_type=EntryType.POINTS_REDEEMED,
        stamps_delta=0,
        points_delta=100,
        has_reward=True,
        reward_value_minor=500,
    )
    assert deltas == {"points_redeemed": -100, "rewards_redeemed": -1, "reward_value_minor": -500}


@given(kind=st.sampled_from(TYPES), points=WHOLE, voided=st.booleans())
def test_every_point_lands_in_one_column(kind: EntryType, points: int, voided: bool) -> None:
    deltas = rollup_deltas(
        type=EntryType.VOIDED if voided else kind,
        voided_type=kind if voided else None,
        stamps_delta=0,
        points_delta=points,
    )
    assert points_in(deltas) == points
    assert set(deltas) <= set(ALL_COLUMNS)


@given(kind=st.sampled_from(TYPES[:3]), stamps=WHOLE, voided=st.booleans())
def test_every_stamp_lands_in_one_column(kind: EntryType, stamps: int, voided: bool) -> None:
    deltas = rollup_deltas(
        type=EntryType.VOIDED if voided else kind,
        voided_type=kind if voided else None,
        stamps_delta=stamps,
        points_delta=0,
    )
    assert deltas.get("stamps_earned", 0) - deltas.get("stamps_redeemed", 0) == stamps


@given(points=st.integers(1, 1000), pending=st.integers(1, 1000))
def test_pending_points_count_as_earned_on_the_day_of_the_purchase(
    points: int, pending: int
) -> None:
    lots = [["2027-01-31", pending, "2026-12-14"]]
    deltas = rollup_deltas(
        type=EntryType.POINTS_EARNED, stamps_delta=0, points_delta=points, details={"lots": lots}
    )
    assert (deltas["points_earned"], deltas["points_pending"]) == (points + pending, pending)
    lots = [["2027-01-31", -pending, "2026-12-14"], ["2027-01-31", pending]]
    later = rollup_deltas(
        type=EntryType.POINTS_ACTIVATED,
        stamps_delta=0,
        points_delta=pending,
        details={"lots": lots},
    )
    assert later == {"points_pending": -pending}


def test_what_a_promotion_added_is_told_apart_and_taken_off_with_its_purchase() -> None:
    parts = [
        {"kind": "base", "points": 12, "stamps": 0},
        {"kind": "promotion", "points": 12, "stamps": 1},
    ]
    earned = rollup_deltas(
        type=EntryType.VISIT_RECORDED,
        stamps_delta=1,
        points_delta=24,
        amount_minor=1200,
        details={"parts": parts},
    )
    assert (earned["points_bonus"], earned["stamps_bonus"]) == (12, 1)
    voided = rollup_deltas(
        type=EntryType.VOIDED,
        voided_type=EntryType.VISIT_RECORDED,
        stamps_delta=-1,
        points_delta=-24,
        amount_minor=1200,
        voided_details={"parts": parts},
    )
    assert voided == {name: -delta for name, delta in earned.items()} | {"points_pending": 0}


def test_a_reservation_counts_as_redeemed_once_it_is_confirmed() -> None:
    reserved = rollup_deltas(type=EntryType.POINTS_RESERVED, stamps_delta=0, points_delta=-50)
    assert reserved == {"points_reserved": 50}
    confirmed = rollup_deltas(
        type=EntryType.RESERVATION_CONFIRMED,
        stamps_delta=0,
        points_delta=10,
        details={"points": 40},
    )
    assert confirmed == {"points_reserved": -50, "points_redeemed": 40}


def test_a_visit_that_cost_nothing_is_a_purchase_of_no_amount() -> None:
    deltas = rollup_deltas(
        type=EntryType.VISIT_RECORDED, stamps_delta=1, points_delta=0, amount_minor=0
    )
    assert deltas == {"stamps_earned": 1, "purchases": 1}
