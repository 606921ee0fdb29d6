"""What a card's holder had elsewhere: put on the card once, earned by nobody, taken back whole."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from punchcard.accounts.models import Customer
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import CardId, EntryId, ImportId, ProgramId, SystemIds, VendorId
from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    PointsAlreadySpent,
    StampsAlreadySpent,
)
from punchcard.loyalty.errors.cards import CardAlreadyExists, CardCodeAmbiguous, CardNotFound
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.errors.till import NotVoidable, OpeningBalanceExists
from punchcard.loyalty.import_models import HistoryImport
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import DailyRollup, LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    NewCustomer,
    OpenCard,
    OperationMetadata,
    SetOpeningBalance,
)
from punchcard.loyalty.reports.liability_service import liability
from punchcard.loyalty.reports.stats_rebuild import compare
from punchcard.loyalty.rules.values import BALANCE_LIMIT
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind, EntryType
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


@pytest.fixture
def moving(alice: TillDriver) -> Actor:
    """Begin an import, which acts from now on."""
    import_id = ImportId(alice.ids.new_id())
    alice.add(
        HistoryImport(
            id=import_id,
            vendor_id=alice.vendor_id,
            name="Moving in",
            actor_kind=ActorKind.MEMBER,
            actor_id="owner",
            created_at=alice.clock.now(),
        )
    )
    return Actor(ActorKind.IMPORT, import_id)


def opens(alice: TillDriver, by: Actor, card_id: CardId, **told: Any) -> Receipt:
    """Put an opening balance on a card."""
    ref = CardRef(CardKey.ID, card_id)
    return alice.till.submit(
        SetOpeningBalance(vendor_id=alice.vendor_id, actor=by, card=ref, **told)
    )


def test_an_opening_balance_is_there_to_be_spent_and_was_not_earned(
    alice: TillDriver, moving: Actor
) -> None:
    card = alice.card(alice.program(type="hybrid", welcome_stamps=0))

    receipt = opens(alice, moving, card, stamps=7, points=250)

    assert (receipt.card.stamps, receipt.card.points) == (7, 250)
    assert (receipt.card.lifetime_stamps, receipt.card.lifetime_points) == (0, 0)
    assert receipt.entry["type"] == EntryType.OPENING_BALANCE
    assert receipt.entry["details"]["import_id"] == moving.id
    alice.till.submit(alice.redeem_points(card, 250))


@pytest.mark.parametrize(("adds", "stamps"), [(False, 7), (True, 10)])
def test_what_is_told_is_set_or_added(
    alice: TillDriver, moving: Actor, adds: bool, stamps: int
) -> None:
    card = alice.card(alice.program())
    alice.till.submit(alice.stamp(card, 3))
    assert opens(alice, moving, card, stamps=7, adds=adds).card.stamps == stamps


def test_set_takes_away_what_is_beyond_it_and_its_undo_brings_that_back(
    alice: TillDriver, moving: Actor
) -> None:
    program = alice.program(type="points", points_expiry={"kind": "fixed", "months": 12})
    card = alice.card(program)
    alice.till.submit(alice.earn(card, 9000))

    opened = opens(alice, moving, card, points=40)
    assert opened.card.points == 40
    undone = alice.till.submit(alice.void(EntryId(opened.entry["id"]), actor=moving))
    assert undone.card.points == 90


def test_a_card_has_one_opening_balance_until_that_is_undone(
    alice: TillDriver, moving: Actor
) -> None:
    card = alice.card(alice.program())
    first = opens(alice, moving, card, stamps=2)
    with pytest.raises(OpeningBalanceExists) as refused:
        opens(alice, moving, card, stamps=3)
    assert refused.value.facts == {"transaction_id": first.entry["id"]}

    alice.till.submit(alice.void(EntryId(first.entry["id"]), actor=moving))
    assert opens(alice, moving, card, stamps=3).card.stamps == 3


@pytest.mark.parametrize("void_policy", ["clamp", "allow_negative", "refuse"])
def test_what_is_spent_of_it_keeps_it_whatever_the_policy(
    alice: TillDriver, moving: Actor, void_policy: str
) -> None:
    program = alice.program(type="hybrid", void_policy=void_policy)
    card, other = alice.card(program), alice.card(program)
    spent = opens(alice, moving, card, stamps=12)
    alice.till.submit(alice.redeem_stamps(card))
    points = opens(alice, moving, other, points=100)
    alice.till.submit(alice.redeem_points(other, 1))

    with pytest.raises(StampsAlreadySpent):
        alice.till.submit(alice.void(EntryId(spent.entry["id"]), actor=moving))
    with pytest.raises(PointsAlreadySpent):
        alice.till.submit(alice.void(EntryId(points.entry["id"]), actor=moving))


def test_nobody_at_a_counter_takes_an_opening_balance_back(
    alice: TillDriver, moving: Actor
) -> None:
    card = alice.card(alice.program())
    opened = opens(alice, moving, card, stamps=2)
    with pytest.raises(NotVoidable):
        alice.till.submit(alice.void(EntryId(opened.entry["id"])))


def test_opening_points_end_as_points_of_that_day_do(alice: TillDriver, moving: Actor) -> None:
    expiry = {"kind": "fixed", "months": 24, "round_to": "day"}
    card = alice.card(alice.program(type="points", points_expiry=expiry))
    receipt = opens(alice, moving, card, points=80)
    assert receipt.entry["details"]["lots"] == [[date(2028, 3, 2).isoformat(), 80]]


@pytest.mark.parametrize(("type", "told"), [("stamps", {"points": 1}), ("points", {"stamps": 1})])
def test_a_program_takes_only_what_its_cards_collect(
    alice: TillDriver, moving: Actor, type: str, told: dict[str, int]
) -> None:
    card = alice.card(alice.program(type=type))
    with pytest.raises(ProgramTypeMismatch):
        opens(alice, moving, card, **told)


def test_the_figures_of_days_and_the_ledger_stay_right(
    alice: TillDriver, moving: Actor, database: Database
) -> None:
    card = alice.card(alice.program(type="hybrid"))
    opened = opens(alice, moving, card, stamps=3, points=20)
    alice.till.submit(alice.void(EntryId(opened.entry["id"]), actor=moving))
    with database.read_connection() as connection:
        assert verify_ledger(connection).is_sound
        assert not compare(connection, lambda rows: None).differences
    with database.read() as session:
        row = session.get_one(HistoryImport, moving.id)
        assert (row.stamps, row.points) == (0, 0)


def with_code(alice: TillDriver, by: Actor, program: ProgramId, code: str, **more: Any) -> Receipt:
    """Open a card that came from elsewhere with a code."""
    return alice.till.submit(
        OpenCard(
            vendor_id=alice.vendor_id, actor=by, program_id=program, external_code=code, **more
        )
    )


@pytest.mark.parametrize(
    "code",
    ["OLD-0001", "4006381333931", "https://old.example/c/ABCDEFGHIJKLMNOPQRSTUV", "123456789018"],
)
def test_an_old_code_still_names_the_card(alice: TillDriver, moving: Actor, code: str) -> None:
    kept = CardRef.parse_any(code)
    assert kept is not None
    card = with_code(alice, moving, alice.program(), kept.value).card
    other = alice.card(alice.program())

    by_code = alice.stamp(card.id)
    stamped = alice.till.submit_all(
        [
            type(by_code)(vendor_id=alice.vendor_id, actor=by_code.actor, card=kept),
            alice.stamp(other),
        ]
    )
    assert [one.card.id for one in stamped if isinstance(one, Receipt)] == [card.id, other]


def test_an_old_code_of_two_programs_names_none_of_them(alice: TillDriver, moving: Actor) -> None:
    for program in (alice.program(), alice.program()):
        with_code(alice, moving, program, "OLD-1")
    ref = CardRef(CardKey.EXTERNAL, "OLD-1")
    stamp = alice.stamp(CardId("x"))
    with pytest.raises(CardCodeAmbiguous):
        alice.till.submit(type(stamp)(vendor_id=alice.vendor_id, actor=stamp.actor, card=ref))
    with pytest.raises(CardNotFound):
        alice.till.submit(type(stamp)(vendor_id=VendorId("another"), actor=stamp.actor, card=ref))


def test_who_moves_in_gets_no_welcome_bonus(alice: TillDriver, moving: Actor) -> None:
    program = alice.program(welcome_stamps=2)
    card = with_code(alice, moving, program, "OLD-1", has_welcome=False).card
    assert alice.till.submit(alice.stamp(card.id)).card.stamps == 1


def test_consent_keeps_the_day_it_was_given(
    alice: TillDriver, moving: Actor, database: Database, clock: ManualClock
) -> None:
    clock.advance(days=30)
    told = NewCustomer(
        email="mia@home.example", marketing_consent=True, marketing_consent_at=MONDAY
    )
    card_id = with_code(alice, moving, alice.program(), "OLD-1", customer=told).card.id
    with database.read() as session:
        card = session.get_one(LoyaltyCard, card_id)
        assert session.get_one(Customer, card.customer_id).marketing_consent_at == MONDAY


DATED: dict[str, Any] = {
    "type": "points",
    "points_expiry": {"kind": "fixed", "months": 1, "round_to": "day"},
}


def test_what_ends_on_the_way_is_nobodys_and_in_the_statistics(
    alice: TillDriver, moving: Actor, clock: ManualClock
) -> None:
    card = alice.card(alice.program(**DATED, points_activation_days=14))
    alice.till.submit(alice.earn(card, 700))
    clock.advance(days=50)
    opened = opens(alice, moving, card, points=30)
    assert opened.card.points == 30
    with alice.database.read_connection() as connection:
        query = select(ENTRIES.c.type, ENTRIES.c.actor_kind).where(ENTRIES.c.card_id == card)
        told = [tuple(row) for row in connection.execute(query.order_by(ENTRIES.c.sequence))]
        assert told[2:] == [
            ("points_activated", "system"),
            ("points_expired", "system"),
            ("opening_balance", "import"),
        ]
        assert compare(connection, lambda _: None).differences == []
        expired = connection.scalar(select(func.sum(table_of(DailyRollup).c.points_expired)))
    assert expired == 7
    with alice.database.read() as session:
        program = session.get_one(LoyaltyProgram, opened.entry["program_id"])
        day = clock.now().date()
        owed = liability(session, program, first=day - timedelta(days=60), last=day)
    assert (owed.closing, owed.imported, owed.movements["points_expired"]) == (30, 30, 7)


def test_the_undo_of_what_has_ended_takes_nothing_else(
    alice: TillDriver, moving: Actor, clock: ManualClock
) -> None:
    card = alice.card(alice.program(**DATED))
    opened = opens(alice, moving, card, points=30)
    clock.advance(days=20)
    alice.till.submit(alice.earn(card, 900))
    clock.advance(days=20)
    undone = alice.till.submit(alice.void(EntryId(opened.entry["id"]), actor=moving))
    assert undone.card.points == 9
    assert undone.entry["details"]["ended"] == [0, "30"]


def points_on(alice: TillDriver, card_id: CardId) -> int:
    """Return the points that a card's row has."""
    with alice.database.read() as session:
        return session.get_one(LoyaltyCard, card_id).points


