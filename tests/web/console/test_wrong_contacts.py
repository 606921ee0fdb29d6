"""Contacts that an older version kept: listed for managers, put right one by one."""

import pytest
from sqlalchemy import update

from punchcard.accounts.models import Customer
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import contact_faults
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "/console/contacts"


def keep(shop: Shop, counter: PagesDriver, card_id: CardId, **kept: str) -> None:
    """Write what an older version would have kept, past every rule of today."""
    holder = counter.card(card_id).customer
    assert holder is not None
    with shop.context.database.write() as session:
        session.execute(update(Customer).where(Customer.id == holder["id"]).values(**kept))


def test_what_is_kept_wrongly_is_listed_and_put_right(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    good = counter.open("Otto", email="otto@example.lu", phone="+352621000111")
    marie = counter.open("Marie", email="marie@example.lu", phone="+352621123456")
    keep(alice, counter, marie, email="\u202amarie@example.lu", phone="+3520621123456")
    page = owner.get(HERE)
    assert "marie@example.lu" in page.text
    assert good not in page.text
    done = owner.post(f"{HERE}/{marie}/mend")
    assert done.status_code == 303
    holder = counter.card(marie).customer
    assert holder is not None
    assert (holder["email"], holder["phone"]) == ("marie@example.lu", "+352621123456")
    assert "Nothing to put right here" in text_of(owner.get(HERE))


def test_what_no_rule_can_read_leads_to_the_card_and_stays(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    marie = counter.open("Marie", email="marie@example.lu")
    keep(alice, counter, marie, email="a..b@example.lu")
    page = owner.get(HERE).text
    assert f'href="/console/members/{marie}/edit"' in page
    assert "/mend" not in page
    owner.post(f"{HERE}/{marie}/mend")
    holder = counter.card(marie).customer
    assert holder is not None
    assert holder["email"] == "a..b@example.lu"


def test_a_name_that_search_would_miss_is_found_again(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    marie = counter.open("Zsófia")
    keep(alice, counter, marie, name_folded="zsófia")
    assert marie in owner.get(HERE).text
    owner.post(f"{HERE}/{marie}/mend")
    assert marie in owner.get("/console/members?query=zsofia").text


def test_a_contact_that_somebody_else_has_is_not_taken(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    counter.open("Otto", email="marie@example.lu")
    marie = counter.open("Marie", email="other@example.lu")
    keep(alice, counter, marie, email="\u202amarie@example.lu")
    owner.get(HERE)
    refused = owner.post(f"{HERE}/{marie}/mend")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    holder = counter.card(marie).customer
    assert holder is not None
    assert holder["email"] == "\u202amarie@example.lu"


def test_only_what_is_wrong_asks_for_attention(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    marie = counter.open("Marie", email="marie@example.lu")
    link = f'href="{HERE}"'
    assert link not in owner.get("/console").text
    keep(alice, counter, marie, email="\u202amarie@example.lu")
    alice.context.loyalty.contact_watch.forget(alice.id)
    assert link in owner.get("/console").text
    owner.get(HERE)
    owner.post(f"{HERE}/{marie}/mend")
    assert link not in owner.get("/console").text


def test_a_look_reads_a_bounded_part_and_goes_on(counter: PagesDriver, alice: Shop) -> None:
    cards = [counter.open(f"Guest {place}", email=f"g{place}@example.lu") for place in range(5)]
    for card_id in cards:
        keep(alice, counter, card_id, email=f"\u202a{card_id[:8]}{cards.index(card_id)}@example.lu")
    seen: list[str] = []
    after = None
    with alice.context.database.read() as session:
        while True:
            look = contact_faults.look_for_faults(session, alice.id, "LU", after_id=after, rows=2)
            seen += [fault.card_id for fault in look.faults]
            after = look.after_id
            if after is None:
                break
    assert seen == cards


def test_another_shop_s_contacts_are_not_there(
    owner: Visitor, counter: PagesDriver, bob: Shop
) -> None:
    theirs = PagesDriver(bob)
    card_id = theirs.open("Bob's guest", email="guest@example.lu")
    keep(bob, theirs, card_id, email="\u202aguest@example.lu")
    owner.get(HERE)
    assert card_id not in owner.get(HERE).text
    assert owner.post(f"{HERE}/{card_id}/mend").status_code in (404, 409)
    holder = theirs.card(card_id).customer
    assert holder is not None
    assert holder["email"] == "\u202aguest@example.lu"


@on_sqlite
def test_staff_at_the_counter_may_not(staff: Visitor) -> None:
    assert staff.get(HERE).status_code == 403
