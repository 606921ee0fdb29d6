"""One box finds everything that its visitor may open, and nothing else."""

import logging
from collections.abc import Callable

import pytest

from punchcard.accounts import location_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.ids import readable_number
from punchcard.loyalty.operations import CardKey, CardRef, EarnPoints, OpenCard
from tests.connect import webhook_shop
from tests.engage.engaged import automation
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import ACTOR, PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def found(visitor: Visitor, query: str) -> str:
    answer = visitor.get("/console/search", params={"q": query})
    assert answer.status_code == 200
    return answer.text[answer.text.index('id="main"') :]


@on_sqlite
@pytest.mark.parametrize(
    ("path", "field"), [("/console/search", "q"), ("/console/members", "query")]
)
def test_who_is_searched_for_stays_between_browser_and_server(
    owner: Visitor,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    path: str,
    field: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    answer = owner.get(path, params={field: "seraphine@x.example"})

    written = caplog.text + capsys.readouterr().err
    assert f"GET {path} 200" in written
    assert "seraphine" not in written
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_each_kind_of_thing_is_found_by_its_name(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    card_id = counter.open("Zsófia Kovács", phone="+352621123456")
    program = shelf.program(alice, name="Thé Müller", type="points", status="active")
    reward = shelf.reward(alice, program.id, name="Crème brûlée", points_required=5)
    pin = shelf.pin(alice, name="Łukasz", digits="7395")
    act = Act(subject=SYSTEM, now=alice.context.clock.now(), ids=alice.context.ids, request_id=None)
    with alice.context.database.write() as session:
        place = location_service.create_location(
            session, act, alice.id, name="Bahnhof Süd", address="Gare 1"
        )
    promotion = shelf.promotion(alice, program.id, name="Fête d'été")
    birthday = automation(alice, program.id)
    endpoint = webhook_shop.endpoint(alice, description="Kassa Süd")[1]
    for query, path in {
        "fete": f"/console/programs/{program.id}/promotions/{promotion.id}",
        "birthday": f"/console/programs/{program.id}/automations/{birthday.id}",
        "kassa": f"/console/webhooks/{endpoint}",
        "shop.example": f"/console/webhooks/{endpoint}",
        "Zsofia Kov": f"/console/members/{card_id}",
        "3456": f"/console/members/{card_id}",
        "the mueller": f"/console/programs/{program.id}",
        "BRULEE": f"/console/programs/{program.id}/rewards/{reward.id}",
        "lukasz": f"/console/pins/{pin.id}",
        "sued": f"/console/locations/{place.id}",
        "gare": f"/console/locations/{place.id}",
        "api keys": "/console/api-keys",
        "owner": "/console/people/",
    }.items():
        assert f'href="{path}' in found(owner, query), query
    assert "No matches" in found(owner, "nothing like it")


def test_a_receipt_s_number_leads_to_its_entry(
    owner: Visitor, counter: PagesDriver, alice: Shop, bob: Shop
) -> None:
    program = shelf.program(alice, type="points", status="active", pin_policy="off")
    card_id = shelf.opened_card(alice, program)
    earned = alice.context.loyalty.till.submit(
        EarnPoints(
            vendor_id=alice.id,
            actor=ACTOR,
            card=CardRef(CardKey.ID, card_id),
            amount_minor=1000,
            reference="R-2026-17",
        )
    )
    entry = f'href="/console/ledger/{earned.entry["id"]}"'
    for query in ("R-2026-17", "r-2026-17", str(earned.entry["id"])):
        assert entry in found(owner, query), query
    assert entry not in found(owner, "R-2026-1")


def test_nobody_finds_what_they_may_not_open(
    owner: Visitor, staff: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    shelf.pin(alice, name="Łukasz", digits="7395")
    assert "/console/pins/" in found(owner, "lukasz")
    assert "/console/pins/" not in found(staff, "lukasz")
    assert 'href="/console/api-keys"' not in found(staff, "api keys")
    card_id = counter.open("Marie Schmit")
    assert card_id in found(staff, "marie")


def test_nothing_of_another_shop_is_found(
    owner: Visitor, counter: PagesDriver, bob: Shop, visitors: Callable[..., Visitor]
) -> None:
    card_id = PagesDriver(bob).open("Zsófia Kovács")
    for query in ("zsofia", "bob", "boulangerie", card_id):
        assert f"/members/{card_id}" not in found(owner, query)
        assert "No matches" in found(owner, query), query
    assert card_id in found(visitors(bob, "owner"), "zsofia")


@on_sqlite
@pytest.mark.parametrize("query", ["", " ", "%", "\u202e", "x" * 500, "\x00", "'; --"])
def test_odd_texts_are_no_trouble(owner: Visitor, query: str) -> None:
    assert owner.get("/console/search", params={"q": query}).status_code == 200


@on_sqlite
def test_the_box_is_on_every_page_and_works_without_a_script(owner: Visitor) -> None:
    for path in ("/console", "/console/settings", "/console/search?q=anna"):
        page = owner.get(path).text
        assert 'action="/console/search"' in page
        assert 'aria-keyshortcuts="/"' in page
    assert 'value="anna"' in owner.get("/console/search?q=anna").text
    assert "receipt numbers" in text_of(owner.get("/console/search"))


def test_an_old_number_leads_to_the_new_card_and_says_that_it_is_old(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    card_id = counter.open("Zsófia Kovács")
    number = counter.card(card_id).number
    owner.get(f"/console/members/{card_id}")
    assert "Numbers before it was replaced" not in owner.get(f"/console/members/{card_id}").text
    owner.post(f"/console/members/{card_id}/replace", confirm="on")
    readable = readable_number(number)
    said = f"Found by a former number: {readable}"
    assert said in found(owner, number)
    members = owner.get("/console/members", params={"query": number})
    assert said in text_of(members)
    # Found by what it has now, there is nothing to say.
    new = counter.card(card_id).number
    assert new != number
    for query in (new, "zsofia"):
        assert card_id in found(owner, query)
        assert said not in found(owner, query)
    page = " ".join(text_of(owner.get(f"/console/members/{card_id}")).split())
    assert f"Numbers before it was replaced {' '.join(readable.split())}" in page


def test_a_card_that_moved_in_says_what_is_printed_on_the_old_one(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    opening = OpenCard(
        vendor_id=alice.id, actor=ACTOR, program_id=counter.program.id, external_code="A-17"
    )
    moved = alice.context.loyalty.till.submit(opening).card.id
    page = text_of(owner.get(f"/console/members/{moved}"))
    assert "Number on the old card A-17" in " ".join(page.split())
    fresh = text_of(owner.get(f"/console/members/{counter.open()}"))
    assert "Number on the old card" not in fresh
