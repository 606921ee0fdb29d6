"""What an old code of a replaced card still tells."""

from punchcard.context import Context
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.cards.card_service import open_card
from punchcard.loyalty.cards.retired_cards import shop_of_retired_token
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator


def test_an_old_token_tells_whose_card_it_was_and_a_working_one_nothing(
    context: Context, alice: Shop
) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    actor = Actor(ActorKind.API_KEY, None)
    card = open_card(context.loyalty.till, program.id, vendor_id=alice.id, actor=actor).card
    token = context.loyalty.card_links.token(card.id, card.token_sealed)
    assert token is not None

    with context.database.write() as session:
        assert shop_of_retired_token(session, token) is None
        act = by_operator(context)
        card_changes.replace_card(session, act, alice.id, card.id, context.loyalty.card_sealer)

    with context.database.read() as session:
        assert shop_of_retired_token(session, token) == "Café Alice"
        assert shop_of_retired_token(session, "A" * 22) is None
        assert shop_of_retired_token(session, "not a token") is None
