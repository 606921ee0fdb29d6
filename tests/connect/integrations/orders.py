"""Orders as a web shop tells of them, and what becomes of what it told."""

from typing import Any

from punchcard.connect.integrations.vocabulary import IntegrationEventState
from tests.connect.integrations.web_shop import body

DONE, IGNORED = IntegrationEventState.DONE, IntegrationEventState.IGNORED
UNMATCHED, FAILED = IntegrationEventState.UNMATCHED, IntegrationEventState.FAILED


def order(second: int = 5, **told: Any) -> dict[str, Any]:
    """Return the maker's example order, as it was told at a second of its own."""
    return {
        **body("woocommerce_order"),
        "date_modified_gmt": f"2026-03-02T10:01:{second:02}",
        **told,
    }


def refund(number: int, total: str) -> dict[str, Any]:
    """Return a refund as an order tells of it."""
    return {"id": number, "reason": "", "total": f"-{total}"}
