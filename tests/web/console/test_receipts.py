"""Receipts in the console: keys made and revoked, a test receipt to scan, what became of each."""

import re

import pytest
from httpx import Response

from punchcard.accounts.models import ApiKey, Location
from punchcard.connect.claims import claim_service
from punchcard.connect.claims.claim_service import NewClaim
from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.pages import Visitor, text_of

PATH = "/console/receipts"


@pytest.fixture
def points(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's points program."""
    return shelf.program(alice, type="points", status="active", stamp_reward=None)


@pytest.fixture
def made(owner: Visitor, points: LoyaltyProgram) -> str:
    """Make a key; returns the page that shows it."""
    owner.get(PATH)
    answer = owner.post(f"{PATH}/keys", name="Till 1", program_id=points.id, location_id="")
    assert answer.status_code == 201
    return answer.text


def test_a_key_shows_its_secret_once_and_a_receipt_to_scan(owner: Visitor, made: str) -> None:
    [secret] = re.findall(r'id="new-secret"[^>]*>(prk_[^<]+)<', made)
    listed = owner.get(PATH)
    [path] = re.findall(rf'href="({PATH}/keys/[0-9a-f-]{{36}})"', listed.text)
    page = owner.get(path)
    assert secret not in listed.text + page.text
    [scanned] = re.findall(r'id="test-receipt"[^>]* href="[^"]*(/r/[^"]+)"', page.text)
    told = text_of(owner.follow(owner.get(scanned)))
    assert "This is a test receipt: its signature is right" in told
    answer = owner.post(f"{path}/revoke")
    assert "revoked" in text_of(owner.follow(answer))
    assert "This key is revoked" in text_of(owner.get(path))
    assert owner.get(scanned).status_code == 404


def test_a_key_without_a_name_is_asked_for_it_again(owner: Visitor, points: LoyaltyProgram) -> None:
    owner.get(PATH)
    answer = owner.post(f"{PATH}/keys", name="", program_id=points.id, location_id="")
    assert answer.status_code == 422
    assert "prk_" not in answer.text


def test_receipts_are_listed_by_what_became_of_them(
    owner: Visitor, alice: Shop, context: Context, points: LoyaltyProgram
) -> None:
    with context.database.write() as session:
        claims = [
            claim_service.create_claim(
                session,
                by_operator(context),
                alice.id,
                NewClaim(reference=f"R-{number}", amount_minor=1250),
                context.settings,
            )
            for number in range(2)
        ]
    listed = text_of(owner.get(PATH))
    assert "R-0" in listed
    assert "R-1" in listed
    answer = owner.post(f"{PATH}/{claims[0].id}/withdraw")
    assert "The receipt is withdrawn." in text_of(owner.follow(answer))
    withdrawn = text_of(owner.get(f"{PATH}?state=withdrawn"))
    assert ("R-0" in withdrawn, "R-1" in withdrawn) == (True, False)
    assert owner.get(f"{PATH}?state=nonsense&before=nonsense").status_code == 200


def test_who_made_a_receipt_stands_beside_it_and_beside_its_entry(
    owner: Visitor, alice: Shop, context: Context, points: LoyaltyProgram
) -> None:
    card = shelf.opened_card(alice, points)
    key = alice.api_key("loyalty:operate")
    with context.database.write() as session:
        [software] = session.query(ApiKey).all()
        claim = claim_service.create_claim(
            session,
            by_operator(context),
            alice.id,
            NewClaim(
                reference="R-1",
                amount_minor=1250,
                made_by=Actor(ActorKind.API_KEY, software.id),
            ),
            context.settings,
        )
    entry = context.connect.receipt_claimer.take(claim.code or "", card).entry

    listed = owner.get(PATH)

    assert f"By the till's software: {software.name}" in words_of(listed)
    assert 'href="/console/exports/receipts.csv"' in listed.text
    assert f"A receipt: {software.name}" in words_of(owner.get(f"/console/ledger/{entry['id']}"))
    assert key not in listed.text


def test_another_shops_keys_and_receipts_are_not_there(
    owner: Visitor, points: LoyaltyProgram
) -> None:
    owner.get(PATH)
    nobodys = "019cac1e-7b00-7000-8000-00000000000a"
    assert owner.get(f"{PATH}/keys/{nobodys}").status_code == 404
    assert owner.post(f"{PATH}/keys/{nobodys}/revoke").status_code == 404
    assert owner.post(f"{PATH}/{nobodys}/withdraw").status_code == 404


def test_the_staff_report_counts_what_was_put_on_cards_by_location(
    owner: Visitor, alice: Shop, context: Context, points: LoyaltyProgram
) -> None:
    assert 'id="receipts"' not in owner.get("/console/staff-report").text
    place = owner_place(context, alice)
    card = shelf.opened_card(alice, points)
    with context.database.write() as session:
        codes = [
            claim_service.create_claim(
                session,
                by_operator(context),
                alice.id,
                NewClaim(reference=f"R-{number}", amount_minor=1250, location_id=at),
                context.settings,
            ).code
            for number, at in enumerate((place.id, place.id, None, None))
        ]
    for code in codes[:3]:
        context.connect.receipt_claimer.take(code or "", card)
    report = owner.get("/console/staff-report").text
    told = report.partition('id="receipts"')[2].partition("</section>")[0]
    counts = re.findall(r"<dt[^>]*>\s*(.*?)\s*</dt>\s*<dd>\s*(\d+)", told, re.S)
    assert counts == [(place.name, "2"), ("No location", "1")]


def words_of(answer: Response) -> str:
    return " ".join(text_of(answer).replace("’", "'").split())


def owner_place(context: Context, shop: Shop) -> Location:
    with context.database.read() as session:
        return session.query(Location).filter(Location.vendor_id == shop.id).one()
