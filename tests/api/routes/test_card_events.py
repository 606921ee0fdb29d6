"""A customer's page is kept up to date by Server-Sent Events, over a real socket."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

import httpx
import pytest

from punchcard.context import Context
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import InProcess
from tests.support.served import served
from tests.support.server_process import caller

EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0, "max_daily_stamps": 50}
Lines = Iterator[str]


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let pages hear often that the server is there, and be few."""
    return replace(settings, live_heartbeat_seconds=0.2, live_streams_per_card=2)


@pytest.fixture
def customer(context: Context) -> Iterator[httpx.Client]:
    with served(create_app(context)) as address, caller(address) as client:
        yield client


def open_card(shop: Shop) -> str:
    """Open a card; returns its token."""
    program = shelf.program(shop, **EASY)
    card_id = shelf.opened_card(shop, program)
    with shop.context.database.read() as session:
        sealed = session.get_one(LoyaltyCard, card_id).token_sealed
    token = shop.context.loyalty.card_sealer.open(sealed, card_id)
    assert token is not None
    return token.decode()


def stamp(shop: Shop, token: str) -> None:
    actor = Actor(ActorKind.SYSTEM, None)
    stamp_service.add_stamp(shop.context.loyalty.till, token, vendor_id=shop.id, actor=actor)


@contextmanager
def events_of(client: httpx.Client, token: str) -> Iterator[Lines]:
    with client.stream("GET", f"/api/v1/loyalty/cards/{token}/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        yield answer.iter_lines()


def next_card(lines: Lines, *, but: Any = None) -> Any:
    """Return the card that is shown next; one like `but` may be shown once more before it.

    What opened the card may be told when the page has just read it.
    """
    for line in lines:
        if line.startswith("data: ") and (card := json.loads(line[6:])) != but:
            return card
    raise AssertionError("the stream has ended")


def test_the_page_shows_the_card_and_then_each_stamp(customer: httpx.Client, alice: Shop) -> None:
    token = open_card(alice)
    with events_of(customer, token) as lines:
        assert next(lines) == "retry: 3000"
        assert next(lines) == "event: card"
        shown = next_card(lines)
        assert shown == customer.get(f"/api/v1/loyalty/cards/{token}").json()
        for stamps in (1, 2):
            stamp(alice, token)
            shown = next_card(lines, but=shown)
            assert shown["stamps"] == stamps


def test_a_quiet_page_hears_that_the_server_is_there(customer: httpx.Client, alice: Shop) -> None:
    with events_of(customer, open_card(alice)) as lines:
        next_card(lines)
        # The program, just made, may be told of first.
        assert any(line == ":" for line in lines)


def test_a_card_that_is_blocked_is_shown_so(customer: httpx.Client, alice: Shop) -> None:
    token = open_card(alice)
    till = {"Authorization": f"Bearer {alice.token()}"}
    with events_of(customer, token) as lines:
        shown = next_card(lines)
        found = customer.get(
            "/api/v1/vendor/loyalty/cards/lookup", params={"code": token}, headers=till
        )
        path = f"/api/v1/vendor/loyalty/cards/{found.json()['items'][0]['id']}"
        assert customer.post(f"{path}/block", headers=till).status_code == 200
        assert next_card(lines, but=shown)["status"] == "blocked"
        assert customer.post(f"{path}/replace", headers=till).status_code == 200
        # The link no longer opens the card, so the stream has nothing more to say.
        assert [line for line in lines if line.startswith("data")] == []


def test_a_program_that_changed_is_told_by_its_own_name(
    customer: httpx.Client, alice: Shop
) -> None:
    token = open_card(alice)
    owner = {"Authorization": f"Bearer {alice.token()}"}
    programs = "/api/v1/vendor/loyalty/programs"
    (program,) = customer.get(programs, headers=owner).json()["items"]
    with events_of(customer, token) as lines:
        next_card(lines)
        change = {"name": "Coffee and cake"}
        answer = customer.patch(f"{programs}/{program['id']}", json=change, headers=owner)
        assert answer.status_code == 200
        assert "event: program" in islice(lines, 50)


def test_a_page_too_many_is_told_when_to_come_again(customer: httpx.Client, alice: Shop) -> None:
    token = open_card(alice)
    path = f"/api/v1/loyalty/cards/{token}/events"
    with events_of(customer, token) as one, events_of(customer, token) as two:
        assert next_card(one) == next_card(two)
        refused = customer.get(path)
        assert (refused.status_code, refused.json()["code"]) == (503, "live_updates_busy")
        assert refused.headers["retry-after"]
        assert customer.get("/api/v1/loyalty/cards/no-such-token/events").status_code == 404


def test_whoever_leaves_makes_room_and_holds_no_connection(
    customer: httpx.Client, alice: Shop, context: Context
) -> None:
    token = open_card(alice)
    for _ in range(5):
        with events_of(customer, token) as lines, events_of(customer, token) as others:
            next_card(lines)
            next_card(others)
        until_nobody_watches(context)
    assert context.loyalty.live.watching == 0


def test_a_server_that_stops_ends_the_stream(
    customer: httpx.Client, alice: Shop, context: Context
) -> None:
    with events_of(customer, open_card(alice)) as lines:
        next_card(lines)
        context.loyalty.live.end_watches()
        assert [line for line in lines if line.startswith("data")] == []


def test_a_stream_ends_after_its_time_and_may_be_opened_again(
    context: Context, settings: Settings, alice: Shop
) -> None:
    token = open_card(alice)
    short = replace(context, settings=replace(settings, live_stream_seconds=0.0))
    with InProcess(create_app(short)) as api:
        for _ in range(3):
            answer = api.get(f"/loyalty/cards/{token}/events")
            assert answer.text.startswith("retry: 3000\nevent: card\ndata: {")
            assert answer.text.endswith("}\n\n")


def until_nobody_watches(context: Context) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if context.loyalty.live.watching == 0:
            return
        pause.wait(0.01)
