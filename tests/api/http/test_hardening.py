"""What browsers are told of every kind of response."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import httpx
import pytest

from punchcard.api.http.browsers.hardening import Hardening
from punchcard.api.http.connections import refusal
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.programs import vendor_changes
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support import cast
from tests.support.http import AppTransport, InProcess
from tests.support.pages import Visitor

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def served(
    settings: Settings, database: Database, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Serve at an https address."""
    at_https = replace(settings, base_url="https://cards.example")
    with closing(build_context(at_https, clock=clock, ids=ids, database=database)) as context:
        yield context


@on_sqlite
def test_every_kind_of_response_is_hardened(served: Context) -> None:
    alice = cast.open_cafe_alice(served)
    program = shelf.program(alice, status="active", pin_policy="off")
    api, app = "/api/v1", create_app(served)
    with InProcess(app) as caller:
        wanted = {"accept_terms": True}
        opened = caller.post(f"/loyalty/programs/{program.slug}/enroll", wanted).json()
    token = opened["card"]["token"]
    owner = {"Authorization": f"Bearer {alice.token()}"}
    inert = {
        f"{api}/vendor": owner,
        f"{api}/vendor/nothing": {},
        f"{api}/loyalty/cards/{token}": {},
        f"{api}/loyalty/cards/{token}/qr.svg": {},
        f"{api}/loyalty/cards/{token}/export": {},
        f"{api}/vendor/loyalty/exports/cards.csv": owner,
        f"{api}/loyalty/google/programs/{program.id}/logo.png": {},
        "/healthz": {},
        "/openapi.json": {},
    }
    pages = ["/sign-in", f"/c/{token}", "/console", "/zzz", "/docs"]
    with Visitor(app) as visitor:
        for path, headers in inert.items():
            told = visitor.client.get(path, headers=headers).headers
            assert told["content-security-policy"].startswith("default-src 'none'; frame-"), path
        for path in pages:
            told = visitor.client.get(path, headers={"accept": "text/html"}).headers
            assert "script-src 'self'" in told["content-security-policy"], path
        script = visitor.get("/terminal/sw.js").headers
        assert "default-src 'none'; frame-" not in script.get("content-security-policy", "")
        for path in [*inert, *pages, "/terminal/sw.js"]:
            told = visitor.client.get(path, headers=inert.get(path, {})).headers
            assert told["strict-transport-security"] == "max-age=31536000", path
            assert told["x-content-type-options"] == "nosniff", path
            shown = "cross-origin" if "/google/" in path else "same-origin"
            assert told["cross-origin-resource-policy"] == shown, path


def test_what_a_worker_may_do_is_not_cut_down_by_its_script() -> None:
    given = {b"content-type": b"text/javascript; charset=utf-8"}
    names = [name for name, _ in Hardening(is_https=False).headers(given)]
    assert b"content-security-policy" not in names
    assert b"strict-transport-security" not in names


def test_a_request_that_never_reached_the_application_is_answered_alike() -> None:
    head = refusal(431, [], is_https=True).partition(b"\r\n\r\n")[0]
    assert b"strict-transport-security: max-age=31536000" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"strict-transport-security" not in refusal(431, [])


@on_sqlite
def test_pictures_of_drafts_and_of_suspended_shops_are_not_there(served: Context) -> None:
    alice = cast.open_cafe_alice(served)
    draft, program = shelf.program(alice, status="draft"), shelf.program(alice, status="active")
    with InProcess(create_app(served)) as api:
        path = "/loyalty/google/programs/{}/logo.png"
        assert api.get(path.format(program.id)).status_code == 200
        assert api.get(path.format(draft.id)).status_code == 404
        with served.database.write() as session:
            vendor_changes.suspend_vendor(session, cast.by_operator(served), alice.id)
        assert api.get(path.format(program.id)).status_code == 404


@on_sqlite
def test_nothing_answers_a_trace(served: Context) -> None:
    transport = AppTransport(create_app(served))
    with httpx.Client(transport=transport, base_url="https://cards.example") as client:
        for path in ("/", "/sign-in", "/api/v1/auth/me", "/healthz", "/terminal", "/nowhere"):
            assert client.request("TRACE", path).status_code in {404, 405}
