"""A domain is anybody's to claim, and one shop's to have: the one that proves it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from punchcard.accounts.domains import domain_service
from punchcard.accounts.domains.errors import (
    OwnDomainNotFound,
    OwnDomainNotInPlan,
    OwnDomainTaken,
)
from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from tests.support import cast
from tests.support.cast import Shop, by_operator
from tests.support.own_domains import DOMAIN, claim, domain_of, give_domain, lose, prove
from tests.support.plans_given import give_plan


@pytest.fixture
def alice(context: Context) -> Shop:
    return cast.open_cafe_alice(context)


@pytest.fixture
def bob(context: Context) -> Shop:
    return cast.open_boulangerie_bob(context)


def actions(shop: Shop) -> list[str]:
    wanted = select(AuditEvent.action).where(
        AuditEvent.vendor_id == shop.id, AuditEvent.action.startswith("domain.")
    )
    with shop.context.database.read() as session:
        return list(session.scalars(wanted.order_by(AuditEvent.id)))


def base_of(shop: Shop) -> str:
    return shop.context.shop_addresses.base_of(shop.id)


def due(context: Context) -> list[str]:
    with context.database.read() as session:
        query = domain_service.due_domains(session, context.clock.now(), every=timedelta(days=1))
        return list(session.scalars(query))


def test_two_may_claim_a_domain_and_one_has_it(alice: Shop, bob: Shop) -> None:
    first, second = claim(alice), claim(bob, "Cards.Bakery.Example.")
    assert first.domain == second.domain
    assert first.proof != second.proof

    assert prove(alice)
    with pytest.raises(OwnDomainTaken):
        prove(bob)

    assert (base_of(alice), base_of(bob)) == (
        f"https://{DOMAIN}",
        bob.context.settings.base_url,
    )
    with alice.context.database.write() as session:
        domain_service.remove_domain(session, by_operator(alice.context), alice.id)
    assert prove(bob)
    assert base_of(bob) == f"https://{DOMAIN}"
    assert actions(alice) == ["domain.claimed", "domain.verified", "domain.removed"]


def test_a_new_claim_asks_for_a_new_proof(alice: Shop) -> None:
    give_domain(alice)
    before = domain_of(alice)
    assert before is not None
    assert claim(alice).verified_at is not None

    changed = claim(alice, "other.example")

    assert changed.verified_at is None
    assert changed.proof != before.proof
    assert base_of(alice) == alice.context.settings.base_url
    with alice.context.database.write() as session:
        act = by_operator(alice.context)
        # Looked for when the domain was another: what was found then proves nothing now.
        assert not domain_service.note_found(session, act, alice.id, before.proof)
    assert base_of(alice) == alice.context.settings.base_url


def test_a_proof_that_is_missing_is_told_once_and_lapses(alice: Shop, clock: ManualClock) -> None:
    give_domain(alice)
    assert lose(alice) is None
    clock.advance(hours=25)
    warned = lose(alice)
    assert warned is not None
    clock.advance(hours=1)
    assert lose(alice) is None
    assert base_of(alice) == f"https://{DOMAIN}"

    clock.advance(days=6)
    assert lose(alice) is None

    row = domain_of(alice)
    assert row is not None
    assert row.verified_at is None
    assert base_of(alice) == alice.context.settings.base_url
    assert actions(alice)[-1] == "domain.lapsed"
    assert prove(alice)
    assert base_of(alice) == f"https://{DOMAIN}"


def test_a_proof_that_is_back_is_as_if_it_had_never_been_missing(
    alice: Shop, clock: ManualClock
) -> None:
    give_domain(alice)
    lose(alice)
    clock.advance(days=6)
    prove(alice)
    clock.advance(days=6)
    lose(alice)

    assert base_of(alice) == f"https://{DOMAIN}"
    assert actions(alice) == ["domain.claimed", "domain.verified"]


def test_a_domain_is_looked_at_each_day_and_each_hour_while_it_is_missing(
    alice: Shop, bob: Shop, clock: ManualClock
) -> None:
    give_domain(alice)
    claim(bob, "other.example")
    assert due(alice.context) == []
    clock.advance(hours=24)
    assert due(alice.context) == [alice.id]
    lose(alice)
    assert due(alice.context) == []
    clock.advance(hours=1)
    assert due(alice.context) == [alice.id]


def test_a_plan_may_have_no_domain_and_takes_none_away(alice: Shop, bob: Shop) -> None:
    give_domain(alice)
    give_plan(alice)
    give_plan(bob, "With", own_domain=True)

    with pytest.raises(OwnDomainNotInPlan):
        claim(alice, "other.example")
    assert base_of(alice) == f"https://{DOMAIN}"
    assert claim(bob, "other.example").domain == "other.example"


def test_the_servers_own_host_and_what_is_no_domain_are_refused(alice: Shop) -> None:
    for domain in ("127.0.0.1", "localhost", "bakery", "a.localhost"):
        with pytest.raises(InvalidInput):
            claim(alice, domain)
    assert domain_of(alice) is None
    with (
        alice.context.database.write() as session,
        pytest.raises(OwnDomainNotFound),
    ):
        domain_service.remove_domain(session, by_operator(alice.context), alice.id)
