"""How often a stranger may send the forms that stand open to everybody."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any

import pytest
from fastapi.routing import APIRoute

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.web.routers import ROUTERS
from tests.contract.problems import count_rows
from tests.loyalty import shelf
from tests.support.cast import PASSWORD, Shop
from tests.support.outgoing_mail import mails
from tests.support.pages import Visitor, text_of

NEW = "a password never used before"
WAIT = "Too many attempts. Please wait a little."
OPEN_FORMS = {
    "/sign-in": ("/sign-in", {"email": "nobody@nowhere.example", "password": "whatever it is"}),
    "/sign-in/passkey": ("/sign-in", {"credential": "none"}),
    "/sign-in/code": ("/sign-in", {"code": "000000"}),
    "/forgot-password": ("/forgot-password", {"email": "nobody@nowhere.example"}),
    "/verify-email": ("/verify-email", {}),
    "/join/{slug}": ("/join/{slug}", {"accept_terms": "on"}),
    "/c/{token}/language": ("/join/{slug}", {"language": "de"}),
    "/c/{token}/news": ("/join/{slug}", {"news": "yes"}),
    "/c/{token}/keep": ("/join/{slug}", {}),
    "/c/{token}/proof-of-person": ("/join/{slug}", {}),
    "/c/{token}/yours/{secret}/erase": ("/join/{slug}", {}),
    "/c/{token}/yours/{secret}/contact": ("/join/{slug}", {}),
    "/c/{token}/yours/{secret}/contact/withdraw": ("/join/{slug}", {}),
    "/contact/{ticket}": ("/join/{slug}", {}),
    "/c/{token}/yours/{secret}/merge": ("/join/{slug}", {}),
    "/merge/{ticket}": ("/join/{slug}", {}),
    "/h/{ticket}": ("/join/{slug}", {}),
    "/join/{slug}/receipt": ("/join/{slug}", {}),
    "/c/{token}/receipt": ("/join/{slug}", {}),
}
"""Each with the page that its form is opened at; a wrong card is as good as a right one here."""

ELSEWHERE = {
    # Counted once its link was found good, see below.
    "/reset-password",
    # These neither hash nor write for a stranger.
    "/sign-out",
    "/language",
    "/c/{token}/forget-here",
}


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let everybody do everything once a minute, and write mails to the log."""
    limits = [f.name for f in fields(Settings) if f.name.endswith("_per_minute")]
    form_key: dict[str, Any] = dict.fromkeys(limits, 1)
    return replace(settings, **{**form_key, "public_reads_per_minute": 1000}, smtp_url="log:")


def test_every_form_for_strangers_is_looked_at_here() -> None:
    paths = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    }
    inside = ("/console", "/admin", "/terminal")
    assert {path for path in paths if not path.startswith(inside)} == {*OPEN_FORMS, *ELSEWHERE}


@pytest.mark.parametrize("path", OPEN_FORMS)
def test_a_form_for_strangers_is_limited_per_address(
    visitors: Callable[..., Visitor], alice: Shop, clock: ManualClock, path: str
) -> None:
    program = shelf.program(alice, status="active")
    here = {"slug": program.slug, "token": "not-a-card", "secret": "x", "ticket": "none"}
    form, given = OPEN_FORMS[path]
    visitor, neighbour = visitors(), visitors(address="203.0.113.8")

    visitor.get(form.format_map(here))
    assert visitor.post(path.format_map(here), **given).status_code != 429
    before = count_rows(alice.context.database)
    refused = visitor.post(path.format_map(here), **given)

    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert WAIT in text_of(refused)
    assert count_rows(alice.context.database) == before
    neighbour.get(form.format_map(here))
    assert neighbour.post(path.format_map(here), **given).status_code != 429
    clock.advance(seconds=int(refused.headers["retry-after"]))
    assert visitor.post(path.format_map(here), **given).status_code != 429


def test_a_link_for_a_password_counts_like_signing_in(
    visitors: Callable[..., Visitor], alice: Shop, context: Context, clock: ManualClock
) -> None:
    visitor = visitors()
    visitor.get("/forgot-password")
    visitor.post("/forgot-password", email=alice.email("owner"))
    visitor.sign_in("nobody@nowhere.example", "whatever it is")
    link = mails(context)[-1].facts["link"].partition("/reset-password")[2]
    visitor.follow(visitor.get(f"/reset-password{link}"))

    refused = visitor.post("/reset-password", new_password=NEW, again=NEW)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert WAIT in text_of(refused)
    clock.advance(seconds=60)
    assert visitor.post("/reset-password", new_password=NEW, again=NEW).status_code == 303
    assert visitors(address="203.0.113.8").sign_in(alice.email("owner"), NEW).status_code == 303


def test_a_refused_sign_in_is_told_in_the_visitors_language(
    visitors: Callable[..., Visitor], alice: Shop
) -> None:
    visitor = visitors(language="de")
    visitor.sign_in(alice.email("owner"), PASSWORD)
    refused = visitors(language="de").sign_in(alice.email("owner"), PASSWORD)

    assert refused.status_code == 429
    assert "Zu viele Versuche" in text_of(refused)


def test_a_busy_server_says_so_and_when_to_come_back(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    hasher = context.accounts.password_hasher
    with ExitStack() as full:
        for _ in range(hasher.places):
            full.enter_context(hasher.place())
        busy = visitor.sign_in(alice.email("owner"), PASSWORD)

    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
