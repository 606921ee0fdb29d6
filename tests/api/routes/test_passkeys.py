"""Passkeys over the API: added, shown, refused, removed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.access.factor_models import Passkey
from punchcard.accounts.access.passkeys import PASSKEYS_LIMIT
from punchcard.accounts.models import AuditEvent
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support.authenticator import Authenticator
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.http import Api
from tests.support.outgoing_mail import mails

TOKEN, FACTOR = "/auth/token", "/auth/second-factor"
SHOW, OWN = f"{FACTOR}/passkey", f"{FACTOR}/passkeys"
INVALID = (403, "passkey_invalid")


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Give the server a name, without which browsers have no passkeys, and mail."""
    return replace(settings, base_url="http://localhost:8000", smtp_url="log:")


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    return api.with_token(alice.token())


def add(person: Api, device: Authenticator, name: str = "My phone") -> dict[str, Any]:
    asked = person.post(f"{OWN}/options").json()
    body = {"token": asked["token"], "credential": device.create(asked["options"]), "name": name}
    answer = person.post(OWN, body)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def challenge(api: Api, email: str) -> str:
    answer = api.post(TOKEN, {"email": email, "password": PASSWORD})
    assert answer.json()["code"] == "second_factor_required"
    token: str = answer.json()["challenge"]
    return token


def ask(api: Api, email: str) -> dict[str, Any]:
    answer = api.post(f"{SHOW}/options", {"challenge": challenge(api, email)})
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


def show(api: Api, token: str, credential: Any) -> tuple[int, str | None]:
    answer = api.post(SHOW, {"token": token, "credential": credential})
    return answer.status_code, answer.json().get("code")


def sign_in(api: Api, email: str, device: Authenticator) -> tuple[int, str | None]:
    asked = ask(api, email)
    return show(api, asked["token"], device.get(asked["options"]))


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


@pytest.mark.parametrize("counts", [True, False])
def test_an_answer_is_good_once(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, counts: bool
) -> None:
    device = Authenticator(counts=counts)
    add(owner, device)
    asked, other = ask(api, alice.email("owner")), ask(api, alice.email("owner"))
    clock.advance(seconds=1)
    answer = device.get(asked["options"])
    assert show(api, asked["token"], answer)[0] == 200

    assert show(api, asked["token"], answer) == INVALID
    # Nor is what was asked before the last use, whatever is signed for it.
    assert show(api, other["token"], device.get(other["options"])) == INVALID
    clock.advance(seconds=1)
    assert sign_in(api, alice.email("owner"), device)[0] == 200


def test_of_two_who_show_the_same_answer_at_once_one_gets_in(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    device = Authenticator(counts=False)
    add(owner, device)
    asked = ask(api, alice.email("owner"))
    answer = device.get(asked["options"])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: show(api, asked["token"], answer)[0], range(4)))

    assert sorted(found) == [200, 403, 403, 403]


def test_a_device_that_was_copied_counts_back(
    owner: Api, api: Api, clock: ManualClock, alice: Shop
) -> None:
    device = Authenticator(sign_count=7)
    add(owner, device)
    assert sign_in(api, alice.email("owner"), device)[0] == 200
    clock.advance(seconds=1)
    device.sign_count = 6

    assert sign_in(api, alice.email("owner"), device) == INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://localhost:8001"},
        {"origin": "https://localhost:8000"},
        {"origin": "http://evil.example"},
        {"rp_id": "evil.example"},
    ],
)
def test_what_was_signed_for_another_page_is_refused(
    owner: Api, api: Api, alice: Shop, changes: dict[str, str]
) -> None:
    device = Authenticator()
    add(owner, device)
    asked = owner.post(f"{OWN}/options").json()
    false = Authenticator(**changes)  # type: ignore[arg-type]
    body = {"token": asked["token"], "credential": false.create(asked["options"]), "name": "x"}
    assert owner.post(OWN, body).json()["code"] == "passkey_invalid"
    for name, value in changes.items():
        setattr(device, name, value)

    assert sign_in(api, alice.email("owner"), device) == INVALID


def test_only_the_challenge_that_was_asked_counts(owner: Api, api: Api, alice: Shop) -> None:
    device = Authenticator()
    add(owner, device)
    one, other = ask(api, alice.email("owner")), ask(api, alice.email("owner"))

    assert show(api, one["token"], device.get(other["options"])) == INVALID
    asked = owner.post(f"{OWN}/options").json()
    body = {"token": asked["token"], "credential": device.create(one["options"]), "name": "x"}
    assert owner.post(OWN, body).json()["code"] == "passkey_invalid"
    # A challenge for signing in is none for adding, nor the other way round.
    assert show(api, asked["token"], device.get(asked["options"]))[1] == "challenge_invalid"


