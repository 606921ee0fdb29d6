"""A vendor's own affairs over HTTP: people, places, devices, keys, closing, the trail."""

from typing import Any

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api

ELOISE = {
    "email": "eloise@cafe-alice.example",
    "name": "Éloïse",
    "role": "staff",
    "password": "a password of hers",
}


def test_vendor_changes_what_it_says_about_itself(owner: Api) -> None:
    answer = owner.patch("/vendor", {"name": "Chez Alice", "keeps_origins": True})

    assert answer.status_code == 200
    told = owner.get("/vendor").json()
    assert told == answer.json()
    assert (told["name"], told["keeps_origins"]) == ("Chez Alice", True)
    assert told["currency"] == "EUR"


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"name": ""},
        {"name": "line\nbreak"},
        {"currency": "EUX"},
        {"timezone": "Mars/Base"},
        {"keeps_origins": 1},
        {"slug": "mine"},
        {"status": "active"},
    ],
)
def test_what_does_not_fit_is_refused_and_named(owner: Api, change: dict[str, Any]) -> None:
    answer = owner.patch("/vendor", change)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == ["body", *change]


@pytest.mark.parametrize("users", ["/vendor/users", "/vendor/members"])
def test_users_are_added_changed_and_removed_on_the_path_of_today_and_on_the_former_one(
    api: Api, owner: Api, users: str
) -> None:
    created = owner.post(users, ELOISE)
    assert created.status_code == 201
    person = created.json()
    assert "password" not in person
    assert person in owner.get(users).json()["items"]
    path = f"{users}/{person['id']}"
    assert owner.get(path).json() == person

    changed = owner.patch(path, {"role": "manager", "language": "fr"})
    assert (changed.json()["role"], changed.json()["language"]) == ("manager", "fr")
    signed_in = api.post(
        "/auth/token", {"email": ELOISE["email"], "password": ELOISE["password"]}
    ).json()
    eloise = api.with_token(signed_in["access_token"])
    assert eloise.get("/vendor/locations").status_code == 200
    assert eloise.get(users).status_code == 403

    assert owner.delete(path).status_code == 204
    assert eloise.get("/vendor/locations").status_code == 401
    assert owner.get(path).status_code == 404


def test_a_role_is_felt_with_the_next_request(api: Api, owner: Api, alice: Shop) -> None:
    user_id = alice.hire(Role.STAFF)
    staff = api.with_token(alice.token("staff"))
    assert staff.post("/vendor/locations", {"name": "Terrace"}).status_code == 403

    owner.patch(f"/vendor/users/{user_id}", {"role": "manager"})

    assert staff.post("/vendor/locations", {"name": "Terrace"}).status_code == 201


def test_an_owner_sets_a_forgotten_password_and_old_sessions_end(
    api: Api, owner: Api, alice: Shop
) -> None:
    user_id = alice.hire(Role.STAFF)
    staff = api.with_token(alice.token("staff"))

    answer = owner.patch(f"/vendor/users/{user_id}", {"password": "a fresh password"})

    assert answer.status_code == 200
    assert staff.get("/auth/me").status_code == 401
    fresh = {"email": alice.email("staff"), "password": "a fresh password"}
    assert api.post("/auth/token", fresh).status_code == 200