def moves_in(
    alice: TillDriver, by: Actor, program_id: ProgramId, card_id: CardId, points: int
) -> list[Outcome]:
    """Hand in what opens a card of this id and puts a balance on it, in one list."""
    whose: OperationMetadata = {"vendor_id": alice.vendor_id, "actor": by}
    opening = OpenCard(
        **whose | {"idempotency_key": "row-1:card", "fingerprint": b"card"},
        program_id=program_id,
        customer=NewCustomer(email="mia@home.example"),
        is_mailed=False,
        has_welcome=False,
        card_id=card_id,
    )
    balance = SetOpeningBalance(
        **whose | {"idempotency_key": "row-1", "fingerprint": b"balance"},
        card=CardRef(CardKey.ID, card_id),
        points=points,
    )
    return alice.till.submit_all([opening, balance])


def test_one_list_opens_a_card_and_puts_its_balance_on_it(alice: TillDriver, moving: Actor) -> None:
    program, card_id = alice.program(type="points"), CardId(alice.ids.new_id())

    opened, told = moves_in(alice, moving, program, card_id, 450)

    assert isinstance(opened, Receipt)
    assert isinstance(told, Receipt)
    assert (opened.card.id, opened.card.points) == (card_id, 0)
    assert (told.card.id, told.card.points) == (card_id, 450)
    assert [one["sequence"] for one in (opened.entry, told.entry)] == [1, 2]
    assert points_on(alice, card_id) == 450


