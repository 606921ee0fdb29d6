"""What a shop's own software is told: everything that happens, and nothing about a person."""

import json
from typing import Any

import pytest

from punchcard.connect.webhooks import endpoint_service
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_changes, customer_service
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.errors.balances import StampTooSoon
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import Actor, AddStamp, CardKey, CardRef, VoidEntry
from punchcard.loyalty.programs import promotion_dates, promotion_service, reward_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.connect.webhook_shop import doing, endpoint, events
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.statements import statements_of

BY_SYSTEM = Actor(ActorKind.SYSTEM, None)


@pytest.fixture
def card(alice: Shop) -> CardId:
    """Open a card in a hybrid program of Café Alice: three stamps make a coffee."""
    return shelf.opened_card(alice, shelf.program(alice, **{"name": "Card", **shelf.HYBRID}))


def stamp(shop: Shop, card: CardId) -> Any:
    return shop.context.loyalty.till.submit(
        AddStamp(vendor_id=shop.id, actor=BY_SYSTEM, card=CardRef(CardKey.ID, card))
    )


def told(context: Context) -> list[tuple[str, dict[str, Any]]]:
    return [(event.type, json.loads(event.body)["data"]) for event in events(context)]


def kinds(context: Context) -> list[str]:
    return [kind for kind, _ in told(context)]


def test_a_shop_without_endpoints_writes_nothing_down(alice: Shop, card: CardId) -> None:
    stamp(alice, card)

    assert events(alice.context) == []


def test_a_stamp_is_told_with_its_entry_and_its_hash(alice: Shop, card: CardId) -> None:
    endpoint(alice)
    entry = stamp(alice, card).entry

    (event,) = events(alice.context)
    document = json.loads(event.body)
    assert list(document) == ["type", "timestamp", "data"]
    assert (document["type"], document["timestamp"]) == (
        "transaction.created",
        "2026-03-02T09:00:00.000000Z",
    )
    assert document["data"] == {
        "transaction_id": entry["id"],
        "card_id": card,
        "program_id": entry["program_id"],
        "program_version": entry["program_version"],
        "sequence": 2,
        "type": "stamp_earned",
        "stamps_delta": 1,
        "points_delta": 0,
        "stamps_after": 1,
        "points_after": 0,
        "amount_minor": None,
        "currency": None,
        "reference": None,
        "reward_id": None,
        "location_id": None,
        "voids": None,
        "occurred_at": "2026-03-02T09:00:00.000000Z",
        "created_at": "2026-03-02T09:00:00.000000Z",
        "hash": entry["hash"].hex(),
    }
    assert event.vendor_id == alice.id


def test_a_full_card_is_told_once(alice: Shop, card: CardId) -> None:
    endpoint(alice)
    for _ in range(4):
        stamp(alice, card)

    ready = [data for kind, data in told(alice.context) if kind == "reward.ready"]
    assert [(one["name"], one["stamps_required"], one["times"]) for one in ready] == [
        ("A coffee", 3, 1)
    ]


