"""Pages of other sites: those that are named read the public routes, and nothing else is read."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from punchcard.api.http.browsers.cross_origin import MAX_AGE_SECONDS, PUBLIC_PATHS
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support import cast
from tests.support.http import AppTransport
from tests.support.served import served

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SHOP = "https://shop.example"
NAMED = f"{SHOP}, HTTP://Localhost:3000/, https://bäckerei.example:443"
STRANGERS = [
    "null",
    "*",
    "",
    "http://shop.example",
    "https://shop.example:444",
    "https://shop.example:443",
    "https://shop.example/",
    "https://SHOP.example",
    "https://www.shop.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://shop.example, https://evil.example",
    "http://localhost",
    "http://localhost:30000",
]
ELSEWHERE = [
    "/api/v1/vendor",
    "/api/v1/vendor/loyalty/cards",
    "/api/v1/vendor/loyalty/stamp",
    "/api/v1/admin/vendors",
    "/api/v1/auth/token",
    "/api/v1/auth/me",
    "/api/v1/devices/pair",
    "/api/v1/loyaltyx",
    "/api/v1/loyalty",
    "//api/v1/loyalty/programs/coffee",
    "/API/v1/loyalty/programs/coffee",
    "/terminal",
    "/console",
    "/admin",
    "/sign-in",
    "/healthz",
    "/openapi.json",
]


@pytest.fixture
def named(
    settings: Settings, database: Database, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Name three origins."""
    here = replace(settings, cors_origins=NAMED)
    with closing(build_context(here, clock=clock, ids=ids, database=database)) as context:
        yield context


@pytest.fixture
def client(named: Context) -> Iterator[httpx.Client]:
    """Call the whole server."""
    with caller_of(named) as client:
        yield client


def caller_of(context: Context) -> httpx.Client:
    transport = AppTransport(create_app(context))
    return httpx.Client(transport=transport, base_url=context.settings.base_url)


def program_path(context: Context) -> str:
    program = shelf.program(cast.open_cafe_alice(context), status="active", pin_policy="off")
    return f"{PUBLIC_PATHS}programs/{program.slug}"


def preflight(client: httpx.Client, path: str, origin: str, method: str = "POST") -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,idempotency-key",
    }
    return client.options(path, headers=asked)


