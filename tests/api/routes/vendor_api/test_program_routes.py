"""Programs and rewards over HTTP."""

import json
from typing import Any

import pytest

from punchcard.loyalty.rules.dated.dates import Expiry
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

PROGRAMS = "/vendor/loyalty/programs"
STAMPS = {
    "name": "Coffee card",
    "type": "stamps",
    "stamp_reward": {"name": "A coffee", "value_minor": 350},
}
FIELDS = {
    "id",
    "slug",
    "name",
    "card_name",
    "type",
    "status",
    "currency",
    "timezone",
    "stamps_target",
    "stamp_reward",
    "points_per_currency_unit",
    "points_per_amount_minor",
    "minor_digits",
    "usual_purchase_minor",
    "minimum_purchase_minor",
    "minimum_redemption_points",
    "welcome_stamps",
    "welcome_points",
    "cooldown_minutes",
    "max_daily_stamps",
    "pin_policy",
    "pin_max_attempts",
    "pin_lockout_minutes",
    "void_policy",
    "self_enrollment",
    "terms_text",
    "branding",
    "texts",
    "version",
    "points_expiry",
    "points_activation_days",
    "expiry_notice_days",
    "return_grace_days",
    "stamps_expiry",
    "stamp_rewards",
    "stamps_per_item",
    "max_stamps_per_visit",
    "unclaimed_milestones",
    "referral",
    "tiers",
    "tier_basis",
    "tier_window",
    "tier_holds_months",
    "tier_grace_days",
    "tier_downgrade",
}


def tier(key: str, threshold: int, **fields: Any) -> dict[str, Any]:
    """Return a tier with all its fields."""
    words = {"en": None, "fr": {"name": "Niveau"}, "de": None, "lb": None}
    colours = {"background_color": "#aa3311", "text_color": None, "accent_color": None}
    return {
        "key": key,
        "name": key.title(),
        "texts": words,
        "threshold": threshold,
        "earn_factor": "1.000",
        "grants": [],
        "branding": colours,
        **fields,
    }


