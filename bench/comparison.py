"""What a server says after the replay, compared with what the file adds up to."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bench.client import Client
from bench.purchases import Purchases, points_by_customer
from punchcard.kit.ids import ProgramId

PAGE_SIZE = 200


def differing_cards(
    client: Client, purchases: Purchases, program_id: ProgramId, cards: Mapping[str, str]
) -> Iterator[str]:
    """Give a line for every card that does not hold what its customer's purchases are worth.

    `cards` holds the card's id by customer.
    """
    expected = points_by_customer(purchases)
    held = {card["id"]: card for card in _all_cards(client, program_id)}
    if len(held) != len(expected):
        yield f"{len(held)} cards, and not {len(expected)}"
    for customer, points in expected.items():
        card = held.get(cards[customer])
        found = card and (card["points"], card["lifetime"]["points"])
        if found != (points, points):
            yield f"customer {customer} holds {found}, and not {points} points"


def differing_import(client: Client, purchases: Purchases, import_id: str) -> Iterator[str]:
    """Give a line for every sum of the import that is not the file's own."""
    expected = {
        "entries": len(purchases.first_days) + len(purchases.bought),
        "cards": len(purchases.first_days),
        "points": sum(points_by_customer(purchases).values()),
        "stamps": 0,
    }
    found = client.get(f"/imports/history/{import_id}", {})
    yield from differing("the import", found, expected)


def told_as_of_now(client: Client, program_id: ProgramId) -> Iterator[str]:
    """Give a line for every figure of the statistics that history moved: it stands apart."""
    stats = client.get(f"/programs/{program_id}/stats", {})
    names = ("cards", "purchases", "purchase_amount_minor", "points_earned", "stamps_earned")
    yield from differing("statistics", stats["all_time"], dict.fromkeys(names, 0))


def differing_ledger(verdict: Mapping[str, Any], purchases: Purchases | None) -> Iterator[str]:
    """Give a line if the ledger is damaged, or (`purchases` given) has another length."""
    if not verdict["is_sound"]:
        yield f"the ledger is damaged: {json.dumps(verdict)[:500]}"
    if purchases is not None:
        entries = len(purchases.first_days) + len(purchases.bought)
        yield from differing("the ledger", verdict, {"entries": entries})


def differing(what: str, found: Mapping[str, Any], expected: Mapping[str, int]) -> Iterator[str]:
    """Give a line for every name in `expected` that has another value in `found`."""
    for name, value in expected.items():
        if found[name] != value:
            yield f"{what}: {name} is {found[name]}, and not {value}"


def _all_cards(client: Client, program_id: ProgramId) -> Iterator[dict[str, Any]]:
    query: dict[str, object] = {"program_id": program_id, "limit": PAGE_SIZE}
    while True:
        page = client.get("/cards", query)
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]
