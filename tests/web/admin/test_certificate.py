"""An admin sees in time that Apple's certificate ends, an owner how many cards are in wallets."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.fakes.apple_chain import make_chain
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.pages import Visitor, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context whose operator has a certificate of Apple's kind."""
    chain = make_chain()
    configured = replace(
        settings,
        apple_certificate=chain.certificate_pem,
        apple_private_key=chain.key_pem,
        apple_wwdr_certificate=chain.intermediate_pem,
    )
    with closing(build_context(configured, clock=clock, ids=ids, database=database)) as built:
        yield built


def days_before_the_end(context: Context, clock: ManualClock, days: int) -> None:
    ends = context.wallets.apple.signs_until
    assert ends is not None
    clock.advance(seconds=(ends - clock.now()).total_seconds() - days * 86_400)


def test_an_admin_is_warned_before_the_certificate_ends(
    visitor: Visitor, context: Context, clock: ManualClock
) -> None:
    days_before_the_end(context, clock, context.settings.apple_certificate_warning_days + 1)
    make_admin(context)
    visitor.sign_in("admin@platform.example", PASSWORD)
    assert "renew soon" not in text_of(visitor.get("/admin/health"))

    days_before_the_end(context, clock, 5)
    visitor.sign_in("admin@platform.example", PASSWORD)
    page = text_of(visitor.get("/admin/health"))
    assert "renew soon" in page
    assert "5 days left" in page


def test_an_owner_sees_how_many_cards_are_in_the_wallet(visitor: Visitor, alice: Shop) -> None:
    visitor.sign_in(alice.email("owner"), PASSWORD)
    visitor.get("/console/account")
    visitor.post("/console/account/profile", name="Alice", language="en")
    page = text_of(visitor.get("/console/wallets"))
    assert "0 cards in this wallet" in page
    assert "Customers can add their card to this wallet." in page
