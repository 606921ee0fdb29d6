"""Staff PINs: giving, changing, retiring them, and whom a wrong one counts against."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.access.hashing import Hasher, cost_of
from punchcard.accounts.models import AuditEvent
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.errors.programs import ProgramNotFound
from punchcard.loyalty.errors.staff import (
    PinAlreadyUsed,
    PinTooSimple,
    StaffIdTaken,
    StaffPinInvalid,
    StaffPinLocked,
    StaffPinNotFound,
    StaffPinRetired,
)
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from tests.loyalty import shelf
from tests.loyalty.staff.typed_pins import RIGHT, WRONG, attempt, change, retire
from tests.support.cast import Shop

pytestmark = pytest.mark.both_databases


class CountingHasher:
    """A real hasher that counts its work."""

    def __init__(self, inner: Hasher) -> None:
        self._inner = inner
        self.bcrypts = 0

    @property
    def taken(self) -> int:
        return self._inner.taken

    def hash(self, plain: bytes, cost: int) -> str:
        self.bcrypts += 1
        return self._inner.hash(plain, cost)

    def verify(self, plain: bytes, hashed: str, *, cost: int) -> bool:
        self.bcrypts += 1
        return self._inner.verify(plain, hashed, cost=cost)


def test_a_person_is_found_by_the_pin_alone_by_id_and_by_staff_id(alice: Shop) -> None:
    pin = shelf.pin(alice, RIGHT, staff_id="anna-1")
    assert attempt(alice, RIGHT) == "Anna"
    assert attempt(alice, RIGHT, pin.id) == "Anna"
    assert attempt(alice, RIGHT, pin.id.upper()) == "Anna"
    assert attempt(alice, RIGHT, "anna-1") == "Anna"
    assert shelf.stored_pin(alice.context, pin.id).last_used_at == alice.context.clock.now()


def test_a_pin_is_stored_neither_plainly_nor_in_the_audit_trail(alice: Shop) -> None:
    pin = shelf.pin(alice, RIGHT)
    change(alice, pin, digits="6250")
    kept = shelf.stored_pin(alice.context, pin.id)
    assert RIGHT not in kept.pin_hash
    with alice.context.database.read() as session:
        about_pin = select(AuditEvent).where(AuditEvent.subject_id == pin.id)
        events = session.scalars(about_pin.order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == ["pin.created", "pin.changed"]
    assert not any(digits in repr((e.old, e.new)) for e in events for digits in (RIGHT, "6250"))


def test_a_simple_pin_is_refused(alice: Shop) -> None:
    with pytest.raises(PinTooSimple):
        shelf.pin(alice, "1234")
    with pytest.raises(InvalidInput):
        shelf.pin(alice, "12")


def test_two_people_of_one_shop_never_share_a_pin(alice: Shop, bob: Shop) -> None:
    anna, ben = shelf.pin(alice, RIGHT), shelf.pin(alice, "6250", name="Ben")
    with pytest.raises(PinAlreadyUsed):
        shelf.pin(alice, RIGHT, name="Cleo")
    with pytest.raises(PinAlreadyUsed):
        change(alice, ben, digits=RIGHT)
    assert shelf.pin(bob, RIGHT, name="Bob").name == "Bob"
    retire(alice, anna)
    assert change(alice, ben, digits=RIGHT).generation == 2


def test_one_pin_wanted_by_several_at_once_goes_to_one(alice: Shop) -> None:
    barrier = Barrier(4)

    def give(number: int) -> str:
        barrier.wait()
        try:
            return shelf.pin(alice, RIGHT, name=f"Person {number}").name
        except PinAlreadyUsed:
            return "taken"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(give, range(4)))[1:] == ["taken"] * 3


def test_a_staff_id_names_one_person(alice: Shop) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    ben = shelf.pin(alice, "6250", name="Ben")
    with pytest.raises(StaffIdTaken):
        shelf.pin(alice, "8306", staff_id="anna")
    with pytest.raises(StaffIdTaken):
        change(alice, ben, staff_id="anna")
    with pytest.raises(StaffIdTaken):
        change(alice, ben, staff_id="anna", digits="8306")
    assert change(alice, ben, staff_id="ben").staff_id == "ben"
    assert change(alice, ben, staff_id=None).staff_id is None


def test_an_id_comes_before_a_staff_id_that_looks_like_it(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    shelf.pin(alice, "6250", name="Mallory", staff_id=anna.id)
    assert attempt(alice, RIGHT, anna.id) == "Anna"
    assert attempt(alice, "6250", anna.id) == "wrong, 4 left"


def test_a_pin_of_another_vendor_does_not_exist(alice: Shop, bob: Shop) -> None:
    pin = shelf.pin(alice, RIGHT, staff_id="anna")
    for staff_id in (None, pin.id, "anna"):
        assert attempt(bob, RIGHT, staff_id).startswith("wrong")
    with pytest.raises(StaffPinNotFound):
        change(bob, pin, name="Bob was here")
    with pytest.raises(ProgramNotFound):
        shelf.pin(bob, "6250", program_id=shelf.program(alice).id)
    assert shelf.stored_pin(alice.context, pin.id).failed_attempts == 0


def test_a_new_pin_unlocks_and_ends_the_old_one(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    for _ in range(5):
        attempt(alice, WRONG, anna.id)
    change(alice, anna, digits="6250")
    assert attempt(alice, "6250", anna.id) == "Anna"
    assert attempt(alice, RIGHT, anna.id) == "wrong, 4 left"


def test_a_retired_pin_opens_nothing_and_keeps_its_name(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    retire(alice, anna)
    assert attempt(alice, RIGHT, anna.id) == "wrong, 4 left"
    assert attempt(alice, RIGHT) == "wrong, 3 left"
    assert shelf.stored_pin(alice.context, anna.id).name == "Anna"
    with pytest.raises(StaffPinRetired):
        change(alice, anna, name="Anne")
    with pytest.raises(StaffPinNotFound):
        retire(alice, anna)


def test_pins_are_listed_in_use_and_retired(alice: Shop) -> None:
    anna, ben = shelf.pin(alice, RIGHT), shelf.pin(alice, "6250", name="Ben")
    retire(alice, anna)

    def listed(**wanted: Any) -> list[str]:
        with alice.context.database.read() as session:
            return [p.name for p in pin_service.list_pins(session, alice.id, limit=9, **wanted)]

    assert listed() == ["Ben"]
    assert listed(status="retired") == ["Anna"]
    assert listed(status="all") == ["Anna", "Ben"]
    assert listed(status="all", after_id=ben.id) == []


def test_a_check_costs_one_bcrypt_whatever_the_number_of_staff(alice: Shop) -> None:
    context = alice.context
    hasher = CountingHasher(context.loyalty.pin_hasher)
    verifier = PinVerifier(context.database, hasher, context.clock, context.ids, context.settings)
    till = shelf.till(alice)

    def bcrypts(staff_id: str | None, digits: str) -> int:
        before = hasher.bcrypts
        with suppress(StaffPinInvalid):
            verifier.verify(till, digits, staff_id)
        return hasher.bcrypts - before

    for staff in range(3):
        pin = shelf.pin(alice, f"47{staff}1", name=f"Person {staff}")
        tries: list[Callable[[], int]] = [
            lambda: bcrypts(None, WRONG),
            lambda pin=pin: bcrypts(pin.id, WRONG),  # type: ignore[misc]
            lambda pin=pin, staff=staff: bcrypts(pin.id, f"47{staff}1"),  # type: ignore[misc]
            lambda staff=staff: bcrypts(None, f"47{staff}1"),  # type: ignore[misc]
        ]
        assert [one() for one in tries] == [1, 1, 1, 1]
    assert bcrypts("nobody", WRONG) == 1


@pytest.mark.parametrize("is_named", [True, False])
def test_guesses_that_arrive_at_once_never_get_more_than_the_limit(
    alice: Shop, is_named: bool
) -> None:
    """Of 24 guesses at once, the right one last, no more than five are told to be wrong."""
    anna = shelf.pin(alice, RIGHT)
    guesses = [str(9000 + 7 * number) for number in range(23)]
    barrier = Barrier(24)

    def guess(digits: str) -> str:
        barrier.wait()
        return attempt(alice, digits, anna.id if is_named else None)

    with ThreadPoolExecutor(24) as pool:
        told = list(pool.map(guess, [*guesses, RIGHT]))
    wrong = [one for one in told if one.startswith("wrong")]
    if told[-1] == "locked":
        assert sorted(wrong) == [f"wrong, {left} left" for left in range(5)]
        assert told.count("locked") == 19
    else:
        # The right one came among the first five. It forgives a person's misses, not a till's.
        assert told[-1] == "Anna"
        assert len(wrong) <= (9 if is_named else 5)


def test_a_pin_from_when_hashes_cost_less_takes_as_long_as_one_that_nobody_has(
    alice: Shop,
) -> None:
    shelf.pin(alice, RIGHT, staff_id="anna")
    context = alice.context
    hasher = context.loyalty.pin_hasher
    settings = replace(context.settings, pin_bcrypt_cost=6)
    verifier = PinVerifier(context.database, hasher, context.clock, context.ids, settings)
    rounds = []
    for digits in (RIGHT, WRONG):
        before = hasher.rounds
        with suppress(StaffPinInvalid):
            verifier.verify(shelf.till(alice), digits)
        rounds.append(hasher.rounds - before)
    assert rounds == [1 << 6, 1 << 6]


def test_a_right_pin_is_hashed_at_the_cost_that_is_set_now_while_nobody_waits(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT, staff_id="anna")
    context = alice.context
    hasher = CountingHasher(context.loyalty.pin_hasher)
    settings = replace(context.settings, pin_bcrypt_cost=6)
    verifier = PinVerifier(context.database, hasher, context.clock, context.ids, settings)
    before = verifier.check(shelf.till(alice), RIGHT)

    def typed(digits: str) -> tuple[int, int]:
        already = hasher.bcrypts
        with suppress(StaffPinInvalid):
            verifier.verify(shelf.till(alice), digits)
        kept = shelf.stored_pin(context, anna.id)
        return hasher.bcrypts - already, cost_of(kept.pin_hash)

    raised = replace(settings, pin_bcrypt_cost=7)
    verifier = PinVerifier(context.database, hasher, context.clock, context.ids, raised)
    assert typed(WRONG) == (1, 6)
    with context.loyalty.pin_hasher.place():
        assert typed(RIGHT) == (1, 6)
    assert typed(RIGHT) == (2, 7)
    assert typed(RIGHT) == (1, 7)
    # It is the same PIN: the shift that began with it goes on.
    assert verifier.check(shelf.till(alice), RIGHT).generation == before.generation


def test_misses_at_once_are_all_counted(alice: Shop) -> None:
    shelf.program(alice, pin_max_attempts=10)
    anna = shelf.pin(alice, RIGHT)
    barrier = Barrier(8)

    def miss(_: int) -> str:
        barrier.wait()
        return attempt(alice, WRONG, anna.id)

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(miss, range(8)))
    assert told == sorted(f"wrong, {left} left" for left in range(2, 10))
    assert shelf.stored_pin(alice.context, anna.id).failed_attempts == 8


def test_what_is_not_digits_is_refused_before_anything_is_counted(alice: Shop) -> None:
    shelf.pin(alice, RIGHT)
    for text in ("", "12", "４７１１", "47\x0011", "47\ud800"):
        with pytest.raises(InvalidInput):
            alice.context.loyalty.pin_verifier.verify(shelf.till(alice), text)
    assert attempt(alice, WRONG) == "wrong, 4 left"


class InterruptedHasher(CountingHasher):
    """A real hasher during whose work something else happens in the shop."""

    def __init__(self, inner: Hasher, meanwhile: Callable[[], object]) -> None:
        super().__init__(inner)
        self._meanwhile = meanwhile

    def verify(self, plain: bytes, hashed: str, *, cost: int) -> bool:
        self._meanwhile()
        return super().verify(plain, hashed, cost=cost)


def interrupted(shop: Shop, meanwhile: Callable[[], object]) -> PinVerifier:
    context = shop.context
    hasher = InterruptedHasher(context.loyalty.pin_hasher, meanwhile)
    return PinVerifier(context.database, hasher, context.clock, context.ids, context.settings)


def lock(shop: Shop, staff_id: str | None) -> None:
    for _ in range(5):
        attempt(shop, WRONG, staff_id)


@pytest.mark.parametrize("digits", [RIGHT, WRONG])
def test_a_lock_that_falls_during_the_check_holds_for_right_and_wrong_alike(
    alice: Shop, digits: str
) -> None:
    anna = shelf.pin(alice, RIGHT)
    verifier = interrupted(alice, lambda: lock(alice, anna.id))
    with pytest.raises(StaffPinLocked):
        verifier.verify(shelf.till(alice), digits, anna.id)
    assert shelf.stored_pin(alice.context, anna.id).failed_attempts == 5


@pytest.mark.parametrize("digits", [RIGHT, WRONG])
def test_a_till_that_is_locked_during_the_check_is_locked_for_right_and_wrong_alike(
    alice: Shop, digits: str
) -> None:
    shelf.pin(alice, RIGHT)
    verifier = interrupted(alice, lambda: lock(alice, None))
    with pytest.raises(StaffPinLocked):
        verifier.verify(shelf.till(alice), digits)


def test_a_pin_that_is_retired_or_changed_during_the_check_is_wrong(alice: Shop) -> None:
    anna, ben = shelf.pin(alice, RIGHT), shelf.pin(alice, "6250", name="Ben")
    with pytest.raises(StaffPinInvalid):
        interrupted(alice, lambda: retire(alice, anna)).verify(shelf.till(alice), RIGHT)
    verifier = interrupted(alice, lambda: change(alice, ben, digits="8306"))
    with pytest.raises(StaffPinInvalid):
        verifier.verify(shelf.till(alice), "6250", ben.id)


def test_a_miss_during_the_check_is_forgiven_by_the_right_pin(alice: Shop) -> None:
    anna = shelf.pin(alice, RIGHT)
    assert attempt(alice, RIGHT) == "Anna"
    verifier = interrupted(alice, lambda: attempt(alice, WRONG, anna.id))
    assert verifier.verify(shelf.till(alice), RIGHT, anna.id).name == "Anna"
    assert shelf.stored_pin(alice.context, anna.id).failed_attempts == 0


def test_a_use_is_noted_once_a_minute(alice: Shop, clock: ManualClock) -> None:
    anna = shelf.pin(alice, RIGHT)
    noted = []
    for _ in range(4):
        attempt(alice, RIGHT, anna.id)
        noted.append(shelf.stored_pin(alice.context, anna.id).last_used_at)
        clock.advance(seconds=30)
    assert noted[0] == noted[1] != noted[2] == noted[3]
