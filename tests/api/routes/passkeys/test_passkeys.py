"""Passkeys over the API: added, shown, renamed, removed."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts.access.factor_models import Passkey
from punchcard.accounts.access.passkeys import PASSKEYS_LIMIT
from punchcard.accounts.models import AuditEvent
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.api.routes.passkeys.steps import FACTOR, OWN, SHOW, TOKEN, add, ask, challenge, sign_in
from tests.support.authenticator import Authenticator
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.http import Api
from tests.support.outgoing_mail import mails


def test_a_passkey_is_added_and_signs_in(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    device = Authenticator()
    added = add(owner, device)
    assert len(added["recovery_codes"]) == 10
    assert add(owner, Authenticator(), "My key")["recovery_codes"] is None

    asked = ask(api, alice.email("owner"))
    assert asked["options"]["rpId"] == "localhost"
    assert len(asked["options"]["allowCredentials"]) == 2
    clock.advance(seconds=1)
    answer = api.post(SHOW, {"token": asked["token"], "credential": device.get(asked["options"])})

    assert answer.status_code == 200
    told = api.with_token(answer.json()["access_token"]).get(FACTOR).json()
    assert (told["added_at"], told["recovery_codes_left"]) == (None, 10)
    phone, key = told["passkeys"]
    assert phone == {
        "id": added["id"],
        "name": "My phone",
        "added_at": "2026-03-02T09:00:00.000000Z",
        "last_used_at": "2026-03-02T09:00:01.000000Z",
    }
    assert (key["name"], key["last_used_at"]) == ("My key", None)


def test_a_recovery_code_stands_in_for_a_lost_passkey(owner: Api, api: Api, alice: Shop) -> None:
    codes = add(owner, Authenticator())["recovery_codes"]
    token = challenge(api, alice.email("owner"))

    assert api.post(FACTOR, {"challenge": token, "code": codes[0]}).status_code == 200
    assert api.post(FACTOR, {"challenge": token, "code": codes[0]}).status_code == 403


def test_an_admin_has_one_too(api: Api, context: Context) -> None:
    device = Authenticator()
    add(api.with_token(make_admin(context)), device)

    assert sign_in(api, "admin@platform.example", device)[0] == 200


def test_one_is_removed_and_with_the_last_the_second_factor(
    owner: Api, api: Api, context: Context, alice: Shop, bob: Shop
) -> None:
    first, second = (add(owner, Authenticator(), name)["id"] for name in ("One", "Two"))
    assert api.with_token(bob.token()).delete(f"{OWN}/{first}").status_code == 404
    assert owner.delete(f"{OWN}/{first}").status_code == 204
    assert owner.delete(f"{OWN}/{first}").json()["code"] == "passkey_not_found"
    assert owner.get(FACTOR).json()["recovery_codes_left"] == 10

    assert owner.delete(f"{OWN}/{second}").status_code == 204

    told = owner.get(FACTOR).json()
    assert (told["passkeys"], told["recovery_codes_left"]) == ([], 0)
    assert [mail.kind for mail in mails(context)] == [
        *["passkey_added"] * 2,
        "passkey_removed",
        "second_factor_removed",
    ]
    right = {"email": alice.email("owner"), "password": PASSWORD}
    assert api.post(TOKEN, right).status_code == 200


def test_an_owner_lets_a_colleague_in_who_has_lost_theirs(
    owner: Api, api: Api, context: Context, alice: Shop
) -> None:
    user_id = alice.hire(Role.MANAGER)
    add(api.with_token(alice.token("manager")), Authenticator())

    assert owner.delete(f"/vendor/users/{user_id}/second-factor").status_code == 204

    right = {"email": alice.email("manager"), "password": PASSWORD}
    assert api.post(TOKEN, right).status_code == 200
    with context.database.read() as session:
        assert session.scalars(select(Passkey)).all() == []


def test_changes_ask_again_who_it_is(owner: Api, clock: ManualClock) -> None:
    passkey_id = add(owner, Authenticator())["id"]
    asked = owner.post(f"{OWN}/options").json()
    clock.advance(minutes=16)

    changes = [
        owner.post(f"{OWN}/options"),
        owner.post(OWN, {"token": asked["token"], "credential": {}, "name": "x"}),
        owner.delete(f"{OWN}/{passkey_id}"),
    ]
    assert [one.json()["code"] for one in changes] == ["confirmation_required"] * 3


def test_there_is_an_end_to_them(owner: Api) -> None:
    for number in range(PASSKEYS_LIMIT):
        add(owner, Authenticator(), f"Key {number}")

    assert owner.post(f"{OWN}/options").json()["code"] == "passkeys_full"


def test_who_has_none_is_asked_for_none(owner: Api, api: Api, alice: Shop, bob: Shop) -> None:
    assert api.post(f"{SHOW}/options", {"challenge": "forged"}).json()["code"] == (
        "challenge_invalid"
    )


class TestWhereTheOperatorWantsOne:
    """`SECOND_FACTOR_REQUIRED=owners`: a passkey counts."""

    @pytest.fixture
    def server_settings(self, settings: Settings) -> Settings:
        named = replace(settings, base_url="http://localhost:8000")
        return replace(named, second_factor_required="owners")

    def test_a_passkey_sets_a_session_free_and_the_last_one_stays(self, owner: Api) -> None:
        assert owner.get("/vendor").json()["code"] == "second_factor_needed"

        passkey_id = add(owner, Authenticator())["id"]

        assert owner.get("/vendor").status_code == 200
        assert owner.delete(f"{OWN}/{passkey_id}").json()["code"] == "second_factor_needed"


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000", "https://[::1]", "http://shop.example"]
)
class TestWhereBrowsersHaveNone:
    """Under an address, or without https."""

    @pytest.fixture
    def server_settings(self, settings: Settings, base_url: str) -> Settings:
        return replace(settings, base_url=base_url)

    def test_it_is_said(self, owner: Api) -> None:
        assert owner.post(f"{OWN}/options").json()["code"] == "passkeys_unavailable"


def test_a_session_is_confirmed_by_password_and_passkey(owner: Api, clock: ManualClock) -> None:
    device, key = Authenticator(), {"name": "x", "scopes": ["loyalty:read"]}
    add(owner, device)
    clock.advance(minutes=20)
    asked = owner.post("/auth/confirm", {"password": PASSWORD}).json()
    options = owner.post(f"{SHOW}/options", {"challenge": asked["challenge"]}).json()
    clock.advance(seconds=1)
    said = {"token": options["token"], "credential": device.get(options["options"])}
    assert owner.post("/vendor/api-keys", key).json()["code"] == "confirmation_required"
    assert owner.post("/auth/confirm", said).status_code == 204
    assert owner.post("/vendor/api-keys", key).status_code == 201


def test_one_is_renamed_by_whose_it_is(owner: Api, api: Api, context: Context, bob: Shop) -> None:
    own = f"{OWN}/{add(owner, Authenticator(), 'My phone')['id']}"
    stranger = api.with_token(bob.token())
    assert stranger.patch(own, {"name": "x"}).json()["code"] == "passkey_not_found"
    assert owner.patch(own, {"name": ""}).status_code == 422

    assert owner.patch(own, {"name": "Léa’s phone"}).json()["name"] == "Léa’s phone"

    assert [one["name"] for one in owner.get(FACTOR).json()["passkeys"]] == ["Léa’s phone"]
    with context.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "member.passkey_renamed")
        [event] = session.scalars(query)
    assert (event.old, event.new) == ({"name": "My phone"}, {"name": "Léa’s phone"})
