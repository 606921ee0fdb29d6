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


@pytest.mark.parametrize(
    ("branding", "places", "types"),
    [
        ({}, (LUXEMBOURG,), ["membershipBenefits", "place"]),
        (WAYS, (LUXEMBOURG,), ["membershipBenefits", "call"]),
        ({**WAYS, "featured_actions": ["place", "call"]}, (LUXEMBOURG,), ["place", "call"]),
        ({**WAYS, "featured_actions": ["place", "website"]}, (), ["viewOffersRewards"]),
        ({"featured_actions": ["call"]}, (LUXEMBOURG,), None),
    ],
)
def test_the_shop_chooses_the_buttons_and_those_that_lead_nowhere_are_left_out(
    branding: dict[str, Any], places: tuple[Coordinates, ...], types: list[str] | None
) -> None:
    program = facts.program(branding=branding, places=places)
    actions = opened(program, facts.card()).document.get("featuredActions")
    assert (actions and [one["type"] for one in actions]) == types


def test_the_way_to_the_shop_leads_to_the_place_next_to_where_the_card_is_from() -> None:
    program = facts.program(
        vendor_name="Bar & Söhne",
        branding={"featured_actions": ["place"]},
        places=(*FAR, LUXEMBOURG),
    )
    [way] = opened(program, facts.card(place=LUXEMBOURG)).document["featuredActions"]
    assert way["url"] == "https://maps.apple.com/?ll=49.6117,6.13&q=Bar+%26+S%C3%B6hne"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"currency": "EUR"},
            {
                "en": "1 point for every €1.00 you spend.",
                "fr": "1 point par 1,00 € dépensé.",
                "de": "1 Punkt für je 1,00 €, die Sie ausgeben.",
                "lb": "1 Punkt pro 1,00 €, déi Dir ausgitt.",
            },
        ),
        (
            {"points_per_amount_minor": 1000, "minimum_purchase_minor": 500},
            {"en": "1 point for every €10.00 you spend. A purchase counts from €5.00."},
        ),
        (
            {"points_per_currency_unit": 3, "points_per_amount_minor": 100, "currency": "JPY"},
            {"en": "3 points for every JP¥100 you spend."},
        ),
        (
            {"points_per_amount_minor": 1000, "currency": "KWD"},
            {"en": "1 point for every KWD1.000 you spend."},
        ),
    ],
)
def test_the_back_says_how_points_are_earned_in_four_languages(
    rule: dict[str, Any], told: dict[str, str]
) -> None:
    program = facts.program(type="points", **rule)
    shown = opened(program, facts.card())
    said = shown.fields("backFields")["earning"]
    body = loyalty_class(SHOP, program)
    assert faults("LoyaltyClass", {k: v for k, v in body.items() if v is not None}) == []
    [module] = [one for one in body["textModulesData"] if one["id"] == "earning"]
    localized = module["localizedBody"]
    with_google = {
        one["language"]: one["value"]
        for one in (localized["defaultValue"], *localized["translatedValues"])
    }
    with_apple = {one: shown.strings(one).get(said, said) for one in LANGUAGES}
    assert with_apple == with_google
    assert len(set(with_apple.values())) == len(LANGUAGES)
    plain = {str(one): " ".join(text.split()) for one, text in with_apple.items()}
    assert {one: plain[one] for one in told} == told


def test_stamps_are_earned_by_no_amount() -> None:
    assert "earning" not in opened(facts.program(), facts.card()).fields("backFields")
    hybrid = facts.program(type="hybrid")
    assert "earning" in opened(hybrid, facts.card()).fields("backFields")


def test_opening_hours_are_told_in_the_language_of_the_phone() -> None:
    program = facts.program(
        branding=WAYS, texts={"de": {"opening_hours": "Mo-Fr 7-18 Uhr"}, "fr": {"name": "Carte"}}
    )
    shown = opened(program, facts.card(language="en"))
    said = shown.fields("backFields")["opening_hours"]
    assert said == "Mo-Fr 7-18"
    assert shown.strings("de")[said] == "Mo-Fr 7-18 Uhr"
    assert shown.strings("fr")[said] == said
    [module] = [
        one
        for one in loyalty_class(SHOP, program)["textModulesData"]
        if one["id"] == "opening_hours"
    ]
    values = module["localizedBody"]["translatedValues"]
    assert {one["language"]: one["value"] for one in values}["de"] == "Mo-Fr 7-18 Uhr"


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
