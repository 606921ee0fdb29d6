"""What shows who stands at the till: how often it is looked at, and when it is too late for it."""

from dataclasses import replace

import pytest

from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.subjects import Subject
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import LocationId
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.staff import StaffTokenInvalid
from punchcard.loyalty.operations import (
    ReplayOnly,
    StaffIdentity,
)
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from punchcard.loyalty.till.requests import (
    OperationServices,
    RequestDetails,
    StaffProof,
)
from tests.loyalty import shelf
from tests.loyalty.till.callers import GARE, KEY, VILLE, a_till, builder, void
from tests.support.cast import Shop

PIN = "4711"


class CountingVerifier(PinVerifier):
    """Counts how often a PIN is looked at."""

    looks = 0

    def verify(self, subject: Subject, pin: str, staff_id: str | None = None) -> StaffIdentity:
        """Look at one."""
        self.looks += 1
        return super().verify(subject, pin, staff_id)


def token_of(services: OperationServices, subject: Subject) -> str:
    return services.staff_tokens.issue(services.pin_verifier.check(subject, PIN), subject)[0]


@pytest.mark.parametrize("typed", [PIN, "0815"])
def test_each_proof_is_looked_at_once_in_a_list(
    services: OperationServices, alice: Shop, context: Context, settings: Settings, typed: str
) -> None:
    anna = shelf.pin(alice, PIN)
    looking = CountingVerifier(
        context.database, context.loyalty.pin_hasher, context.clock, context.ids, settings
    )
    asking = builder(replace(services, pin_verifier=looking), alice)
    details = RequestDetails(proof=StaffProof.of(pin=typed), **KEY)

    assert asking.may_block(details)
    operations = [asking.build(details, void) for _ in range(3)]

    assert looking.looks == 1
    assert not asking.may_block(details)
    if typed == PIN:
        assert {one.staff and one.staff.pin_id for one in operations} == {anna.id}
    else:
        assert all(isinstance(one, ReplayOnly) for one in operations)


def test_a_proof_is_not_looked_at_for_what_is_refused_before(
    services: OperationServices, alice: Shop, context: Context, settings: Settings
) -> None:
    looking = CountingVerifier(
        context.database, context.loyalty.pin_hasher, context.clock, context.ids, settings
    )
    asking = builder(
        replace(services, pin_verifier=looking), alice, a_till(alice, location_id=GARE)
    )

    with pytest.raises(NotAllowed):
        asking.build(
            RequestDetails(location_id=LocationId(VILLE), proof=StaffProof.of(pin="0815")), void
        )
    assert looking.looks == 0


def test_a_remembered_token_never_blocks(services: OperationServices, alice: Shop) -> None:
    anna, till = shelf.pin(alice, PIN), a_till(alice)
    details = RequestDetails(proof=StaffProof.of(token=token_of(services, till)))

    assert builder(services, alice, till).may_block(details)
    builder(services, alice, till).build(details, void)
    asking = builder(services, alice, till)

    assert not asking.may_block(details)
    staff = asking.build(details, void).staff
    assert staff is not None
    assert staff.pin_id == anna.id


def test_a_token_that_is_remembered_and_lent_to_another_till_is_refused_without_a_wait(
    services: OperationServices, alice: Shop
) -> None:
    shelf.pin(alice, PIN)
    till, other = a_till(alice), a_till(alice, id="till-2")
    details = RequestDetails(proof=StaffProof.of(token=token_of(services, till)))
    builder(services, alice, till).build(details, void)
    asking = builder(services, alice, other)

    assert not asking.may_block(details)
    with pytest.raises(StaffTokenInvalid):
        asking.build(details, void)


def test_a_late_operation_may_carry_a_token_that_was_good_when_it_happened(
    services: OperationServices, alice: Shop, clock: ManualClock, settings: Settings
) -> None:
    anna, till = shelf.pin(alice, PIN), a_till(alice)
    token, happened = token_of(services, till), clock.now()
    clock.advance(minutes=settings.staff_token_minutes + 1)
    late = RequestDetails(
        occurred_at=happened, proof=StaffProof.of(token=token, occurred_at=happened)
    )
    now = RequestDetails(proof=StaffProof.of(token=token))
    asking = builder(services, alice, till)

    staff = asking.build(late, void).staff
    assert staff is not None
    assert staff.pin_id == anna.id
    with pytest.raises(StaffTokenInvalid):
        asking.build(now, void)


def test_without_any_staff_field_there_is_no_proof() -> None:
    assert StaffProof.of() is None
    assert StaffProof.of(staff_id="a1") == StaffProof(None, "a1", None, None)
