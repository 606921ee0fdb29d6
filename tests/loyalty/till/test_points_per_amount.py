"""So many points for so much money: in every currency, exact over many purchases and changes."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.rules import decide
from punchcard.loyalty.till import points_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.drivers.rules import MONDAY, card, earn, points_program


@pytest.mark.parametrize(
    ("points", "per_amount_minor", "amount_minor", "earned", "carry"),
    [
        (1, 1000, 2500, 2, 500),
        (1, 100, 2500, 25, 0),
        (3, 1000, 999, 2, 997),
        (1, 1_000_000, 999_999, 0, 999_999),
    ],
)
def test_so_many_points_for_so_much_money(
    points: int, per_amount_minor: int, amount_minor: int, earned: int, carry: int
) -> None:
    rate = {"points_per_currency_unit": points, "points_per_amount_minor": per_amount_minor}
    rules = points_program(**rate)
    after = decide(earn(amount_minor), rules, card(), MONDAY).card
    assert (after.points, after.points_carry) == (earned, carry)


@given(
    st.lists(st.integers(0, 10**7), max_size=30), st.integers(1, 1000), st.integers(1, 1_000_000)
)
def test_many_purchases_earn_what_their_sum_does(
    amounts: list[int], points: int, per_amount_minor: int
) -> None:
    rate = {"points_per_currency_unit": points, "points_per_amount_minor": per_amount_minor}
    rules = points_program(**rate)
    held = card()
    for amount in amounts:
        held = decide(earn(amount), rules, held, MONDAY).card
    assert (held.points, held.points_carry) == divmod(sum(amounts) * points, per_amount_minor)


@pytest.fixture
def by_till(alice: Shop) -> OperationMetadata:
    """Say who asks."""
    return {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    """Open a program with one point for every ten euros."""
    return shelf.program(
        alice,
        type="points",
        status="active",
        pin_policy="off",
        void_policy="allow_negative",
        points_per_amount_minor=1000,
    )


@pytest.fixture
def sound_books(alice: Shop) -> Iterator[None]:
    """Check the whole ledger when the test is over."""
    yield
    with alice.context.database.read_connection() as connection:
        verdict = verify_ledger(connection)
    assert verdict.is_sound, verdict


def change(shop: Shop, program: LoyaltyProgram, **fields: Any) -> None:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        program_service.update_program(session, act, shop.id, program.id, fields)


def bought(shop: Shop, card_id: str, amount_minor: int, by: OperationMetadata) -> Receipt:
    return points_service.earn_points(
        shop.context.loyalty.till, card_id, amount_minor=amount_minor, **by
    )


@pytest.mark.usefixtures("sound_books")
def test_a_change_of_the_amount_keeps_the_fraction_that_was_earned(
    alice: Shop, program: LoyaltyProgram, by_till: OperationMetadata
) -> None:
    card_id = shelf.opened_card(alice, program)
    assert bought(alice, card_id, 950, by_till).card.points == 0
    change(alice, program, points_per_amount_minor=100)
    # 0.95 of a point were earned by the old rule; five cents more make a whole one.
    assert bought(alice, card_id, 4, by_till).card.points == 0
    assert bought(alice, card_id, 1, by_till).card.points == 1


@pytest.mark.usefixtures("sound_books")
def test_a_void_after_a_change_takes_back_exactly_what_was_earned(
    alice: Shop, program: LoyaltyProgram, by_till: OperationMetadata
) -> None:
    card_id = shelf.opened_card(alice, program)
    first = bought(alice, card_id, 2_950, by_till)
    change(alice, program, points_per_amount_minor=100)
    points_service.adjust_points(
        alice.context.loyalty.till,
        card_id,
        points_delta=5,
        reason="test",
        limit_points=100,
        **by_till,
    )
    second = bought(alice, card_id, 50, by_till)
    assert second.card.points == 8  # 2.95 + 5 + 0.5
    till = alice.context.loyalty.till
    left = points_service.void(till, first.entry["id"], reason="typo", **by_till)
    assert left.card.points + Fraction(left.entry["points_carry_after"], 100) == Fraction(55, 10)
    change(alice, program, points_per_amount_minor=7)
    last = points_service.void(till, second.entry["id"], reason="typo", **by_till)
    assert (last.card.points, last.entry["points_carry_after"]) == (5, 0)


def test_the_amount_is_one_unit_of_the_currency_unless_told(alice: Shop) -> None:
    amounts = {
        code: shelf.program(alice, type="points", currency=code).points_per_amount_minor
        for code in ("EUR", "JPY", "KWD")
    }
    assert amounts == {"EUR": 100, "JPY": 1, "KWD": 1000}


def test_one_unit_stays_one_unit_in_another_currency(alice: Shop) -> None:
    made = shelf.program(alice, type="points")
    change(alice, made, currency="KWD")
    with alice.context.database.read() as session:
        assert session.get_one(LoyaltyProgram, made.id).points_per_amount_minor == 1000


@pytest.mark.parametrize("amount", [0, -1, 1_000_001])
def test_an_amount_out_of_bounds_is_refused(
    alice: Shop, program: LoyaltyProgram, amount: int
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        change(alice, program, points_per_amount_minor=amount)
    assert refusal.value.errors[0]["loc"] == ["points_per_amount_minor"]
