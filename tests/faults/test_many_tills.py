"""Twelve tills come back at once, at a server of three processes: nothing is lost or doubled, no
limit is passed, open pages hear of it, and nobody waits for all others.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from punchcard.context import build_context
from punchcard.db.database import open_database
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard
from tests.loyalty import shelf
from tests.support import cast
from tests.support.books import audited
from tests.support.many_tills import Kept, Till, drain_together, faults_of, given
from tests.support.open_shop import EASY, OpenShop, shown
from tests.support.prometheus import told_by
from tests.support.server_process import Serving, caller, environment_for, serving
from tests.support.waiting import wait_until

TILLS = 12
AT_ONCE = 20
DAILY = 3
TOO_SOON = "stamp_too_soon"
TOO_MANY = "daily_stamp_limit_reached"


@dataclass(frozen=True)
class Busy:
    """A shop with cards of three programs: points, one stamp an hour, three stamps a day."""

    key: str
    points: list[OpenShop]
    hourly: Sequence[str]
    daily: Sequence[str]


def open_busy_shop(settings: Settings, cards: int) -> Busy:
    with closing(build_context(settings)) as context:
        alice = cast.open_cafe_alice(context)
        key = alice.api_key("loyalty:operate")
        kinds = (
            {"type": "points", "status": "active", "pin_policy": "off"},
            {**EASY, "cooldown_minutes": 60},
            {**EASY, "max_daily_stamps": DAILY},
        )
        programs = [shelf.program(alice, **fields) for fields in kinds]
        points, hourly, daily = (
            [shelf.opened_card(alice, program) for _ in range(cards)] for program in programs
        )
        with context.database.read() as session:
            sealed = {i: session.get_one(LoyaltyCard, i).token_sealed for i in points}
        tokens = {i: context.loyalty.card_sealer.open(one, i) for i, one in sealed.items()}
        shops = [OpenShop(key, i, (token or b"").decode()) for i, token in tokens.items()]
        return Busy(key, shops, hourly, daily)


def tills_of(shop: Busy, rounds: int, at_once: int = AT_ONCE) -> list[Till]:
    """Return tills that each kept `rounds` operations on every card, all on the same cards."""
    tills = []
    for number in range(TILLS):
        kept = []
        for turn in range(rounds):
            every = [
                *(("earn", one.card_id) for one in shop.points),
                *(("stamp", card) for card in (*shop.hourly, *shop.daily)),
            ]
            for place, (op, card) in enumerate(every):
                body: dict[str, Any] = {"op": op}
                if op == "earn":
                    body["amount_minor"] = 100 + place
                kept.append(Kept(f"till-{number}-{turn}-{place}", card, body))
            # Each comes by another way through the same cards.
            kept = kept[number:] + kept[:number]
        tills.append(Till(kept, at_once))
    return tills


@contextmanager
def watched(server: Serving, shops: list[OpenShop]) -> Iterator[dict[str, int]]:
    """Keep the pages of cards open; gives how many points each shows now."""
    points: dict[str, int] = {}

    def watch(shop: OpenShop) -> None:
        # The line ends with the server.
        with (
            suppress(httpx.TransportError),
            caller(server.address) as page,
            shop.watch(page) as line,
        ):
            for card in shown(line):
                points[shop.card_id] = card["points"]

    for shop in shops:
        threading.Thread(target=watch, args=(shop,), daemon=True).start()
    wait_until(lambda: len(points) == len(shops))
    yield points


def judge(
    database_url: str, settings: Settings, tmp_path: Path, *options: str, cards: int, rounds: int
) -> list[Till]:
    """Let all tills drain at once, and look at what they were told, at the books and the pages."""
    shop = open_busy_shop(settings, cards)
    tills = tills_of(shop, rounds)
    environment = {
        **environment_for(database_url, tmp_path),
        # All tills show one key.
        "PUNCHCARD_CREDENTIAL_REQUESTS_PER_MINUTE": "0",
    }
    with (
        serving(environment, tmp_path, *options) as server,
        watched(server, shop.points) as points,
    ):
        drain_together(tills, server.address, shop.key)
        with closing(open_database(Settings(database_url=database_url))) as database:
            chains = audited(database)
        last = {one.card_id: chains[one.card_id][-1]["points_after"] for one in shop.points}
        wait_until(lambda: points == last)
        with caller(server.address) as client:
            figures = told_by(client)
    entries = [dict(entry) for chain in chains.values() for entry in chain]
    assert faults_of(tills, entries) == []
    stamped = given(entries, "stamp_earned")
    assert {card: stamped[card] for card in shop.hourly} == dict.fromkeys(shop.hourly, 1)
    most = min(DAILY, TILLS * rounds)
    assert {card: stamped[card] for card in shop.daily} == dict.fromkeys(shop.daily, most)
    accepted = sum(result["status"] < 300 for till in tills for result in till.told.values())
    assert figures.value("punchcard_till_accepted_total") == accepted
    refused = {code_of(result) for till in tills for result in till.told.values()} - {None}
    assert refused == {TOO_SOON, TOO_MANY}
    return tills


def code_of(result: dict[str, Any]) -> str | None:
    return None if result["status"] < 300 else str(result["problem"]["code"])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_twelve_tills_come_back_at_three_processes(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    judge(database_url, settings, tmp_path, "--workers", "3", cards=3, rounds=2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_twelve_tills_come_back_at_a_file(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    judge(database_url, settings, tmp_path, cards=3, rounds=2)
