"""What a repetition at the till gets: the answer of the first time, by its key."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from punchcard.accounts.models import IdempotencyRecord
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.errors.balances import StampTooSoon
from punchcard.loyalty.errors.cards import (
    CardBlocked,
)
from punchcard.loyalty.errors.till import (
    IdempotencyKeyReused,
)
from punchcard.loyalty.operations import NewCustomer, ReplayOnly
from punchcard.loyalty.till.receipt import Receipt
from tests.loyalty.till.submissions import refusal_of
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import BY_TILL, TillDriver, open_till_driver


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


@pytest.fixture
def bob(alice: TillDriver) -> TillDriver:
    """Open Boulangerie Bob's counter on the same server."""
    return open_till_driver(
        alice.database, alice.till, clock=alice.clock, ids=alice.ids, slug="boulangerie-bob"
    )


def test_the_same_key_gives_the_same_answer_for_good(alice: TillDriver) -> None:
    anna = alice.staff()
    card = alice.card(alice.program(stamps_target=2, cooldown_minutes=0))
    operation = alice.stamp(card, staff=anna, idempotency_key="k-1")
    first = alice.till.submit(operation)
    alice.till.submit(alice.stamp(card))
    alice.till.submit(alice.redeem_stamps(card))
    alice.clock.advance(days=400)  # type: ignore[attr-defined]
    again = alice.till.submit(operation)
    assert again.is_replay
    assert replace(again, is_replay=False) == first


def test_the_same_key_twice_in_one_list_gives_one_stamp(alice: TillDriver) -> None:
    card = alice.card(alice.program(cooldown_minutes=0))
    operation = alice.stamp(card, idempotency_key="k-1")
    first, again = alice.till.submit_all([operation, operation])
    assert isinstance(first, Receipt)
    assert again == replace(first, is_replay=True)
    assert alice.till.submit(alice.stamp(card)).card.stamps == 2


@pytest.mark.parametrize("welcome", [0, 3])
def test_a_repeated_enrolment_gives_the_card_as_it_was_answered(
    alice: TillDriver, welcome: int
) -> None:
    program = alice.program(welcome_stamps=welcome)
    guest = NewCustomer(name="Noé", email="noe@example.com")
    operation = alice.enrol(program, customer=guest, idempotency_key="k-1")
    first = alice.till.submit(operation)
    assert first.card.stamps == welcome
    alice.till.submit(alice.stamp(first.card.id))
    assert alice.till.submit(operation) == replace(first, is_replay=True)


def test_a_key_used_for_another_request_is_refused(alice: TillDriver) -> None:
    card = alice.card(alice.program(cooldown_minutes=0))
    alice.till.submit(alice.stamp(card, idempotency_key="k-1"))
    other = alice.stamp(card, idempotency_key="k-1", fingerprint=b"o" * 32)
    assert isinstance(refusal_of(alice, other), IdempotencyKeyReused)
    both = alice.till.submit_all(
        [
            alice.stamp(card, idempotency_key="k-2"),
            alice.stamp(card, idempotency_key="k-2", fingerprint=b"o" * 32),
        ]
    )
    assert isinstance(both[1], IdempotencyKeyReused)


def test_a_key_used_elsewhere_in_the_api_is_refused(alice: TillDriver) -> None:
    card = alice.card(alice.program())
    alice.add(
        IdempotencyRecord(
            vendor_id=alice.vendor_id,
            key="k-1",
            fingerprint=b"f" * 32,
            status=201,
            body_sealed=b"sealed",
            created_at=alice.clock.now(),
        )
    )
    refused = refusal_of(alice, alice.stamp(card, idempotency_key="k-1"))
    assert isinstance(refused, IdempotencyKeyReused)


def test_keys_belong_to_one_vendor(alice: TillDriver, bob: TillDriver) -> None:
    for counter in (alice, bob):
        card = counter.card(counter.program())
        receipt = counter.till.submit(counter.stamp(card, idempotency_key="k-1"))
        assert not receipt.is_replay


def test_a_refusal_frees_its_key(alice: TillDriver) -> None:
    card = alice.card(alice.program())
    alice.till.submit(alice.stamp(card))
    operation = alice.stamp(card, idempotency_key="k-1")
    assert isinstance(refusal_of(alice, operation), StampTooSoon)
    alice.clock.advance(minutes=15)  # type: ignore[attr-defined]
    assert alice.till.submit(operation).card.stamps == 2


def test_a_request_refused_today_still_gets_the_answer_of_when_it_was_accepted(
    alice: TillDriver,
) -> None:
    card = alice.card(alice.program())
    common = {"vendor_id": alice.vendor_id, "actor": BY_TILL, "fingerprint": b"f" * 32}
    question = ReplayOnly(refusal=CardBlocked(), idempotency_key="k-1", **common)  # type: ignore[arg-type]
    assert isinstance(refusal_of(alice, question), CardBlocked)
    first = alice.till.submit(alice.stamp(card, idempotency_key="k-1"))
    assert alice.till.submit(question) == replace(first, is_replay=True)
