"""Programs and cards as plain facts."""

from typing import Any

from punchcard.wallets.pass_facts import CardFacts, ProgramFacts

TOKEN = "abcdefghijklmnopqrstuv"


def program(**more: Any) -> ProgramFacts:
    """Return Café Alice's stamp card."""
    facts: dict[str, Any] = {
        "id": "019cac1e-7b00-7000-8000-000000000001",
        "version": 1,
        "name": "Coffee card",
        "card_name": "Coffee card",
        "vendor_name": "Café Alice",
        "vendor_language": "fr",
        "type": "stamps",
        "stamps_target": 10,
        "stamp_reward": {"name": "Coffee for free"},
    }
    return ProgramFacts(**facts | more)


def card(**more: Any) -> CardFacts:
    """Return a fresh card of someone."""
    facts: dict[str, Any] = {
        "id": "019cac1e-7b00-7000-8000-000000000002",
        "number": "123456789012",
        "status": "active",
        "stamps": 0,
        "points": 0,
        "rewards_ready": 0,
        "token": TOKEN,
        "url": f"https://shop.test/c/{TOKEN}",
        "customer_name": "Zoë",
        "language": "en",
    }
    return CardFacts(**facts | more)
