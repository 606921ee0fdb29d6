"""The ledger over HTTP: newest first, narrowed, in pages, with staff and voids."""

from typing import Any

import pytest

from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from tests.api.routes.cards.test_cards import CARDS, enrol, stamp
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

LEDGER = "/vendor/loyalty/transactions"


def entries(owner: Api, path: str = LEDGER, **params: Any) -> list[dict[str, Any]]:
    answer = owner.get(path, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_an_entry_is_told_as_its_receipt_told_it(owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee)
    receipt = stamp(owner, card["id"], note="one more", quantity=2).json()
    assert entries(owner)[0] == receipt["transaction"]


def test_staff_and_voids_are_named(owner: Api, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    anna = shelf.pin(alice, "4711", "Anna")
    card = enrol(owner, program)
    stamped = stamp(owner, card["id"], staff_pin="4711").json()["transaction"]
    assert stamped["staff"] == {"id": anna.id, "name": "Anna"}
    voided = owner.post(
        f"{LEDGER}/{stamped['id']}/void", {"reason": "a slip", "staff_pin": "4711"}
    ).json()["transaction"]
    newest, before, _ = entries(owner)
    assert (newest["voids"], newest["note"]) == (stamped["id"], "a slip")
    assert before == {**stamped, "voided_by": voided["id"]}
    assert [e["id"] for e in entries(owner, staff_pin_id=anna.id)] == [voided["id"], stamped["id"]]


def test_the_ledger_is_narrowed_by_what_is_asked(
    owner: Api, coffee: LoyaltyProgram, points: LoyaltyProgram
) -> None:
    card, other = enrol(owner, coffee), enrol(owner, points)
    stamp(owner, card["id"])
    assert [e["type"] for e in entries(owner, card_id=card["id"])] == [
        "stamp_earned",
        "card_opened",
    ]
    assert [e["type"] for e in entries(owner, program_id=points.id)] == ["card_opened"]
    assert len(entries(owner, type="card_opened")) == 2
    of_card = entries(owner, f"{CARDS}/{other['id']}/transactions")
    assert [e["type"] for e in of_card] == ["card_opened"]


def test_a_span_of_time_looks_at_when_things_happened(
    owner: Api, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    clock.advance(days=-2)
    card = enrol(owner, coffee)
    clock.advance(days=2)
    late = stamp(owner, card["id"], occurred_at="2026-03-01T10:00:00Z").json()["transaction"]
    now = stamp(owner, card["id"]).json()["transaction"]
    clock.advance(hours=1)

    def ids(**params: str) -> list[str]:
        return [entry["id"] for entry in entries(owner, card_id=card["id"], **params)]

    assert ids(**{"from": "2026-03-01T00:00:00Z"}) == [now["id"], late["id"]]
    assert ids(**{"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T09:00:00Z"}) == [late["id"]]
    assert ids(**{"from": "2026-03-01T10:00:00Z", "to": "2026-03-01T10:00:00Z"}) == []
    assert ids(**{"from": "2026-03-03T00:00:00Z"}) == []
    assert len(ids(to="2026-03-02T00:00:00+02:00")) == 2


def test_pages_show_each_entry_once(owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee)
    for _ in range(4):
        stamp(owner, card["id"])
    for path in (LEDGER, f"{CARDS}/{card['id']}/transactions"):
        seen: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            page = owner.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
            seen += [entry["sequence"] for entry in page.json()["items"]]
            cursor = page.json()["next_cursor"]
        assert seen == [5, 4, 3, 2, 1]


def test_bob_sees_only_his_ledger(api: Api, owner: Api, coffee: LoyaltyProgram, bob: Shop) -> None:
    card = enrol(owner, coffee)
    theirs = api.with_token(bob.token())
    assert entries(theirs) == entries(theirs, card_id=card["id"]) == []
    assert entries(theirs, program_id=coffee.id) == []


@pytest.mark.parametrize(
    "params",
    [
        {"card_id": "x"},
        {"from": "yesterday"},
        {"from": "2026-03-01"},
        {"type": ""},
        {"cursor": "%%%"},
        {"limit": "0"},
        {"limit": "201"},
    ],
)
def test_a_filter_that_does_not_fit_is_refused(owner: Api, params: dict[str, str]) -> None:
    answer = owner.get(LEDGER, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
