"""What one entry adds to its day."""

from hypothesis import given
from hypothesis import strategies as st

from punchcard.loyalty.rules.rollup_rules import ROLLUP_COLUMNS, rollup_deltas
from punchcard.loyalty.vocabulary import EntryType

WHOLE = st.integers(-1000, 1000)
TYPES = [type for type in EntryType if type not in (EntryType.CARD_OPENED, EntryType.VOIDED)]


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
    balance = deltas.get("points_earned", 0) - deltas.get("points_redeemed", 0)
    assert balance + deltas.get("points_adjusted", 0) == points
    assert set(deltas) <= set(ROLLUP_COLUMNS)


@given(kind=st.sampled_from(TYPES[:3]), stamps=WHOLE, voided=st.booleans())
def test_every_stamp_lands_in_one_column(kind: EntryType, stamps: int, voided: bool) -> None:
    deltas = rollup_deltas(
        type=EntryType.VOIDED if voided else kind,
        voided_type=kind if voided else None,
        stamps_delta=stamps,
        points_delta=0,
    )
    assert deltas.get("stamps_earned", 0) - deltas.get("stamps_redeemed", 0) == stamps
