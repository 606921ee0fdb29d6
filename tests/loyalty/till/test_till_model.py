"""The till does in a database, batch by batch, what the rules do over a list in memory."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.rules.values import CardState, RewardState
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from tests.loyalty.model import (
    PROGRAMS,
    REWARDS,
    RUSHES,
    STARTS,
    Rush,
    Shop,
    operation_of,
    rules_of,
)
from tests.support.books import audited
from tests.support.drivers.till import BY_TILL, TillDriver, open_till, open_till_driver

COMPARED = (
    "type",
    "sequence",
    "stamps_delta",
    "points_delta",
    "stamps_after",
    "points_after",
    "points_carry_after",
    "amount_minor",
    "currency",
    "occurred_at",
    "created_at",
)


def test_any_day_goes_the_same_way_in_the_database_and_in_memory(
    database: Database, clock: ManualClock, ids: SystemIds
) -> None:
    with open_till(database, clock=clock, ids=ids) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ids)

        @settings(max_examples=8, deadline=None, database=None)
        @given(program=PROGRAMS, reward=REWARDS, rushes=RUSHES, now=STARTS, vouched=st.booleans())
        def compare(
            program: dict[str, Any],
            reward: dict[str, Any],
            rushes: list[Rush],
            now: datetime,
            vouched: bool,
        ) -> None:
            clock.set(now)
            Day(alice, clock, program, reward, vouched).live(rushes)

        compare()
    audited(database)


class Day:
    """One card's day, lived twice: at the till and in the model."""

    def __init__(
        self,
        counter: TillDriver,
        clock: ManualClock,
        program: dict[str, Any],
        reward: dict[str, Any],
        vouched: bool,
    ) -> None:
        self.counter, self.clock = counter, clock
        self.program_id = counter.program(**program)
        self.reward_id = counter.reward(self.program_id, value_minor=500, **reward)
        # Old enough for all that comes late.
        clock.advance(days=-3)
        opening = counter.enrol(self.program_id, is_vouched=vouched)
        opened = counter.till.submit(opening)
        self.card_id = opened.card.id
        cake = RewardState(
            id=self.reward_id,
            program_id=self.program_id,
            name="A cake",
            value_minor=500,
            valid_from=None,
            valid_until=None,
            is_archived=False,
            **reward,
        )
        rules = rules_of(program, program_id=self.program_id, vendor_id=counter.vendor_id)
        self.model = Shop(rules, cake, CardState(id=self.card_id))
        entry = self.model.do(opening, clock.now())
        assert not isinstance(entry, DomainError)
        self.answered: list[tuple[str, str]] = [(opened.entry["id"], entry["id"])]
        self.keys = 0
        clock.advance(days=3)

    def live(self, rushes: list[Rush]) -> None:
        for rush in rushes:
            self.clock.advance(minutes=rush.minutes_later)
            self.rush(rush)

    def rush(self, rush: Rush) -> None:
        at_till, in_model = [], []
        for wish in rush.wishes:
            self.keys += 1
            common: dict[str, Any] = {
                "vendor_id": self.counter.vendor_id,
                "actor": BY_TILL,
                "idempotency_key": f"{self.card_id} {self.keys}",
                "fingerprint": b"f" * 32,
                "card_id": self.card_id,
                "reward_id": self.reward_id,
                "now": self.clock.now(),
            }
            real, modelled = zip(*self.answered, strict=True)
            at_till.append(operation_of(wish, answered=list(real), **common))
            in_model.append(operation_of(wish, answered=list(modelled), **common))
        outcomes = self.counter.till.submit_all(at_till)
        for outcome, operation in zip(outcomes, in_model, strict=True):
            self.same(outcome, self.model.do(operation, self.clock.now()))
        accepted = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, Receipt)]
        again = self.counter.till.submit_all([at_till[i] for i in accepted])
        for i, replay in zip(accepted, again, strict=True):
            assert isinstance(replay, Receipt)
            assert replay.is_replay
            assert replace(replay, is_replay=False) == outcomes[i]

    def same(self, outcome: Outcome, expected: EntryRow | DomainError) -> None:
        if isinstance(expected, DomainError):
            assert isinstance(outcome, DomainError)
            assert outcome.code == expected.code
            ids = {"voided_by", "transaction_id"}
            facts = [
                {k: v for k, v in e.facts.items() if k not in ids} for e in (outcome, expected)
            ]
            assert facts[0] == facts[1]
            return
        assert isinstance(outcome, Receipt), outcome
        assert {n: outcome.entry[n] for n in COMPARED} == {n: expected[n] for n in COMPARED}
        card = self.model.card
        shown = outcome.card
        assert (shown.stamps, shown.points) == (card.stamps, card.points)
        assert (shown.lifetime_stamps, shown.lifetime_points, shown.lifetime_rewards) == (
            card.lifetime_stamps,
            card.lifetime_points,
            card.lifetime_rewards,
        )
        assert shown.last_activity_at == card.last_activity_at
        assert shown.standing == card.standing
        self.answered.append((outcome.entry["id"], expected["id"]))
