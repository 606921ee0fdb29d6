"""Lists of cards show each as it is, also those that keep more than balances."""

from punchcard.context import Context
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop

DATED = {"kind": "fixed", "months": 36}


def test_a_reward_once_a_card_is_used_up_where_points_have_dates(
    context: Context, alice: Shop
) -> None:
    program = shelf.program(alice, **{**shelf.HYBRID, "name": "Bread", "points_expiry": DATED})
    bag = shelf.reward(alice, program.id, points_required=20, per_card_limit=1)
    had, has_not = shelf.opened_card(alice, program), shelf.opened_card(alice, program)
    till = alice.context.loyalty.till
    asks: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    for card_id in (had, has_not):
        points_service.earn_points(till, card_id, amount_minor=5000, reference=None, **asks)
    points_service.redeem_points(till, had, reward_id=bag.id, points=None, **asks)
    with context.database.read() as session:
        cards = card_service.list_cards(session, alice.id, now=context.clock.now(), limit=10)
    assert {card.id: (card.points, card.used_up) for card in cards} == {
        had: (30, frozenset({bag.id})),
        has_not: (50, frozenset()),
    }
