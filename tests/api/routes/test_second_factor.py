"""A second factor over the API: set up, used once each, lost, removed, and asked for."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from punchcard.accounts.access.factor_models import RecoveryCode, SecondFactor
from punchcard.accounts.models import AuditEvent
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.secrets import totp
from punchcard.kit.settings import Settings
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.http import Api
from tests.support.outgoing_mail import mails

TOKEN, FACTOR = "/auth/token", "/auth/second-factor"


class App:
    """An app on a phone that makes one-time codes."""

    def __init__(self, key: str, clock: ManualClock) -> None:
        self._key = base64.b32decode(key)
        self._clock = clock

    def code(self, *, periods: int = 0) -> str:
        return totp(self._key, int(self._clock.now().timestamp()) // 30 + periods, 6)


def set_up(person: Api, clock: ManualClock) -> tuple[App, list[str]]:
    """Set a second factor up; returns the app and the recovery codes."""
    begun = person.post(f"{FACTOR}/setup").json()
    app = App(begun["key"], clock)
    done = person.call("PUT", FACTOR, json={"setup": begun["setup"], "code": app.code()})
    assert done.status_code == 200, done.text
    clock.advance(seconds=30)
    return app, done.json()["recovery_codes"]


def challenge(api: Api, email: str) -> str:
    answer = api.post(TOKEN, {"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")
    token: str = answer.json()["challenge"]
    return token


def show(api: Api, token: str, code: str) -> tuple[int, str | None]:
    answer = api.post(FACTOR, {"challenge": token, "code": code})
    return answer.status_code, answer.json().get("code")


def confirm(person: Api, app: App) -> None:
    """Show once more who one is: the password, then a code of the app."""
    asked = person.post("/auth/confirm", {"password": PASSWORD})
    assert (asked.status_code, asked.json()["code"]) == (403, "second_factor_required")
    said = {"challenge": asked.json()["challenge"], "code": app.code()}
    assert person.post("/auth/confirm", said).status_code == 204


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    return api.with_token(alice.token())


def test_a_password_alone_opens_nothing_any_more(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    app, _ = set_up(owner, clock)

    token = challenge(api, alice.email("owner"))
    answer = api.post(FACTOR, {"challenge": token, "code": app.code()})

    assert answer.status_code == 200
    session = api.with_token(answer.json()["access_token"])
    assert session.get("/auth/me").json()["role"] == "owner"
    assert session.get(FACTOR).json() == {
        "added_at": "2026-03-02T09:00:00.000000Z",
        "passkeys": [],
        "is_required": False,
        "recovery_codes_left": 10,
    }


def test_who_is_signed_in_with_the_password_alone_is_out_and_cannot_remove_it(
    api: Api, owner: Api, alice: Shop, clock: ManualClock
) -> None:
    stranger = api.with_token(alice.token())
    assert stranger.get("/auth/me").status_code == 200

    app, _ = set_up(owner, clock)

    assert stranger.delete(FACTOR).status_code == 401
    assert owner.get("/auth/second-factor").json()["added_at"]
    assert show(api, challenge(api, alice.email("owner")), app.code())[0] == 200


def test_an_admin_has_one_too(api: Api, context: Context, clock: ManualClock) -> None:
    app, _ = set_up(api.with_token(make_admin(context)), clock)

    assert show(api, challenge(api, "admin@platform.example"), app.code())[0] == 200


@pytest.mark.parametrize("periods", [-1, 0, 1])
def test_a_phones_clock_may_be_half_a_minute_off(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, periods: int
) -> None:
    app, _ = set_up(owner, clock)
    clock.advance(seconds=60)

    assert show(api, challenge(api, alice.email("owner")), app.code(periods=periods))[0] == 200


@pytest.mark.parametrize("periods", [-2, 2])
def test_a_code_of_another_minute_is_refused(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, periods: int
) -> None:
    app, _ = set_up(owner, clock)
    clock.advance(seconds=90)

    refused = show(api, challenge(api, alice.email("owner")), app.code(periods=periods))

    assert refused == (403, "second_factor_invalid")


def test_a_code_is_good_once_and_so_are_those_before_it(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    app, _ = set_up(owner, clock)
    token = challenge(api, alice.email("owner"))
    assert show(api, token, app.code())[0] == 200

    assert show(api, token, app.code()) == (403, "second_factor_invalid")
    assert show(api, challenge(api, alice.email("owner")), app.code(periods=-1))[0] == 403
    clock.advance(seconds=30)
    assert show(api, token, app.code())[0] == 200


def test_of_two_who_show_the_same_code_at_once_one_gets_in(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    app, _ = set_up(owner, clock)
    token = challenge(api, alice.email("owner"))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: show(api, token, app.code())[0], range(4)))

    assert sorted(answers) == [200, 403, 403, 403]


def test_a_recovery_code_lets_in_once_however_it_is_typed(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    _, codes = set_up(owner, clock)
    assert len(set(codes)) == 10
    token = challenge(api, alice.email("owner"))

    assert show(api, token, codes[0].upper().replace("-", " "))[0] == 200
    assert show(api, token, codes[0]) == (403, "second_factor_invalid")
    assert show(api, token, codes[1])[0] == 200
    assert owner.get(FACTOR).json()["recovery_codes_left"] == 8


def test_new_recovery_codes_replace_the_old(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    _, old = set_up(owner, clock)
    new = owner.post(f"{FACTOR}/recovery-codes").json()["recovery_codes"]
    token = challenge(api, alice.email("owner"))

    assert show(api, token, old[0])[0] == 403
    assert show(api, token, new[0])[0] == 200


def test_neither_key_nor_codes_stand_in_the_database(
    owner: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    begun = owner.post(f"{FACTOR}/setup").json()
    codes = owner.call(
        "PUT", FACTOR, json={"setup": begun["setup"], "code": App(begun["key"], clock).code()}
    ).json()["recovery_codes"]

    with context.database.read() as session:
        factor = session.scalars(select(SecondFactor)).one()
        kept = [factor.key_sealed, *session.scalars(select(RecoveryCode.code_hash))]
        told = str([event.new for event in session.scalars(select(AuditEvent))])
    secrets = [begun["key"], *codes, *(code.replace("-", "") for code in codes)]
    assert not [one for one in secrets for row in kept if one.encode() in row]
    assert not [one for one in secrets if one in told]


def test_guessing_codes_has_to_wait_and_needs_the_password_first(
    owner: Api, api: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    app, _ = set_up(owner, clock)
    token = challenge(api, alice.email("owner"))
    for _ in range(context.settings.second_factor_attempts):
        assert show(api, token, "no code")[0] == 403

    assert show(api, token, app.code())[0] == 429
    clock.advance(seconds=context.settings.sign_in_slowdown_seconds)
    assert show(api, token, app.code())[0] == 200
    for bad in ("", "x", "not a challenge", token[:-4] + "AAAA"):
        status, _ = show(api, bad, app.code())
        assert status in (409, 422), bad


@pytest.mark.parametrize("passed", ["time", "password"])
def test_a_challenge_ends(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, passed: str
) -> None:
    app, _ = set_up(owner, clock)
    token = challenge(api, alice.email("owner"))
    if passed == "time":
        clock.advance(minutes=5)
    else:
        body = {"current_password": PASSWORD, "new_password": "another sentence"}
        assert owner.post("/auth/password", body).status_code == 204

    assert show(api, token, app.code())[0] in (403, 409)


def test_what_was_begun_needs_a_right_code_of_the_same_person_in_time(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, bob: Shop
) -> None:
    begun = owner.post(f"{FACTOR}/setup").json()
    app = App(begun["key"], clock)
    stranger = api.with_token(bob.token())

    assert (
        owner.call("PUT", FACTOR, json={"setup": begun["setup"], "code": "000 000"}).status_code
        == 403
    )
    good: dict[str, Any] = {"setup": begun["setup"], "code": app.code()}
    assert stranger.call("PUT", FACTOR, json=good).status_code == 403
    assert owner.get(FACTOR).json()["added_at"] is None
    clock.advance(minutes=15)
    assert owner.call("PUT", FACTOR, json={**good, "code": app.code()}).status_code == 409


def test_changes_ask_again_who_it_is_and_are_told_by_mail(
    owner: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    app, _ = set_up(owner, clock)
    clock.advance(minutes=16)
    changes = [
        owner.post(f"{FACTOR}/setup"),
        owner.post(f"{FACTOR}/recovery-codes"),
        owner.delete(FACTOR),
    ]
    assert [one.json()["code"] for one in changes] == ["confirmation_required"] * 3

    confirm(owner, app)
    assert owner.delete(FACTOR).status_code == 204
    assert owner.delete(FACTOR).json()["code"] == "second_factor_not_set"
    assert [mail.kind for mail in mails(context)] == [
        "second_factor_added",
        "second_factor_removed",
    ]


def test_an_owner_lets_a_colleague_in_who_has_lost_theirs_and_nobody_elses(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, bob: Shop
) -> None:
    user_id = alice.hire(Role.MANAGER)
    set_up(api.with_token(alice.token("manager")), clock)
    path = f"/vendor/users/{user_id}/second-factor"

    assert api.with_token(bob.token()).delete(path).status_code == 404
    assert owner.delete(path).status_code == 204
    assert owner.delete(path).status_code == 409
    right = {"email": alice.email("manager"), "password": PASSWORD}
    assert api.post(TOKEN, right).status_code == 200


KEY = {"name": "Web shop", "scopes": ["loyalty:read"]}


class TestConfirming:
    """Whoever has a second factor shows it, too, before what is sensitive."""

    def test_the_password_alone_confirms_no_session(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        app, codes = set_up(owner, clock)
        clock.advance(minutes=20)
        asked = owner.post("/auth/confirm", {"password": PASSWORD}).json()
        assert owner.post("/vendor/api-keys", KEY).json()["code"] == "confirmation_required"
        said = {"challenge": asked["challenge"], "code": "000000"}
        assert owner.post("/auth/confirm", said).json()["code"] == "second_factor_invalid"
        assert owner.post("/vendor/api-keys", KEY).status_code == 403

        confirm(owner, app)
        assert owner.post("/vendor/api-keys", KEY).status_code == 201
        clock.advance(minutes=20)
        said = {
            "challenge": owner.post("/auth/confirm", {"password": PASSWORD}).json()["challenge"]
        }
        assert owner.post("/auth/confirm", {**said, "code": codes[0]}).status_code == 204
        assert owner.post("/vendor/api-keys", KEY).status_code == 201

    def test_a_new_password_confirms_it_no_more_than_the_old_one(
        self, owner: Api, clock: ManualClock
    ) -> None:
        set_up(owner, clock)
        clock.advance(minutes=20)
        said = {"current_password": PASSWORD, "new_password": "another sentence of mine"}
        assert owner.post("/auth/password", said).status_code == 204
        assert owner.post("/vendor/api-keys", KEY).json()["code"] == "confirmation_required"

    def test_nobody_elses_second_factor_will_do(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        alice.hire(Role.MANAGER)
        manager = api.with_token(alice.token("manager"))
        app, _ = set_up(manager, clock)
        clock.advance(minutes=20)
        theirs = challenge(api, alice.email("manager"))
        said = {"challenge": theirs, "code": app.code()}
        assert owner.post("/auth/confirm", said).json()["code"] == "challenge_invalid"
        assert owner.post("/vendor/api-keys", KEY).json()["code"] == "confirmation_required"


class TestWhereTheOwnerWantsOneOfManagers:
    WANTED: ClassVar = {"managers_need_second_factor": True}

    def test_managers_set_one_up_at_their_next_sign_in_and_do_nothing_before(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        alice.hire(Role.MANAGER)
        alice.hire(Role.STAFF)
        before = api.with_token(alice.token("manager"))
        assert owner.patch("/vendor", self.WANTED).json()["managers_need_second_factor"] is True
        assert before.get("/vendor").status_code == 200

        manager = api.with_token(alice.token("manager"))
        assert manager.get("/vendor").json()["code"] == "second_factor_needed"
        assert manager.get(FACTOR).json()["is_required"] is True
        app, _ = set_up(manager, clock)
        assert manager.get("/vendor").status_code == 200
        assert manager.delete(FACTOR).json()["code"] == "second_factor_needed"
        assert show(api, challenge(api, alice.email("manager")), app.code())[0] == 200
        for role in ("owner", "staff"):
            assert api.with_token(alice.token(role)).get("/vendor").status_code == 200

    def test_no_manager_lifts_it_and_an_owner_shows_who_they_are_first(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        alice.hire(Role.MANAGER)
        manager = api.with_token(alice.token("manager"))
        for wish in (True, False):
            said = {"managers_need_second_factor": wish}
            assert manager.patch("/vendor", said).json()["code"] == "not_allowed"
        clock.advance(minutes=16)
        assert owner.patch("/vendor", self.WANTED).json()["code"] == "confirmation_required"
        assert owner.post("/auth/confirm", {"password": PASSWORD}).status_code == 204
        assert owner.patch("/vendor", self.WANTED).status_code == 200
        (event, *_) = owner.get("/vendor/audit-events?action=vendor.updated").json()["items"]
        assert event["new"] == self.WANTED


class TestWhereTheOperatorWantsOne:
    """`SECOND_FACTOR_REQUIRED=owners,admins`."""

    @pytest.fixture
    def server_settings(self, settings: Settings) -> Settings:
        return replace(settings, second_factor_required="owners, admins")

    def test_a_session_can_do_nothing_but_set_it_up(
        self, owner: Api, api: Api, clock: ManualClock, alice: Shop
    ) -> None:
        assert owner.get("/vendor").json()["code"] == "second_factor_needed"
        assert owner.get("/auth/me").json()["permissions"] == []

        app, _ = set_up(owner, clock)

        assert owner.get("/vendor").status_code == 200
        assert owner.delete(FACTOR).json()["code"] == "second_factor_needed"
        assert show(api, challenge(api, alice.email("owner")), app.code())[0] == 200

    def test_managers_and_software_go_on(self, api: Api, alice: Shop) -> None:
        alice.hire(Role.MANAGER)

        assert api.with_token(alice.token("manager")).get("/vendor").status_code == 200
        software = api.with_token(alice.api_key("loyalty:read"))
        assert software.get("/vendor/loyalty/programs").status_code == 200