def test_a_new_card_is_told(alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    endpoint(alice)
    opened = shelf.opened_card(alice, program)

    assert kinds(alice.context) == ["transaction.created", "card.enrolled"]
    assert told(alice.context)[1][1]["card_id"] == opened


def test_a_void_is_told_as_a_transaction_that_names_what_it_voids(
    alice: Shop, card: CardId
) -> None:
    endpoint(alice)
    entry = stamp(alice, card).entry
    alice.context.loyalty.till.submit(
        VoidEntry(vendor_id=alice.id, actor=BY_SYSTEM, transaction_id=entry["id"])
    )

    assert told(alice.context)[-1][1]["voids"] == entry["id"]


def test_a_refusal_is_not_told(alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="off", cooldown_minutes=60)
    card = shelf.opened_card(alice, program)
    endpoint(alice)
    stamp(alice, card)
    with pytest.raises(StampTooSoon):
        stamp(alice, card)

    assert kinds(alice.context) == ["transaction.created"]


def test_no_contact_of_a_customer_is_told(alice: Shop, card: CardId) -> None:
    endpoint(alice)
    change = CardChange(customer={"name": "Anna", "email": "anna@example.com"})
    doing(alice, card_changes.update_card, card, change)
    doing(alice, card_changes.block_card, card)
    with alice.context.database.write() as session:
        row = session.get_one(LoyaltyCard, card)
        customer_service.erase_holder(
            session,
            by_operator(alice.context),
            alice.context.loyalty.former_contacts,
            card_id=card,
            customer_id=row.customer_id,
        )

    assert [(k, data.get("change"), data.get("fields")) for k, data in told(alice.context)] == [
        ("card.updated", "updated", ["customer"]),
        ("card.updated", "blocked", []),
        ("card.erased", None, None),
    ]
    assert "anna" not in "".join(event.body for event in events(alice.context)).lower()


def test_changes_of_a_program_are_told(alice: Shop, card: CardId) -> None:
    with alice.context.database.read() as session:
        program_id = session.get_one(LoyaltyCard, card).program_id
    endpoint(alice)
    doing(alice, reward_service.create_reward, program_id, {"name": "Cake", "points_required": 50})

    ((kind, data),) = told(alice.context)
    assert (kind, data["program_id"], data["status"]) == ("program.changed", program_id, "active")


def test_promotions_that_begin_and_end_by_their_dates_are_told(
    alice: Shop, clock: ManualClock
) -> None:
    program = shelf.program(alice, type="points", status="active")
    shelf.promotion(
        alice,
        program.id,
        starts_on=clock.now().date().replace(day=4),
        ends_on=clock.now().date().replace(day=5),
    )
    endpoint(alice)
    turns = []
    for _ in range(5):
        clock.advance(days=1)
        with alice.context.database.write() as session:
            promotion_dates.touch_dated(session, by_operator(alice.context), limit=10)
        turns.append([kind for kind in kinds(alice.context) if kind.startswith("promotion.")])

    assert turns[1:4] == [
        ["promotion.started"],
        ["promotion.started"],
        ["promotion.started", "promotion.ended"],
    ]
    assert turns[4] == turns[3]


def test_a_promotion_that_is_ended_by_hand_is_told(alice: Shop) -> None:
    program = shelf.program(alice, type="points", status="active")
    endpoint(alice)
    made = shelf.promotion(alice, program.id)
    doing(alice, promotion_service.end_promotion, program.id, made.id)

    turns = [kind for kind in kinds(alice.context) if kind.startswith("promotion.")]
    assert turns == ["promotion.started", "promotion.ended"]


def test_another_shop_writes_nothing_down(alice: Shop, bob: Shop, card: CardId) -> None:
    endpoint(bob)
    stamp(alice, card)

    assert events(alice.context) == []


def test_once_the_last_endpoint_is_gone_nothing_is_written_down(alice: Shop, card: CardId) -> None:
    _, endpoint_id = endpoint(alice)
    stamp(alice, card)
    doing(alice, endpoint_service.delete_endpoint, endpoint_id)
    before = len(events(alice.context))
    stamp(alice, card)

    assert len(events(alice.context)) == before


def test_a_stamp_at_a_shop_without_endpoints_asks_the_database_nothing_more(
    alice: Shop, bob: Shop, card: CardId
) -> None:
    other = shelf.opened_card(bob, shelf.program(bob, **{"name": "Card", **shelf.HYBRID}))
    endpoint(bob)
    stamp(alice, card)
    stamp(bob, other)
    plain: list[str] = []
    told_of: list[str] = []
    with statements_of(alice.context.database, plain):
        stamp(alice, card)
    with statements_of(alice.context.database, told_of):
        stamp(bob, other)

    assert not [one for one in plain if "vendor_events" in one or "webhook" in one]
    assert [one for one in told_of if "vendor_events" in one]
