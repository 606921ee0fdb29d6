"""A passkey in the place of address and password."""

from typing import Any

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.kit.clock import ManualClock
from tests.api.routes.passkeys.steps import ALONE, INVALID, add, ask, show, show_alone
from tests.support.authenticator import Authenticator
from tests.support.cast import Shop
from tests.support.http import Api


class TestAWholeSignIn:
    """A passkey in the place of address and password."""

    def test_who_is_known_by_the_device_gets_in(
        self, owner: Api, api: Api, clock: ManualClock
    ) -> None:
        device = Authenticator()
        add(owner, device)
        clock.advance(seconds=1)
        asked = api.post(f"{ALONE}/options").json()
        assert asked["options"]["userVerification"] == "required"
        assert not asked["options"].get("allowCredentials")

        answer = show_alone(api, device)

        assert answer.status_code == 200
        assert answer.json()["subject"]["role"] == "owner"
        mine = api.with_token(answer.json()["access_token"])
        key = {"name": "x", "scopes": ["loyalty:read"]}
        assert mine.post("/vendor/api-keys", key).status_code == 201

    @pytest.mark.parametrize(
        "changes",
        [
            {"verifies": False},
            {"handle": None},
            {"handle": "bm9ib2R5"},
            {"credential_id": b"nobody's"},
            {"origin": "http://evil.example"},
        ],
    )
    def test_anything_less_is_refused(
        self, owner: Api, api: Api, clock: ManualClock, changes: dict[str, Any]
    ) -> None:
        device = Authenticator()
        add(owner, device)
        clock.advance(seconds=1)
        for name, value in changes.items():
            setattr(device, name, value)

        refused = show_alone(api, device)

        assert (refused.status_code, refused.json()["code"]) == INVALID

    def test_what_was_asked_beside_a_password_is_no_whole_sign_in(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        device = Authenticator()
        add(owner, device)
        clock.advance(seconds=1)
        beside = ask(api, alice.email("owner"))
        said = {"token": beside["token"], "credential": device.get(beside["options"])}
        assert api.post(ALONE, said).json()["code"] == "challenge_invalid"
        alone = api.post(f"{ALONE}/options").json()
        assert show(api, alone["token"], device.get(alone["options"]))[1] == "challenge_invalid"

    def test_an_answer_is_good_once_and_for_five_minutes(
        self, owner: Api, api: Api, clock: ManualClock
    ) -> None:
        device = Authenticator()
        add(owner, device)
        clock.advance(seconds=1)
        asked = api.post(f"{ALONE}/options").json()
        said = {"token": asked["token"], "credential": device.get(asked["options"])}
        assert api.post(ALONE, said).status_code == 200
        assert api.post(ALONE, said).json()["code"] == "passkey_invalid"
        asked = api.post(f"{ALONE}/options").json()
        clock.advance(minutes=5)
        said = {"token": asked["token"], "credential": device.get(asked["options"])}
        assert api.post(ALONE, said).json()["code"] == "challenge_invalid"

    def test_nobody_who_was_removed_gets_in(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        user_id, device = alice.hire(Role.MANAGER), Authenticator()
        add(api.with_token(alice.token("manager")), device)
        assert owner.delete(f"/vendor/users/{user_id}").status_code == 204
        clock.advance(seconds=1)
        assert show_alone(api, device).json()["code"] == "challenge_invalid"
