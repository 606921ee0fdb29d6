"""The ledger verifies when it is sound, and every kind of damage is found and named."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.ledger.entry import entry_hash
from punchcard.loyalty.ledger.ledger_verify import count_entries, verify_ledger
from punchcard.loyalty.operations import AddStamp, CardKey, CardRef, OpenCard
from punchcard.loyalty.tables import CARDS, ENTRIES
from tests.loyalty import shelf
from tests.loyalty.story import ACTOR, Story, submit, tell_story
from tests.support.cast import Shop
from tests.support.damage import behind_the_triggers

ANOTHER_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def story(context: Context, alice: Shop, database_url: str, clock: ManualClock) -> Story:
    """Let a card live through everything."""
    return tell_story(context, alice, database_url, clock)


def test_a_ledger_that_only_the_till_has_written_is_sound(story: Story) -> None:
    verdict = story.verify()
    assert (verdict.is_sound, verdict.damages) == (True, [])
    assert (verdict.entries, verdict.cards) == (16, 2)


def test_a_note_is_outside_what_is_hashed(story: Story) -> None:
    story.change(4, note="something else")
    assert story.verify().is_sound


@pytest.mark.parametrize(
    ("sequence", "values"),
    [
        (3, {"occurred_at": ANOTHER_TIME}),
        (3, {"created_at": ANOTHER_TIME}),
        (3, {"actor_id": "somebody else"}),
        (5, {"reference": "another bon"}),
        (5, {"amount_minor": 1998}),
        (6, {"idempotency_key": None}),
        (7, {"reward": {"name": "A cheaper cake", "value_minor": None}}),
        (4, {"reward": {"name": "Ein «Café» \U0001f950", "value_minor": 351}}),
        (9, {"program_version": 7}),
        (9, {"type": "points_gifted"}),
    ],
)
def test_a_changed_entry_is_named(story: Story, sequence: int, values: dict[str, Any]) -> None:
    story.change(sequence, **values)
    assert story.found() == [(sequence, "its hash does not match what it says")]


def test_a_changed_balance_is_found_where_it_stands_and_where_it_goes_on(story: Story) -> None:
    story.change(3, stamps_after=9)
    assert story.found() == [
        (3, "its hash does not match what it says"),
        (3, "its stamps do not add up with the entry before it"),
        (4, "its stamps do not add up with the entry before it"),
    ]


def test_a_forger_who_makes_the_hash_anew_breaks_the_chain(story: Story) -> None:
    with story.context.database.read_connection() as connection:
        row = connection.execute(
            select(ENTRIES).where(ENTRIES.c.card_id == story.card_id, ENTRIES.c.sequence == 5)
        ).one()
    forged = {**row._mapping, "amount_minor": 1}
    story.change(5, amount_minor=1, hash=entry_hash(forged))
    assert story.found() == [(6, "it does not follow the hash of the entry before it")]


def test_a_forger_who_redoes_the_whole_chain_meets_the_card(story: Story) -> None:
    where = ENTRIES.c.card_id == story.card_id
    with behind_the_triggers(story.url) as connection:
        rows = connection.execute(select(ENTRIES).where(where).order_by(ENTRIES.c.sequence)).all()
        head = bytes(32)
        for row in rows:
            forged = {**row._mapping, "actor_id": "nobody", "previous_hash": head}
            head = forged["hash"] = entry_hash(forged)
            connection.execute(update(ENTRIES).where(ENTRIES.c.id == row.id).values(**forged))
    ((number, what),) = story.found()
    assert number is None
    assert what.startswith("the card's head_hash is ")


def test_a_missing_entry_is_found(story: Story) -> None:
    with behind_the_triggers(story.url) as connection:
        connection.execute(
            delete(ENTRIES).where(ENTRIES.c.card_id == story.card_id, ENTRIES.c.sequence == 9)
        )
    found = story.found()
    assert (10, "it is number 10, after number 8") in found
    assert (10, "its points do not add up with the entry before it") in found


def test_a_missing_last_entry_is_found_by_the_card(story: Story) -> None:
    with behind_the_triggers(story.url) as connection:
        connection.execute(
            delete(ENTRIES).where(ENTRIES.c.card_id == story.card_id, ENTRIES.c.sequence == 14)
        )
    found = [what for number, what in story.found() if number is None]
    assert any(
        what.startswith("the card's sequence is 14, by the ledger it is 13") for what in found
    )


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("stamps", 40),
        ("points", 4000),
        ("points_carry", 1),
        ("lifetime_stamps", 40),
        ("lifetime_points", 40),
        ("lifetime_rewards", 40),
        ("sequence", 40),
        ("head_hash", bytes(32)),
    ],
)
def test_a_card_that_says_something_else_is_found(story: Story, column: str, wrong: Any) -> None:
    with behind_the_triggers(story.url) as connection:
        connection.execute(
            update(CARDS).where(CARDS.c.id == story.card_id).values(**{column: wrong})
        )
    verdict = story.verify()
    assert verdict.damage_count == 1
    assert (verdict.damages[0].entry_id, verdict.damages[0].card_id) == (None, story.card_id)
    assert verdict.damages[0].what.startswith(f"the card's {column} is ")


def test_a_card_without_entries_is_found(story: Story) -> None:
    with behind_the_triggers(story.url) as connection:
        connection.execute(delete(ENTRIES).where(ENTRIES.c.card_id == story.quiet_card_id))
    assert story.found() == [(None, "the ledger holds no entry of this card")]


@pytest.mark.parametrize("gone", ["card_id", "quiet_card_id"])
def test_entries_without_their_card_are_found(story: Story, gone: str) -> None:
    with behind_the_triggers(story.url) as connection:
        connection.execute(delete(CARDS).where(CARDS.c.id == getattr(story, gone)))
    ((number, what),) = story.found()
    assert number == (14 if gone == "card_id" else 2)
    assert what == "the card of this entry does not exist"


def test_an_entry_voided_twice_is_found(story: Story) -> None:
    story.change(10, voids=None)
    assert (10, "it voids no earlier entry of its card, or one voided before") in story.found()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_value_of_the_wrong_kind_is_a_damage_and_no_crash(story: Story) -> None:
    damages = {3: "stamps_delta = 'two'", 4: "reward = '{'", 5: "hash = 7"}
    with behind_the_triggers(story.url) as connection:
        for sequence, damage in damages.items():
            statement = "UPDATE loyalty_transactions SET {} WHERE sequence = {}"
            connection.exec_driver_sql(statement.format(damage, sequence))
    found = story.found()
    assert {number for number, _ in found} >= {3, 4, 5}


def test_one_shop_is_verified_alone(story: Story, bob: Shop) -> None:
    context = story.context
    theirs = shelf.program(bob, status="active")
    submit(context, OpenCard(vendor_id=bob.id, actor=ACTOR, program_id=theirs.id))
    story.change(3, actor_id="somebody")
    verdict = story.verify(bob.id)
    assert (verdict.is_sound, verdict.entries, verdict.cards) == (True, 1, 1)
    assert not story.verify().is_sound


def test_what_the_till_writes_meanwhile_is_not_taken_for_damage(story: Story, alice: Shop) -> None:
    with story.context.database.snapshot() as connection:
        before = count_entries(connection)
        card = CardRef(CardKey.ID, story.card_id)
        on = AddStamp(vendor_id=alice.id, actor=ACTOR, card=card)
        story.context.loyalty.till.submit(replace(on, quantity=1))
        verdict = verify_ledger(connection)
    assert (verdict.is_sound, verdict.entries) == (True, before)


def test_progress_is_told_at_the_end(story: Story) -> None:
    told: list[int] = []
    with story.context.database.snapshot() as connection:
        verify_ledger(connection, progress=told.append)
    assert told == [16]
