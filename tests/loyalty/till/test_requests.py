"""From a caller and what they ask to an operation: the rules that hold at every door."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.subjects import LOYALTY_MANAGE, NOBODY
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError, InvalidInput
from punchcard.kit.ids import DeviceId, EntryId, LocationId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.errors.cards import CardNotFound, CodeExpired
from punchcard.loyalty.errors.staff import StaffPinInvalid, StaffTokenInvalid
from punchcard.loyalty.errors.till import OccurredAtOutOfRange
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardRef,
    Operation,
    OperationMetadata,
    Origin,
    ReplayOnly,
    VoidEntry,
)
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import (
    OperationServices,
    RequestDetails,
    StaffProof,
    checked_points_delta,
    points_redemption,
)
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.loyalty.till.callers import GARE, KEY, TILL, VILLE, a_till, builder, void
from tests.support.cast import Shop

NUMBER = "572483901167"
BY_NUMBER = CardRef(CardKey.NUMBER, NUMBER)


def stamp(card: CardRef, metadata: OperationMetadata) -> Operation:
    return AddStamp(card=card, **metadata)


def test_an_operation_says_who_asked_where_from_and_in_which_request(
    services: OperationServices, alice: Shop
) -> None:
    details = RequestDetails(note="A birthday", **KEY)

    assert builder(services, alice).build(details, void) == VoidEntry(
        transaction_id=EntryId("entry 1"),
        vendor_id=alice.id,
        actor=Actor(ActorKind.DEVICE, TILL),
        note="A birthday",
        origin=Origin("192.0.2.7", "Browser", DeviceId(TILL)),
        request_id="request 1",
        **KEY,
    )


def test_nobody_asks_as_the_public_and_from_no_device(
    services: OperationServices, alice: Shop
) -> None:
    operation = builder(services, alice, NOBODY).build(RequestDetails(), void)

    assert operation.actor == Actor(ActorKind.PUBLIC, None)
    assert operation.origin == Origin("192.0.2.7", "Browser", None)


@pytest.mark.parametrize(
    ("own", "asked", "told"),
    [
        (None, None, None),
        (None, GARE, GARE),
        (GARE, None, GARE),
        (GARE, GARE, GARE),
    ],
)
def test_it_happened_where_the_caller_stands_or_says(
    services: OperationServices,
    alice: Shop,
    own: str | None,
    asked: LocationId | None,
    told: str | None,
) -> None:
    asking = builder(services, alice, a_till(alice, location_id=own))

    assert asking.build(RequestDetails(location_id=asked), void).location_id == told


def test_who_has_a_place_of_their_own_speaks_for_no_other(
    services: OperationServices, alice: Shop
) -> None:
    asking = builder(services, alice, a_till(alice, location_id=GARE))

    with pytest.raises(NotAllowed):
        asking.build(RequestDetails(location_id=LocationId(VILLE)), void)


def test_a_clock_that_runs_ahead_a_little_is_read_as_now(
    services: OperationServices, alice: Shop, clock: ManualClock, settings: Settings
) -> None:
    now, skew = clock.now(), timedelta(seconds=settings.clock_skew_seconds)
    asking = builder(services, alice)

    assert asking.build(RequestDetails(occurred_at=now + skew), void).occurred_at == now
    with pytest.raises(OccurredAtOutOfRange):
        asking.build(RequestDetails(occurred_at=now + skew + timedelta(seconds=1)), void)


def test_not_even_a_manager_may_tell_what_happened_before_the_grace(
    services: OperationServices, alice: Shop, clock: ManualClock, settings: Settings
) -> None:
    earliest = clock.now() - timedelta(hours=settings.offline_grace_hours)
    too_old = RequestDetails(occurred_at=earliest - timedelta(seconds=1))
    manager = a_till(alice, kind="member", permissions=frozenset({LOYALTY_MANAGE}))

    on_time = builder(services, alice).build(RequestDetails(occurred_at=earliest), void)
    assert on_time.occurred_at == earliest
    with pytest.raises(OccurredAtOutOfRange):
        builder(services, alice).build(too_old, void)
    with pytest.raises(OccurredAtOutOfRange):
        builder(services, alice, manager).build(too_old, void)


def test_when_it_may_be_is_told_by_the_clocks_of_the_shop(
    services: OperationServices, alice: Shop, clock: ManualClock
) -> None:
    clock.set(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    asking = builder(services, alice)
    ahead = RequestDetails(occurred_at=clock.now() + timedelta(hours=1))
    assert asking.may_block(ahead), "the shop's zone is read"
    with pytest.raises(OccurredAtOutOfRange) as refusal:
        asking.build(ahead, void)
    told = refusal.value.told("en")
    assert told.endswith("and 2 Jul 2026, 00:30.")
    assert "UTC" not in told


def refused_by_make(_card: CardRef, _metadata: OperationMetadata) -> Operation:
    checked_points_delta(0, 100)
    raise AssertionError("0 points are no correction")


@pytest.mark.parametrize(
    ("said", "card", "make", "refusal"),
    [
        pytest.param({"location_id": VILLE}, NUMBER, stamp, NotAllowed, id="another place"),
        pytest.param(
            {"proof": StaffProof.of(pin="0815")}, NUMBER, stamp, StaffPinInvalid, id="pin"
        ),
        pytest.param(
            {"proof": StaffProof.of(token="st_forged")},
            NUMBER,
            stamp,
            StaffTokenInvalid,
            id="token",
        ),
        pytest.param({}, f"1.12345678/{NUMBER}", stamp, CodeExpired, id="an old code"),
        pytest.param({}, "x" * 300, stamp, CardNotFound, id="no card"),
        pytest.param({}, NUMBER, refused_by_make, InvalidInput, id="the operation itself"),
    ],
)
def test_what_is_refused_becomes_a_question_for_the_earlier_answer_if_it_has_a_key(
    services: OperationServices,
    alice: Shop,
    said: dict[str, Any],
    card: str,
    make: Any,
    refusal: type[DomainError],
) -> None:
    asking = builder(services, alice, a_till(alice, location_id=GARE))

    with pytest.raises(refusal):
        asking.build_on_card(RequestDetails(**said), card, make)
    asked = asking.build_on_card(RequestDetails(**said, **KEY), card, make)

    assert isinstance(asked, ReplayOnly)
    assert isinstance(asked.refusal, refusal)
    assert (asked.vendor_id, asked.idempotency_key) == (alice.id, "key 1")
    assert asked.fingerprint == KEY["fingerprint"]


@pytest.mark.parametrize("text", [NUMBER, "5724 8390 1167"])
def test_a_card_that_is_named_by_its_number_has_shown_no_fresh_code(
    services: OperationServices, alice: Shop, text: str
) -> None:
    operation = builder(services, alice).build_on_card(RequestDetails(), text, stamp)

    assert isinstance(operation, AddStamp)
    assert (operation.card, operation.is_code_fresh) == (BY_NUMBER, False)


def test_a_moving_code_must_have_been_right_when_it_happened(
    services: OperationServices, alice: Shop, clock: ManualClock
) -> None:
    scanned_at = clock.now() - timedelta(hours=2)
    code = services.rotating_codes.code_for(NUMBER, scanned_at)

    late = RequestDetails(occurred_at=scanned_at)
    operation = builder(services, alice).build_on_card(late, code, stamp)
    assert isinstance(operation, AddStamp)
    assert (operation.card, operation.is_code_fresh) == (BY_NUMBER, True)
    with pytest.raises(CodeExpired):
        builder(services, alice).build_on_card(RequestDetails(), code, stamp)


def test_who_stands_at_the_till_is_looked_at_before_a_card_is_said_to_be_none(
    services: OperationServices, alice: Shop
) -> None:
    wrong = RequestDetails(proof=StaffProof.of(pin="0815"))

    with pytest.raises(StaffPinInvalid):
        builder(services, alice).build_on_card(wrong, "no card", stamp)


def test_who_is_refused_is_given_the_answer_that_the_key_was_given_before(
    services: OperationServices, alice: Shop, context: Context
) -> None:
    program = shelf.program(alice, **shelf.HYBRID)
    card = shelf.opened_card(alice, program)
    asking = builder(services, alice, a_till(alice, location_id=None))
    refused = builder(services, alice, a_till(alice, location_id=GARE))

    def put_stamp(till: Till, metadata: OperationMetadata) -> Receipt:
        return stamp_service.add_stamp(till, card, **metadata)

    first = asking.submit(context.loyalty.till, RequestDetails(**KEY), put_stamp)
    again = refused.submit(
        context.loyalty.till, RequestDetails(location_id=LocationId(VILLE), **KEY), put_stamp
    )

    assert again.is_replay
    assert again.entry["id"] == first.entry["id"]
    for key in ({}, {**KEY, "idempotency_key": "key 2"}):
        with pytest.raises(NotAllowed):
            refused.submit(
                context.loyalty.till,
                RequestDetails(location_id=LocationId(VILLE), **key),
                put_stamp,
            )


def test_the_services_do_what_they_say(alice: Shop, context: Context) -> None:
    program = shelf.program(alice, **shelf.HYBRID)
    cake = shelf.reward(alice, program.id)
    till = context.loyalty.till
    common: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}

    card = card_service.open_card(till, program.id, **common).card
    assert stamp_service.add_stamp(till, card.id, quantity=3, **common).card.stamps == 3
    assert stamp_service.redeem_stamps(till, card.number, **common).card.stamps == 0
    bought = points_service.earn_points(till, card.id, amount_minor=50_000, **common)
    given = points_service.adjust_points(
        till, card.id, points_delta=5, reason="An apology", limit_points=5, **common
    )
    assert given.card.points == bought.card.points + 5
    assert given.entry["note"] == "An apology"
    cake_given = points_service.redeem_points(
        till, card.id, reward_id=cake.id, points=None, **common
    )
    assert cake_given.card.points == given.card.points - 100
    taken_back = points_service.void(till, cake_given.entry["id"], reason="Typed twice", **common)
    assert taken_back.card.points == given.card.points


def test_points_are_exchanged_for_a_reward_or_by_number() -> None:
    common: dict[str, Any] = {"vendor_id": "alice", "actor": Actor(ActorKind.SYSTEM, None)}
    for both in ({"reward_id": "r", "points": 1}, {"reward_id": None, "points": None}):
        with pytest.raises(InvalidInput):
            points_redemption(BY_NUMBER, **both, **common)


@pytest.mark.parametrize("delta", [0, 101, -101])
def test_a_correction_by_hand_is_bounded_and_never_nothing(delta: int) -> None:
    assert checked_points_delta(-100, 100) == -100
    with pytest.raises(InvalidInput):
        checked_points_delta(delta, 100)