def test_the_same_list_again_answers_as_before_whatever_id_it_asks_for(
    alice: TillDriver, moving: Actor
) -> None:
    program = alice.program(type="points")
    first, second = CardId(alice.ids.new_id()), CardId(alice.ids.new_id())
    moves_in(alice, moving, program, first, 450)

    answers = moves_in(alice, moving, program, second, 450)

    assert [isinstance(one, Receipt) and (one.is_replay, one.card.id) for one in answers] == [
        (True, first),
        (True, first),
    ]


def test_a_card_that_opens_stays_where_its_balance_is_refused(
    alice: TillDriver, moving: Actor
) -> None:
    program, card_id = alice.program(type="points"), CardId(alice.ids.new_id())

    opened, refused = moves_in(alice, moving, program, card_id, BALANCE_LIMIT + 1)

    assert isinstance(opened, Receipt)
    assert isinstance(refused, BalanceLimitReached)
    assert points_on(alice, card_id) == 0


def test_no_card_has_the_id_that_a_refused_opening_asked_for(
    alice: TillDriver, moving: Actor
) -> None:
    program = alice.program(type="points")
    alice.card(program, customer=NewCustomer(email="mia@home.example"))

    refused, missed = moves_in(alice, moving, program, CardId(alice.ids.new_id()), 450)

    assert isinstance(refused, CardAlreadyExists)
    assert isinstance(missed, CardNotFound)
