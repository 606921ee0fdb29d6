"""Forms that are sent twice, by a double click or a reload, count once."""

import re
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.models import LoyaltyCard
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import ANNAS_PIN, PagesDriver
from tests.support.pages import Visitor

_ACTION = re.compile(r'action="([^"]*)"')
_FORM_KEY = re.compile(r'name="form_key" value="([0-9a-f-]{36})"')


@pytest.fixture
def counter(alice: Shop) -> PagesDriver:
    """Open Café Alice's counter."""
    return PagesDriver(alice)


@pytest.fixture
def owner(visitors: Any, alice: Shop) -> Visitor:
    """Sign the owner of Café Alice in."""
    owner: Visitor = visitors(alice, "owner")
    return owner


def key_of(visitor: Visitor, page: str, action: str) -> str:
    """Open a page and return what one of its forms holds to count once."""
    forms = visitor.get(page).text.split("<form")
    (form,) = (one for one in forms if (found := _ACTION.search(one)) and found[1] == action)
    form_key = _FORM_KEY.search(form)
    assert form_key is not None
    return form_key[1]


def cards_of(context: Context) -> list[LoyaltyCard]:
    with context.database.read() as session:
        return session.query(LoyaltyCard).all()


@pytest.mark.parametrize(
    ("verb", "fields"), [("stamp", {"quantity": "2"}), ("earn", {"amount": "7.00"})]
)
def test_a_form_sent_twice_moves_the_balance_once(
    owner: Visitor, counter: PagesDriver, verb: str, fields: dict[str, str]
) -> None:
    page = f"/console/members/{counter.open()}"
    form_key = key_of(owner, page, f"{page}/{verb}")
    first = owner.post(f"{page}/{verb}", form_key=form_key, **fields)
    after_first = counter.card(CardId(page.rsplit("/", 1)[-1]))
    again = owner.post(f"{page}/{verb}", form_key=form_key, **fields)
    assert (first.status_code, again.status_code) == (303, 303)
    after = counter.card(CardId(page.rsplit("/", 1)[-1]))
    assert (after.stamps, after.points) == (after_first.stamps, after_first.points)
    assert after.stamps + after.points > 0


def test_a_reward_asked_for_twice_is_handed_out_once(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    counter.stamp(card_id, 10)
    page = f"/console/members/{card_id}"
    form_key = key_of(owner, page, f"{page}/redeem")
    assert owner.post(f"{page}/redeem", form_key=form_key).status_code == 303
    # The PIN was forgotten first: a proof does not make it another request.
    assert owner.post(f"{page}/redeem", form_key=form_key, staff_pin=ANNAS_PIN).status_code == 303
    assert counter.card(card_id).stamps == 5


def test_a_form_sent_twice_is_answered_again_when_its_pin_is_no_longer_good(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open()
    page = f"/console/members/{card_id}"
    fields = {"form_key": key_of(owner, page, f"{page}/stamp"), "quantity": "1"}
    assert owner.post(f"{page}/stamp", staff_pin=ANNAS_PIN, **fields).status_code == 303
    assert owner.post(f"{page}/stamp", staff_pin="0815", **fields).status_code == 303
    assert counter.card(card_id).stamps == 1
    fields["form_key"] = key_of(owner, page, f"{page}/stamp")
    assert owner.post(f"{page}/stamp", staff_pin="0815", **fields).status_code == 422
    assert counter.card(card_id).stamps == 1


def test_the_next_look_at_the_page_stamps_anew(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    page = f"/console/members/{card_id}"
    for _ in range(2):
        form_key = key_of(owner, page, f"{page}/stamp")
        assert owner.post(f"{page}/stamp", form_key=form_key, quantity="1").status_code == 303
    assert counter.card(card_id).stamps == 2


def test_the_same_form_with_other_numbers_is_refused(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    page = f"/console/members/{card_id}"
    form_key = key_of(owner, page, f"{page}/stamp")
    assert owner.post(f"{page}/stamp", form_key=form_key, quantity="1").status_code == 303
    assert owner.post(f"{page}/stamp", form_key=form_key, quantity="2").status_code == 422
    assert counter.card(card_id).stamps == 1


def test_enrolling_twice_by_one_form_opens_one_card(owner: Visitor, counter: PagesDriver) -> None:
    page = "/console/members/new"
    fields = {"form_key": key_of(owner, page, page), "program_id": counter.program.id}
    first, again = (owner.post(page, **fields) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert len(cards_of(counter.shop.context)) == 1


def test_a_customer_who_taps_twice_gets_one_card(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    page = f"/join/{shelf.program(alice, status='active').slug}"
    form_key = key_of(visitor, page, page)
    first, again = (visitor.post(page, form_key=form_key, name="Marie") for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert len(cards_of(context)) == 1


def test_another_visitor_gets_no_card_by_somebody_elses_form(
    visitors: Any, alice: Shop, context: Context
) -> None:
    page = f"/join/{shelf.program(alice, status='active').slug}"
    marie, other = visitors(), visitors()
    form_key = key_of(marie, page, page)
    other.get(page)
    first, second = (each.post(page, form_key=form_key) for each in (marie, other))
    assert first.headers["location"] != second.headers["location"]
    assert len(cards_of(context)) == 2


def test_somebody_else_who_joins_by_the_same_form_is_asked_again(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    page = f"/join/{shelf.program(alice, status='active').slug}"
    form_key = key_of(visitor, page, page)
    visitor.post(page, form_key=form_key, name="Marie")
    answer = visitor.post(page, form_key=form_key, name="Jos")
    assert answer.status_code == 409
    assert 'value="Jos"' in answer.text
    assert form_key not in answer.text
    assert len(cards_of(context)) == 1
