"""Staff tokens: one PIN a shift; bound to a credential, to the PIN and to its hours."""

from datetime import datetime, timedelta

import pytest

from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError, InvalidInput
from punchcard.kit.ids import StaffPinId
from punchcard.loyalty.errors.staff import StaffPinRequired, StaffTokenInvalid
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.staff.identify import identify_staff
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

RIGHT = "4711"


def lend(shop: Shop, subject: Subject | None = None) -> str:
    """Exchange the PIN for a token at the shop's first till."""
    subject = subject or shelf.till(shop)
    hit = shop.context.loyalty.pin_verifier.check(subject, RIGHT)
    return shop.context.loyalty.staff_tokens.issue(hit, subject)[0]


def who(
    shop: Shop, token: str, subject: Subject | None = None, occurred_at: datetime | None = None
) -> str:
    """Show a token; returns the person's name or the code of the refusal."""
    try:
        tokens = shop.context.loyalty.staff_tokens
        return tokens.verify(token, subject or shelf.till(shop), occurred_at=occurred_at).name
    except DomainError as refusal:
        return refusal.code


def change_pin(shop: Shop, pin_id: StaffPinId, *, forget: StaffTokens | None = None) -> None:
    prepared = shop.context.loyalty.pin_verifier.prepare(shop.id, "6250")
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        pin_service.update_pin(session, act, shop.id, pin_id, {}, prepared=prepared)
    if forget:
        forget.invalidate(pin_id)


def test_a_token_names_the_person_and_ends_after_a_shift(alice: Shop, clock: ManualClock) -> None:
    pin = shelf.pin(alice, RIGHT, staff_id="anna")
    till = shelf.till(alice)
    token, expires_at = alice.context.loyalty.staff_tokens.issue(
        alice.context.loyalty.pin_verifier.check(till, RIGHT), till
    )
    assert token.startswith("st_")
    assert expires_at == clock.now() + timedelta(minutes=480)
    identity = alice.context.loyalty.staff_tokens.verify(token, till)
    assert identity == StaffIdentity(pin.id, "anna", "Anna", None)
    clock.advance(minutes=479, seconds=59)
    assert who(alice, token) == "Anna"
    clock.advance(seconds=1)
    assert who(alice, token) == "staff_token_invalid"


def test_a_token_is_good_for_its_own_till_only(alice: Shop, bob: Shop) -> None:
    shelf.pin(alice, RIGHT)
    token = lend(alice)
    assert who(alice, token, shelf.till(alice, 2)) == "staff_token_invalid"
    assert who(bob, token, shelf.till(bob)) == "staff_token_invalid"
    same_id = Subject(kind=SubjectKind.API_KEY, id=shelf.till(alice).id, vendor_id=alice.id)
    assert who(alice, token, same_id) == "staff_token_invalid"


def test_a_members_token_outlives_a_new_sign_in(alice: Shop) -> None:
    shelf.pin(alice, RIGHT)
    user, again = (
        Subject(kind=SubjectKind.MEMBER, id="anna", vendor_id=alice.id, credential_id=session)
        for session in ("morning", "afternoon")
    )
    assert who(alice, lend(alice, user), again) == "Anna"


@pytest.mark.parametrize("spoil", [str.upper, lambda t: t + "A", lambda t: t[3:], lambda _: "st_"])
def test_a_forged_token_is_refused(alice: Shop, spoil: object) -> None:
    shelf.pin(alice, RIGHT)
    forged = spoil(lend(alice))  # type: ignore[operator]
    assert who(alice, forged) == "staff_token_invalid"


@pytest.mark.parametrize("text", ["", "st_.", "st_\udc00.x", "pk_whatever", "st_" + "x" * 10_000])
def test_nonsense_is_no_token(alice: Shop, text: str) -> None:
    assert who(alice, text) == "staff_token_invalid"


def test_a_late_operation_may_carry_a_token_that_ran_out_since(
    alice: Shop, clock: ManualClock
) -> None:
    shelf.pin(alice, RIGHT)
    token, began = lend(alice), clock.now()
    clock.advance(hours=70)
    assert who(alice, token, occurred_at=began + timedelta(hours=7)) == "Anna"
    assert who(alice, token, occurred_at=began + timedelta(hours=8)) == "staff_token_invalid"
    assert who(alice, token, occurred_at=began - timedelta(seconds=1)) == "staff_token_invalid"
    clock.advance(hours=9, seconds=1)
    assert who(alice, token, occurred_at=began + timedelta(hours=7)) == "staff_token_invalid"


def test_a_changed_pin_ends_the_token_within_the_memory_of_another_process(
    alice: Shop, clock: ManualClock
) -> None:
    context = alice.context
    pin = shelf.pin(alice, RIGHT)
    token, till = lend(alice), shelf.till(alice)
    here, there = (
        StaffTokens(
            context.database,
            clock,
            context.settings.__class__(
                secret_key=context.settings.secret_key, credential_cache_seconds=2
            ),
        )
        for _ in range(2)
    )
    for tokens in (here, there):
        assert tokens.verify(token, till).name == "Anna"
    change_pin(alice, pin.id, forget=here)
    with pytest.raises(StaffTokenInvalid):
        here.verify(token, till)
    assert there.verify(token, till).name == "Anna"
    clock.advance(seconds=2)
    with pytest.raises(StaffTokenInvalid):
        there.verify(token, till)


def test_a_retired_persons_token_ends(alice: Shop) -> None:
    pin = shelf.pin(alice, RIGHT)
    token = lend(alice)
    with alice.context.database.write() as session:
        pin_service.retire_pin(session, by_operator(alice.context), alice.id, pin.id)
    assert who(alice, token) == "staff_token_invalid"


def test_a_locked_persons_running_token_stays_good(alice: Shop) -> None:
    pin = shelf.pin(alice, RIGHT)
    token = lend(alice)
    for _ in range(6):
        with pytest.raises(DomainError):
            alice.context.loyalty.pin_verifier.verify(shelf.till(alice), "9173", pin.id)
    assert who(alice, token) == "Anna"


def test_who_stands_at_the_till_is_told_by_token_or_by_pin_or_by_nobody(alice: Shop) -> None:
    pin = shelf.pin(alice, RIGHT, staff_id="anna")
    token, till = lend(alice), shelf.till(alice)
    verifier, tokens = alice.context.loyalty.pin_verifier, alice.context.loyalty.staff_tokens
    anna = StaffIdentity(pin.id, "anna", "Anna", None)
    assert identify_staff(verifier, tokens, till) is None
    assert identify_staff(verifier, tokens, till, staff_pin=RIGHT) == anna
    assert identify_staff(verifier, tokens, till, staff_pin=RIGHT, staff_id="anna") == anna
    assert identify_staff(verifier, tokens, till, staff_token=token) == anna
    assert identify_staff(verifier, tokens, till, staff_token=token, staff_id=pin.id) == anna
    with pytest.raises(StaffTokenInvalid):
        identify_staff(verifier, tokens, till, staff_token=token, staff_id="ben")
    with pytest.raises(InvalidInput):
        identify_staff(verifier, tokens, till, staff_token=token, staff_pin=RIGHT)
    with pytest.raises(StaffPinRequired):
        identify_staff(verifier, tokens, till, staff_id="anna")
