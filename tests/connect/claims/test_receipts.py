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
from tests.connect.claims.receipt_driver import ReceiptDriver
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
    alice: TillDriver,
    driver: ReceiptDriver,
    type: str,
    fields: dict[str, Any],
    entry: tuple[Any, ...],
) -> None:
    card = alice.card_of_before(alice.program(type=type, pin_policy="required"))
    place = alice.location()
    claim = driver.made(location_id=place, **fields)
    receipt = driver.take(claim.code or "", card)

    told = receipt.entry
    names = ("type", "stamps_delta", "points_delta", "amount_minor")
    assert tuple(told[name] for name in names) == entry
    assert (told["reference"], told["location_id"], told["actor_id"]) == ("R-1", place, claim.id)
    kept = driver.now(claim.id)
    assert (kept.state, kept.card_id, kept.transaction_id) == ("claimed", card, told["id"])


def test_a_signed_receipt_needs_no_line_and_counts_when_it_was_printed(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    text = driver.signed(driver.key(points))
    printed = clock.now()
    clock.advance(hours=71)
    seen = driver.read(f"https://cards.example/r/{text}")

    assert (seen.is_kept, seen.refusal, seen.claim.amount_minor) == (False, None, 1250)
    entry = driver.take(text, card).entry
    assert (entry["points_delta"], entry["occurred_at"]) == (12, printed)
    assert driver.row().source == "signed"
    assert isinstance(driver.read(text).refusal, ReceiptUsed)


def test_who_gets_a_card_for_the_receipt_has_it_too(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, clock: ManualClock
) -> None:
    text = driver.signed(driver.key(points))
    clock.advance(hours=1)
    card = alice.card(points, staff=alice.staff())
    assert driver.take(text, card).entry["occurred_at"] == clock.now()


def test_the_same_again_is_answered_as_it_was_and_another_card_gets_nothing(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    other = alice.card_of_before(points, staff=alice.staff())
    text = driver.signed(driver.key(points))
    first = driver.take(text, card)
    again = driver.take(text, card)

    assert (again.entry["id"], again.is_replay) == (first.entry["id"], True)
    assert driver.tried(text, other) == "receipt_already_used"
    assert len(booked(alice)) == 1


def test_a_number_is_one_purchase_whoever_tells_of_it(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    staff = alice.staff()
    other = alice.card_of_before(points, staff=staff)
    key = driver.key(points)
    claim = driver.made(reference="R-1")
    with pytest.raises(ReferenceAlreadyUsed):
        driver.made(reference="R-1")
    # The till has printed both: they are the same purchase.
    driver.take(driver.signed(key, "R-1", minor=900), card)
    assert driver.now(claim.id).state == "claimed"
    assert booked(alice)[0].amount_minor == 1250

    # The guest has shown their card at the counter, and the paper says a receipt as well.
    alice.till.submit(alice.earn(other, 500, reference="R-2", staff=staff))
    with pytest.raises(ReferenceAlreadyUsed):
        driver.made(reference="R-2")
    assert isinstance(driver.read(driver.signed(key, "R-2")).refusal, ReceiptUsed)
    assert driver.tried(driver.signed(key, "R-2"), card) == "receipt_already_used"

    # The counter was later than the receipt that was made.
    late = driver.made(reference="R-3")
    alice.till.submit(alice.earn(other, 500, reference="R-3", staff=staff))
    assert driver.tried(late.code or "", card) == "receipt_already_used"


def test_three_receipts_a_card_and_day_of_the_program(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    key = driver.key(points)
    told = [driver.tried(driver.signed(key, f"R-{number}"), card) for number in range(4)]
    assert told == ["taken"] * 3 + ["too_many_receipts_today"]
    other = alice.card_of_before(points, staff=alice.staff())
    assert driver.tried(driver.signed(key, "R-3"), other) == "taken"
    # 10:00 in Luxembourg: the day ends in 14 hours.
    clock.advance(hours=13, minutes=59)
    assert driver.tried(driver.signed(key, "R-4"), card) == "too_many_receipts_today"
    clock.advance(minutes=1)
    assert driver.tried(driver.signed(key, "R-4"), card) == "taken"


def test_a_card_with_others_merged_into_it_has_one_day(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    staff, key = alice.staff(), driver.key(points)
    other = alice.card_of_before(points, staff=staff)
    for number in range(2):
        driver.take(driver.signed(key, f"R-{number}"), other)
    alice.till.submit(alice.merge(card, other, staff=staff))
    told = [driver.tried(driver.signed(key, f"R-{number}"), card) for number in (2, 3)]
    assert told == ["taken", "too_many_receipts_today"]
    assert driver.tried(driver.signed(key, "R-9"), other) == "card_replaced"


def test_a_receipt_has_its_time(
    driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    key, now = driver.key(points), clock.now()
    early = driver.signed(key, "R-1", at=now + timedelta(minutes=11))
    assert isinstance(driver.read(early).refusal, ReceiptTooEarly)
    assert driver.tried(early, card) == "receipt_too_early"
    # A clock that runs ahead a little is now.
    ahead = driver.signed(key, "R-2", at=now + timedelta(minutes=10))
    assert driver.take(ahead, card).entry["occurred_at"] == now
    claim, signed = driver.made(reference="R-3"), driver.signed(key, "R-4")
    clock.advance(hours=72)
    for text in (claim.code or "", signed):
        assert isinstance(driver.read(text).refusal, ReceiptExpired)
        assert driver.tried(text, card) == "receipt_expired"
    # What nobody has put on a card gives its number back.
    assert driver.made(reference="R-3").state == "open"
    assert driver.now(claim.id).state == "expired"


def test_a_receipts_time_is_told_by_the_clocks_of_the_shop(
    driver: ReceiptDriver, points: ProgramId, clock: ManualClock
) -> None:
    key, now = driver.key(points), clock.now()
    early = driver.read(driver.signed(key, at=now + timedelta(minutes=30))).refusal
    assert early is not None
    assert early.told("en").endswith("from 2 Mar 2026, 10:30 on.")
    claim = driver.made(reference="R-2")
    clock.advance(hours=72)
    late = driver.read(claim.code or "").refusal
    assert late is not None
    assert late.told("en").endswith("until 5 Mar 2026, 10:00.")
    with pytest.raises(OccurredAtOutOfRange) as refusal:
        driver.made(reference="R-3", occurred_at=now)
    assert refusal.value.told("en").endswith("and 5 Mar 2026, 10:00.")


def test_a_purchase_that_was_cancelled_gives_nothing(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    claim = driver.made(reference="R-1")
    driver.withdraw(claim)
    for text in (claim.code or "", driver.signed(driver.key(points), "R-1")):
        assert isinstance(driver.read(text).refusal, ReceiptWithdrawn)
        assert driver.tried(text, card) == "receipt_withdrawn"
    taken = driver.made(reference="R-2")
    entry = driver.take(taken.code or "", card).entry
    with pytest.raises(DomainError) as refusal:
        driver.withdraw(taken)
    assert refusal.value.code == "receipt_claim_taken"
    assert refusal.value.facts == {"transaction_id": entry["id"]}
    # Taken back it gives nothing a second time: it is the shop that has decided so.
    back = alice.till.submit(alice.void(entry["id"], staff=alice.staff())).card
    assert back.points == 0
    assert driver.take(taken.code or "", card).is_replay


def test_what_no_till_of_the_shop_signed_is_not_genuine(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    key = driver.key(points)
    genuine = driver.signed(key)
    assert driver.tried(genuine.replace(".1250.", ".9250."), card) == "receipt_not_genuine"
    assert driver.tried(genuine.replace(key.code, "00000000"), card) == "receipt_not_genuine"
    assert (
        driver.tried(driver.signed(driver.key(points)).replace(".", "!"), card)
        == "receipt_not_found"
    )
    assert driver.tried("7HK2M-9QRT4", card) == "receipt_not_found"
    driver.revoke(key)
    assert driver.tried(genuine, card) == "receipt_not_genuine"
    assert booked(alice) == []


def test_a_test_receipt_is_read_and_gives_nothing(
    driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    text = driver.signed(driver.key(points), "TEST", minor=0)
    assert isinstance(driver.read(text).refusal, ReceiptIsTest)
    assert driver.tried(text, card) == "receipt_is_test"


def test_a_code_is_read_however_it_is_typed(driver: ReceiptDriver, card: CardId) -> None:
    code = driver.made().code or ""
    typed = f" {code[:3]} {code[3:].lower().replace('0', 'o').replace('1', 'l')} "
    assert driver.tried(typed, card) == "taken"


def test_what_refuses_leaves_the_receipt_open(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    text = driver.signed(driver.key(points))
    change(alice, LoyaltyCard, card, status=CardStatus.BLOCKED)
    assert driver.tried(text, card) == "card_blocked"
    change(alice, LoyaltyCard, card, status=CardStatus.ACTIVE)
    change(alice, LoyaltyProgram, points, status=ProgramStatus.INACTIVE, version=2)
    assert isinstance(driver.read(text).refusal, ProgramInactive)
    assert driver.tried(text, card) == "program_inactive"
    change(alice, LoyaltyProgram, points, status=ProgramStatus.ACTIVE, version=3)
    stranger = alice.card(alice.program(type="points"))
    assert driver.tried(text, stranger) == "receipt_of_other_program"
    # A rule of the till's: the receipt has been kept by then, and is open again.
    change(alice, LoyaltyProgram, points, minimum_purchase_minor=2000, version=4)
    assert driver.tried(text, card) == "purchase_below_minimum"
    assert (driver.row().state, driver.row().card_id) == ("open", None)
    change(alice, LoyaltyProgram, points, minimum_purchase_minor=0, version=5)
    assert driver.tried(text, card) == "taken"


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
    driver: ReceiptDriver,
    points: ProgramId,
    card: CardId,
    clock: ManualClock,
    does_it: bool,
    by: str,
) -> None:
    other = alice.card_of_before(points, staff=alice.staff())
    text = driver.signed(driver.key(points))
    halting: Any = HaltingTill(alice.till, does_it=does_it)
    with pytest.raises(TillBusy):
        driver.claimer(halting).take(text, card)
    assert driver.row().state == "taking"
    assert isinstance(driver.read(text).refusal, ReceiptUsed)
    with pytest.raises(DomainError, match="receipt_claim_taken"):
        driver.withdraw(driver.row())

    if by == "the same card":
        assert driver.tried(text, card) == "taken"
    elif by == "another card":
        assert driver.tried(text, other) == "receipt_already_used"
    else:
        clock.advance(minutes=1)
        with alice.database.write() as session:
            assert claim_keeper.enqueue_begun(session, clock.now()) == 1
        assert claim_keeper.settle_begun(driver.claimer(), clock.now()) == 1
        with alice.database.write() as session:
            assert claim_keeper.enqueue_begun(session, clock.now()) == 0
    assert (driver.row().state, driver.row().card_id) == ("claimed", card)
    assert [entry.card_id for entry in booked(alice)] == [card]


def test_what_was_cut_off_and_is_refused_then_goes_on_another_card(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    other = alice.card_of_before(points, staff=alice.staff())
    text = driver.signed(driver.key(points))
    halting: Any = HaltingTill(alice.till, does_it=False)
    with pytest.raises(TillBusy):
        driver.claimer(halting).take(text, card)
    change(alice, LoyaltyCard, card, status=CardStatus.BLOCKED)
    assert driver.tried(text, other) == "taken"
    assert [entry.card_id for entry in booked(alice)] == [other]


def test_the_worker_waits_for_a_busy_till(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    halting: Any = HaltingTill(alice.till, does_it=False)
    with pytest.raises(TillBusy):
        driver.claimer(halting).take(driver.signed(driver.key(points)), card)
    clock.advance(minutes=1)
    with pytest.raises(RetryLater):
        claim_keeper.settle_begun(driver.claimer(halting), clock.now())
    assert driver.row().state == "taking"


def together(driver: ReceiptDriver, asks: Sequence[tuple[str, CardId]]) -> list[str]:
    """Ask for all of this from threads that begin together; returns what came of each."""
    told: list[str] = [""] * len(asks)
    begin = threading.Barrier(len(asks))

    def ask(number: int) -> None:
        begin.wait()
        told[number] = driver.tried(*asks[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_two_who_show_one_receipt_at_once(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    other, key = alice.card_of_before(points, staff=alice.staff()), driver.key(points)
    told = together(driver, [(driver.signed(key), card), (driver.signed(key), other)] * 2)
    winner = driver.row().card_id
    won = [
        outcome for outcome, owner in zip(told, [card, other] * 2, strict=True) if owner == winner
    ]
    assert won == ["taken", "taken"]
    assert Counter(told) == {"taken": 2, "receipt_already_used": 2}
    assert len(booked(alice)) == 1


def test_a_receipt_is_used_by_the_card_that_it_is_on_whenever_it_is_looked_at(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    text = driver.signed(driver.key(points))
    reads, cards = engines_of(alice.database)[1], [card]

    def take(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Between the look for the receipt and the look for its number.
        if "reference_claims" in statement and cards:
            driver.take(text, cards.pop())

    event.listen(reads, "before_cursor_execute", take)
    seen = driver.read(text)
    event.remove(reads, "before_cursor_execute", take)
    assert driver.row().card_id == card
    assert (seen.is_kept, seen.claim.card_id) == ((True, card) if seen.refusal else (False, None))


def test_a_card_gets_three_of_six_at_once(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId
) -> None:
    key = driver.key(points)
    told = together(driver, [(driver.signed(key, f"R-{number}"), card) for number in range(6)])
    assert Counter(told) == {"taken": 3, "too_many_receipts_today": 3}
    assert len(booked(alice)) == 3


def test_old_receipts_are_let_go_and_forgotten(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    taken, let_pass, withdrawn = (driver.made(reference=f"R-{n}") for n in range(3))
    driver.take(taken.code or "", card)
    driver.withdraw(withdrawn)
    clock.advance(hours=72)
    assert forget(alice, clock) == 1
    assert driver.now(let_pass.id).state is ClaimState.EXPIRED
    clock.advance(days=90)
    assert forget(alice, clock) == 2
    assert driver.now(taken.id).state is ClaimState.CLAIMED


def forget(alice: TillDriver, clock: ManualClock) -> int:
    with alice.database.write() as session:
        return claim_keeper.forget_claims(session, clock.now(), days=90, limit=10)


def test_a_place_that_was_closed_keeps_nobody_from_their_points(
    alice: TillDriver, driver: ReceiptDriver, points: ProgramId, card: CardId, clock: ManualClock
) -> None:
    place = alice.location()
    text = driver.signed(driver.key(points, place))
    change(alice, Location, place, closed_at=clock.now())
    assert driver.take(text, card).entry["location_id"] is None
