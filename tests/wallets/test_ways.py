"""What leads from a pass to the shop, and from the shop's door to the pass."""

from datetime import UTC, datetime
from typing import Any

import pytest

from punchcard.fakes.google_judge import faults
from punchcard.kit.i18n import LANGUAGES
from punchcard.wallets.apple.pass_json import PassIdentity, text_files
from punchcard.wallets.apple.pass_texts import words_of
from punchcard.wallets.google.google_objects import GoogleShop, loyalty_class, loyalty_object
from punchcard.wallets.pass_content import card_language, for_holder, pass_content
from punchcard.wallets.pass_facts import RewardFacts
from punchcard.wallets.places import Coordinates
from tests.wallets import facts
from tests.wallets.apple.opened_pass import OpenedPass, check_document

SHOP = GoogleShop(issuer_id="3388000000012345678", base_url="https://shop.test")
LUXEMBOURG = Coordinates(49.6117, 6.13)
FAR = tuple(Coordinates(10.0 + number, 20.0) for number in range(14))
WAYS = {
    "phone": "+352621123456",
    "website_url": "https://cafe.example/menu",
    "opening_hours": "Mo-Fr 7-18",
}


def opened(program: Any, card: Any) -> OpenedPass:
    words = words_of(program, card)
    content = for_holder(words.content, program, card)
    assert content == pass_content(program, card, card_language(program, card))
    identity = PassIdentity(
        pass_type_id="pass.x",
        team_id="T",
        serial_number="1",
        web_service_url="https://shop.test/x",
        authentication_token="a token of sixteen characters",
    )
    files = text_files(content, words, identity)
    # A stored record begins with 30 bytes and the file's name.
    shown = OpenedPass({one.name: _content(one.record) for one in files})
    check_document(shown.document)
    return shown


def _content(record: bytes) -> bytes:
    name_bytes = int.from_bytes(record[26:28], "little")
    return record[30 + name_bytes + int.from_bytes(record[28:30], "little") :]


def test_phones_show_a_card_at_its_shop_in_every_language() -> None:
    shown = opened(facts.program(places=(LUXEMBOURG,)), facts.card())
    [place] = shown.document["locations"]
    assert (place["latitude"], place["longitude"]) == (49.6117, 6.13)
    assert place["relevantText"] == "Café Alice: here is your card"
    told = {shown.strings(one).get(place["relevantText"]) for one in LANGUAGES if one != "en"}
    assert len(told) == 3
    assert None not in told


def test_a_pass_names_ten_places_those_next_to_where_the_card_is_from() -> None:
    program = facts.program(places=(*FAR, LUXEMBOURG))
    near = opened(program, facts.card(place=LUXEMBOURG)).document["locations"]
    assert len(near) == 10
    assert (near[0]["latitude"], near[0]["longitude"]) == (49.6117, 6.13)
    body = loyalty_class(SHOP, program)
    assert len(body["merchantLocations"]) == 10
    assert faults("LoyaltyClass", {k: v for k, v in body.items() if v is not None}) == []


def test_across_the_line_of_dates_the_next_place_is_the_nearest() -> None:
    program = facts.program(places=(*FAR, Coordinates(-17.0, -179.9)))
    near = opened(program, facts.card(place=Coordinates(-17.0, 179.9))).document["locations"]
    assert near[0]["longitude"] == -179.9


@pytest.mark.parametrize(
    ("branding", "actions"),
    [
        ({}, [("membershipBenefits", facts.card().url)]),
        (WAYS, [("membershipBenefits", facts.card().url), ("call", "tel://+352621123456")]),
        (
            {"website_url": "https://cafe.example"},
            [
                ("membershipBenefits", facts.card().url),
                ("viewOffersRewards", "https://cafe.example"),
            ],
        ),
    ],
)
def test_two_buttons_at_most_lead_on_from_a_pass(
    branding: dict[str, str], actions: list[tuple[str, str]]
) -> None:
    shown = opened(facts.program(branding=branding), facts.card()).document["featuredActions"]
    assert [(one["type"], one["url"]) for one in shown] == actions


def test_a_pass_that_is_void_leads_nowhere() -> None:
    program = facts.program(branding=WAYS, places=(LUXEMBOURG,))
    document = opened(program, facts.card(status="closed")).document
    assert "featuredActions" not in document
    assert "locations" not in document


def test_ways_stand_on_the_back_and_with_google() -> None:
    program = facts.program(branding=WAYS)
    back = opened(program, facts.card()).fields("backFields")
    assert back["phone"] == "+352621123456"
    assert back["website"] == "https://cafe.example/menu"
    assert back["opening_hours"] == "Mo-Fr 7-18"
    body = loyalty_class(SHOP, program)
    assert [one["uri"] for one in body["linksModuleData"]["uris"]] == [
        "tel:+352621123456",
        "https://cafe.example/menu",
    ]
    assert faults("LoyaltyClass", {k: v for k, v in body.items() if v is not None}) == []


def test_the_last_day_of_a_reward_is_told_and_the_pass_itself_goes_on() -> None:
    ends = datetime(2026, 12, 24, 23, tzinfo=UTC)  # midnight in Luxembourg
    program = facts.program(
        type="points",
        timezone="Europe/Luxembourg",
        rewards=(RewardFacts(name="Scarf", points_required=50, valid_until=ends),),
    )
    shown = opened(program, facts.card(points=10))
    assert shown.fields("auxiliaryFields")["reward_until"] == "24 December 2026"
    assert shown.fields("backFields")["reward_ends"] == "Scarf: 24 December 2026"
    assert "expirationDate" not in shown.document
    body = loyalty_object(SHOP, program, facts.card(points=10))
    assert {one["id"]: one["body"] for one in body["textModulesData"]}["reward_until"] == (
        "24 December 2026"
    )
    assert faults("LoyaltyObject", {k: v for k, v in body.items() if v is not None}) == []
