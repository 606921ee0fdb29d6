"""An owner has a test pass mailed to their own address, to open it on their phone."""

from collections.abc import Iterator
from dataclasses import replace
from email.headerregistry import Address
from pathlib import Path

import pytest

from punchcard.accounts.mail.mail_messages import write_message
from punchcard.context import Context
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.mail import as_message
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_app
from punchcard.wallets.apple.pkpass import MIME_TYPE
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.outgoing_mail import mails
from tests.support.pages import Visitor, text_of
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.opened_pass import open_pass, verify_signature


@pytest.fixture
def server_settings(
    request: pytest.FixtureRequest, settings: Settings, chain: AppleChain
) -> Settings:
    """Set Apple Wallet and a mail server up, but for what a test leaves out."""
    missing = getattr(request, "param", "")
    whole = replace(settings, smtp_url="" if missing == "mail" else "log:")
    if missing == "wallet":
        return whole
    with_wallet = with_certificates(whole, chain, "https://127.0.0.1:1")
    # Not https, at which a browser would keep the cookies of this visit to itself.
    return replace(with_wallet, base_url=settings.base_url)


@pytest.fixture
def shop(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def coffee(shop: Shop) -> LoyaltyProgram:
    """Open a stamp card."""
    return shelf.program(shop, status="active")


@pytest.fixture
def owner(context: Context, shop: Shop) -> Iterator[Visitor]:
    """Let the owner in."""
    with Visitor(create_app(context), language="en") as visitor:
        assert visitor.sign_in(shop.email("owner"), PASSWORD).status_code == 303
        yield visitor


def test_the_pass_comes_as_a_file_that_an_iphone_opens(
    owner: Visitor,
    context: Context,
    shop: Shop,
    coffee: LoyaltyProgram,
    chain: AppleChain,
    tmp_path: Path,
) -> None:
    here = f"/console/wallets/{coffee.id}/test-mail"
    assert f'action="{here}"' in owner.get("/console/wallets").text
    sent = owner.post(here)
    assert shop.email("owner") in text_of(owner.follow(sent))
    [mail] = mails(context)
    assert (mail.kind, mail.to) == ("test_pass", shop.email("owner"))
    message = as_message(
        write_message("1", mail, sent_at=context.clock.now()), Address(addr_spec="a@shop.test")
    )
    [attachment] = message.iter_attachments()
    assert attachment.get_content_type() == MIME_TYPE
    assert attachment.get_filename() == "test.pkpass"
    root = tmp_path / "root.pem"
    root.write_text(chain.root_pem)
    opened = open_pass(attachment.get_content())
    verify_signature(opened, root)
    assert opened.document["serialNumber"] == f"test-{coffee.id}"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip()


def test_an_address_is_not_flooded(
    owner: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    here = f"/console/wallets/{coffee.id}/test-mail"
    owner.get("/console/wallets")
    limit = context.settings.mails_per_address
    for _ in range(limit + 2):
        assert owner.post(here).status_code == 303
    assert len(mails(context)) == limit


@pytest.mark.parametrize("server_settings", ["mail", "wallet"], indirect=True)
def test_nothing_is_offered_or_sent_while_a_part_is_missing(
    owner: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    here = f"/console/wallets/{coffee.id}/test-mail"
    assert here not in owner.get("/console/wallets").text
    assert owner.post(here).status_code >= 400
    assert mails(context) == []


def test_another_shops_program_is_not_there(
    owner: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    theirs = shelf.program(cast.open_boulangerie_bob(context), status="active")
    owner.get("/console/wallets")
    assert owner.post(f"/console/wallets/{theirs.id}/test-mail").status_code == 404
    assert mails(context) == []
