"""Receipts on cards: once each, three a day, in their time, and whatever ends it in the middle."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from punchcard.accounts.models import Location
from punchcard.connect.claims import claim_keeper
from punchcard.connect.claims.errors import (
    ReceiptExpired,
    ReceiptIsTest,
    ReceiptTooEarly,
    ReceiptUsed,
    ReceiptWithdrawn,
)
from punchcard.connect.claims.vocabulary import ClaimState
from punchcard.db.outbox import RetryLater
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.errors.till import OccurredAtOutOfRange, ReferenceAlreadyUsed, TillBusy
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import CardStatus, ProgramStatus
from tests.connect.claims.desk import Desk
from tests.support.drivers.till import TillDriver
from tests.support.plans import engines_of


@pytest.fixture
def points(alice: TillDriver) -> ProgramId:
    """Open a points program that wants a PIN for everything."""
    return alice.program(type="points", pin_policy="required")


@pytest.fixture
def card(alice: TillDriver, points: ProgramId) -> CardId:
    """Open a card of it, four days ago."""
    return alice.card_of_before(points)


def booked(alice: TillDriver) -> list[Any]:
    """Return what receipts gave, oldest first."""
    query = select(ENTRIES).where(ENTRIES.c.actor_kind == "claim").order_by(ENTRIES.c.id)
    with alice.database.read_connection() as connection:
        return list(connection.execute(query).all())


def change(alice: TillDriver, table: type[Any], id: str, **values: Any) -> None:
    with alice.database.write() as session:
        for name, value in values.items():
            setattr(session.get_one(table, id), name, value)


@pytest.mark.parametrize(
    ("type", "fields", "entry"),
    [
        ("points", {"amount_minor": 1250}, ("points_earned", 0, 12, 1250)),
        ("stamps", {"amount_minor": 1250}, ("stamp_earned", 1, 0, None)),
        ("stamps", {"amount_minor": None, "stamps": 3}, ("stamp_earned", 3, 0, None)),
        ("hybrid", {"amount_minor": 1250}, ("visit_recorded", 1, 12, 1250)),
        ("hybrid", {"amount_minor": None, "stamps": 3}, ("visit_recorded", 3, 0, None)),
        ("hybrid", {"amount_minor": 1250, "stamps": 2}, ("visit_recorded", 2, 12, 1250)),
    ],
)
def test_a_receipt_gives_what_its_program_gives(
    alice: TillDriver, desk: Desk, type: str, fields: dict[str, Any], entry: tuple[Any, ...]
) -> None:
    card = alice.card_of_before(alice.program(type=type, pin_policy="required"))
    place = alice.location()
    claim = desk.made(location_id=place, **fields)
    receipt = desk.take(claim.code or "", card)

    told = receipt.entry
    names = ("type", "stamps_delta", "points_delta", "amount_minor")
    assert tuple(told[name] for name in names) == entry
    assert (told["reference"], told["location_id"], told["actor_id"]) == ("R-1", place, claim.id)
    kept = desk.now(claim.id)
    assert (kept.state, kept.card_id, kept.transaction_id) == ("claimed", card, told["id"])


def test_a_signed_receipt_needs_no_line_and_counts_when_it_was_printed(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    text = desk.signed(desk.key(points))
    printed = clock.now()
    clock.advance(hours=71)
    seen = desk.read(f"https://cards.example/r/{text}")

    assert (seen.is_kept, seen.refusal, seen.claim.amount_minor) == (False, None, 1250)
    entry = desk.take(text, card).entry
    assert (entry["points_delta"], entry["occurred_at"]) == (12, printed)
    assert desk.row().source == "signed"
    assert isinstance(desk.read(text).refusal, ReceiptUsed)


def test_who_gets_a_card_for_the_receipt_has_it_too(
    alice: TillDriver, desk: Desk, points: ProgramId, clock: ManualClock
) -> None:
    text = desk.signed(desk.key(points))
    clock.advance(hours=1)
    card = alice.card(points, staff=alice.staff())
    assert desk.take(text, card).entry["occurred_at"] == clock.now()


def test_the_same_again_is_answered_as_it_was_and_another_card_gets_nothing(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    other = alice.card_of_before(points, staff=alice.staff())
    text = desk.signed(desk.key(points))
    first = desk.take(text, card)
    again = desk.take(text, card)

    assert (again.entry["id"], again.is_replay) == (first.entry["id"], True)
    assert desk.tried(text, other) == "receipt_already_used"
    assert len(booked(alice)) == 1


def test_a_number_is_one_purchase_whoever_tells_of_it(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    staff = alice.staff()
    other = alice.card_of_before(points, staff=staff)
    key = desk.key(points)
    claim = desk.made(reference="R-1")
    with pytest.raises(ReferenceAlreadyUsed):
        desk.made(reference="R-1")
    # The till has printed both: they are the same purchase.
    desk.take(desk.signed(key, "R-1", minor=900), card)
    assert desk.now(claim.id).state == "claimed"
    assert booked(alice)[0].amount_minor == 1250

    # The guest has shown their card at the counter, and the paper says a receipt as well.
    alice.till.submit(alice.earn(other, 500, reference="R-2", staff=staff))
    with pytest.raises(ReferenceAlreadyUsed):
        desk.made(reference="R-2")
    assert isinstance(desk.read(desk.signed(key, "R-2")).refusal, ReceiptUsed)
    assert desk.tried(desk.signed(key, "R-2"), card) == "receipt_already_used"

    # The counter was later than the receipt that was made.
    late = desk.made(reference="R-3")
    alice.till.submit(alice.earn(other, 500, reference="R-3", staff=staff))
    assert desk.tried(late.code or "", card) == "receipt_already_used"


def test_three_receipts_a_card_and_day_of_the_program(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    key = desk.key(points)
    told = [desk.tried(desk.signed(key, f"R-{number}"), card) for number in range(4)]
    assert told == ["taken"] * 3 + ["too_many_receipts_today"]
    other = alice.card_of_before(points, staff=alice.staff())
    assert desk.tried(desk.signed(key, "R-3"), other) == "taken"
    # 10:00 in Luxembourg: the day ends in 14 hours.
    clock.advance(hours=13, minutes=59)
    assert desk.tried(desk.signed(key, "R-4"), card) == "too_many_receipts_today"
    clock.advance(minutes=1)
    assert desk.tried(desk.signed(key, "R-4"), card) == "taken"


def test_a_card_with_others_merged_into_it_has_one_day(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    staff, key = alice.staff(), desk.key(points)
    other = alice.card_of_before(points, staff=staff)
    for number in range(2):
        desk.take(desk.signed(key, f"R-{number}"), other)
    alice.till.submit(alice.merge(card, other, staff=staff))
    told = [desk.tried(desk.signed(key, f"R-{number}"), card) for number in (2, 3)]
    assert told == ["taken", "too_many_receipts_today"]
    assert desk.tried(desk.signed(key, "R-9"), other) == "card_replaced"


def test_a_receipt_has_its_time(
    desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    key, now = desk.key(points), clock.now()
    early = desk.signed(key, "R-1", at=now + timedelta(minutes=11))
    assert isinstance(desk.read(early).refusal, ReceiptTooEarly)
    assert desk.tried(early, card) == "receipt_too_early"
    # A clock that runs ahead a little is now.
    ahead = desk.signed(key, "R-2", at=now + timedelta(minutes=10))
    assert desk.take(ahead, card).entry["occurred_at"] == now
    claim, signed = desk.made(reference="R-3"), desk.signed(key, "R-4")
    clock.advance(hours=72)
    for text in (claim.code or "", signed):
        assert isinstance(desk.read(text).refusal, ReceiptExpired)
        assert desk.tried(text, card) == "receipt_expired"
    # What nobody has put on a card gives its number back.
    assert desk.made(reference="R-3").state == "open"
    assert desk.now(claim.id).state == "expired"


def test_a_receipts_time_is_told_by_the_clocks_of_the_shop(
    desk: Desk, points: ProgramId, clock: ManualClock
) -> None:
    key, now = desk.key(points), clock.now()
    early = desk.read(desk.signed(key, at=now + timedelta(minutes=30))).refusal
    assert early is not None
    assert early.told("en").endswith("from 2 Mar 2026, 10:30 on.")
    claim = desk.made(reference="R-2")
    clock.advance(hours=72)
    late = desk.read(claim.code or "").refusal
    assert late is not None
    assert late.told("en").endswith("until 5 Mar 2026, 10:00.")
    with pytest.raises(OccurredAtOutOfRange) as refusal:
        desk.made(reference="R-3", occurred_at=now)
    assert refusal.value.told("en").endswith("and 5 Mar 2026, 10:00.")


def test_a_purchase_that_was_cancelled_gives_nothing(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    claim = desk.made(reference="R-1")
    desk.withdraw(claim)
    for text in (claim.code or "", desk.signed(desk.key(points), "R-1")):
        assert isinstance(desk.read(text).refusal, ReceiptWithdrawn)
        assert desk.tried(text, card) == "receipt_withdrawn"
    taken = desk.made(reference="R-2")
    entry = desk.take(taken.code or "", card).entry
    with pytest.raises(DomainError) as refusal:
        desk.withdraw(taken)
    assert refusal.value.code == "receipt_claim_taken"
    assert refusal.value.facts == {"transaction_id": entry["id"]}
    # Taken back it gives nothing a second time: it is the shop that has decided so.
    back = alice.till.submit(alice.void(entry["id"], staff=alice.staff())).card
    assert back.points == 0
    assert desk.take(taken.code or "", card).is_replay


def test_what_no_till_of_the_shop_signed_is_not_genuine(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    key = desk.key(points)
    genuine = desk.signed(key)
    assert desk.tried(genuine.replace(".1250.", ".9250."), card) == "receipt_not_genuine"
    assert desk.tried(genuine.replace(key.code, "00000000"), card) == "receipt_not_genuine"
    assert desk.tried(desk.signed(desk.key(points)).replace(".", "!"), card) == "receipt_not_found"
    assert desk.tried("7HK2M-9QRT4", card) == "receipt_not_found"
    desk.revoke(key)
    assert desk.tried(genuine, card) == "receipt_not_genuine"
    assert booked(alice) == []


def test_a_test_receipt_is_read_and_gives_nothing(
    desk: Desk, points: ProgramId, card: CardId
) -> None:
    text = desk.signed(desk.key(points), "TEST", minor=0)
    assert isinstance(desk.read(text).refusal, ReceiptIsTest)
    assert desk.tried(text, card) == "receipt_is_test"


def test_a_code_is_read_however_it_is_typed(desk: Desk, card: CardId) -> None:
    code = desk.made().code or ""
    typed = f" {code[:3]} {code[3:].lower().replace('0', 'o').replace('1', 'l')} "
    assert desk.tried(typed, card) == "taken"


def test_what_refuses_leaves_the_receipt_open(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    text = desk.signed(desk.key(points))
    change(alice, LoyaltyCard, card, status=CardStatus.BLOCKED)
    assert desk.tried(text, card) == "card_blocked"
    change(alice, LoyaltyCard, card, status=CardStatus.ACTIVE)
    change(alice, LoyaltyProgram, points, status=ProgramStatus.INACTIVE, version=2)
    assert isinstance(desk.read(text).refusal, ProgramInactive)
    assert desk.tried(text, card) == "program_inactive"
    change(alice, LoyaltyProgram, points, status=ProgramStatus.ACTIVE, version=3)
    stranger = alice.card(alice.program(type="points"))
    assert desk.tried(text, stranger) == "receipt_of_other_program"
    # A rule of the till's: the receipt has been kept by then, and is open again.
    change(alice, LoyaltyProgram, points, minimum_purchase_minor=2000, version=4)
    assert desk.tried(text, card) == "purchase_below_minimum"
    assert (desk.row().state, desk.row().card_id) == ("open", None)
    change(alice, LoyaltyProgram, points, minimum_purchase_minor=0, version=5)
    assert desk.tried(text, card) == "taken"


class HaltingTill:
    """A till whose answer does not arrive, though it has done what was asked, or before it has."""

    def __init__(self, till: Till, *, does_it: bool) -> None:
        self.till, self.does_it = till, does_it

    def submit(self, operation: Operation) -> Receipt:
        if self.does_it:
            self.till.submit(operation)
        raise TillBusy(retry_after_seconds=1)


@pytest.mark.parametrize("does_it", [True, False])
@pytest.mark.parametrize("by", ["the same card", "another card", "the worker"])
def test_what_was_cut_off_in_the_middle_is_done_once(
    alice: TillDriver,
    desk: Desk,
    points: ProgramId,
    card: CardId,
    clock: ManualClock,
    does_it: bool,
    by: str,
) -> None:
    other = alice.card_of_before(points, staff=alice.staff())
    text = desk.signed(desk.key(points))
    halting: Any = HaltingTill(alice.till, does_it=does_it)
    with pytest.raises(TillBusy):
        desk.desk(halting).take(text, card)
    assert desk.row().state == "taking"
    assert isinstance(desk.read(text).refusal, ReceiptUsed)
    with pytest.raises(DomainError, match="receipt_claim_taken"):
        desk.withdraw(desk.row())

    if by == "the same card":
        assert desk.tried(text, card) == "taken"
    elif by == "another card":
        assert desk.tried(text, other) == "receipt_already_used"
    else:
        clock.advance(minutes=1)
        with alice.database.write() as session:
            assert claim_keeper.enqueue_begun(session, clock.now()) == 1
        assert claim_keeper.settle_begun(desk.desk(), clock.now()) == 1
        with alice.database.write() as session:
            assert claim_keeper.enqueue_begun(session, clock.now()) == 0
    assert (desk.row().state, desk.row().card_id) == ("claimed", card)
    assert [entry.card_id for entry in booked(alice)] == [card]


def test_what_was_cut_off_and_is_refused_then_goes_on_another_card(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    other = alice.card_of_before(points, staff=alice.staff())
    text = desk.signed(desk.key(points))
    halting: Any = HaltingTill(alice.till, does_it=False)
    with pytest.raises(TillBusy):
        desk.desk(halting).take(text, card)
    change(alice, LoyaltyCard, card, status=CardStatus.BLOCKED)
    assert desk.tried(text, other) == "taken"
    assert [entry.card_id for entry in booked(alice)] == [other]


def test_the_worker_waits_for_a_busy_till(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    halting: Any = HaltingTill(alice.till, does_it=False)
    with pytest.raises(TillBusy):
        desk.desk(halting).take(desk.signed(desk.key(points)), card)
    clock.advance(minutes=1)
    with pytest.raises(RetryLater):
        claim_keeper.settle_begun(desk.desk(halting), clock.now())
    assert desk.row().state == "taking"


def together(desk: Desk, asks: Sequence[tuple[str, CardId]]) -> list[str]:
    """Ask for all of this from threads that begin together; returns what came of each."""
    told: list[str] = [""] * len(asks)
    begin = threading.Barrier(len(asks))

    def ask(number: int) -> None:
        begin.wait()
        told[number] = desk.tried(*asks[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_two_who_show_one_receipt_at_once(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    other, key = alice.card_of_before(points, staff=alice.staff()), desk.key(points)
    told = together(desk, [(desk.signed(key), card), (desk.signed(key), other)] * 2)
    winner = desk.row().card_id
    won = [
        outcome for outcome, owner in zip(told, [card, other] * 2, strict=True) if owner == winner
    ]
    assert won == ["taken", "taken"]
    assert Counter(told) == {"taken": 2, "receipt_already_used": 2}
    assert len(booked(alice)) == 1


def test_a_receipt_is_used_by_the_card_that_it_is_on_whenever_it_is_looked_at(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    text = desk.signed(desk.key(points))
    reads, cards = engines_of(alice.database)[1], [card]

    def take(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Between the look for the receipt and the look for its number.
        if "reference_claims" in statement and cards:
            desk.take(text, cards.pop())

    event.listen(reads, "before_cursor_execute", take)
    seen = desk.read(text)
    event.remove(reads, "before_cursor_execute", take)
    assert desk.row().card_id == card
    assert (seen.is_kept, seen.claim.card_id) == ((True, card) if seen.refusal else (False, None))


def test_a_card_gets_three_of_six_at_once(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId
) -> None:
    key = desk.key(points)
    told = together(desk, [(desk.signed(key, f"R-{number}"), card) for number in range(6)])
    assert Counter(told) == {"taken": 3, "too_many_receipts_today": 3}
    assert len(booked(alice)) == 3


def test_old_receipts_are_let_go_and_forgotten(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    taken, let_pass, withdrawn = (desk.made(reference=f"R-{n}") for n in range(3))
    desk.take(taken.code or "", card)
    desk.withdraw(withdrawn)
    clock.advance(hours=72)
    assert forget(alice, clock) == 1
    assert desk.now(let_pass.id).state is ClaimState.EXPIRED
    clock.advance(days=90)
    assert forget(alice, clock) == 2
    assert desk.now(taken.id).state is ClaimState.CLAIMED


def forget(alice: TillDriver, clock: ManualClock) -> int:
    with alice.database.write() as session:
        return claim_keeper.forget_claims(session, clock.now(), days=90, limit=10)


def test_a_place_that_was_closed_keeps_nobody_from_their_points(
    alice: TillDriver, desk: Desk, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    place = alice.location()
    text = desk.signed(desk.key(points, place))
    change(alice, Location, place, closed_at=clock.now())
    assert desk.take(text, card).entry["location_id"] is None