def test_nobody_signs_in_with_somebody_elses_passkey(
    owner: Api, api: Api, alice: Shop, bob: Shop
) -> None:
    mine, theirs = Authenticator(), Authenticator()
    add(owner, mine)
    add(api.with_token(bob.token()), theirs)

    assert sign_in(api, alice.email("owner"), theirs) == INVALID
    # Nor does one name another's key, and sign with their own.
    theirs.credential_id = mine.credential_id
    assert sign_in(api, alice.email("owner"), theirs) == INVALID


def test_what_was_begun_is_for_one_session_and_one_device_for_one_person(
    owner: Api, api: Api, context: Context, alice: Shop, bob: Shop
) -> None:
    device, stranger = Authenticator(), api.with_token(bob.token())
    asked = owner.post(f"{OWN}/options").json()
    body = {"token": asked["token"], "credential": device.create(asked["options"]), "name": "x"}
    for other in (stranger, api.with_token(alice.token())):
        assert other.post(OWN, body).json()["code"] == "passkey_invalid"
    assert owner.post(OWN, body).status_code == 201

    assert owner.post(OWN, body).json()["code"] == "passkey_invalid"
    begun = stranger.post(f"{OWN}/options").json()
    same = {"token": begun["token"], "credential": device.create(begun["options"]), "name": "x"}
    assert stranger.post(OWN, same).json()["code"] == "passkey_invalid"
    with context.database.read() as session:
        assert len(session.scalars(select(Passkey)).all()) == 1


@pytest.mark.parametrize("passed", ["time", "password"])
def test_a_challenge_ends(
    owner: Api, api: Api, clock: ManualClock, alice: Shop, passed: str
) -> None:
    device = Authenticator()
    add(owner, device)
    asked = ask(api, alice.email("owner"))
    begun = owner.post(f"{OWN}/options").json()
    if passed == "time":
        clock.advance(minutes=5)
        new = {"credential": Authenticator().create(begun["options"]), "name": "x"}
        late = owner.post(OWN, {"token": begun["token"], **new})
        assert late.json()["code"] == "passkey_invalid"
    else:
        body = {"current_password": PASSWORD, "new_password": "another sentence"}
        assert owner.post("/auth/password", body).status_code == 204

    assert show(api, asked["token"], device.get(asked["options"])) == (409, "challenge_invalid")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}},
        {"id": 5, "rawId": [], "type": None, "response": "x"},
        {"response": {"clientDataJSON": "!", "authenticatorData": "AA", "signature": "AA"}},
        {"response": {"clientDataJSON": "bnVsbA", "authenticatorData": "AA", "signature": ""}},
        {"response": {"clientDataJSON": "e30", "attestationObject": "v9__", "transports": 7}},
    ],
)
def test_what_no_device_sends_is_refused(
    owner: Api, api: Api, alice: Shop, broken: dict[str, Any]
) -> None:
    device = Authenticator()
    add(owner, device)
    asked, begun = ask(api, alice.email("owner")), owner.post(f"{OWN}/options").json()
    good = device.get(asked["options"])

    assert show(api, asked["token"], {**good, **broken} if broken else {}) == INVALID
    made = {**device.create(begun["options"]), **broken} if broken else {}
    body = {"token": begun["token"], "credential": made, "name": "x"}
    assert owner.post(OWN, body).json()["code"] == "passkey_invalid"


def test_wrong_answers_are_counted_with_wrong_codes_and_noted(
    owner: Api, api: Api, context: Context, clock: ManualClock, alice: Shop
) -> None:
    device = Authenticator()
    add(owner, device)
    token = challenge(api, alice.email("owner"))
    asked = ask(api, alice.email("owner"))
    limit = context.settings.second_factor_attempts
    for number in range(limit):
        if number % 2:
            assert show(api, asked["token"], {}) == INVALID
        else:
            assert api.post(FACTOR, {"challenge": token, "code": "000000"}).status_code == 403

    assert show(api, asked["token"], device.get(asked["options"]))[0] == 429
    clock.advance(seconds=context.settings.sign_in_slowdown_seconds)
    assert show(api, asked["token"], device.get(asked["options"]))[0] == 200
    with context.database.write() as session:
        context.accounts.security.flush(session, clock.now())
    with context.database.read() as session:
        query = select(AuditEvent.new).where(AuditEvent.action == "session.refused")
        noted = {told["refusal"]: told["count"] for told in session.scalars(query) if told}
    assert noted == {"second_factor_invalid": limit // 2 + 1, "passkey_invalid": limit // 2}


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


ALONE = "/auth/passkey"


def show_alone(api: Api, device: Authenticator) -> Any:
    asked = api.post(f"{ALONE}/options")
    assert asked.status_code == 200, asked.text
    said = {"token": asked.json()["token"], "credential": device.get(asked.json()["options"])}
    return api.post(ALONE, said)


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
