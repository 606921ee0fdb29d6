"""Whatever a till is asked for, it finds by keys: no step reads a shop's history from end to end.

The plans are those the till works with: on PostgreSQL one generic plan a statement, made with the
options of the till's own connections, over a ledger that was filled and analysed.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from punchcard.accounts.models import Vendor
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ProgramId, RewardId, SystemIds
from punchcard.loyalty.jobs.parts import SYSTEM_ACTOR
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import (
    AddStamp,
    BookDue,
    CardKey,
    CardRef,
    NewCustomer,
    Operation,
    Origin,
)
from punchcard.loyalty.rules.tiers.tier_form import kept_tiers
from punchcard.loyalty.till.quotes import quote
from punchcard.loyalty.till.receipt import Receipt
from tests.support.drivers.till import BY_TILL, TillDriver, open_till, open_till_driver
from tests.support.filler import fill
from tests.support.plans import Sent, broad_steps, engines_of, recorded

CARDS, SHOPS = 250, 40
HERE = Origin("::1", "a browser", None)


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter."""
    with open_till(database, clock=clock, ids=ids) as till:
        yield open_till_driver(database, till, clock=clock, ids=ids)


@pytest.fixture
def program(alice: TillDriver, database: Database, clock: ManualClock, ids: SystemIds) -> str:
    """Open a program with a long history."""
    program_id = alice.program(type="hybrid", cooldown_minutes=0, max_daily_stamps=50)
    with database.write_connection() as connection:
        connection.execute(update(Vendor).values(keeps_origins=True))
        fill(
            connection,
            ids,
            clock.now() - timedelta(days=30),
            vendor_id=alice.vendor_id,
            program_id=program_id,
            cards=CARDS,
            shops=SHOPS,
        )
    return program_id


def work_through_everything(alice: TillDriver, program: ProgramId, clock: ManualClock) -> None:
    """Do every kind of operation, alone and in lists, and ask for some again."""
    till = alice.till
    zoe = NewCustomer(name="Zoé", email="zoe@example.com", phone="+352621111001")
    card, other = (
        entry.card.id
        for entry in (
            till.submit(alice.enrol(program, customer=zoe, is_vouched=True)),
            till.submit(alice.enrol(program, idempotency_key="open", origin=HERE)),
        )
    )
    refused = till.submit_all([alice.enrol(program, customer=zoe, is_vouched=True)])
    assert not isinstance(refused[0], Receipt)
    place, anna = alice.location(), alice.staff()
    cake = alice.reward(program, stock_left=3, per_card_limit=2, points_required=1)
    common = {"location_id": place, "staff": anna}
    earned = till.submit(alice.earn(card, 99_900, reference="R-2", idempotency_key="e", **common))
    stamped = till.submit(alice.stamp(card, 12, idempotency_key="s"))
    late = alice.stamp(card, occurred_at=clock.now() + timedelta(hours=1))
    redeemed = till.submit(alice.redeem(card, cake, idempotency_key="r"))
    # Old enough for what comes late.
    clock.advance(hours=8)
    operations: list[Operation] = [
        late,
        alice.stamp(other),
        alice.redeem_stamps(card),
        alice.redeem_points(card, 1),
        alice.adjust(card, 5, note="sorry"),
        alice.earn(other, 500, reference="R-3"),
        alice.earn(other, 500, reference="R-2"),
        *(alice.void(receipt.entry["id"]) for receipt in (redeemed, stamped, earned)),
        alice.earn(other, 500, reference="R-2"),
        # What was answered before.
        alice.earn(card, 99_900, reference="R-2", idempotency_key="e", **common),
        alice.enrol(program, idempotency_key="open", origin=HERE),
    ]
    done = till.submit_all(operations) + [till.submit(o) for o in (late, operations[-1])]
    assert sum(isinstance(outcome, Receipt) for outcome in done) == len(operations) + 1
    by_every_key = [
        CardRef(CardKey.ID, card),
        CardRef(CardKey.NUMBER, earned.card.number),
        CardRef(CardKey.TOKEN, "unknown"),
    ]
    for refs in ([by_every_key[1]], [by_every_key[2]], by_every_key):
        till.submit_all([AddStamp(vendor_id=alice.vendor_id, actor=BY_TILL, card=r) for r in refs])


