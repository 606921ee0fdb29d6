"""A page of another site with `clients/javascript`: what a real browser lets it read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.engine import Engine
from tests.journeys.support.small_pages import html, small_site
from tests.loyalty import shelf
from tests.support import cast
from tests.support.served import served

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CLIENT = Path(__file__).parents[2] / "clients" / "javascript" / "punchcard.js"
SITE = {"/": html(""), "/punchcard.js": CLIENT.read_text(encoding="utf-8")}
WORK = """
async ({ server, slug }) => {
  const { Guest } = await import("/punchcard.js");
  const told = async (ask) => { try { return await ask(); } catch (error) { return error.name; } };
  const guest = new Guest(server, { attempts: 1 });
  const enrol = (headers) => told(async () => {
    const init = { method: "POST", headers, body: '{"accept_terms":true}' };
    const answer = await fetch(`${server}/api/v1/loyalty/programs/${slug}/enroll`, init);
    return [answer.status, answer.headers.get("X-Request-ID")];
  });
  const json = { "Content-Type": "application/json" };
  return {
    program: await told(async () => (await guest.program(slug)).name),
    missing: await told(async () => (await guest.program("no-such-program")).name),
    joined: await enrol({ ...json, "Idempotency-Key": "once", "X-Request-ID": "mine" }),
    withKey: await enrol({ ...json, Authorization: "Bearer pk_x" }),
    vendor: await told(async () => (await fetch(`${server}/api/v1/vendor`)).status),
    withCookies: await told(async () => (
      await fetch(`${server}/api/v1/loyalty/programs/${slug}`, { credentials: "include" })
    ).status),
  };
}
"""

Opened = AbstractContextManager[tuple[str, str, str]]
OpenShop = Callable[[str], Opened]


@pytest.fixture
def shop(database: Database, settings: Settings, clock: FlowingClock, ids: SystemIds) -> OpenShop:
    """Serve Café Alice to pages of given origins: its address, its program's slug and name."""

    @contextmanager
    def opened(origins: str) -> Iterator[tuple[str, str, str]]:
        here = replace(settings, cors_origins=origins)
        with closing(build_context(here, clock=clock, ids=ids, database=database)) as context:
            alice = cast.open_cafe_alice(context)
            program = shelf.program(alice, status="active", pin_policy="off")
            with served(create_app(context)) as address:
                yield address, program.slug, program.name

    return opened


def seen(engine: Engine, browser: Browser, site: str, server: str, slug: str) -> dict[str, Any]:
    with engine.awake(), closing(browser.new_context()) as visitor:
        page = visitor.new_page()
        page.goto(site)
        found: dict[str, Any] = page.evaluate(WORK, {"server": server, "slug": slug})
        return found


def test_a_named_site_does_what_guests_may_and_no_more(
    engine: Engine, browser: Browser, shop: OpenShop
) -> None:
    with small_site(SITE, policy="default-src *") as site, shop(site) as (server, slug, name):
        assert seen(engine, browser, site, server, slug) == {
            "program": name,
            "missing": "Problem",
            "joined": [201, "mine"],
            "withKey": "TypeError",
            "vendor": "TypeError",
            "withCookies": "TypeError",
        }


def test_any_other_site_reads_nothing(engine: Engine, browser: Browser, shop: OpenShop) -> None:
    with (
        small_site(SITE, policy="default-src *") as site,
        shop("https://shop.example") as (server, slug, _),
    ):
        found = seen(engine, browser, site, server, slug)
        assert set(found.values()) == {"TypeError", "Unreachable"}
