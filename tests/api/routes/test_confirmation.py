"""What asks again who it is, and for how long an answer is good."""

from typing import Any

import httpx
import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api

KEY = {"name": "Web shop", "scopes": ["loyalty:read"]}
OWNER = {"email": "second@elsewhere.example", "name": "Lou", "role": "owner", "password": PASSWORD}
EXPORTS = "/vendor/loyalty/exports"
CARDS = f"{EXPORTS}/cards"
NAME_PEOPLE = (
    *("audit-events", "cards", "grants", "people", "pins", "staff-report"),
    "transactions",
)


def attempts(api: Api, user_id: str) -> dict[str, httpx.Response]:
    """Try everything that is sensitive; what is taken stays taken, so close the shop last."""
    user = f"/vendor/users/{user_id}"
    return {
        "key": api.post("/vendor/api-keys", KEY),
        "owner": api.post("/vendor/users", OWNER),
        "promoted": api.patch(user, {"role": "owner"}),
        "their password": api.patch(user, {"password": "a sentence of theirs"}),
        **{name: api.get(f"{EXPORTS}/{name}.csv") for name in NAME_PEOPLE},
        "xlsx": api.get(f"{CARDS}.xlsx"),
        "closing": api.post("/vendor/close"),
    }


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    return api.with_token(alice.token())


def test_what_is_sensitive_waits_until_the_owner_has_shown_who_they_are(
    owner: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    user_id = alice.hire(Role.STAFF)
    clock.advance(minutes=context.settings.confirm_minutes, seconds=1)

    for name, refused in attempts(owner, user_id).items():
        assert (refused.status_code, refused.json()["code"]) == (403, "confirmation_required"), name

    assert owner.post("/auth/confirm", {"password": "wrong"}).json()["code"] == "password_wrong"
    assert owner.post("/vendor/api-keys", KEY).status_code == 403
    assert owner.post("/auth/confirm", {"password": PASSWORD}).status_code == 204
    clock.advance(minutes=context.settings.confirm_minutes)
    taken = {name: response.status_code for name, response in attempts(owner, user_id).items()}
    assert taken == {
        **{"key": 201, "owner": 201, "promoted": 200, "their password": 200},
        **dict.fromkeys(NAME_PEOPLE, 200),
        **{"xlsx": 200, "closing": 200},
    }


def test_what_is_harmless_never_asks(
    owner: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    user_id = alice.hire(Role.STAFF)
    clock.advance(minutes=100)

    assert owner.patch(f"/vendor/users/{user_id}", {"name": "Lea"}).status_code == 200
    staff: dict[str, Any] = {**OWNER, "role": "staff"}
    assert owner.post("/vendor/users", staff).status_code == 201
    assert owner.get("/vendor/loyalty/exports/rewards.csv").status_code == 200


def test_one_confirmed_session_confirms_no_other(
    api: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    first, second = api.with_token(alice.token()), api.with_token(alice.token())
    clock.advance(minutes=20)
    first.post("/auth/confirm", {"password": PASSWORD})

    assert first.post("/vendor/api-keys", KEY).status_code == 201
    assert second.post("/vendor/api-keys", KEY).status_code == 403


def test_a_session_is_not_confirmed_by_halves(owner: Api, clock: ManualClock) -> None:
    clock.advance(minutes=20)
    for said in ({}, {"challenge": "x"}, {"code": "123456"}, {"token": "x"}):
        assert owner.post("/auth/confirm", said).json()["code"] == "invalid_input"
    assert owner.post("/vendor/api-keys", KEY).status_code == 403


def test_software_is_not_asked(api: Api, clock: ManualClock, alice: Shop) -> None:
    software = api.with_token(alice.api_key("loyalty:manage"))
    clock.advance(days=1)

    assert software.get(f"{CARDS}.csv").status_code == 200
    assert software.post("/auth/confirm", {"password": PASSWORD}).status_code == 403


def test_all_other_sessions_are_ended_at_once(api: Api, alice: Shop) -> None:
    mine, other = api.with_token(alice.token()), api.with_token(alice.token())

    assert mine.post("/auth/sessions/revoke-others").status_code == 204

    assert other.get("/auth/me").status_code == 401
    [left] = mine.get("/auth/sessions").json()["items"]
    assert left["is_current"]
    assert left["network"] is None


def test_a_key_ends_when_it_is_told_to_or_after_the_days_that_are_set(
    owner: Api, context: Context, clock: ManualClock
) -> None:
    by_default = owner.post("/vendor/api-keys", KEY).json()["expires_at"]
    never = owner.post("/vendor/api-keys", {**KEY, "expires_at": None}).json()["expires_at"]
    told = {**KEY, "expires_at": "2026-03-02T11:00:00+01:00"}
    soon = owner.post("/vendor/api-keys", told).json()

    assert by_default == "2027-03-02T09:00:00.000000Z"
    assert never is None
    assert soon["expires_at"] == "2026-03-02T10:00:00.000000Z"
    with_key = owner.with_token(soon["key"])
    assert with_key.get("/vendor/loyalty/programs").status_code == 200
    clock.advance(hours=1)
    refused = with_key.get("/vendor/loyalty/programs")
    assert refused.status_code == 401
    assert refused.json()["code"] == "api_key_expired"
    assert refused.json()["expired_at"] == "2026-03-02T10:00:00.000000Z"


def test_a_key_cannot_end_before_it_begins(owner: Api) -> None:
    refused = owner.post("/vendor/api-keys", {**KEY, "expires_at": "2026-03-02T09:00:00Z"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "expires_at"]
    assert owner.get("/vendor/api-keys").json()["items"] == []


def test_passwords_that_are_tried_first_are_refused_wherever_they_are_chosen(
    owner: Api, api: Api, alice: Shop
) -> None:
    staff = {**OWNER, "role": "staff"}
    user_id = alice.hire(Role.MANAGER)
    for password in ("password", "12345678", "        ", "cafealice1", OWNER["email"]):
        bad = {"password": password}
        assert owner.post("/vendor/users", {**staff, **bad}).status_code == 422, password
    refused = [
        owner.patch(f"/vendor/users/{user_id}", {"password": "The Manager"}),
        owner.post(
            "/auth/password", {"current_password": PASSWORD, "new_password": "owner@cafe-alice"}
        ),
    ]
    assert [one.status_code for one in refused] == [422, 422]


def test_a_response_says_what_a_browser_is_to_show_the_next_time(api: Api, alice: Shop) -> None:
    right = {"email": alice.email("owner"), "password": PASSWORD}
    wrong = {**right, "password": "not the one"}
    known = api.post("/auth/token", right).json()["known_browser"]
    for _ in range(5):
        assert api.post("/auth/token", wrong).status_code == 401

    assert api.post("/auth/token", right).status_code == 429
    again = api.post("/auth/token", {**right, "known_browser": known})
    assert again.status_code == 200
    assert api.post("/auth/token", {**right, "known_browser": "x" * 2001}).status_code == 422