def grow(alice: TillDriver, program: ProgramId) -> RewardId:
    """Let a program have dates, tiers, a promotion with a budget; returns a reward for nothing."""
    gift = alice.reward(program, points_required=None, stock_left=9)
    tiers = [
        {"key": "basic", "name": "Basic", "threshold": 0},
        {"key": "gold", "name": "Gold", "threshold": 100, "earn_factor": "1.500", "grants": [gift]},
    ]
    ends = {"kind": "fixed", "months": 1}
    told: dict[str, Any] = {"points_expiry": ends, "stamps_expiry": ends}
    told |= {"tiers": kept_tiers(tiers), "points_activation_days": 0}
    with alice.database.write() as session:
        row = session.get_one(LoyaltyProgram, program)
        for name, value in told.items():
            setattr(row, name, value)
    limit, budget = {"times": 9, "per": "day"}, {"points": 10_000}
    alice.promotion(program, limit=limit, budget=budget)
    return gift


def work_through_growth(alice: TillDriver, program: ProgramId, clock: ManualClock) -> None:
    """Do what came with promises, dates, tiers and promotions, alone and in lists."""
    gift = grow(alice, program)
    till = alice.till
    card, other, third = (alice.card(program) for _ in range(3))
    visit = till.submit(alice.visit(card, amount_minor=20_000, stamps=2, reference="V-1"))
    bought = till.submit(alice.earn(card, 9_900, reference="V-2"))
    asked = alice.earn(card, 500, reference="V-3")
    assert quote(alice.database, till.programs, asked, clock.now()).points > 5
    given, set_aside = alice.grant(card, gift), alice.reserve(card, points=20)
    of_grant = alice.grant(other, gift)
    promised = alice.reserve(other, grant_id=of_grant.grant_id)
    done = till.submit_all([given, set_aside, of_grant, promised])
    done += till.submit_all(
        [
            alice.redeem_grant(card, given.grant_id),
            alice.confirm(card, set_aside.reservation_id),
            alice.release(other, promised.reservation_id),
            alice.revoke(other, of_grant.grant_id),
            alice.refund(bought.entry["id"], 900, refund_reference="V-2a"),
            alice.void(visit.entry["id"]),
        ]
    )
    merged = till.submit(alice.merge(card, other))
    done += [merged, till.submit(alice.void(merged.entry["id"]))]
    done.append(till.submit(alice.merge(card, third)))
    # What it led to answers for it, and old codes are nobody's.
    led = till.submit(alice.earn(card, 700))
    for ref in (CardRef(CardKey.NUMBER, led.card.number), CardRef(CardKey.EXTERNAL, "old")):
        till.submit_all([AddStamp(vendor_id=alice.vendor_id, actor=BY_TILL, card=ref)])
    clock.advance(hours=24 * 40)
    due = BookDue(
        vendor_id=alice.vendor_id,
        actor=SYSTEM_ACTOR,
        card=CardRef(CardKey.ID, card),
        until=clock.now(),
    )
    done += till.submit_all([due, alice.earn(other, 900, occurred_at=clock.now())])
    assert all(isinstance(outcome, Receipt) for outcome in done), done


@pytest.mark.parametrize("work", [work_through_everything, work_through_growth])
def test_every_statement_of_the_till_goes_by_keys(
    alice: TillDriver,
    program: ProgramId,
    database: Database,
    clock: ManualClock,
    work: Callable[[TillDriver, ProgramId, ManualClock], None],
) -> None:
    with recorded(*engines_of(database)) as sent:
        work(alice, program, clock)
    asked = {one.statement: one for one in sent if not one.statement.startswith("BEGIN")}
    assert len(asked) > 25
    with database.write_connection() as connection:
        found = [
            f"{step}\n    in {one.statement}"
            for one in asked.values()
            for step in broad_steps(connection, one)
        ]
    assert not found, "\n".join(found)


def test_a_search_by_shop_program_or_type_alone_is_seen(
    alice: TillDriver, program: str, database: Database
) -> None:
    """The check itself: what it lets through everywhere else, it must refuse here."""
    place = "?" if database.is_sqlite else "%s"
    query = f"SELECT count(note) FROM loyalty_transactions WHERE {{}} = {place}"  # noqa: S608
    values = {"vendor_id": alice.vendor_id, "program_id": program, "note": "x"}
    with database.write_connection() as connection:
        for column, value in values.items():
            kept = value.replace("-", "") if database.is_sqlite else value
            assert broad_steps(connection, Sent(query.format(column), (kept,))), column
        assert not broad_steps(connection, Sent(query.format("card_id"), ("0" * 32,)))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_till_plans_each_statement_once_and_for_all_values(database: Database) -> None:
    with database.write_connection() as connection:
        assert connection.scalar(text("SHOW plan_cache_mode")) == "force_generic_plan"
        assert connection.scalar(text("SHOW enable_seqscan")) == "off"
