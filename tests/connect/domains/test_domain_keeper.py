"""A domain is looked at again each day, and its owners hear before it lapses."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from punchcard.accounts.domains.errors import OwnDomainTaken
from punchcard.accounts.mail.mail_messages import write_message
from punchcard.accounts.vocabulary import Role
from punchcard.connect.domains.domain_keeper import DOMAIN_CHECK, enqueue_due
from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.worker.handlers import LONG_WORK_LANE
from punchcard.worker.schedule import SHARED_TASKS
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.outgoing_mail import mails
from tests.support.own_domains import DOMAIN, Internet, claim, domain_of, keeper

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Let the server send mail."""
    return replace(settings, smtp_url="log:", mail_from="shop@example.com")


@pytest.fixture
def alice(context: Context) -> Shop:
    return cast.open_cafe_alice(context)


def version_of(shop: Shop, program: LoyaltyProgram) -> object:
    with shop.context.database.read() as session:
        return session.get_one(LoyaltyProgram, program.id).updated_at


def test_a_domain_that_shows_its_proof_is_in_use_and_passes_follow(
    alice: Shop, clock: ManualClock
) -> None:
    program = shelf.program(alice)
    internet = Internet()
    look = keeper(alice.context, internet)
    assert not look.check(alice.id)
    assert internet.asked == []
    row = claim(alice)
    assert not look.check(alice.id)
    before = version_of(alice, program)

    internet.show(row)
    clock.advance(minutes=1)

    assert look.check(alice.id)
    assert alice.context.shop_addresses.base_of(alice.id) == f"https://{DOMAIN}"
    assert version_of(alice, program) != before


def test_owners_hear_before_the_domain_lapses(alice: Shop, clock: ManualClock) -> None:
    alice.hire(Role.MANAGER)
    internet = Internet()
    look = keeper(alice.context, internet)
    internet.show(claim(alice))
    look.check(alice.id)
    internet.texts.clear()

    for _ in range(3):
        look.check(alice.id)
        clock.advance(hours=25)
    told = mails(alice.context)

    assert [(mail.kind, mail.to) for mail in told] == [("domain_failing", alice.email("owner"))]
    text = write_message("1", told[0], sent_at=clock.now()).text
    assert DOMAIN in text
    assert f"{alice.context.settings.base_url}/console/domain" in text
    clock.advance(days=7)
    assert not look.check(alice.id)
    assert alice.context.shop_addresses.base_of(alice.id) == alice.context.settings.base_url
    assert len(mails(alice.context)) <= 1


def test_a_domain_that_another_shop_has_is_refused(alice: Shop) -> None:
    bob = cast.open_boulangerie_bob(alice.context)
    internet = Internet()
    look = keeper(alice.context, internet)
    internet.show(claim(alice))
    look.check(alice.id)
    internet.show(claim(bob))

    with pytest.raises(OwnDomainTaken):
        look.check(bob.id)
    assert alice.context.shop_addresses.base_of(alice.id) == f"https://{DOMAIN}"


def test_the_worker_is_told_of_what_is_due(alice: Shop, clock: ManualClock) -> None:
    context = alice.context
    internet = Internet()
    internet.show(claim(alice))
    keeper(context, internet).check(alice.id)
    clock.advance(days=1)
    (task,) = [one for one in SHARED_TASKS if one.name == "check_domains"]

    with context.database.write() as session:
        assert task.do(context, session, clock.now()) == 1
        assert enqueue_due(session, clock.now(), every=timedelta(days=1)) == 0
    with context.database.read() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.topic == DOMAIN_CHECK)).one()

    assert row.key == alice.id
    assert DOMAIN_CHECK in LONG_WORK_LANE
    own = domain_of(alice)
    assert own is not None
    assert own.verified_at is not None
