"""Somebody who has the database in their hands and reads docs/ledger.md: forgeries, by name."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from punchcard.accounts.models import AuditEvent
from punchcard.db.base import table_of
from punchcard.loyalty.ledger.entry import FIRST_HASH, entry_hash
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.tables import CARDS, ENTRIES, PROGRAMS, VENDORS

EVENTS: Final = table_of(AuditEvent)
PINS: Final = table_of(StaffPin)
ANOTHER_TIME: Final = "2020-01-01T00:00:00+00:00"

Forgery = Callable[[Connection, "list[str]"], None]
"""Does its work on the cards whose ids are given."""


def entries(connection: Connection, card_id: str) -> list[Mapping[str, Any]]:
    query = select(ENTRIES).where(ENTRIES.c.card_id == card_id).order_by(ENTRIES.c.sequence)
    return [dict(row._mapping) for row in connection.execute(query)]


def change(connection: Connection, entry_id: str, **values: Any) -> None:
    connection.execute(update(ENTRIES).where(ENTRIES.c.id == entry_id).values(**values))


def last(connection: Connection, card_id: str) -> Mapping[str, Any]:
    return entries(connection, card_id)[-1]


def rechain(connection: Connection, card_id: str) -> None:
    """Write every hash, sum and the card's row anew."""
    head, stamps, points, sequence = FIRST_HASH, 0, 0, 0
    lifetime = 0
    for row in entries(connection, card_id):
        sequence, stamps = sequence + 1, stamps + row["stamps_delta"]
        points += row["points_delta"]
        lifetime += max(0, row["points_delta"])
        new = {
            "sequence": sequence,
            "stamps_after": stamps,
            "points_after": points,
            "previous_hash": head,
        }
        head = new["hash"] = entry_hash({**row, **new})
        change(connection, row["id"], **new)
    connection.execute(
        update(CARDS)
        .where(CARDS.c.id == card_id)
        .values(
            sequence=sequence,
            head_hash=head,
            stamps=stamps,
            points=points,
            lifetime_points=lifetime,
        )
    )


def change_points(connection: Connection, cards: list[str]) -> None:
    change(connection, last(connection, cards[0])["id"], points_delta=999)


def change_note(connection: Connection, cards: list[str]) -> None:
    change(connection, last(connection, cards[0])["id"], note="forged")


def change_answer(connection: Connection, cards: list[str]) -> None:
    change(connection, last(connection, cards[0])["id"], answer={"card": "another"})


def change_reward(connection: Connection, cards: list[str]) -> None:
    reward = {"name": None, "value_minor": None, "id": "x"}
    change(connection, last(connection, cards[0])["id"], reward=reward)


def cut(connection: Connection, cards: list[str]) -> None:
    connection.execute(delete(ENTRIES).where(ENTRIES.c.id == last(connection, cards[0])["id"]))


def cut_and_set_back(connection: Connection, cards: list[str]) -> None:
    cut(connection, cards)
    rechain(connection, cards[0])


def vanish(connection: Connection, cards: list[str]) -> None:
    connection.execute(delete(ENTRIES).where(ENTRIES.c.card_id == cards[0]))
    connection.execute(delete(CARDS).where(CARDS.c.id == cards[0]))


def enrich(connection: Connection, cards: list[str]) -> None:
    change(connection, last(connection, cards[0])["id"], points_delta=100_000)
    rechain(connection, cards[0])


def blame_colleague(connection: Connection, cards: list[str]) -> None:
    colleague = connection.execute(select(PINS.c.id).where(PINS.c.name == "Ben")).scalar_one()
    where = ENTRIES.c.card_id == cards[0]
    connection.execute(update(ENTRIES).where(where).values(staff_pin_id=colleague))
    rechain(connection, cards[0])


def date_back(connection: Connection, cards: list[str]) -> None:
    row = last(connection, cards[0])
    moment = row["created_at"].replace(year=2020)
    change(connection, row["id"], occurred_at=moment, created_at=moment)
    rechain(connection, cards[0])


def swap(connection: Connection, cards: list[str]) -> None:
    one, other = cards[:2]
    nobody = str(uuid.uuid4())
    for old, new in ((one, nobody), (other, one), (nobody, other)):
        where = ENTRIES.c.card_id == old
        connection.execute(update(ENTRIES).where(where).values(card_id=new))


def swap_and_rechain(connection: Connection, cards: list[str]) -> None:
    swap(connection, cards)
    rechain(connection, cards[0])
    rechain(connection, cards[1])


def move(connection: Connection, cards: list[str]) -> None:
    row = last(connection, cards[0])
    change(connection, row["id"], card_id=cards[1], sequence=99)
    rechain(connection, cards[0])
    rechain(connection, cards[1])


def give_away(connection: Connection, cards: list[str]) -> None:
    bob = connection.execute(
        select(VENDORS.c.id).where(VENDORS.c.slug == "boulangerie-bob")
    ).scalar_one()
    program = connection.execute(
        select(PROGRAMS.c.id).where(PROGRAMS.c.vendor_id == bob).limit(1)
    ).scalar_one()
    new = {"vendor_id": bob, "program_id": program}
    connection.execute(update(ENTRIES).where(ENTRIES.c.card_id == cards[0]).values(**new))
    connection.execute(update(CARDS).where(CARDS.c.id == cards[0]).values(**new))
    rechain(connection, cards[0])


def invent(connection: Connection, cards: list[str]) -> None:
    """Append as the till does, by a plain INSERT: nothing is updated, no trigger speaks."""
    row = dict(last(connection, cards[0]))
    row |= {
        "id": str(uuid.uuid4()),
        "sequence": row["sequence"] + 1,
        "points_delta": 5000,
        "points_after": row["points_after"] + 5000,
        "previous_hash": row["hash"],
        "idempotency_key": None,
        "fingerprint": None,
    }
    row["hash"] = entry_hash(row)
    connection.execute(insert(ENTRIES).values(**row))
    new = {"points": row["points_after"], "sequence": row["sequence"], "head_hash": row["hash"]}
    new["lifetime_points"] = row["points_after"]
    connection.execute(update(CARDS).where(CARDS.c.id == cards[0]).values(**new))


def delete_trail(connection: Connection, cards: list[str]) -> None:
    connection.execute(delete(EVENTS))


def change_event(connection: Connection, cards: list[str]) -> None:
    connection.execute(update(EVENTS).values(actor_id="somebody else"))
