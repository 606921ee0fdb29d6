"""What Google is told: always fit for Google's own description, whatever a shop calls things."""

import copy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.fakes import google_judge
from punchcard.fakes.google_judge import faults
from punchcard.loyalty.rules.stamps.milestone_rules import MilestoneView
from punchcard.loyalty.vocabulary import MilestoneState
from punchcard.wallets.google.google_objects import (
    GoogleShop,
    balance_of,
    fingerprint,
    loyalty_class,
    loyalty_object,
    save_claims,
)
from punchcard.wallets.pass_facts import MilestoneFacts, RewardFacts
from tests.wallets import facts
from tests.wallets.google_account import ISSUER

SHOP = GoogleShop(issuer_id=ISSUER, base_url="https://shop.test")

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300
) | st.sampled_from(["☕️🥐", "مقهى أليس", 'Chez "Alice" & Söhne', "x" * 300])
programs = st.builds(
    facts.program,
    type=st.sampled_from(["stamps", "points", "hybrid"]),
    card_name=names,
    vendor_name=names,
    vendor_language=st.sampled_from(["en", "fr", "de", "lb"]),
    stamps_target=st.integers(1, 50),
    terms_text=st.none() | names,
    texts=st.dictionaries(
        st.sampled_from(["en", "fr", "de", "lb"]),
        st.fixed_dictionaries(
            {},
            optional={
                "card_name": names,
                "reward_name": names,
                "terms_text": names,
            },
        ),
    ),
    rewards=st.lists(
        st.builds(RewardFacts, name=names, points_required=st.integers(1, 10**9)), max_size=3
    ).map(tuple),
    branding=st.fixed_dictionaries(
        {},
        optional={
            "barcode": st.sampled_from(["qr", "code128"]),
            "hero_url": st.just("https://shop.test/hero.png?size=1"),
            "logo_url": st.just("https://shop.test/logo.png"),
        },
    ),
)
cards = st.builds(
    facts.card,
    status=st.sampled_from(["active", "blocked", "replaced", "closed"]),
    stamps=st.integers(0, 200),
    points=st.integers(-(2**62), 2**62),
    rewards_ready=st.integers(0, 20),
    token=st.none() | st.just(facts.TOKEN),
    url=st.none() | st.just("https://shop.test/c/x"),
    customer_name=st.none() | names,
    language=st.sampled_from([None, "en", "fr", "de", "lb"]),
)


def given_only(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


@given(programs, cards, st.none() | st.binary(min_size=20, max_size=20))
@settings(max_examples=150, deadline=None)
def test_every_body_fits_googles_description(
    program: Any, card: Any, rotating_key: bytes | None
) -> None:
    of_class = loyalty_class(SHOP, program)
    of_card = loyalty_object(SHOP, program, card, rotating_key=rotating_key)

    assert faults("LoyaltyClass", given_only(of_class)) == []
    assert faults("LoyaltyObject", given_only(of_card)) == []
    assert faults("LoyaltyClass", of_class, is_patch=True) == []
    assert faults("LoyaltyObject", of_card, is_patch=True) == []


def test_every_update_of_a_class_asks_for_review() -> None:
    assert loyalty_class(SHOP, facts.program())["reviewStatus"] == "UNDER_REVIEW"


def test_pictures_get_a_new_address_with_every_version() -> None:
    branding = {"logo_url": "https://shop.test/logo.png", "hero_url": "https://shop.test/h?a=1"}
    body = loyalty_class(SHOP, facts.program(version=7, branding=branding))

    assert body["programLogo"]["sourceUri"]["uri"] == "https://shop.test/logo.png?v=7"
    assert body["heroImage"]["sourceUri"]["uri"] == "https://shop.test/h?a=1&v=7"


def test_a_card_shows_its_progress_number_and_code_in_four_languages() -> None:
    body = loyalty_object(SHOP, facts.program(), facts.card(stamps=7))

    assert body["loyaltyPoints"]["balance"] == {"string": "7/10"}
    assert body["barcode"]["value"] == "123456789012"
    assert body["barcode"]["alternateText"] == "1234 5678 9012"
    words = body["loyaltyPoints"]["localizedLabel"]
    assert words["defaultValue"]["language"] == "en"
    assert [one["language"] for one in words["translatedValues"]] == ["fr", "de", "lb"]


def test_a_hybrid_card_shows_both_balances() -> None:
    body = loyalty_object(SHOP, facts.program(type="hybrid"), facts.card(stamps=7, points=3))

    assert balance_of(body) == "7/10 3"


@pytest.mark.parametrize("status", ["blocked", "replaced", "closed"])
def test_a_card_that_does_not_count_is_inactive_and_shows_no_code(status: str) -> None:
    body = loyalty_object(SHOP, facts.program(), facts.card(status=status))

    assert (body["state"], body["barcode"]) == ("INACTIVE", None)


def test_a_rotating_code_ends_in_the_number_and_holds_no_token() -> None:
    program = facts.program(branding={"barcode": "rotating"})
    body = loyalty_object(SHOP, program, facts.card(), rotating_key=b"k" * 20)

    assert body["barcode"] is None
    assert facts.TOKEN not in str(body["rotatingBarcode"])
    assert body["rotatingBarcode"]["valuePattern"].endswith("/123456789012")
    assert body["rotatingBarcode"]["totpDetails"]["parameters"] == [
        {"key": (b"k" * 20).hex().upper(), "valueLength": 8}
    ]


def test_a_server_without_https_asks_for_no_notices() -> None:
    shop = GoogleShop(issuer_id=ISSUER, base_url="http://127.0.0.1:8000")

    assert loyalty_class(shop, facts.program())["callbackOptions"] is None


def test_the_fingerprint_moves_with_whatever_is_shown() -> None:
    one, two = (loyalty_object(SHOP, facts.program(), facts.card(stamps=n)) for n in (1, 2))

    assert fingerprint(one) == fingerprint(copy.deepcopy(one)) != fingerprint(two)


def test_a_save_link_names_the_object_and_nothing_else(clock: Any) -> None:
    claims = save_claims("1.c.2", account="a@b", now=clock.now())

    assert isinstance(claims["iat"], int)
    assert claims["payload"] == {"loyaltyObjects": [{"id": "1.c.2"}]}


_WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown name": ("LoyaltyObject", {"points": 1}),
    "of generic passes": ("LoyaltyObject", {"cardTitle": {}}),
    "no such state": ("LoyaltyObject", {"state": "DISABLED"}),
    "deprecated state": ("LoyaltyObject", {"state": "active"}),
    "no such code": ("LoyaltyObject", {"barcode": {"type": "QR", "value": "1"}}),
    "number as text": ("LoyaltyObject", {"loyaltyPoints": {"balance": {"int": "250"}}}),
    "beyond 32 bits": ("LoyaltyObject", {"loyaltyPoints": {"balance": {"int": 2**31}}}),
    "two kinds": ("LoyaltyObject", {"loyaltyPoints": {"balance": {"int": 1, "string": "1"}}}),
    "micros as number": (
        "LoyaltyObject",
        {"loyaltyPoints": {"balance": {"money": {"micros": 1, "currencyCode": "EUR"}}}},
    ),
    "plain text": ("LoyaltyClass", {"localizedProgramName": "Coffee"}),
    "plain picture": ("LoyaltyClass", {"programLogo": "https://shop.test/logo.png"}),
    "picture without https": (
        "LoyaltyClass",
        {"programLogo": {"sourceUri": {"uri": "http://shop.test/logo.png"}}},
    ),
    "logo cleared": ("LoyaltyClass", {"programLogo": None}),
    "deprecated word mark": ("LoyaltyClass", {"wordMark": {}}),
    "camel case": ("LoyaltyClass", {"notifyPreference": "notifyOnUpdate"}),
    "self approved": ("LoyaltyClass", {"reviewStatus": "APPROVED"}),
    "holders": ("LoyaltyObject", {"hasUsers": True}),
    "eleven messages": ("LoyaltyObject", {"messages": [{"body": "x"}] * 11}),
    "message without wrapper": ("AddMessageRequest", {"body": "x"}),
}


