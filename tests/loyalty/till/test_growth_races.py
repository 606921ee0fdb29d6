"""Grants, reservations, promotions and refunds from many threads at two tills: all exact."""

from punchcard.kit.ids import EntryId
from punchcard.loyalty.models import LoyaltyCard, Reward
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.till.receipt import Receipt
from tests.loyalty.till.submissions import at_once
from tests.support.drivers.till import TillDriver

POINTS = {"type": "points"}


def earned(counter: TillDriver, card: str, amount_minor: int) -> EntryId:
    receipt = counter.till.submit(counter.earn(card, amount_minor))  # type: ignore[arg-type]
    assert isinstance(receipt, Receipt)
    return EntryId(receipt.entry["id"])


def test_a_budget_gives_whole_shares_and_no_more(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program(**POINTS)
    promotion = alice.promotion(program, budget={"points": 25})
    cards = alice.cards(program, 6)
    asked = [alice.earn(cards[n % 6], 400) for n in range(24)]
    assert at_once(counters, asked) == {"done": 24}
    with alice.database.read() as session:
        kept = session.get_one(Promotion, promotion)
        assert (kept.points_given, kept.uses) == (24, 6)
        points = [session.get_one(LoyaltyCard, card).points for card in cards]
    assert sum(points) == 24 * 4 + 24


def test_a_limit_a_card_holds_at_both_tills(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program(**POINTS)
    promotion = alice.promotion(program, limit={"times": 2, "per": "day"})
    cards = alice.cards(program, 2)
    assert at_once(counters, [alice.earn(cards[n % 2], 300) for n in range(16)]) == {"done": 16}
    with alice.database.read() as session:
        assert session.get_one(Promotion, promotion).uses == 4
        assert [session.get_one(LoyaltyCard, card).points for card in cards] == [30, 30]


def test_what_is_given_once_is_given_once(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    asked = [alice.grant(card, coffee, once_key="birthday:2026") for _ in range(12)]
    assert at_once(counters, asked) == {"done": 1, "grant_already_given": 11}


def test_a_grant_is_collected_withdrawn_or_set_aside_once(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    given = alice.grant(card, coffee)
    alice.till.submit(given)
    verbs = [
        alice.redeem_grant(card, given.grant_id),
        alice.revoke(card, given.grant_id),
        alice.reserve(card, grant_id=given.grant_id),
    ]
    became = at_once(counters, [verbs[n % 2] for n in range(8)] + verbs)
    assert became["done"] == 1
    assert set(became) <= {"done", "grant_used", "grant_revoked", "grant_reserved"}


def test_the_shelf_is_emptied_by_those_who_set_aside_and_those_who_collect(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program(**POINTS, welcome_points=10)
    cake = alice.reward(program, points_required=5, stock_left=4)
    cards = alice.cards(program, 12)
    collect = [alice.redeem(card, cake) for card in cards[:6]]
    aside = [alice.reserve(card, reward_id=cake) for card in cards[6:]]
    assert at_once(counters, [*collect, *aside]) == {"done": 4, "reward_not_available": 8}
    with alice.database.read() as session:
        assert session.get_one(Reward, cake).stock_left == 0


def test_a_reservation_is_used_or_given_back_once(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program(**POINTS, welcome_points=10)
    card = alice.card(program)
    held = alice.reserve(card, points=6)
    alice.till.submit(held)
    confirm = alice.confirm(card, held.reservation_id)
    release = alice.release(card, held.reservation_id)
    became = at_once(counters, [confirm, release] * 5)
    assert became.pop("done") == 1
    assert [became.get(f"reservation_{how}", 0) for how in ("confirmed", "released")] in (
        [9, 0],
        [0, 9],
    )
    with alice.database.read() as session:
        points = session.get_one(LoyaltyCard, card).points
    assert points == (4 if "reservation_confirmed" in became else 10)


def test_points_are_set_aside_and_spent_once(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program(**POINTS, welcome_points=10)
    card = alice.card(program)
    asked = [alice.reserve(card, points=3), alice.redeem_points(card, 3)] * 5
    assert at_once(counters, asked) == {"done": 3, "not_enough_points": 7}


def test_refunds_never_come_to_more_than_the_purchase(counters: list[TillDriver]) -> None:
    alice = counters[0]
    card = alice.card(alice.program(**POINTS))
    purchase = earned(alice, card, 1000)
    asked = [alice.refund(purchase, 300, refund_reference=f"B-{n}") for n in range(10)]
    assert at_once(counters, asked) == {"done": 3, "refund_exceeds_purchase": 7}
    with alice.database.read() as session:
        assert session.get_one(LoyaltyCard, card).points == 1


def test_a_purchase_is_voided_or_refunded(counters: list[TillDriver]) -> None:
    alice = counters[0]
    card = alice.card(alice.program(**POINTS))
    purchase = earned(alice, card, 1000)
    refunds = [alice.refund(purchase, 100, refund_reference=f"B-{n}") for n in range(6)]
    became = at_once(counters, [*refunds, *[alice.void(purchase)] * 6])
    with alice.database.read() as session:
        points = session.get_one(LoyaltyCard, card).points
    if became["already_voided"]:
        assert (points, became) == (0, {"done": 1, "already_voided": 11})
    else:
        assert (points, became) == (4, {"done": 6, "purchase_refunded": 6})


def test_one_mistake_is_taken_back_once(counters: list[TillDriver]) -> None:
    alice = counters[0]
    card = alice.card(alice.program(**POINTS))
    purchase = earned(alice, card, 1000)
    assert at_once(counters, [alice.void(purchase)] * 12) == {"done": 1, "already_voided": 11}
