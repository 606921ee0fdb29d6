"""Staff PINs over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import IdempotencyRecord
from punchcard.api.http.idempotency import SentRequest, fingerprints
from punchcard.loyalty.errors.staff import StaffTokenInvalid
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

PINS = "/vendor/loyalty/pins"


def give(client: Api, pin: str = "4711", **fields: Any) -> dict[str, Any]:
    answer = client.post(PINS, json={"name": "Anna", "pin": pin, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_pin_is_given_changed_and_retired_and_never_shown(alice: Api) -> None:
    pin = give(alice, staff_id="anna")
    path = f"{PINS}/{pin['id']}"
    assert set(pin) == {
        "id",
        "name",
        "staff_id",
        "program_id",
        "status",
        "failed_attempts",
        "locked_until",
        "last_used_at",
        "retired_at",
        "created_at",
        "updated_at",
    }
    assert alice.get(path).json() == pin
    renamed = alice.patch(path, json={"name": "Anne", "pin": "6250", "staff_id": None}).json()
    assert (renamed["name"], renamed["staff_id"]) == ("Anne", None)
    assert alice.post(f"{PINS}/verify", json={"pin": "4711"}).status_code == 403
    assert alice.post(f"{PINS}/verify", json={"pin": "6250"}).status_code == 200
    assert alice.delete(path).status_code == 204
    assert alice.get(PINS).json()["items"] == []
    assert alice.get(path).json()["status"] == "retired"
    assert alice.patch(path, json={"name": "x"}).json()["code"] == "staff_pin_retired"
    assert alice.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("pin", "status", "code"),
    [
        ("1234", 422, "pin_too_simple"),
        ("4711", 409, "pin_already_used"),
        ("12", 422, "invalid_input"),
        ("123456789", 422, "invalid_input"),
        ("12ab", 422, "invalid_input"),
        ("４７１１", 422, "invalid_input"),
        ("6250\n", 422, "invalid_input"),
        (6250, 422, "invalid_input"),
    ],
)
def test_a_bad_pin_is_refused(alice: Api, pin: object, status: int, code: str) -> None:
    give(alice)
    ben = give(alice, "8306", name="Ben")
    for answer in (
        alice.post(PINS, json={"name": "Cleo", "pin": pin}),
        alice.patch(f"{PINS}/{ben['id']}", json={"pin": pin}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_right_pin_is_exchanged_for_a_token(alice: Api, till: Api) -> None:
    pin = give(alice, staff_id="anna")
    answer = till.post(f"{PINS}/verify", json={"pin": "4711", "staff_id": "anna"})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"staff_pin", "staff_token", "expires_at"}
    assert body["staff_pin"]["id"] == pin["id"]
    assert body["staff_token"].startswith("st_")
    assert body["expires_at"] == "2026-03-02T17:00:00.000000Z"


def test_wrong_pins_are_counted_and_then_locked_with_a_time(alice: Api, till: Api) -> None:
    pin = give(alice)
    wrong = {"pin": "9173", "staff_id": pin["id"]}
    answers = [till.post(f"{PINS}/verify", json=wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [423]
    left = [answer.json().get("remaining_attempts") for answer in answers]
    assert left == [4, 3, 2, 1, 0, None]
    locked = till.post(f"{PINS}/verify", json={**wrong, "pin": "4711"})
    assert (locked.status_code, locked.json()["code"]) == (423, "staff_pin_locked")
    assert locked.json()["locked_until"] == "2026-03-02T09:30:00.000000Z"
    assert locked.headers["retry-after"] == "1800"
    assert alice.get(f"{PINS}/{pin['id']}").json()["status"] == "locked"
    unlocked = alice.post(f"{PINS}/{pin['id']}/unlock")
    assert (unlocked.json()["status"], unlocked.json()["failed_attempts"]) == ("active", 0)
    assert till.post(f"{PINS}/verify", json={**wrong, "pin": "4711"}).status_code == 200


def test_a_key_makes_no_pin_known_and_keeps_no_token(
    alice: Api, till: Api, alice_shop: Shop
) -> None:
    pin = give(alice)
    headers = {"idempotency-key": "shift-1"}
    answers = [
        till.post(f"{PINS}/verify", json={"pin": digits, "staff_id": pin["id"]}, headers=headers)
        for digits in ("4711", "6250", "4711")
    ]
    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert answers[1].json()["remaining_attempts"] == 4
    assert not any("idempotency-replayed" in answer.headers for answer in answers)
    with alice_shop.context.database.read() as session:
        assert session.scalars(select(IdempotencyRecord)).all() == []


def test_a_changed_or_retired_pin_ends_its_tokens_at_once(alice: Api, alice_shop: Shop) -> None:
    tokens, resolve = (
        alice_shop.context.loyalty.staff_tokens,
        alice_shop.context.accounts.credentials.resolve,
    )
    token = alice_shop.token()
    subject, alice = resolve(token), alice.with_token(token)
    pin = give(alice)
    path = f"{PINS}/{pin['id']}"

    def lend(digits: str) -> str:
        token: str = alice.post(f"{PINS}/verify", json={"pin": digits}).json()["staff_token"]
        assert tokens.verify(token, subject).name == "Anna"
        return token

    first = lend("4711")
    alice.patch(path, json={"pin": "6250"})
    second = lend("6250")
    alice.delete(path)
    for token in (first, second):
        with pytest.raises(StaffTokenInvalid):
            tokens.verify(token, subject)


def test_bob_sees_nothing_of_alices_staff(alice: Api, bob: Api) -> None:
    path = f"{PINS}/{give(alice)['id']}"
    answers = [
        bob.get(path),
        bob.patch(path, json={"name": "Bob was here"}),
        bob.patch(path, json={"pin": "6250"}),
        bob.delete(path),
        bob.post(f"{path}/unlock"),
        bob.get(f"{PINS}/nonsense"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert bob.post(f"{PINS}/verify", json={"pin": "4711"}).status_code == 403


def test_a_till_sees_the_names_and_changes_nothing(alice: Api, till: Api) -> None:
    pin = give(alice)
    assert till.get(PINS).json()["items"] == [pin]
    assert till.post(PINS, json={"name": "x", "pin": "6250"}).status_code == 403
    assert till.post(f"{PINS}/{pin['id']}/unlock").status_code == 403


def test_what_is_kept_of_a_request_does_not_tell_its_pin(alice: Api, alice_shop: Shop) -> None:
    body = b'{"name":"Anna","pin":"4711"}'
    headers = {"content-type": "application/json"}
    path = f"/api/v1{PINS}"
    assert alice.post(PINS, content=body, headers=headers, key="anna-1").status_code == 201
    with alice_shop.context.database.read() as session:
        kept = session.scalars(select(IdempotencyRecord)).one()
    assert b"4711" not in kept.body_sealed
    sent = [SentRequest("POST", path, body.replace(b"4711", pin)) for pin in (b"4711", b"6250")]
    sender = alice_shop.context.accounts.credentials.resolve(alice.token or "")
    ring = alice_shop.context.settings.keys
    assert {fingerprints(ring, sender, one) for one in sent} == {(kept.fingerprint,)}


def test_a_deleted_program_ends_the_tokens_of_its_staff(alice: Api, alice_shop: Shop) -> None:
    context, token = alice_shop.context, alice_shop.token()
    owner, subject = alice.with_token(token), context.accounts.credentials.resolve(token)
    program = shelf.program(alice_shop)
    give(owner, program_id=program.id)
    lent = owner.post(f"{PINS}/verify", json={"pin": "4711"}).json()["staff_token"]
    assert context.loyalty.staff_tokens.verify(lent, subject).program_id == program.id
    assert owner.delete(f"/vendor/loyalty/programs/{program.id}").status_code == 204
    with pytest.raises(StaffTokenInvalid):
        context.loyalty.staff_tokens.verify(lent, subject)
