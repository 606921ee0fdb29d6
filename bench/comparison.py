"""What a server says after the replay, compared with what the file adds up to."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.client import Client
from bench.purchases import Purchases, points_by_customer, points_by_day
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


def differing_statistics(
    client: Client, purchases: Purchases, program_id: ProgramId
) -> Iterator[str]:
    """Give a line for every total, and every figure of a day, that is not the file's own sum."""
    bought, first_days = purchases.bought, purchases.first_days
    days = {one.day for one in bought} | set(first_days.values())
    stats = client.get(f"/programs/{program_id}/stats", {"from": min(days), "to": max(days)})
    expected = {
        "cards": len(first_days),
        "purchases": len(bought),
        "purchase_amount_minor": sum(one.cents for one in bought),
        "points_earned": sum(points_by_customer(purchases).values()),
        "points_redeemed": 0,
        "points_adjusted": 0,
        "stamps_earned": 0,
    }
    for span in ("totals", "all_time"):
        yield from differing(f"statistics, {span}", stats[span], expected)
    on_day = _expected_days(purchases)
    for day in stats["daily"]:
        yield from differing(f"statistics of {day['day']}", day, on_day(day["day"]))


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


def _expected_days(purchases: Purchases) -> Callable[[str], dict[str, int]]:
    """Return the function that tells what the statistics of a day must say."""
    cards = Counter(purchases.first_days.values())
    counts = Counter(one.day for one in purchases.bought)
    cents: Counter[str] = Counter()
    for one in purchases.bought:
        cents[one.day] += one.cents
    points = points_by_day(purchases.bought)

    def on(day: str) -> dict[str, int]:
        return {
            "cards": cards[day],
            "purchases": counts[day],
            "purchase_amount_minor": cents[day],
            "points_earned": points[day],
        }

    return on