def make(client: Api, **fields: Any) -> dict[str, Any]:
    answer = client.post(PROGRAMS, json={**STAMPS, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_program_is_made_read_changed_opened_closed_and_deleted(alice: Api) -> None:
    program = make(alice)
    assert set(program) == FIELDS
    assert (program["status"], program["version"]) == ("draft", 1)
    path = f"{PROGRAMS}/{program['id']}"
    assert alice.get(path).json() == program
    changed = alice.patch(path, json={"cooldown_minutes": 0}).json()
    assert changed == {**program, "cooldown_minutes": 0, "version": 2}
    assert alice.post(f"{path}/activate").json()["status"] == "active"
    assert alice.post(f"{path}/deactivate").json()["status"] == "inactive"
    assert alice.delete(path).status_code == 204
    assert alice.get(path).json()["code"] == "program_not_found"


def test_an_end_of_points_that_says_no_rounding_is_told_as_the_till_reckons_it(
    alice: Api,
) -> None:
    given = {"kind": "fixed", "months": 1}
    program = make(alice, type="points", stamp_reward=None, points_expiry=given)
    reckoned = Expiry.parse(given)
    assert reckoned is not None
    assert program["points_expiry"]["round_to"] == reckoned.round_to


def test_everything_that_was_given_comes_back(alice: Api) -> None:
    given = {
        "name": "Carte de la maison",
        "type": "hybrid",
        "slug": "maison",
        "card_name": "Maison",
        "status": "active",
        "currency": "CHF",
        "timezone": "Europe/Zurich",
        "stamps_target": 8,
        "stamp_reward": {"name": "Café", "description": "Un café", "value_minor": 420},
        "points_per_currency_unit": 3,
        "points_per_amount_minor": 1000,
        "minimum_purchase_minor": 500,
        "minimum_redemption_points": 50,
        "welcome_stamps": 1,
        "welcome_points": 10,
        "cooldown_minutes": 0,
        "max_daily_stamps": 9,
        "pin_policy": "optional",
        "pin_max_attempts": 3,
        "pin_lockout_minutes": 5,
        "void_policy": "refuse",
        "points_expiry": {"kind": "fixed", "months": 36, "round_to": "year_end"},
        "points_activation_days": 14,
        "expiry_notice_days": [30, 7],
        "return_grace_days": 60,
        "stamps_expiry": {"kind": "inactivity", "months": 12},
        "stamps_per_item": None,
        "max_stamps_per_visit": 4,
        "unclaimed_milestones": "lapse",
        "tiers": [tier("basic", 0), tier("gold", 500, earn_factor="1.250")],
        "referral": {
            "status": "paused",
            "referrer": {"points": 50, "stamps": None, "reward_id": None},
            "friend": {"points": None, "stamps": 1, "reward_id": None},
            "minimum_purchase_minor": 500,
            "hold_days": 14,
            "limit_per_year": 5,
        },
        "tier_basis": "visits",
        "tier_window": "rolling_12_months",
        "tier_holds_months": 6,
        "tier_grace_days": 30,
        "tier_downgrade": "one_down",
        "self_enrollment": False,
        "terms_text": "Une ligne.\nUne autre.",
        "branding": {
            "background_color": "#aa3311",
            "text_color": "#ffffff",
            "accent_color": None,
            "logo_url": "https://example.com/logo.png",
            "hero_url": None,
            "phone": None,
            "website_url": None,
            "opening_hours": None,
            "barcode": "code128",
            "stamp_symbol": None,
            "featured_actions": None,
        },
        "texts": {
            "en": {
                "name": "House card",
                "card_name": None,
                "reward_name": "Coffee",
                "reward_description": None,
                "terms_text": "One line.",
                "opening_hours": None,
            },
            "fr": None,
            "de": None,
            "lb": None,
        },
    }
    program = make(alice, **given)
    told = {"id": program["id"], "version": 1, "minor_digits": 2, "usual_purchase_minor": None}
    # The reward of the full card is the last of the card's rewards, under its older name as well.
    [full] = program["stamp_rewards"]
    assert (full["at"], full["name"], full["value_minor"]) == (8, "Café", 420)
    told["stamp_rewards"] = program["stamp_rewards"]
    assert program == {**given, **told}
    assert alice.patch(f"{PROGRAMS}/{program['id']}", json=given).json() == program


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"stamps_target": 51}, ["body", "stamps_target"]),
        ({"stamps_target": "5"}, ["body", "stamps_target"]),
        ({"stamps_target": True}, ["body", "stamps_target"]),
        ({"stamps_target": None}, ["body", "stamps_target"]),
        ({"unknown": 1}, ["body", "unknown"]),
        ({"texts": {"lu": {"name": "x"}}}, ["body", "texts", "lu"]),
        ({"texts": {"es": {"name": "x"}}}, ["body", "texts", "es"]),
        ({"branding": {"logo_url": "javascript:alert(1)"}}, ["body", "branding", "logo_url"]),
        ({"branding": {"text_color": "red"}}, ["body", "branding", "text_color"]),
        ({"currency": "EURO"}, ["body", "currency"]),
        ({"timezone": "Mars/Olympus"}, ["body", "timezone"]),
        ({"name": "a\x00b"}, ["body", "name"]),
        ({"name": "\ud800"}, ["body"]),
        ({"slug": "Not a slug"}, ["body", "slug"]),
    ],
)
def test_bad_input_is_refused_and_named_for_new_and_for_changed_programs(
    alice: Api, fields: dict[str, Any], place: list[str]
) -> None:
    path = f"{PROGRAMS}/{make(alice)['id']}"
    headers = {"content-type": "application/json"}
    for answer in (
        alice.post(PROGRAMS, content=json.dumps({**STAMPS, **fields}), headers=headers),
        alice.patch(path, content=json.dumps(fields), headers=headers),
    ):
        assert answer.status_code in (400, 422), answer.text
        if answer.status_code == 422:
            assert answer.json()["errors"][0]["loc"][: len(place)] == place
    assert alice.get(path).json()["version"] == 1


