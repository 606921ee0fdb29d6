"""The console's page on which two cards of one person are put together."""

import pytest

from punchcard.kit.ids import CardId, readable_number
from tests.support.cast import Shop
from tests.support.drivers.pages import ANNAS_PIN, PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def page_of(card_id: CardId, more: str = "") -> str:
    return f"/console/members/{card_id}/merge{more}"


def two_cards(counter: PagesDriver) -> tuple[CardId, CardId]:
    mine = counter.open("Marie Schmit", email="marie@example.lu")
    found = counter.open("Marie S.", phone="+352621000001")
    counter.stamp(mine, 2)
    counter.stamp(found, 3)
    return mine, found


def test_the_other_card_is_sought_looked_at_and_merged(
    owner: Visitor, counter: PagesDriver
) -> None:
    mine, found = two_cards(counter)

    offered = owner.get(page_of(mine, "?query=marie")).text
    assert page_of(mine, f"?other={found}") in offered
    assert page_of(mine, f"?other={mine}") not in offered

    looked_at = owner.get(page_of(mine, f"?other={found}"))
    together = text_of(looked_at)
    assert "5 stamps" in together
    assert "30 days" in together
    number = readable_number(counter.card(found).number)
    assert number in looked_at.text
    assert "Marie S." in text_of(owner.get(f"/console/members?query={number}"))

    done = owner.post(page_of(mine), from_card_id=found, staff_pin=ANNAS_PIN)
    assert (done.status_code, done.headers["location"]) == (303, f"/console/members/{mine}")
    page = owner.get(f"/console/members/{mine}").text
    assert "Taken over from another card" in page
    sought = text_of(owner.get(f"/console/members?query={number}"))
    assert f"Found by a former number: {number}" in sought
    gone = owner.get(f"/console/members/{found}").text
    assert f'href="/console/members/{mine}"' in gone


def test_merged_cards_are_separated_from_the_history(owner: Visitor, counter: PagesDriver) -> None:
    mine, found = two_cards(counter)
    owner.get(page_of(mine, f"?other={found}"))
    owner.post(page_of(mine), from_card_id=found, staff_pin=ANNAS_PIN)
    page = owner.get(f"/console/members/{mine}").text
    entry = page.split("/void")[0].rsplit("/", 1)[-1]
    done = owner.post(
        f"/console/members/{mine}/entries/{entry}/void",
        void_reason="Two people",
        staff_pin=ANNAS_PIN,
    )
    assert done.status_code == 303
    assert "Blocked" not in text_of(owner.get(f"/console/members/{found}"))
    assert "Merge with another card" in text_of(owner.get(f"/console/members/{found}"))


@pytest.mark.both_databases
@pytest.mark.parametrize("query", ["%00", "marie%00schmit"])
def test_what_no_database_keeps_is_looked_for_in_vain(
    owner: Visitor, counter: PagesDriver, query: str
) -> None:
    mine, _ = two_cards(counter)
    page = owner.get(page_of(mine, f"?query={query}"))
    assert page.status_code == 200
    assert "No other card" in text_of(page)


@on_sqlite
def test_cards_that_cannot_be_merged_are_refused_in_words(
    owner: Visitor, counter: PagesDriver, bob: Shop
) -> None:
    mine, found = two_cards(counter)
    assert "cannot be merged" in text_of(owner.get(page_of(mine, f"?other={mine}")))
    itself = owner.post(page_of(mine), from_card_id=mine, staff_pin=ANNAS_PIN)
    assert itself.status_code == 422
    theirs = CardId(PagesDriver(bob).open())
    assert "Merge the cards" not in owner.get(page_of(mine, f"?other={theirs}")).text
    stolen = owner.post(page_of(mine), from_card_id=theirs, staff_pin=ANNAS_PIN)
    assert stolen.status_code in (404, 422)
    assert owner.get(page_of(theirs)).status_code == 404
    assert "No other card" in text_of(owner.get(page_of(mine, "?query=zzzz")))
    assert found


@on_sqlite
def test_staff_merge_with_their_pin(staff: Visitor, counter: PagesDriver) -> None:
    mine, found = two_cards(counter)
    staff.get(page_of(mine, f"?other={found}"))
    done = staff.post(page_of(mine), from_card_id=found, staff_pin=ANNAS_PIN)
    assert done.status_code == 303
