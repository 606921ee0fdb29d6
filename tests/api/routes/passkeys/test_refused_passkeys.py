"""Passkeys over the API: what is no good answer to what was asked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.access.factor_models import Passkey
from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.api.routes.passkeys.steps import FACTOR, INVALID, OWN, add, ask, challenge, show, sign_in
from tests.support.authenticator import Authenticator
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api


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
