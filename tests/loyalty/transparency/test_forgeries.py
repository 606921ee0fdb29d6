"""Whatever somebody with the database in their hands forges, an older checkpoint finds, by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from punchcard.db.base import Base
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.transparency.models import CHECKPOINTS, HEADS, LEAVES, NODES, SALTS
from punchcard.loyalty.transparency.sequencer import sequence
from tests.loyalty.transparency import forger
from tests.loyalty.transparency.forger import Forgery
from tests.loyalty.transparency.world import World
from tests.support.damage import behind_the_triggers

REWRITTEN = "it was rewritten: the log has another hash"


@pytest.mark.parametrize(
    ("forgery", "what", "chains_are_sound"),
    [
        (forger.change_note, "its note was changed", True),
        (forger.change_answer, "the answer kept for the same request again was changed", True),
        (forger.change_reward, "what is kept of its reward was changed", True),
        (forger.cut, "it is gone: the log holds it at place 11", False),
        (forger.cut_and_set_back, "it is gone: the log holds it at place 11", True),
        (forger.vanish, "it is gone: the log holds it at place 11", True),
        (forger.enrich, REWRITTEN, True),
        (forger.blame_colleague, REWRITTEN, True),
        (forger.date_back, REWRITTEN, True),
        (forger.swap, "it was moved: now it stands on card ", False),
        (forger.swap_and_rechain, REWRITTEN, True),
        (forger.move, "it was moved: now it stands on card ", True),
        (forger.give_away, REWRITTEN, True),
        (forger.invent, "it says it was recorded before the checkpoint of ", True),
    ],
)
def test_a_forged_entry_is_named_by_an_older_checkpoint(
    world: World, database_url: str, forgery: Forgery, what: str, chains_are_sound: bool
) -> None:
    # The last purchase of the last card has the last place.
    cards = world.cards[::-1]
    world.clock.advance(minutes=1)
    checkpoint = world.checkpoint()
    assert world.verify(checkpoint).is_sound
    with behind_the_triggers(database_url) as connection:
        forged = forger.last(connection, cards[0])["id"]
        forgery(connection, cards)

    found = world.verify(checkpoint)

    if forgery is forger.invent:
        (forged,) = {one.subject_id for one in found.damages}
    assert any(
        one.subject_id == forged and one.what.startswith(what) and one.card_id in cards
        for one in found.damages
    )
    if forgery is not forger.cut and forgery is not forger.swap:
        assert world.chains_are_sound() == chains_are_sound


def test_a_changed_figure_is_found_by_the_chain(world: World, database_url: str) -> None:
    checkpoint = world.checkpoint()
    with behind_the_triggers(database_url) as connection:
        forger.change_points(connection, world.cards)
    assert not world.chains_are_sound()
    assert world.verify(checkpoint).is_sound, "the hash beside it is as it was"


def test_a_card_that_is_gone_is_named_with_its_entries(world: World, database_url: str) -> None:
    checkpoint = world.checkpoint()
    with behind_the_triggers(database_url) as connection:
        forger.vanish(connection, world.cards)
    found = world.verify(checkpoint).damages
    gone = {(one.subject, one.subject_id) for one in found if "gone" in one.what}
    assert ("card", world.cards[0]) in gone
    assert len(gone) == 1 + 1 + 3


@pytest.mark.parametrize(
    ("forgery", "what"),
    [(forger.delete_trail, "it is gone: "), (forger.change_event, "it was changed")],
)
def test_a_forged_audit_trail_is_named(
    world: World, database_url: str, forgery: Forgery, what: str
) -> None:
    checkpoint = world.checkpoint()
    with behind_the_triggers(database_url) as connection:
        events = set(connection.execute(select(forger.EVENTS.c.id)).scalars())
        forgery(connection, world.cards)
    found = world.verify(checkpoint)
    assert {one.subject_id for one in found.damages} == events
    assert found.damage_count == checkpoint.audit_size > 3
    assert {(one.subject, one.what.startswith(what)) for one in found.damages} == {("event", True)}


def test_an_older_copy_of_the_database_that_is_put_back_is_found(
    world: World, database_url: str
) -> None:
    world.checkpoint()
    with kept_aside(database_url):
        world.clock.advance(hours=1)
        for card_id in world.cards:
            world.buy(card_id)
        checkpoint = world.checkpoint()
    (found,) = world.verify(checkpoint).damages
    assert "of the 15 entries it signed the log holds 12" in found.what
    assert "an older copy of the database was put back" in found.what


def test_a_forger_who_rewrites_the_log_too_meets_the_signed_root(
    world: World, database_url: str
) -> None:
    first = world.checkpoint()
    world.clock.advance(hours=1)
    world.buy(world.cards[0])
    second = world.checkpoint()
    world.clock.advance(hours=1)
    world.buy(world.cards[1])
    third = world.checkpoint()
    with behind_the_triggers(database_url) as connection:
        forger.enrich(connection, world.cards)
        for table in (LEAVES, SALTS):
            connection.execute(delete(table).where(table.c.position >= first.size))
        size = {"size": first.size, "mark": None}
        connection.execute(update(HEADS).where(HEADS.c.tree == "ledger").values(**size))
    sequence(world.context.database, now=world.clock.now())

    found = world.verify(third, kept=(first, second))

    assert [one.subject for one in found.damages] == ["log"]
    assert f"checkpoint of {second.made_at:%Y-%m-%d %H:%M:%S} UTC: " in found.damages[0].what
    assert f"up to the checkpoint of {first.made_at:%Y-%m-%d %H:%M:%S} UTC" in found.damages[0].what
    assert found.anchored == first


def test_a_node_that_was_changed_is_found(world: World, database_url: str) -> None:
    for _ in range(250):
        world.buy(world.cards[0], note=None)
    checkpoint = world.checkpoint()
    assert checkpoint.size > 256
    with behind_the_triggers(database_url) as connection:
        connection.execute(update(NODES).where(NODES.c.tree == "ledger").values(hash=bytes(32)))
    (found,) = world.verify(checkpoint).damages
    assert found.what == "node 0 of level 1 of the ledger tree was changed"


def test_what_comes_after_a_checkpoint_is_covered_by_the_next(world: World) -> None:
    checkpoint = world.checkpoint()
    world.clock.advance(hours=1)
    world.buy(world.cards[0])
    found = world.verify(checkpoint)
    assert (found.is_sound, found.waiting, found.anchored) == (True, 1, checkpoint)
    later = world.checkpoint()
    found = world.verify(checkpoint, later)
    assert (found.is_sound, found.waiting, found.anchored) == (True, 0, later)


def test_a_purchase_invented_before_the_next_checkpoint_is_found_by_the_one_before(
    world: World, database_url: str, clock: ManualClock
) -> None:
    world.clock.advance(minutes=1)
    checkpoint = world.checkpoint()
    with behind_the_triggers(database_url) as connection:
        forger.invent(connection, world.cards)
    clock.advance(hours=2)
    later = world.checkpoint()
    (found,) = world.verify(checkpoint, later).damages
    assert found.what.startswith("it says it was recorded before the checkpoint of ")


@contextmanager
def kept_aside(url: str) -> Iterator[None]:
    """Put the database back, when the block ends, to what it was when it began."""
    with behind_the_triggers(url) as connection:
        kept = {table: _rows(connection, table) for table in Base.metadata.sorted_tables}
    yield
    with behind_the_triggers(url) as connection:
        for table, rows in kept.items():
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), rows)


def _rows(connection: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(select(table))]


def test_the_tables_of_the_log_only_grow(world: World) -> None:
    world.checkpoint()
    for table in (LEAVES, CHECKPOINTS, ENTRIES):
        with (
            pytest.raises(Exception, match="append-only"),
            world.context.database.write() as session,
        ):
            session.execute(delete(table))
