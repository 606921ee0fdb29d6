"""Which visit of a friend earns what was promised."""

from datetime import UTC, datetime
from typing import Any

import pytest

from punchcard.engage.rules.referrals import FriendEvent, earning_visit, friend_event_of
from punchcard.loyalty.vocabulary import ActorKind, EntryType, PinPolicy

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STAMP, BOUGHT = EntryType.STAMP_EARNED, EntryType.POINTS_EARNED
VOID, REFUND = EntryType.VOIDED, EntryType.POINTS_REFUNDED


def event(name: str, kind: EntryType, **more: Any) -> FriendEvent:
    return FriendEvent(name, kind, NOW, **more)


def earning(
    *events: FriendEvent, minimum: int = 0, policy: PinPolicy = PinPolicy.REQUIRED
) -> str | None:
    visit = earning_visit({"minimum_purchase_minor": minimum}, policy, events)
    return visit.id if visit else None


SIGNED = event("signed", STAMP, is_signed=True)
PLAIN = event("plain", STAMP)
PAID = event("paid", BOUGHT, amount_minor=1000)


@pytest.mark.parametrize(
    ("events", "minimum", "policy", "found"),
    [
        ([], 0, "required", None),
        ([PLAIN], 0, "required", None),
        ([PLAIN], 0, "optional", None),
        ([PLAIN], 0, "off", "plain"),
        ([PLAIN, SIGNED], 0, "required", "signed"),
        ([PAID, SIGNED], 0, "required", "paid"),
        ([SIGNED, PAID], 1000, "required", "paid"),
        ([PAID], 1001, "required", None),
        ([SIGNED._replace(is_imported=True)], 0, "required", None),
        ([SIGNED, event("v", VOID, about="signed")], 0, "required", None),
        ([SIGNED, event("v", VOID, about="signed"), PAID], 0, "required", "paid"),
        ([PAID, event("r", REFUND, about="paid", amount_minor=200)], 800, "required", "paid"),
        ([PAID, event("r", REFUND, about="paid", amount_minor=201)], 800, "required", None),
        ([PAID, event("r", REFUND, about="paid", amount_minor=1000)], 0, "off", None),
        ([PAID, event("r", REFUND, about="other", amount_minor=1000)], 0, "off", "paid"),
    ],
)
def test_the_first_visit_that_was_signed_or_paid_earns_it(
    events: list[FriendEvent], minimum: int, policy: str, found: str | None
) -> None:
    assert earning(*events, minimum=minimum, policy=PinPolicy(policy)) == found


class Row:
    """An entry's row as far as it is looked at."""

    id, created_at, amount_minor, voids = "e1", NOW, 5, None

    def __init__(self, pin: str | None, details: Any, actor: ActorKind) -> None:
        self.staff_pin_id, self.details, self.actor_kind = pin, details, actor
        self.type = REFUND


def test_an_entrys_row_is_read() -> None:
    read = friend_event_of(Row("pin", {"refunds": "e0"}, ActorKind.IMPORT))
    assert (read.is_signed, read.is_imported, read.about) == (True, True, "e0")
    assert friend_event_of(Row(None, None, ActorKind.DEVICE)).about is None
