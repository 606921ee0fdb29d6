"""A pepper that takes the place of another: PINs stay what they are, and follow when typed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.errors.staff import PinAlreadyUsed
from punchcard.loyalty.models import StaffPin
from tests.loyalty import shelf
from tests.loyalty.staff.typed_pins import RIGHT, WRONG, attempt, change
from tests.support.cast import Shop

NEW = "another pepper of 32 characters or more"
Later = Callable[..., Shop]


@pytest.fixture
def later(context: Context, alice: Shop, clock: ManualClock, ids: SystemIds) -> Iterator[Later]:
    """Open the same shop on a server with the new pepper, and the old one unless `is_alone`."""
    with ExitStack() as stack:

        def opened(*, is_alone: bool = False) -> Shop:
            old = "" if is_alone else context.settings.pin_pepper
            settings = replace(context.settings, pin_pepper=NEW, old_pin_peppers=old)
            built = build_context(settings, clock=clock, ids=ids, database=context.database)
            # The database is the test's own, and goes on.
            stack.callback(built.loyalty.till.close)
            return replace(alice, context=built)

        yield opened


def stored(shop: Shop, pin: StaffPin) -> StaffPin:
    return shelf.stored_pin(shop.context, pin.id)


@pytest.mark.parametrize("staff_id", [None, "anna"])
def test_a_pin_is_right_as_before_and_follows_the_pepper_when_it_is_typed(
    alice: Shop, later: Later, staff_id: str | None
) -> None:
    pin = shelf.pin(alice, RIGHT, staff_id="anna")
    before = stored(alice, pin)
    now = later()
    assert attempt(now, WRONG, "anna").startswith("wrong")
    assert stored(now, pin).pepper_id == before.pepper_id
    assert attempt(now, RIGHT, staff_id) == "Anna"
    after = stored(now, pin)
    assert after.pepper_id == now.context.settings.peppers.current.name != before.pepper_id
    assert (after.generation, after.id) == (before.generation, before.id)
    alone = later(is_alone=True)
    assert attempt(alone, RIGHT, staff_id) == "Anna"
    assert attempt(alone, WRONG, "anna").startswith("wrong")


def test_a_pin_that_was_not_typed_is_wrong_once_its_pepper_is_gone(
    alice: Shop, later: Later
) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    alone = later(is_alone=True)
    assert attempt(alone, RIGHT, "anna").startswith("wrong")
    assert attempt(alone, RIGHT).startswith("wrong")


def test_a_shift_goes_on_when_its_pin_follows(alice: Shop, later: Later) -> None:
    shelf.pin(alice, RIGHT)
    till = shelf.till(alice)
    hit = alice.context.loyalty.pin_verifier.check(till, RIGHT)
    token, _ = alice.context.loyalty.staff_tokens.issue(hit, till)
    now = later()
    assert attempt(now, RIGHT) == "Anna"
    assert now.context.loyalty.staff_tokens.verify(token, till).name == "Anna"


def test_two_people_never_have_one_pin_under_two_peppers(alice: Shop, later: Later) -> None:
    anna = shelf.pin(alice, RIGHT, staff_id="anna")
    now = later()
    with pytest.raises(PinAlreadyUsed):
        shelf.pin(now, RIGHT, "Ben", staff_id="ben")
    ben = shelf.pin(now, "6250", "Ben", staff_id="ben")
    with pytest.raises(PinAlreadyUsed):
        change(now, ben, digits=RIGHT)
    # Whose it is already may choose it again: then it is of the new pepper.
    assert change(now, anna, digits=RIGHT).generation == anna.generation + 1
    assert attempt(later(is_alone=True), RIGHT) == "Anna"


def test_a_pin_of_before_peppers_had_names_is_of_the_oldest(alice: Shop, later: Later) -> None:
    pin = shelf.pin(alice, RIGHT, staff_id="anna")
    with alice.context.database.write() as session:
        session.get_one(StaffPin, pin.id).pepper_id = None
    assert attempt(alice, RIGHT, "anna") == "Anna"
    with alice.context.database.write() as session:
        session.get_one(StaffPin, pin.id).pepper_id = None
    now = later()
    assert attempt(now, RIGHT, "anna") == "Anna"
    assert stored(now, pin).pepper_id == now.context.settings.peppers.current.name
