"""The dashboard, the staff report, the server's status, and finding cards and entries again."""

from datetime import timedelta

import pytest

from punchcard import __version__
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.db import outbox
from punchcard.kit.clock import ManualClock
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api

LOYALTY = "/vendor/loyalty"
EASY = {"status": "active", "pin_policy": "optional", "cooldown_minutes": 0}


@pytest.fixture
def cards(owner: Api, alice: Shop) -> list[str]:
    """Open two cards of one program; returns their ids."""
    program = shelf.program(alice, **EASY)
    return [shelf.opened_card(alice, program) for _ in range(2)]


def ids(api: Api, path: str, **params: str) -> list[str]:
    answer = api.get(f"{LOYALTY}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_the_dashboard_tells_this_month_and_ninety_days(owner: Api, cards: list[str]) -> None:
    owner.post(f"{LOYALTY}/stamp", {"card": cards[0]})
    told = owner.get(f"{LOYALTY}/dashboard").json()
    assert (told["today"], told["members"], told["active_members"]) == ("2026-03-02", 2, 2)
    assert (told["month"]["stamps_earned"], told["month"]["cards"]) == (1, 2)
    assert told["month_money"] == [
        {"currency": "EUR", "purchase_amount_minor": 0, "reward_value_minor": 0}
    ]
    assert len(told["daily"]) == 90


def test_the_staff_report_names_people_and_is_not_for_them(
    api: Api, owner: Api, alice: Shop, cards: list[str]
) -> None:
    anna = shelf.pin(alice, "4711", "Anna")
    owner.post(f"{LOYALTY}/stamp", {"card": cards[0], "staff_pin": "4711"})
    told = owner.get(f"{LOYALTY}/staff-report").json()
    assert (told["last_day"], told["timezone"]) == ("2026-03-02", "Europe/Luxembourg")
    (line,) = told["lines"]
    assert line["staff"] == {"id": anna.id, "name": "Anna", "is_retired": False}
    assert (line["stamps"], line["top_card_share"], line["flags"]) == (1, 1.0, [])
    alice.hire(Role.STAFF)
    assert api.with_token(alice.token("staff")).get(f"{LOYALTY}/staff-report").status_code == 403
    long = {"from": "2025-01-01", "to": "2026-01-01"}
    refused = owner.get(f"{LOYALTY}/staff-report", params=long)
    assert refused.json()["errors"][0]["message"] == "A report covers 92 days at most."


def test_the_servers_status_tells_what_waits_and_what_was_given_up(
    api: Api, context: Context, cards: list[str]
) -> None:
    now = context.clock.now()
    with context.database.write() as session:
        work = outbox.claim(session, ["card.changed"], limit=1, now=now, lease=timedelta(minutes=1))
        outbox.park(session, work[0], error="no")
    admin = api.with_token(cast.make_admin(context))
    told = admin.get("/admin/status").json()
    assert told["version"] == __version__
    assert told["is_migrated"]
    assert told["till"]["is_running"]
    assert (told["till"]["accepted"], told["live_pages"]) == (2, 0)
    (queue,) = [one for one in told["queue"] if one["topic"] == "card.changed"]
    assert (queue["waiting"], queue["claimed"], queue["parked"]) == (1, 0, 1)
    assert queue["oldest_at"] is not None
    assert [(one["key"], one["last_error"]) for one in told["parked"]] == [(work[0].key, "no")]


def test_cards_are_found_by_when_they_were_last_used(
    owner: Api, cards: list[str], clock: ManualClock
) -> None:
    quiet, used = cards
    clock.advance(minutes=10)
    owner.post(f"{LOYALTY}/stamp", {"card": used})
    then = "2026-03-02T09:05:00Z"
    assert ids(owner, "/cards", active_since=then) == [used]
    assert ids(owner, "/cards", active_before=then) == [quiet]
    assert ids(owner, "/cards", active_since=then, status="blocked") == []


def test_entries_are_found_by_where_they_happened(
    owner: Api, alice: Shop, cards: list[str]
) -> None:
    kiosk = owner.post("/vendor/locations", {"name": "The kiosk"}).json()["id"]
    owner.post(f"{LOYALTY}/stamp", {"card": cards[0]})
    there = owner.post(f"{LOYALTY}/stamp", {"card": cards[1], "location_id": kiosk}).json()
    assert ids(owner, "/transactions", location_id=kiosk) == [there["transaction"]["id"]]
    assert len(ids(owner, "/transactions", type="stamp_earned")) == 2
