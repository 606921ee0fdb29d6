"""Apple's web service: only a phone that shows a pass's own token hears anything of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.fakes.apple_chain import PASS_TYPE, make_chain
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.contract.conftest import Stage, open_stage
from tests.contract.world import World
from tests.fuzz import sent
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything, json_values, nearly
from tests.fuzz.raw_requests import RawServer
from tests.wallets.apple.certified import with_certificates

SERVICE = "/api/v1/loyalty/apple/v1"
PHONE = "a1b2c3d4e5f6"
ROUTES = [
    ("POST", "/devices/{phone}/registrations/{type}/{serial}"),
    ("DELETE", "/devices/{phone}/registrations/{type}/{serial}"),
    ("GET", "/devices/{phone}/registrations/{type}"),
    ("GET", "/passes/{type}/{serial}"),
    ("HEAD", "/passes/{type}/{serial}"),
    ("POST", "/log"),
]


@pytest.fixture(scope="module")
def held(
    either_copy: tuple[World, Settings],
) -> Iterator[Stage]:
    """Serve an operator with certificates, of whom one phone has one pass."""
    world, given = either_copy
    settings = replace(given, apple_logs_per_minute=100_000)
    with open_stage(
        world, with_certificates(settings, make_chain(), "https://127.0.0.1:1")
    ) as stage:
        answer = stage.api.get(f"/loyalty/cards/{world.alices['token']}/apple.pkpass")
        assert answer.status_code == 200
        yield stage


@pytest.fixture(scope="module")
def service(held: Stage) -> Iterator[RawServer]:
    with asyncio.Runner() as runner:
        yield RawServer(create_app(held.context), runner)


dates = (
    anything
    | nearly("Mon, 02 Mar 2026 09:00:00 GMT")
    | st.text("0123456789:+- ,JanGMT", max_size=40)
)


@effort(300)
@given(data=st.data(), route=st.sampled_from(ROUTES))
def test_nobody_hears_of_a_pass_without_its_token(
    service: RawServer, held: Stage, data: st.DataObject, route: tuple[str, str]
) -> None:
    number = held.world.alices["number"]
    good = {"phone": PHONE, "type": PASS_TYPE, "serial": number}
    right = f"ApplePass {held.context.wallets.apple.token_of(number)}"
    shown = data.draw(st.just(right) | nearly(right) | anything, "authorization")
    since = data.draw(dates, "date")
    path = data.draw(sent.paths(SERVICE + route[1], good.__getitem__), "path")
    answer = service.send(
        route[0],
        path,
        query=data.draw(sent.queries("passesUpdatedSince")),
        headers=[
            (b"authorization", shown.encode("utf-8", "replace")),
            (b"if-modified-since", since.encode("utf-8", "replace")),
        ],
        body=[data.draw(sent.json_bodies({"pushToken": "ab12", "logs": ["x"]}))],
    )
    sent.check(answer)
    is_about_a_pass = "{serial}" in route[1]
    if is_about_a_pass and shown != right:
        assert answer.status in (308, 400, 401, 404, 422, 429)


@effort(200)
@given(date=dates)
@example(date=" ")
@example(date="Mon, 02 Mar 0000 09:00:00 GMT")
@example(date="Mon, 02 Mar 0001 00:00:00 +2400")
@example(date="Fri, 31 Dec 9999 23:59:59 -2359")
@example(date="0 0 0 0 0 0")
@example(date="Mon,")
def test_any_date_of_a_phones_own_pass_is_borne(service: RawServer, held: Stage, date: str) -> None:
    number = held.world.alices["number"]
    answer = service.send(
        "GET",
        f"{SERVICE}/passes/{PASS_TYPE}/{number}".encode(),
        headers=[
            (b"authorization", f"ApplePass {held.context.wallets.apple.token_of(number)}".encode()),
            (b"if-modified-since", date.encode("utf-8", "replace")),
        ],
    )
    assert answer.status in (200, 304, 422), answer.body[:300]


@effort(200)
@given(body=json_values().map(lambda value: value) | anything)
def test_whatever_a_phone_complains_of_is_taken(service: RawServer, body: object) -> None:
    import json

    for told in (body, {"logs": body}, {"logs": [body]}):
        answer = service.send("POST", f"{SERVICE}/log".encode(), body=[json.dumps(told).encode()])
        assert answer.status == 200
