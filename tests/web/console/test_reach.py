"""The owner's phone opens a code, and the console says that the server can be reached."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from punchcard.accounts.access import reach_check
from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]


def path_of(context: Context, shop: Shop) -> str:
    url = reach_check.reach_url(context.settings, shop.id, context.clock.now())
    assert url.startswith(context.settings.base_url.rstrip("/"))
    return urlsplit(url).path


def events(context: Context) -> list[AuditEvent]:
    with context.database.read() as session:
        return list(session.query(AuditEvent).filter(AuditEvent.action == "vendor.reached"))


def test_a_phone_that_opens_the_code_is_told_to_the_console_that_shows_it(
    visitors: Visitors, alice: Shop, bob: Shop, context: Context, clock: ManualClock
) -> None:
    owner, phone = visitors(alice), visitors()
    page = owner.get("/console/wallets").text
    assert "Waiting for the phone" in page
    [poll] = re.findall(r'hx-get="(/console/wallets/reached[^"]*)"', page)
    assert "Waiting for the phone" in owner.get(poll).text
    path = path_of(context, alice)
    told = phone.get(path)
    assert "Your phone reached the server" in text_of(told)
    # Not https here, which is said where the owner looks.
    assert "does not begin with https://" in text_of(told)
    assert "Your phone could reach the server." in text_of(owner.get(poll))
    assert 'hx-trigger="every 2s"' in visitors(bob).get(poll).text
    phone.get(path)
    assert [event.vendor_id for event in events(context)] == [alice.id]
    clock.advance(minutes=16)
    assert phone.get(path).status_code == 404
    assert len(events(context)) == 1


def test_what_the_server_did_not_sign_is_no_page(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    path = path_of(context, alice)
    phone = visitors()
    for wrong in (path[:-1], path + "x", "/reach/abc", "/reach/a.b", "/reach/%00"):
        assert phone.get(wrong).status_code == 404, wrong
    assert events(context) == []
