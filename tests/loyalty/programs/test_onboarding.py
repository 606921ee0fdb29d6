"""A new shop's way to its first customer, told by what it has."""

from typing import Any

from punchcard.accounts import location_service
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import onboarding, program_service, reward_service
from punchcard.loyalty.programs.onboarding import FirstSteps
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

REWARD: dict[str, Any] = {"name": "A coffee"}


def steps(shop: Shop) -> FirstSteps:
    with shop.context.database.read() as session:
        return onboarding.first_steps(session, shop.id)


def hire(shop: Shop) -> None:
    prepared = shop.context.loyalty.pin_verifier.prepare(shop.id, "2968")
    with shop.context.database.write() as session:
        pin_service.create_pin(
            session, by_operator(shop.context), shop.id, {"name": "Léa"}, prepared
        )


def test_a_new_shop_begins_with_itself(alice: Shop, bob: Shop) -> None:
    shelf.program(bob, status="active", stamp_reward=REWARD)
    found = steps(alice)
    assert (found.next, found.done, found.program_id) == ("shop", frozenset(), None)
    assert not found.is_finished


def test_a_shop_with_an_address_has_told_about_itself(alice: Shop) -> None:
    context = alice.context
    with context.database.write() as session:
        (place,) = location_service.list_locations(session, alice.id, after_id=None, limit=2)
        changes = {"address": "12, rue du Curé"}
        location_service.update_location(session, by_operator(context), alice.id, place.id, changes)
    assert steps(alice).next == "program"


def test_a_draft_waits_for_its_reward(alice: Shop) -> None:
    program = shelf.program(alice, status="draft", stamp_reward=None)
    found = steps(alice)
    assert (found.next, found.program_id) == ("reward", program.id)


def test_points_without_a_reward_are_good_for_nothing_yet(alice: Shop) -> None:
    program = shelf.program(alice, type="points", status="active", stamp_reward=None)
    assert steps(alice).next == "reward"
    with alice.context.database.write() as session:
        fields = {"name": "A cup", "points_required": 100}
        act = by_operator(alice.context)
        reward_service.create_reward(session, act, alice.id, program.id, fields)
    assert steps(alice).next == "pins"


def test_the_way_ends_with_the_first_stamp(alice: Shop) -> None:
    fields = {"stamp_reward": REWARD, "pin_policy": "optional", "welcome_stamps": 1}
    program = shelf.program(alice, status="active", **fields)
    hire(alice)
    assert steps(alice).next == "terminal"
    alice.device()
    assert steps(alice).next == "poster"
    card = shelf.opened_card(alice, program)
    assert (steps(alice).next, steps(alice).is_finished) == ("stamp", False)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(alice.context.loyalty.till, card, **by)
    assert steps(alice).is_finished


def test_the_way_ends_with_the_first_purchase_too(alice: Shop) -> None:
    rules = {"pin_policy": "off", "welcome_points": 10}
    program = shelf.program(alice, **{**shelf.POINTS, **rules}, status="active")
    card = shelf.opened_card(alice, program)
    assert not steps(alice).is_finished
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    points_service.earn_points(alice.context.loyalty.till, card, amount_minor=1250, **by)
    assert steps(alice).is_finished


def test_a_program_without_pins_asks_for_none(alice: Shop) -> None:
    shelf.program(alice, status="active", stamp_reward=REWARD, pin_policy="off")
    assert steps(alice).next == "terminal"


def test_a_shop_that_switched_its_program_off_is_not_guided_again(alice: Shop) -> None:
    program = shelf.program(alice, status="active", stamp_reward=REWARD)
    shelf.opened_card(alice, program)
    assert not steps(alice).is_finished
    with alice.context.database.write() as session:
        act = by_operator(alice.context)
        program_service.deactivate_program(session, act, alice.id, program.id)
    found = steps(alice)
    assert (found.is_finished, found.program_id) == (True, None)
