"""The server's key changes: phones fetch their pass with the old token, and show the new one."""

from dataclasses import replace

import pytest

from punchcard.context import Context, build_context
from punchcard.fakes.apns import Apns
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from punchcard.wallets.models import ApplePass
from tests.loyalty import shelf
from tests.support import cast
from tests.support.http import InProcess
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.opened_pass import OpenedPass
from tests.wallets.apple.web_service.phone_and_counter import Phone

NEW = "another secret of 32 characters or more"


@pytest.fixture
def server_settings(settings: Settings, chain: AppleChain, apns: Apns) -> Settings:
    """Give the operator certificates."""
    return with_certificates(settings, chain, apns.url)


def opened_by(phone: Phone, context: Context) -> tuple[CardId, OpenedPass]:
    """Take a card into the phone; returns its id and the pass."""
    alice = cast.open_cafe_alice(context)
    program = shelf.program(alice, status="active", pin_policy="off")
    wanted = {"accept_terms": True}
    answer = phone.api.post(f"/loyalty/programs/{program.slug}/enroll", wanted)
    token = answer.json()["card"]["token"]
    opened = phone.add({"public_url": f"http://shop.test/c/{token}"})
    serial = opened.document["serialNumber"]
    with context.database.read() as session:
        return session.get_one(ApplePass, serial).card_id, opened


def token_key(context: Context, serial: str) -> str | None:
    with context.database.read() as session:
        return session.get_one(ApplePass, serial).token_key


def test_a_pass_follows_the_key_and_no_phone_is_lost(
    context: Context, apns: Apns, clock: ManualClock, ids: SystemIds
) -> None:
    with InProcess(create_app(context)) as api:
        phone = Phone(api)
        card_id, opened = opened_by(phone, context)
    serial = opened.document["serialNumber"]
    assert token_key(context, serial) == context.settings.keys.current.name

    old = context.settings.secret_key
    both = replace(context.settings, secret_key=NEW, old_secret_keys=old)
    changed = build_context(both, clock=clock, ids=ids, database=context.database)
    with InProcess(create_app(changed)) as api:
        phone.api = api
        phone.ask()
        clock.advance(minutes=1)
        changed.wallets.apple.refresh_cards([card_id])
        assert phone.ask() == [serial]
        fetched = phone.fetch(serial)
        assert fetched is not None
        shown = fetched.document["authenticationToken"]
        assert shown != opened.document["authenticationToken"]
        assert token_key(changed, serial) == changed.settings.keys.current.name
        assert phone.fetch(serial) is None
    changed.wallets.close()
    changed.loyalty.till.close()

    alone = replace(context.settings, secret_key=NEW)
    retired = build_context(alone, clock=clock, ids=ids, database=context.database)
    with InProcess(create_app(retired)) as api:
        phone.api = api
        assert phone.fetch_raw(serial).status_code == 200
        phone.held[serial] = opened
        assert phone.fetch_raw(serial).status_code == 401
    retired.loyalty.till.close()
