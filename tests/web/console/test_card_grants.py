"""A card is given a reward, collects it or loses it; a part of a purchase comes back."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import Reward
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import ANNAS_PIN, PagesDriver
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]


@pytest.fixture
def bread(alice: Shop) -> PagesDriver:
    """Open Café Alice's points: one for each euro."""
    return PagesDriver(alice, name="Bread", type="points", stamp_reward=None)


@pytest.fixture
def cake(alice: Shop, bread: PagesDriver) -> Reward:
    """Put a cake on the shelf that nobody can have for points."""
    return shelf.reward(alice, bread.program.id, points_required=None, value_minor=450)


def kept(context: Context) -> list[Grant]:
    with context.database.read() as session:
        return list(session.scalars(select(Grant).order_by(Grant.id)))


def give(visitor: Visitor, here: str, cake: Reward, **fields: str) -> None:
    form = form_on(visitor.get(here).text, f"{here}/grants")
    typed = {"grant_reward": cake.id, "grant_reason": "apology", **fields}
    assert visitor.post(f"{here}/grants", **{**form, **typed}).status_code == 303


def test_a_card_is_given_a_reward_with_its_reason_and_last_day(
    manager: Visitor, bread: PagesDriver, cake: Reward, context: Context
) -> None:
    here = f"/console/members/{bread.open()}"
    give(manager, here, cake, grant_expires_on="2026-04-30", grant_note="Waited long")
    [grant] = kept(context)
    assert (grant.reason, str(grant.expires_on), grant.note) == (
        "apology",
        "2026-04-30",
        "Waited long",
    )
    told = " ".join(text_of(manager.get(here)).split())
    assert "A cake ready An apology" in told
    assert "Until 30 Apr 2026" in told
    assert f"{grant.code[:5]}-{grant.code[5:]}" in told
    # It takes no points, so it is none of the rewards that points buy.
    assert "Redeem points" not in told


def test_sent_twice_a_reward_is_given_once(
    manager: Visitor, bread: PagesDriver, cake: Reward, context: Context
) -> None:
    here = f"/console/members/{bread.open()}"
    form = form_on(manager.get(here).text, f"{here}/grants")
    for _sent in range(2):
        assert manager.post(f"{here}/grants", **form).status_code == 303
    assert len(kept(context)) == 1


def test_staff_hand_it_out_with_their_pin_and_managers_withdraw_it(
    manager: Visitor, staff: Visitor, bread: PagesDriver, cake: Reward, context: Context
) -> None:
    here = f"/console/members/{bread.open()}"
    for _gift in range(2):
        give(manager, here, cake)
    first, second = kept(context)
    form = form_on(staff.get(here).text, f"{here}/grants/{first.id}/redeem")
    out = staff.post(f"{here}/grants/{first.id}/redeem", **{**form, "staff_pin": ANNAS_PIN})
    assert out.status_code == 303
    assert staff.post(f"{here}/grants/{second.id}/revoke").status_code == 403
    form = form_on(manager.get(here).text, f"{here}/grants/{second.id}/revoke")
    assert manager.post(f"{here}/grants/{second.id}/revoke", **form).status_code == 303
    assert [grant.state for grant in kept(context)] == ["used", "revoked"]


def test_a_part_of_a_purchase_comes_back_and_no_more_than_it_was(
    manager: Visitor, bread: PagesDriver
) -> None:
    card = bread.open()
    entry = bread.earn(card, 2_000).entry["id"]
    here = f"/console/members/{card}"
    action = f"{here}/entries/{entry}/refund"
    form = {**form_on(manager.get(here).text, action), "staff_pin": ANNAS_PIN}
    assert manager.post(action, **{**form, "refund_amount": "5.00"}).status_code == 303
    assert bread.card(card).points == 15
    form = {**form_on(manager.get(here).text, action), "staff_pin": ANNAS_PIN}
    refused = manager.post(action, **{**form, "refund_amount": "15.01"})
    assert refused.status_code == 422
    assert "can still be paid back" in text_of(refused)
    assert form_on(refused.text, action)["refund_amount"] == "15.01"
    assert bread.card(card).points == 15

    # What is refused is not offered: a purchase of which some came back is not taken back whole.
    assert f"{here}/entries/{entry}/void" not in refused.text
    assert manager.post(action, **{**form, "refund_amount": "15.00"}).status_code == 303
    assert action not in manager.get(here).text


def test_a_card_that_was_merged_offers_only_to_take_that_back(
    manager: Visitor, bread: PagesDriver, alice: Shop
) -> None:
    card, other = bread.open(), bread.open("Marie Schmit, again")
    entry = bread.earn(other, 2_000).entry["id"]
    here, there = f"/console/members/{card}", f"/console/members/{other}"
    assert f"{there}/entries/{entry}/void" in manager.get(there).text
    page = manager.get(f"{here}/merge?other={other}")
    merge = form_on(page.text, f"{here}/merge")
    assert manager.post(f"{here}/merge", **{**merge, "staff_pin": ANNAS_PIN}).status_code == 303

    told = manager.get(there).text
    assert f"{there}/entries/{entry}/" not in told
    assert told.count("/void") == 1


def test_points_that_end_and_points_that_wait_are_told_on_the_cards_page(
    manager: Visitor, alice: Shop
) -> None:
    dated = PagesDriver(
        alice,
        name="Dated",
        type="points",
        stamp_reward=None,
        points_expiry={"kind": "fixed", "months": 24},
        points_activation_days=14,
    )
    card = dated.open()
    dated.earn(card, 3_000)
    told = " ".join(text_of(manager.get(f"/console/members/{card}")).split())
    assert "Cannot be spent yet 30 points" in told


def test_all_given_rewards_are_a_list_to_take_away_without_their_codes(
    owner: Visitor, bread: PagesDriver, cake: Reward, context: Context
) -> None:
    here = f"/console/members/{bread.open()}"
    give(owner, here, cake)
    [grant] = kept(context)
    answer = owner.get("/console/exports/grants.csv?dialect=comma")
    assert answer.status_code == 200
    assert "A cake" in answer.text
    assert "4.50" in answer.text
    assert grant.code not in answer.text


def test_a_given_reward_is_called_as_the_reader_speaks(
    manager: Visitor, alice: Shop, bread: PagesDriver
) -> None:
    texts = {"de": {"name": "Ein Kuchen"}}
    cake = shelf.reward(alice, bread.program.id, points_required=None, texts=texts)
    here = f"/console/members/{bread.open('Marie')}"
    give(manager, here, cake)
    given = manager.get(f"{here}?lang=de").text.partition('id="given"')[2]
    assert "Ein Kuchen" in given.partition("</ul>")[0]