def test_refusals_have_the_codes_of_the_contract(alice: Api, alice_shop: Shop) -> None:
    program = make(alice, slug="coffee")
    assert alice.post(PROGRAMS, json={**STAMPS, "slug": "coffee"}).json()["code"] == "slug_taken"
    row = shelf.program(alice_shop, name="With cards")
    shelf.card(alice_shop, row)
    path = f"{PROGRAMS}/{row.id}"
    for answer in (alice.delete(path), alice.patch(path, json={"currency": "CHF"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "program_has_cards")
    bare = make(alice, name="Bare", stamp_reward=None)
    answer = alice.post(f"{PROGRAMS}/{bare['id']}/activate")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "stamp_reward"]
    assert program["slug"] == "coffee"


def test_bob_sees_nothing_of_alices(alice: Api, bob: Api) -> None:
    path = f"{PROGRAMS}/{make(alice)['id']}"
    reward = alice.post(f"{path}/rewards", json={"name": "Cake", "points_required": 1}).json()
    answers = [
        bob.get(path),
        bob.patch(path, json={"name": "Bob was here"}),
        bob.delete(path),
        bob.post(f"{path}/activate"),
        bob.post(f"{path}/deactivate"),
        bob.get(f"{path}/stats"),
        bob.get(f"{path}/rewards"),
        bob.post(f"{path}/rewards", json={"name": "Cake", "points_required": 1}),
        bob.patch(f"/vendor/loyalty/rewards/{reward['id']}", json={"name": "Bob was here"}),
        bob.delete(f"/vendor/loyalty/rewards/{reward['id']}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert bob.get(PROGRAMS).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("name", ["nonsense", "%00", "01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d"])
def test_an_id_that_names_nothing_is_missing(alice: Api, name: str) -> None:
    for path in (f"{PROGRAMS}/{name}", f"{PROGRAMS}/{name}/rewards", f"{PROGRAMS}/{name}/stats"):
        assert alice.get(path).status_code == 404
    assert alice.patch(f"/vendor/loyalty/rewards/{name}", json={}).status_code == 404


def test_a_till_reads_programs_and_rewards_and_changes_none(alice: Api, till: Api) -> None:
    path = f"{PROGRAMS}/{make(alice)['id']}"
    for readable in (PROGRAMS, path, f"{path}/rewards"):
        assert till.get(readable).status_code == 200
    for refused in (till.post(PROGRAMS, json=STAMPS), till.delete(path), till.get(f"{path}/stats")):
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_the_same_key_twice_makes_one_program(alice: Api) -> None:
    headers = {"idempotency-key": "morning-1"}
    first, again = (alice.post(PROGRAMS, json=STAMPS, headers=headers) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert len(alice.get(PROGRAMS).json()["items"]) == 1


def test_programs_are_listed_page_by_page(alice: Api) -> None:
    made = [make(alice, name=f"Card {number}")["id"] for number in range(3)]
    first = alice.get(PROGRAMS, params={"limit": 2}).json()
    rest = alice.get(PROGRAMS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    assert rest["next_cursor"] is None
    assert alice.get(PROGRAMS, params={"status": "active"}).json()["items"] == []
    assert alice.get(PROGRAMS, params={"status": "lost"}).status_code == 422


def test_a_reward_is_added_changed_and_archived(alice: Api) -> None:
    rewards = f"{PROGRAMS}/{make(alice, type='hybrid')['id']}/rewards"
    given = {"name": "Cake", "points_required": 100, "stock_left": 3, "texts": {}}
    added = alice.post(rewards, json=given)
    assert added.status_code == 201
    reward = added.json()
    assert set(reward) == {
        "id",
        "program_id",
        "name",
        "description",
        "points_required",
        "value_minor",
        "stock_left",
        "per_card_limit",
        "valid_from",
        "valid_until",
        "texts",
        "status",
        "created_at",
    }
    path = f"/vendor/loyalty/rewards/{reward['id']}"
    until = "2026-12-31T22:59:59.000000Z"
    changed = alice.patch(path, json={"stock_left": None, "valid_until": until}).json()
    assert changed == {**reward, "stock_left": None, "valid_until": until}
    assert alice.delete(path).status_code == 204
    assert alice.get(rewards).json()["items"] == []
    archived = alice.get(rewards, params={"status": "archived"}).json()["items"]
    assert archived == [{**changed, "status": "archived"}]
    assert alice.patch(path, json={"name": "Pie"}).json()["code"] == "reward_not_found"
    assert alice.patch(path, json={"points_required": "100"}).status_code == 422


def test_the_platform_finds_programs_of_all_vendors(alice: Api, bob: Api, admin: Api) -> None:
    coffee, bread = make(alice, status="active"), make(bob, name="Bread card")
    listed = admin.get("/admin/loyalty/programs").json()["items"]
    assert [item["id"] for item in listed] == [coffee["id"], bread["id"]]
    found = admin.get("/admin/loyalty/programs", params={"query": "BREAD"}).json()["items"]
    assert [item["name"] for item in found] == ["Bread card"]
    own = {"vendor_id": found[0]["vendor_id"]}
    assert admin.get("/admin/loyalty/programs", params=own).json()["items"] == found
    active = admin.get("/admin/loyalty/programs", params={"status": "active"}).json()["items"]
    assert [item["id"] for item in active] == [coffee["id"]]
    one = admin.get(f"/admin/loyalty/programs/{coffee['id']}").json()
    assert one | coffee == one
    assert admin.get("/admin/loyalty/programs", params={"query": "\x00"}).status_code == 422
    assert alice.get("/admin/loyalty/programs").status_code == 403
    assert admin.get(PROGRAMS).status_code == 403