@pytest.mark.parametrize(("name", "body"), _WRONG.values(), ids=_WRONG.keys())
def test_the_judge_finds_what_is_wrong(name: str, body: dict[str, Any]) -> None:
    assert faults(name, body, is_patch=True)


def test_an_insert_must_be_complete() -> None:
    assert len(faults("LoyaltyClass", {})) == 5
    assert len(faults("LoyaltyObject", {})) == 3


@given(programs, cards, st.data())
@settings(max_examples=100, deadline=None)
def test_the_judge_agrees_with_a_json_schema_validator(
    program: Any, card: Any, data: st.DataObject
) -> None:
    body = given_only(loyalty_object(SHOP, program, card))
    place = data.draw(st.sampled_from(sorted(body)))
    body[place] = data.draw(
        st.none() | st.integers() | st.text(max_size=3) | st.just([]) | st.just({"x": 1})
    )
    shape = [
        one
        for one in google_judge._faults(
            {"$ref": "LoyaltyObject"}, body, "LoyaltyObject", is_patch=False
        )
    ]

    assert VALIDATOR.is_valid(body) == (shape == [])


def _as_json_schema(schema: Any) -> dict[str, Any]:
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema["type"]
    if kind == "array":
        return {"type": "array", "items": _as_json_schema(schema["items"])}
    if kind == "object":
        inner = schema.get("properties", {})
        live = {name: one for name, one in inner.items() if not one.get("deprecated")}
        return {
            "type": "object",
            "properties": {name: _as_json_schema(one) for name, one in live.items()},
            "required": [name for name, one in inner.items() if one.get("required")],
            "additionalProperties": False,
        }
    made: dict[str, Any] = {"type": kind}
    if "enum" in schema:
        old = schema.get("enumDeprecated") or [False] * len(schema["enum"])
        made["enum"] = [v for v, is_old in zip(schema["enum"], old, strict=True) if not is_old]
    if schema.get("format") == "int64":
        made["pattern"] = "^-?[0-9]{1,19}$"
    if schema.get("format") == "int32":
        made |= {"minimum": -(2**31), "maximum": 2**31 - 1}
    return made


VALIDATOR = jsonschema_rs.Draft202012Validator(
    {
        "$ref": "#/$defs/LoyaltyObject",
        "$defs": {name: _as_json_schema(one) for name, one in google_judge.schemas().items()},
    }
)


def test_the_reward_beside_what_is_missing_is_the_one_it_is_missing_for() -> None:
    cookie = MilestoneFacts(at=3, name="A cookie")
    ladder = facts.program(type="stamps", milestones=(cookie,))
    stages = (MilestoneView(3, MilestoneState.AHEAD), MilestoneView(10, MilestoneState.AHEAD))
    shown = texts_of(loyalty_object(SHOP, ladder, facts.card(stamps=1, milestones=stages)))
    assert (shown["status"], shown["reward"]) == ("2 stamps to go", "A cookie")
    # What is the same on every card stands with the program, once.
    assert "reward" not in texts_of(loyalty_class(SHOP, ladder))
    plain = facts.program(type="stamps")
    assert "reward" in texts_of(loyalty_class(SHOP, plain))
    assert "reward" not in texts_of(loyalty_object(SHOP, plain, facts.card(stamps=1)))


def texts_of(body: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["body"] for one in body["textModulesData"]}
