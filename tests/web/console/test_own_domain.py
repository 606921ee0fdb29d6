"""A domain of the shop's own in the console: entered by an owner, proven, and removed."""

from collections.abc import Callable

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.own_domains import DOMAIN, Internet, domain_of, give_domain, keeper
from tests.support.pages import Visitor, text_of
from tests.support.plans_given import give_plan

PATH = "/console/domain"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def internet(context: Context, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """Put an internet of the test's in the place of the real one."""
    internet = Internet()
    look = keeper(context, internet)
    monkeypatch.setattr(context.connect.domain_keeper, "check", look.check)
    return internet


def test_a_domain_is_entered_proven_and_used(
    alice: Shop, owner: Visitor, internet: Internet
) -> None:
    program = shelf.program(alice)
    owner.get(PATH)
    entered = owner.follow(owner.post(PATH, domain="Cards.Bakery.Example"))
    row = domain_of(alice)
    assert row is not None
    assert f"_punchcard.{DOMAIN}" in entered.text
    assert f"punchcard-domain={row.proof}" in entered.text
    assert "not proven yet" in entered.text

    refused = owner.post(f"{PATH}/check")
    assert refused.status_code == 409
    assert "The record was not found yet." in text_of(refused)

    internet.show(row)
    owner.get(PATH)
    used = owner.follow(owner.post(f"{PATH}/check"))
    assert "The domain is yours, and in use from now on." in text_of(used)
    join = f"https://{DOMAIN}/join/{program.slug}"
    assert join in owner.get(f"/console/programs/{program.id}").text
    assert join in owner.get(f"/console/programs/{program.id}/poster").text

    owner.get(PATH)
    assert "The domain is removed." in text_of(owner.follow(owner.post(f"{PATH}/remove")))
    assert domain_of(alice) is None
    assert join not in owner.get(f"/console/programs/{program.id}").text


@pytest.mark.parametrize("typed", ["127.0.0.1", "bakery", "https://cards.bakery.example", ""])
def test_what_is_no_domain_is_told_at_its_field(owner: Visitor, typed: str) -> None:
    owner.get(PATH)
    answer = owner.post(PATH, domain=typed)

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text


def test_a_domain_of_another_shop_is_refused(
    alice: Shop, bob: Shop, owner: Visitor, internet: Internet
) -> None:
    give_domain(bob)
    owner.get(PATH)
    owner.follow(owner.post(PATH, domain=DOMAIN))
    row = domain_of(alice)
    assert row is not None
    internet.show(row)

    answer = owner.post(f"{PATH}/check")

    assert answer.status_code == 422
    assert "Another shop has this domain." in text_of(answer)


def test_a_plan_without_domains_says_so(alice: Shop, owner: Visitor) -> None:
    give_plan(alice)

    page = owner.get(PATH)

    assert 'name="domain"' not in page.text
    assert "The plan of this shop has no domain of its own." in text_of(page)
    assert owner.post(PATH, domain=DOMAIN).status_code == 422
    assert domain_of(alice) is None


def test_it_is_looked_for_only_so_often(
    alice: Shop, owner: Visitor, internet: Internet, context: Context
) -> None:
    owner.get(PATH)
    owner.follow(owner.post(PATH, domain=DOMAIN))
    for _ in range(context.settings.domain_checks_per_minute):
        assert owner.post(f"{PATH}/check").status_code == 409

    assert owner.post(f"{PATH}/check").status_code == 429


def test_a_manager_has_no_such_page(alice: Shop, visitors: Callable[..., Visitor]) -> None:
    alice.hire(Role.MANAGER)
    manager = visitors(alice, "manager")

    assert manager.get(PATH).status_code == 403
