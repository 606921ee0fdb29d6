"""Whatever changes how a card looks reaches every page that shows it, whoever made the change."""

from collections.abc import Callable

import pytest

from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_changes, customer_service
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.cards.card_service import open_card
from punchcard.loyalty.operations import Actor, NewCustomer, OperationMetadata
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.open_pages import pages_that_follow


@pytest.fixture
def annas_cards(context: Context, alice: Shop) -> list[CardId]:
    """Open two cards, of two programs, for one customer."""
    anna = NewCustomer(name="Anna", email="anna@example.com")
    cards: list[CardId] = []
    for name in ("Coffee", "Cake"):
        program = shelf.program(alice, name=name, status="active", pin_policy="off")
        by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.API_KEY, None)}
        cards.append(open_card(context.loyalty.till, program.id, customer=anna, **by).card.id)
    return cards


def token_of(context: Context, shop: Shop, card_id: CardId) -> str:
    with context.database.read() as session:
        card = card_changes.lock_card(session, shop.id, card_id)
        token = context.loyalty.card_sealer.open(card.token_sealed, card.id)
    assert token is not None
    return token.decode()


def update(context: Context, shop: Shop, card_id: CardId, change: CardChange) -> Callable[[], None]:
    def do() -> None:
        with context.database.write() as session:
            card_changes.update_card(session, by_operator(context), shop.id, card_id, change)

    return do


def test_another_name_reaches_the_pages_of_all_the_customers_cards(
    context: Context, alice: Shop, annas_cards: list[CardId]
) -> None:
    change = update(context, alice, annas_cards[0], CardChange(customer={"name": "Anna Schmit"}))
    assert pages_that_follow(context, annas_cards, change) == set(annas_cards)


def test_an_erasure_reaches_the_pages_of_all_the_customers_cards(
    context: Context, alice: Shop, annas_cards: list[CardId]
) -> None:
    token = token_of(context, alice, annas_cards[1])

    def erase() -> None:
        with context.database.write() as session:
            former = context.loyalty.former_contacts
            customer_service.erase_customer(session, by_operator(context), token, former)

    assert pages_that_follow(context, annas_cards, erase) == set(annas_cards)


def test_another_language_reaches_the_cards_page(
    context: Context, alice: Shop, annas_cards: list[CardId]
) -> None:
    change = update(context, alice, annas_cards[0], CardChange(card={"locale": "lb"}))
    assert pages_that_follow(context, annas_cards[:1], change) == {annas_cards[0]}


@pytest.mark.parametrize("name", ["block_card", "replace_card"])
def test_a_blocked_or_replaced_cards_page_hears_of_it(
    context: Context, alice: Shop, annas_cards: list[CardId], name: str
) -> None:
    sealer = (context.loyalty.card_sealer,) if name == "replace_card" else ()

    def do() -> None:
        with context.database.write() as session:
            change = getattr(card_changes, name)
            change(session, by_operator(context), alice.id, annas_cards[0], *sealer)

    assert pages_that_follow(context, annas_cards[:1], do) == {annas_cards[0]}
