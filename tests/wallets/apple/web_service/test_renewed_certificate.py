"""The certificate ends and is renewed: what phones get in between, and who is woken after it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from punchcard.context import Context, build_context
from punchcard.fakes.apple_chain import make_chain
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_app, create_worker
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.wallets.apple.web_service.phone_and_counter import Phone, StampsAndPushes, enrol


@pytest.fixture
def before_renewal(context: Context, clock: ManualClock) -> Iterator[Context]:
    """Build the same server with its certificate of before, which ends in a month."""
    ending = make_chain(ends=clock.now() + timedelta(days=30))
    old = replace(
        context.settings,
        apple_certificate=ending.certificate_pem,
        apple_private_key=ending.key_pem,
        apple_wwdr_certificate=ending.intermediate_pem,
    )
    with closing(build_context(old, clock=clock, ids=context.ids)) as built:
        yield built


def test_ended_certificate_hands_out_no_pass_and_says_so_once(
    before_renewal: Context,
    owner: Api,
    clock: ManualClock,
    coffee: LoyaltyProgram,
    caplog: pytest.LogCaptureFixture,
) -> None:
    card, wallets = enrol(owner, coffee), before_renewal.wallets.service
    token = card["public_url"].rsplit("/", 1)[1]
    with InProcess(create_app(before_renewal)) as api:
        phone = Phone(api)
        phone.add(card)
        clock.advance(days=31)

        assert wallets.links_for(token, "https://shop.example").apple is None
        assert api.get(f"/loyalty/cards/{token}/apple.pkpass").status_code == 404
        assert phone.fetch_raw(card["number"]).status_code == 503
    with before_renewal.database.read() as session:
        assert "ended on 2026-04-01" in wallets.status(session).faults["apple"]
    told = [one for one in caplog.records if "hands out no passes" in one.getMessage()]
    assert len(told) == 1


def test_new_certificate_wakes_the_phones_that_the_old_one_could_not(
    before_renewal: Context,
    context: Context,
    counter: StampsAndPushes,
    api: Api,
    alice: Shop,
    clock: ManualClock,
    coffee: LoyaltyProgram,
) -> None:
    phone, card = Phone(api), enrol(counter.owner, coffee)
    phone.add(card)
    phone.ask()
    clock.advance(days=31)
    still = replace(counter, owner=api.with_token(alice.token()), context=before_renewal)
    assert still.stamp(card) == []
    create_worker(before_renewal).do_work()

    renewed = create_worker(context)
    assert renewed.run_tasks()["wake_forgotten_phones"] == 1
    renewed.do_work()

    assert counter.apns.pushes == [phone.token]
    assert phone.ask() == [card["number"]]
