"""Judges the books by what tills were told: shares no code with the server.

It reads tables by their names, and reckons hashes as `docs/ledger.md` says.
"""

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tools.ha.clients import Told

_ENTRIES: Final[LiteralString] = (
    "SELECT *, CAST(details AS text) AS details_text"
    " FROM loyalty_transactions ORDER BY card_id, sequence"
)
_CARDS: Final = "SELECT id, points, stamps, sequence, head_hash, lifetime_points FROM loyalty_cards"
_FIGURES: Final = (
    "SELECT sum(points_earned) AS points, sum(purchases) AS purchases FROM loyalty_daily_rollup"
)
# SQLite keeps them as 32 digits.
_IDS: Final = {
    *("id", "vendor_id", "program_id", "card_id", "reward_id", "staff_pin_id", "location_id"),
    "voids",
}
_FIRST: Final = "0" * 64
_FAULTS_TOLD: Final = 20
Row = dict[str, Any]


def faults_of(
    connection: "psycopg.Connection[Any] | sqlite3.Connection", journal: Iterable[Told]
) -> list[str]:
    """Return what is wrong: an answer that is lost or doubled, a chain, a sum, a figure."""
    entries, cards, figures = (_rows(connection, query) for query in (_ENTRIES, _CARDS, _FIGURES))
    faults = [*_answers(entries, journal), *_chains(entries, cards), *_figures(entries, figures[0])]
    return faults[:_FAULTS_TOLD]


def _rows(
    connection: "psycopg.Connection[Any] | sqlite3.Connection", query: LiteralString
) -> list[Row]:
    """Return what a query finds; of SQLite, in PostgreSQL's types."""
    if isinstance(connection, sqlite3.Connection):
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [_typed(dict(zip(names, values, strict=True))) for values in found]
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _typed(row: Row) -> Row:
    for name in _IDS & row.keys():
        row[name] = row[name] and UUID(row[name])
    for name in ("occurred_at", "created_at"):
        if name in row:
            row[name] = datetime.fromisoformat(row[name]).replace(tzinfo=UTC)
    if row.get("reward"):
        row["reward"] = json.loads(row["reward"])
    return row


def _answers(entries: list[Row], journal: Iterable[Told]) -> Iterable[str]:
    """Compare what was told with what is kept: each answer once, as told; nothing else at all."""
    by_key: dict[str, list[Row]] = defaultdict(list)
    for entry in entries:
        if entry["idempotency_key"]:
            by_key[entry["idempotency_key"]].append(entry)
    asked = {told.key: told for told in journal}
    for key in by_key.keys() - asked.keys():
        yield f"{key}: kept, and nobody asked for it"
    for key, told in asked.items():
        kept = by_key.get(key, [])
        if len(kept) > 1:
            yield f"{key}: doubled, {len(kept)} times"
        if told.answered_at is None or not told.entry:
            continue
        if not kept:
            yield f"{key}: answered, and lost"
            continue
        same = {
            "id": str(kept[0]["id"]),
            "sequence": kept[0]["sequence"],
            "points_after": kept[0]["points_after"],
            "hash": bytes(kept[0]["hash"]).hex(),
        }
        said = {name: told.entry[name] for name in same}
        if said != same:
            yield f"{key}: told {said}, kept {same}"
        if kept[0]["amount_minor"] != told.amount_minor or str(kept[0]["card_id"]) != told.card:
            yield f"{key}: another card or amount"


def _chains(entries: list[Row], cards: list[Row]) -> Iterable[str]:
    chains: dict[Any, list[Row]] = defaultdict(list)
    for entry in entries:
        chains[entry["card_id"]].append(entry)
    for card in cards:
        points = sequence = 0
        previous = _FIRST
        for entry in chains.pop(card["id"], []):
            sequence += 1
            points += entry["points_delta"]
            if entry["sequence"] != sequence or bytes(entry["previous_hash"]).hex() != previous:
                yield f"{entry['id']}: not the next of its card"
            previous = bytes(entry["hash"]).hex()
            if _hash(entry) != previous:
                yield f"{entry['id']}: its hash is another"
            if entry["points_after"] != points:
                yield f"{entry['id']}: {entry['points_after']} points, reckoned {points}"
        if (card["points"], card["sequence"]) != (points, sequence):
            yield f"card {card['id']}: its row differs from its entries"
        if bytes(card["head_hash"]).hex() != previous or card["lifetime_points"] != points:
            yield f"card {card['id']}: its head or its lifetime differs"
    for card_id in chains:
        yield f"card {card_id}: entries without a card"


def _figures(entries: list[Row], figures: Row) -> Iterable[str]:
    earned = [entry for entry in entries if entry["type"] == "points_earned"]
    told = (sum(entry["points_delta"] for entry in earned), len(earned))
    kept = tuple(int(value or 0) for value in figures.values())
    if kept != told:
        yield f"figures of days: {kept}, reckoned {told}"


def _hash(entry: Row) -> str:
    """Return the hash of an entry by `docs/ledger.md`, "What is hashed"."""
    reward = entry["reward"] or {}
    values = [
        *(_text(entry[name]) for name in ("id", "vendor_id", "program_id")),
        entry["program_version"],
        _text(entry["card_id"]),
        entry["sequence"],
        entry["type"],
        *(entry[f"{name}_delta"] for name in ("stamps", "points")),
        *(entry[f"{name}_after"] for name in ("stamps", "points", "points_carry")),
        *(entry[name] for name in ("amount_minor", "currency", "reference")),
        _text(entry["reward_id"]),
        reward.get("name"),
        reward.get("value_minor"),
        *(_text(entry[name]) for name in ("staff_pin_id", "location_id")),
        entry["actor_kind"],
        _text(entry["actor_id"]),
        _text(entry["voids"]),
        entry["idempotency_key"],
        *(_moment(entry[name]) for name in ("occurred_at", "created_at")),
        bytes(entry["previous_hash"]).hex(),
    ]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    if entry["form"] == 2:
        text = f"{text[:-1]},{entry['details_text']}]"
    return hashlib.sha256(f"punchcard-entry-{entry['form']}\n{text}".encode()).hexdigest()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