def test_last_owner_stays(owner: Api) -> None:
    [person] = owner.get("/vendor/users").json()["items"]
    path = f"/vendor/users/{person['id']}"

    for answer in (owner.delete(path), owner.patch(path, {"role": "manager"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


def test_a_shop_has_one_person_for_an_address(owner: Api) -> None:
    assert owner.post("/vendor/users", ELOISE).status_code == 201

    answer = owner.post("/vendor/users", {**ELOISE, "name": "Another"})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_a_terminal_is_paired_moved_and_revoked(api: Api, owner: Api, clock: ManualClock) -> None:
    code = owner.post("/vendor/devices/pairing-codes", {}).json()
    assert code["qr_svg"].startswith("<svg")
    assert code["code"] in code["pairing_url"]
    clock.advance(minutes=9)

    paired = api.post("/devices/pair", {"code": code["code"].lower(), "name": "Till 1"})

    assert paired.status_code == 201
    terminal, device = api.with_token(paired.json()["token"]), paired.json()["device"]
    assert terminal.get("/auth/me").json()["permissions"] == ["loyalty:operate"]
    again = api.post("/devices/pair", {"code": code["code"], "name": "Till 2"})
    assert (again.status_code, again.json()["code"]) == (404, "pairing_code_invalid")

    terrace = owner.post("/vendor/locations", {"name": "Terrace"}).json()
    moved = owner.patch(f"/vendor/devices/{device['id']}", {"location_id": terrace["id"]})
    assert moved.json()["location_id"] == terrace["id"]
    assert terminal.get("/auth/me").json()["location_id"] == terrace["id"]

    assert owner.delete(f"/vendor/devices/{device['id']}").status_code == 204
    assert terminal.get("/auth/me").status_code == 401
    assert owner.get("/vendor/devices").json()["items"] == []


def test_guessing_pairing_codes_is_slowed_down(api: Api, context: Context) -> None:
    guess = {"code": "AAAABBBB", "name": "Not a till"}
    for _ in range(context.settings.pairing_attempts_per_minute):
        assert api.post("/devices/pair", guess).status_code == 404

    answer = api.post("/devices/pair", guess)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "6"


def test_a_key_is_shown_once_and_revoked_at_once(api: Api, owner: Api) -> None:
    made = owner.post("/vendor/api-keys", {"name": "Website", "scopes": ["loyalty:read"]})
    assert made.status_code == 201
    key = made.json()["key"]
    software = api.with_token(key)
    assert software.get("/vendor").status_code == 200
    [listed] = owner.get("/vendor/api-keys").json()["items"]
    assert "key" not in listed
    assert key.startswith(listed["prefix"])

    revoked = owner.delete(f"/vendor/api-keys/{listed['id']}")

    assert revoked.json()["revoked_at"] is not None
    assert software.get("/vendor").status_code == 401


def test_locations_are_opened_renamed_and_closed(owner: Api) -> None:
    opened = owner.post("/vendor/locations", {"name": "Terrace", "address": "1, Place d’Armes"})
    path = f"/vendor/locations/{opened.json()['id']}"

    renamed = owner.patch(path, {"name": "Garden", "address": None}).json()
    assert (renamed["name"], renamed["address"]) == ("Garden", None)
    assert owner.delete(path).json()["closed_at"] is not None
    assert owner.get(path).json()["closed_at"] is not None
    assert owner.delete(path).status_code == 404
    names = [place["name"] for place in owner.get("/vendor/locations").json()["items"]]
    assert names == ["Café Alice"]


def test_lists_come_in_pages_that_miss_and_repeat_nothing(owner: Api) -> None:
    for number in range(6):
        owner.post("/vendor/locations", {"name": f"Place {number}"})

    names: list[str] = []
    cursor = None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = owner.get("/vendor/locations", params=params).json()
        names += [place["name"] for place in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert names == ["Café Alice", *(f"Place {number}" for number in range(6))]


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "%%%"}, {"cursor": "abc"}]
)
def test_pages_that_make_no_sense_are_refused(owner: Api, params: dict[str, Any]) -> None:
    assert owner.get("/vendor/locations", params=params).status_code == 422


def test_bobs_things_are_missing_for_alice(api: Api, owner: Api, bob: Shop) -> None:
    of_bob = api.with_token(bob.token())
    bob.device()
    bob.api_key("loyalty:read")
    things = {
        kind: of_bob.get(f"/vendor/{kind}").json()["items"][0]["id"]
        for kind in ("users", "members", "locations", "devices", "api-keys")
    }

    for kind, thing in things.items():
        assert owner.delete(f"/vendor/{kind}/{thing}").status_code == 404
        if kind != "api-keys":
            assert owner.patch(f"/vendor/{kind}/{thing}", {"name": "Mine"}).status_code == 404
    moved = {"location_id": things["locations"]}
    assert owner.post("/vendor/devices/pairing-codes", moved).status_code == 404
    for nonsense in ("x", "%00", "0" * 300):
        assert owner.get(f"/vendor/users/{nonsense}").status_code == 404


def test_trail_shows_owners_who_changed_what(api: Api, owner: Api, alice: Shop) -> None:
    owner.patch("/vendor", {"name": "Chez Alice"}, headers={"X-Request-ID": "request-7"})
    alice.hire(Role.MANAGER)

    events = owner.get("/vendor/audit-events").json()["items"]

    [changed] = [event for event in events if event["action"] == "vendor.updated"]
    assert (changed["old"], changed["new"]) == ({"name": "Café Alice"}, {"name": "Chez Alice"})
    assert changed["actor"]["id"] == owner.get("/auth/me").json()["id"]
    assert changed["request_id"] == "request-7"
    assert PASSWORD not in str(events)
    manager = api.with_token(alice.token("manager"))
    assert manager.get("/vendor/audit-events").status_code == 403


def test_a_closed_shop_lets_nobody_in(api: Api, owner: Api, alice: Shop) -> None:
    alice.hire(Role.MANAGER)
    manager = api.with_token(alice.token("manager"))
    assert manager.post("/vendor/close").status_code == 403

    answer = owner.post("/vendor/close")

    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    assert owner.get("/vendor").status_code == 401
    again = api.post("/auth/token", {"email": alice.email("owner"), "password": PASSWORD})
    assert again.status_code == 401


def test_platform_creates_suspends_and_resumes_vendors(api: Api, context: Context) -> None:
    admin = api.with_token(cast.make_admin(context))
    wanted = {
        "name": "Café Alice",
        "slug": "cafe-alice",
        "currency": "EUR",
        "timezone": "Europe/Luxembourg",
        "owner": {"email": "alice@cafe.example", "name": "Alice", "password": PASSWORD},
    }
    vendor = admin.post("/admin/vendors", wanted)
    assert vendor.status_code == 201
    assert admin.post("/admin/vendors", wanted).json()["code"] == "slug_taken"
    path = f"/admin/vendors/{vendor.json()['id']}"
    alice = api.with_token(cast.sign_in(context, "alice@cafe.example"))
    assert alice.get("/vendor").status_code == 200

    assert admin.post(f"{path}/suspend").json()["status"] == "suspended"
    refused = alice.get("/vendor")
    assert (refused.status_code, refused.json()["code"]) == (403, "vendor_suspended")
    assert admin.post(f"{path}/resume").json()["status"] == "active"
    assert alice.get("/vendor").status_code == 200

    assert admin.patch(path, {"slug": "chez-alice"}).json()["slug"] == "chez-alice"
    found = admin.get("/admin/vendors", params={"query": "chez", "status": "active"}).json()
    assert [item["slug"] for item in found["items"]] == ["chez-alice"]
    actions = [
        event["action"]
        for event in admin.get(
            "/admin/audit-events", params={"vendor_id": vendor.json()["id"]}
        ).json()["items"]
    ]
    assert actions[:3] == ["vendor.updated", "vendor.resumed", "vendor.suspended"]
    assert admin.get("/vendor").status_code == 403