def told(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer says of other origins, without `access-control-` before it."""
    start = "access-control-"
    return {
        name.removeprefix(start): value
        for name, value in answer.headers.items()
        if name.startswith(start)
    }


def names(text: str) -> set[str]:
    return {name.strip().lower() for name in text.split(",")}


@pytest.mark.parametrize(
    "origin", [SHOP, "http://localhost:3000", "https://xn--bckerei-5wa.example"]
)
def test_a_named_page_reads_a_public_route(
    client: httpx.Client, named: Context, origin: str
) -> None:
    answer = client.get(program_path(named), headers={"Origin": origin})
    assert answer.status_code == 200
    said = told(answer)
    exposed = names(said.pop("expose-headers"))
    assert said == {"allow-origin": origin}
    assert {"x-request-id", "retry-after", "idempotency-replayed"} <= exposed
    assert answer.headers.get_list("vary", split_commas=True).count("Origin") == 1


def test_a_named_page_changes_something_as_it_asked(client: httpx.Client, named: Context) -> None:
    path = program_path(named) + "/enroll"
    ahead = preflight(client, path, SHOP)
    assert (ahead.status_code, ahead.content) == (204, b"")
    assert ahead.headers["vary"] == "Origin"
    assert ahead.headers["x-request-id"]
    said = told(ahead)
    assert names(said.pop("allow-methods")) == {"get", "head", "post", "delete"}
    allowed = names(said.pop("allow-headers"))
    assert {"content-type", "accept-language", "idempotency-key", "x-request-id"} <= allowed
    assert "authorization" not in allowed
    assert said == {"allow-origin": SHOP, "max-age": str(MAX_AGE_SECONDS)}

    headers = {"Origin": SHOP, "Idempotency-Key": "once", "X-Request-ID": "mine"}
    answer = client.post(path, json={"accept_terms": True}, headers=headers)
    assert answer.status_code == 201
    assert told(answer)["allow-origin"] == SHOP
    assert answer.headers["x-request-id"] == "mine"


def test_a_named_page_reads_refusals_of_every_layer(client: httpx.Client, named: Context) -> None:
    path = program_path(named)
    long = b"x" * (named.settings.body_limit_bytes + 1)
    mine = {"Origin": SHOP}
    answers = [
        client.get(PUBLIC_PATHS + "programs/none", headers=mine),
        client.get(PUBLIC_PATHS + "nothing", headers=mine),
        client.get(path + "/", headers=mine),
        client.get(path, headers={**mine, "Host": "not a host"}),
        client.post(path + "/enroll", json={"accept_terms": 7}, headers=mine),
        client.post(path + "/enroll", content=long, headers=mine),
        client.put(path, headers=mine),
    ]
    assert [one.status_code for one in answers] == [404, 404, 308, 400, 422, 413, 405]
    assert [told(one)["allow-origin"] for one in answers] == [SHOP] * 7


@pytest.mark.parametrize("origin", STRANGERS)
def test_any_other_page_is_told_nothing_and_refused_nothing(
    client: httpx.Client, named: Context, origin: str
) -> None:
    path = program_path(named)
    answer = client.get(path, headers={"Origin": origin})
    assert (answer.status_code, told(answer)) == (200, {})
    assert answer.headers["vary"] == "Origin"
    ahead = preflight(client, path, origin)
    assert (ahead.status_code, ahead.content, told(ahead)) == (204, b"", {})
    assert ahead.headers["vary"] == "Origin"


def test_two_origins_in_one_request_are_none(client: httpx.Client, named: Context) -> None:
    twice = [("Origin", SHOP), ("Origin", SHOP)]
    assert told(client.get(program_path(named), headers=twice)) == {}


def test_who_names_no_origin_gets_an_answer_that_no_cache_gives_to_a_page(
    client: httpx.Client, named: Context
) -> None:
    answer = client.get(program_path(named))
    assert (answer.status_code, told(answer), answer.headers["vary"]) == (200, {}, "Origin")


def test_nothing_else_is_told_to_a_named_page(client: httpx.Client, named: Context) -> None:
    alice = cast.open_cafe_alice(named)
    owner = {"Origin": SHOP, "Authorization": f"Bearer {alice.token()}"}
    for path in ELSEWHERE:
        for answer in (
            client.get(named.settings.base_url + path, headers=owner),
            preflight(client, named.settings.base_url + path, SHOP),
        ):
            assert told(answer) == {}, path
            assert "Origin" not in answer.headers.get("vary", ""), path


def test_a_request_that_asks_nothing_ahead_is_no_preflight(
    client: httpx.Client, named: Context
) -> None:
    path = program_path(named)
    assert client.options(path, headers={"Origin": SHOP}).status_code == 405
    asked = {"Access-Control-Request-Method": "GET"}
    assert client.options(path, headers=asked).status_code == 405


def test_while_no_origin_is_named_nothing_is_told(context: Context) -> None:
    path = program_path(context)
    with caller_of(context) as client:
        answer = client.get(path, headers={"Origin": SHOP})
        assert (answer.status_code, told(answer)) == (200, {})
        assert "vary" not in answer.headers
        ahead = preflight(client, path, SHOP)
        assert (ahead.status_code, told(ahead)) == (405, {})


def test_a_preflight_leaves_its_connection_whole(named: Context) -> None:
    path = program_path(named)
    with served(create_app(named)) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        with closing(connection):
            asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
            connection.request("OPTIONS", path, body=b"a body that nobody reads", headers=asked)
            ahead = connection.getresponse()
            assert (ahead.status, ahead.read()) == (204, b"")
            connection.request("GET", path, headers={"Origin": SHOP})
            answer = connection.getresponse()
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, SHOP)
            assert answer.read().startswith(b"{")
