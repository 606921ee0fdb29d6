"""Lists ordered by a column: in the address, in `aria-sort`, and over all pages."""

import re

import pytest

from punchcard.kit.clock import ManualClock
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_order import CARD_ORDERS
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def names(text: str, *wanted: str) -> list[str]:
    rows = text[text.index("<tbody") :]
    return sorted((name for name in wanted if name in rows), key=rows.index)


def test_members_are_ordered_by_name_balance_and_visit(
    owner: Visitor, counter: PagesDriver, clock: ManualClock
) -> None:
    zoe = counter.open("Zoé")
    counter.open("Ágnes")
    counter.open("bert")
    clock.advance(hours=1)
    counter.stamp(zoe, 2)
    everybody = ("Zoé", "Ágnes", "bert")
    for sort, first, direction in (
        ("member", "Ágnes", "ascending"),
        ("-member", "Zoé", "descending"),
        ("-balance", "Zoé", "descending"),
        ("-visit", "Zoé", "descending"),
        ("status", "bert", "ascending"),
    ):
        page = owner.get(f"/console/members?sort={sort}").text
        assert names(page, *everybody)[0] == first, sort
        assert page.count("aria-sort=") == 1
        assert f'aria-sort="{direction}"' in page
    assert "aria-sort" not in owner.get("/console/members?sort=nonsense").text
    turned = owner.get("/console/members?sort=member&query=z").text
    assert 'href="/console/members?query=z&amp;sort=-member"' in turned
    assert "/console/exports/cards.csv?query=z&amp;sort=member" in turned


@pytest.mark.parametrize("order", [None, *CARD_ORDERS, *(f"-{order}" for order in CARD_ORDERS)])
def test_pages_of_an_ordered_list_show_each_card_once(
    order: str | None, counter: PagesDriver, alice: Shop
) -> None:
    for name in ("Zoé", None, "Ágnes", "bert", None, "Zoé", "Ada"):
        card_id = counter.open(name)
        if name == "bert":
            counter.stamp(card_id, 3)
    now = alice.context.clock.now()
    seen: list[str] = []
    with alice.context.database.read() as session:
        whole = card_service.list_cards(session, alice.id, now=now, limit=50, order=order)
        while True:
            part = card_service.list_cards(
                session,
                alice.id,
                now=now,
                limit=2,
                order=order,
                before_id=seen[-1] if seen else None,
            )
            seen += [view.id for view in part]
            if len(part) < 2:
                break
    assert seen == [view.id for view in whole]
    assert len(seen) == 7


def test_the_ledger_turns_round(owner: Visitor, counter: PagesDriver, clock: ManualClock) -> None:
    card_id = counter.open("Marie")
    clock.advance(hours=1)
    counter.stamp(card_id)
    newest = owner.get("/console/ledger").text
    assert names(newest, "Card opened", ">Stamp<")[0] == ">Stamp<"
    assert 'aria-sort="descending"' in newest
    found = re.search(r'class="sort"\s+href="([^"]+)"', newest)
    assert found is not None
    oldest = owner.get(found[1].replace("&amp;", "&")).text
    assert names(oldest, "Card opened", ">Stamp<")[0] == "Card opened"
    assert 'aria-sort="ascending"' in oldest


@on_sqlite
def test_staff_places_people_and_rewards_are_ordered_too(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    for name, digits in (("Zoé", "7395"), ("Ágnes", "8264")):
        shelf.pin(alice, digits, name=name)
    for sort, first in (("name", "Ágnes"), ("-name", "Zoé")):
        assert names(owner.get(f"/console/pins?sort={sort}").text, "Ágnes", "Zoé")[0] == first
    program = shelf.program(alice, type="points", status="active")
    for name, points in (("Tea", 5), ("Bun", 9)):
        shelf.reward(alice, program.id, name=name, points_required=points)
    page = f"/console/programs/{program.id}"
    for sort, first in (("name", "Bun"), ("-name", "Tea"), ("points", "Tea"), ("-points", "Bun")):
        assert names(owner.get(f"{page}?sort={sort}").text, "Tea<", "Bun<")[0][:3] == first
    for path in ("/console/locations", "/console/people"):
        assert 'aria-sort="descending"' in owner.get(f"{path}?sort=-name").text
        assert "aria-sort" not in owner.get(f"{path}?sort=nonsense").text
