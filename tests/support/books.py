"""Auditing the books: what the ledger says against what cards and statistics say."""

import json
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from punchcard.accounts.plans.models import VendorPlan
from punchcard.api.schemas.connections.vendor_events import DATA_OF
from punchcard.db.database import Database
from punchcard.loyalty.ledger.entry import FIRST_HASH, entry_hash
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import (
    DailyRollup,
    LoyaltyCard,
    LoyaltyTransaction,
    ReferenceClaim,
    VendorEvent,
)
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports.stats_rebuild import compare
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.vocabulary import HELD_STATUSES

_CARDS = LoyaltyCard.__table__
_ENTRIES = LoyaltyTransaction.__table__
_ROLLUP = DailyRollup.__table__
_CLAIMS = ReferenceClaim.__table__

PURCHASES = ("points_earned", "visit_recorded")
CLAIMED = {
    "points_refunded": ("points_refunded",),
    "points_earned": ("points_earned",),
    "stamp_earned": ("stamp_earned",),
    "visit_recorded": ("points_earned", "stamp_earned"),
}
Chains = dict[str, list[EntryRow]]
"""Every card's entries, in their order."""


def audited(database: Database) -> Chains:
    """Check every chain, every card and the statistics against the ledger; returns the ledger."""
    chains = read_chains(database)
    with database.read_connection() as connection:
        cards = connection.execute(select(_CARDS)).mappings().all()
    assert {card["id"] for card in cards} == set(chains)
    for card in cards:
        check_chain(chains[card["id"]])
        last = chains[card["id"]][-1]
        kept = (card["stamps"], card["points"], card["points_carry"])
        assert kept == (last["stamps_after"], last["points_after"], last["points_carry_after"])
        assert (card["sequence"], card["head_hash"]) == (last["sequence"], last["hash"])
    _check_rollup(database, chains, cards)
    _check_open_cards(database)
    _check_references(database, chains)
    _check_promotions(database, chains)
    check_claims(chains)
    check_events(database)
    with database.snapshot() as connection:
        assert verify_ledger(connection).damages == []
    return chains


def _check_open_cards(database: Database) -> None:
    """Check that as many cards of each vendor are open as its plan's row says."""
    counted = select(_CARDS.c.vendor_id, func.count()).where(_CARDS.c.status.in_(HELD_STATUSES))
    with database.read() as session:
        there = {row[0]: row[1] for row in session.execute(counted.group_by(_CARDS.c.vendor_id))}
        kept = {row.vendor_id: row.open_cards for row in session.scalars(select(VendorPlan))}
    told = {vendor_id: cards for vendor_id, cards in kept.items() if cards}
    assert there == told, f"{there} are open, {told} are counted"


def check_events(database: Database) -> set[str]:
    """Check that shops' own software was told what the OpenAPI document says; returns the types."""
    with database.read() as session:
        events = session.execute(select(VendorEvent.type, VendorEvent.body)).all()
    for kind, body in events:
        told = json.loads(body)
        assert list(told) == ["type", "timestamp", "data"]
        assert told["type"] == kind
        DATA_OF[kind].model_validate(told["data"])
    return {kind for kind, _ in events}


def _check_promotions(database: Database, chains: Chains) -> None:
    """Check what promotions have given, and that no budget and no limit a card was broken."""
    given: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    uses: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for entry in (entry for chain in chains.values() for entry in standing(chain)):
        for part in (entry["details"] or {}).get("parts", ()):
            if part["kind"] == "promotion":
                counts = given[part["promotion_id"]]
                counts[:] = [counts[0] + part["points"], counts[1] + part["stamps"], counts[2] + 1]
                uses[entry["card_id"], part["promotion_id"], part.get("period", "")] += 1
    with database.read() as session:
        for row in session.scalars(select(Promotion)):
            kept = [row.points_given, row.stamps_given, row.uses]
            assert kept == given[row.id]
            for name, most in (row.budget or {}).items():
                assert getattr(row, f"{name}_given") <= most
            times = [number for (_, one, _), number in uses.items() if one == row.id]
            assert row.limit is None or max(times, default=0) <= row.limit["times"]


def read_chains(database: Database) -> Chains:
    """Read the whole ledger."""
    chains: Chains = defaultdict(list)
    with database.read_connection() as connection:
        query = select(_ENTRIES).order_by(_ENTRIES.c.card_id, _ENTRIES.c.sequence)
        for row in connection.execute(query).mappings():
            chains[row["card_id"]].append(dict(row))
    return chains


def check_chain(entries: list[EntryRow]) -> None:
    """Check one card's numbers, hashes and running balances."""
    stamps = points = 0
    previous = FIRST_HASH
    for sequence, entry in enumerate(entries, start=1):
        assert entry["sequence"] == sequence
        assert entry["previous_hash"] == previous
        previous = entry["hash"]
        assert previous == entry_hash(entry)
        stamps += entry["stamps_delta"]
        points += entry["points_delta"]
        assert (entry["stamps_after"], entry["points_after"]) == (stamps, points)


def _check_rollup(database: Database, chains: Chains, cards: Any) -> None:
    with database.read_connection() as connection:
        assert compare(connection, lambda _rows: None).differences == []
        names = [column.key for column in _ROLLUP.columns if not column.primary_key]
        sums = connection.execute(select(*(func.sum(_ROLLUP.c[n]) for n in names))).one()
    kept = dict(zip(names, (int(value or 0) for value in sums), strict=True))
    # A recount that shares no code with the till: what the statistics are about, counted by hand.
    # What an import told, and voids of that, stand apart.
    imported = {e["id"] for chain in chains.values() for e in chain if e["actor_kind"] == "import"}
    apart = [e for chain in chains.values() for e in chain if {e["id"], e["voids"]} & imported]
    opened = [card for card in cards if chains[card["id"]][0]["id"] not in imported]
    assert kept["cards_last_seen"] == sum(card["status"] != "closed" for card in cards)
    assert kept["cards_opened"] == len(opened)
    pending = sum(_pending(card) for card in cards)
    assert kept["points_pending"] == pending
    stamps, points = (
        sum(card[n] for card in cards) - sum(e[f"{n}_delta"] for e in apart)
        for n in ("stamps", "points")
    )
    gone = kept["stamps_redeemed"] + kept["stamps_expired"]
    assert kept["stamps_earned"] + kept["stamps_moved"] - gone == stamps
    come = kept["points_earned"] + kept["points_adjusted"] + kept["points_moved"]
    ways = ("redeemed", "expired", "refunded", "reserved")
    assert come - sum(kept[f"points_{way}"] for way in ways) == points + pending
    alive = standing([entry for chain in chains.values() for entry in chain])
    told = [e for e in alive if e["type"] in PURCHASES and e["amount_minor"] is not None]
    purchases = [entry for entry in told if entry["id"] not in imported]
    assert kept["purchases"] == len(purchases)
    assert kept["purchase_amount_minor"] == sum(entry["amount_minor"] for entry in purchases)
    handed_out = ("points_redeemed", "grant_redeemed", "reservation_confirmed")
    rewards = [
        entry
        for entry in alive
        if entry["type"] == "stamps_redeemed"
        or (entry["type"] in handed_out and entry["reward"] is not None)
    ]
    assert kept["rewards_redeemed"] == len(rewards)


def _pending(card: Any) -> int:
    lots = (card["standing"] or {}).get("lots", ())
    return sum(lot[1] for lot in lots if len(lot) > 2)


def _check_references(database: Database, chains: Chains) -> None:
    """Check that what stands holds its receipt number, a visit twice, and nothing else does."""
    with database.read_connection() as connection:
        kept = {tuple(row) for row in connection.execute(select(_CLAIMS))}
    standing_ = standing([entry for chain in chains.values() for entry in chain])
    due = [
        (entry["program_id"], kind, entry["reference"], entry["id"])
        for entry in standing_
        if entry["reference"]
        for kind in CLAIMED.get(entry["type"], ())
    ]
    # A card has one opening balance: that is claimed by the card's own id.
    due += [
        (entry["program_id"], entry["type"], entry["card_id"], entry["id"])
        for entry in standing_
        if entry["type"] == "opening_balance"
    ]
    assert kept == set(due)
    assert len(due) == len({claim[:3] for claim in due})


def check_claims(chains: Chains) -> None:
    """Check that no card was given a milestone of a lap twice.

    Laps are numbered anew where cards were put together, or apart.
    """
    for chain in chains.values():
        stand = {entry["id"] for entry in standing(chain)}
        claims: set[tuple[int, int]] = set()
        for entry in chain:
            told = entry["details"] or {}
            if "merge_id" in told:
                claims.clear()
            elif "claimed_lap" in told and entry["id"] in stand:
                claim = (told["claimed_lap"], told["at"])
                assert claim not in claims
                claims.add(claim)


def standing(entries: list[EntryRow]) -> list[EntryRow]:
    """Return the entries that were not voided, without the voids."""
    voided = {entry["voids"] for entry in entries}
    return [e for e in entries if e["id"] not in voided and e["type"] != "voided"]


def check_day_limits(chains: Chains, *, zone: str = "Europe/Luxembourg", limit: int = 5) -> None:
    """Check that no card has more stamps on a day of the time zone than a day holds."""
    for chain in chains.values():
        days: dict[Any, int] = defaultdict(int)
        for entry in standing(chain):
            if entry["type"] in ("stamp_earned", "visit_recorded"):
                day = entry["occurred_at"].astimezone(ZoneInfo(zone)).date()
                days[day] += entry["stamps_delta"]
        assert all(number <= limit for number in days.values())
