"""Keys that tills sign receipts with, over the API: shown once, listed, revoked for good."""

from typing import Any

import pytest

from punchcard.connect.claims.receipt_texts import receipt_text
from punchcard.kit.settings import Settings
from tests.api.routes.test_claim_routes import CLAIMS, made, points, token
from tests.support.cast import Shop
from tests.support.http import Api

__all__ = ["points", "token"]

KEYS = "/vendor/loyalty/receipt-keys"
FIELDS = "id code name program_id location_id created_at last_used_at revoked_at".split()


@pytest.fixture
def key(owner: Api, points: str) -> dict[str, Any]:
    """Make a key for the till."""
    answer = owner.post(KEYS, {"name": "Till 1", "program_id": points}, key="once")
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_what_a_till_signs_with_a_new_key_is_put_on_a_card_until_it_is_revoked(
    api: Api, owner: Api, alice: Shop, key: dict[str, Any], token: str
) -> None:
    assert set(key) == {*FIELDS, "secret"}

    def receipt(reference: str) -> dict[str, str]:
        text = receipt_text(
            key["code"],
            key["secret"],
            amount_minor=1250,
            reference=reference,
            occurred_at=alice.context.clock.now(),
        )
        return {"claim": text}

    assert api.post(f"/loyalty/cards/{token}/claims", receipt("R-1")).status_code == 201
    [claim] = owner.get(CLAIMS).json()["items"]
    assert (claim["receipt_key_id"], claim["actor"]) == (key["id"], {"kind": "public", "id": None})
    assert owner.get(f"{KEYS}/{key['id']}").json()["last_used_at"] is not None

    revoked = owner.delete(f"{KEYS}/{key['id']}")

    assert (revoked.status_code, set(revoked.json())) == (200, set(FIELDS))
    assert revoked.json()["revoked_at"] is not None
    assert owner.delete(f"{KEYS}/{key['id']}").json() == revoked.json()
    assert owner.get(KEYS).json()["items"] == [revoked.json()]
    refused = api.post(f"/loyalty/cards/{token}/claims", receipt("R-2"))
    assert (refused.status_code, refused.json()["code"]) == (404, "receipt_not_genuine")


def test_the_secret_is_shown_once(owner: Api, points: str, key: dict[str, Any]) -> None:
    again = owner.post(KEYS, {"name": "Till 1", "program_id": points}, key="once")

    assert (again.status_code, again.json()) == (201, key | {"secret": None})
    assert key["secret"] not in owner.get(KEYS).text + owner.get(f"{KEYS}/{key['id']}").text


def test_keys_have_a_limit_and_a_program_of_the_shops_own(
    api: Api, owner: Api, bob: Shop, points: str, key: dict[str, Any], settings: Settings
) -> None:
    stranger = api.with_token(bob.token())
    assert stranger.post(KEYS, {"name": "Till 1", "program_id": points}).status_code == 404
    assert stranger.get(f"{KEYS}/{key['id']}").status_code == 404
    assert stranger.delete(f"{KEYS}/{key['id']}").status_code == 404
    assert stranger.get(KEYS).json()["items"] == []
    for number in range(settings.receipt_keys_per_vendor - 1):
        body = {"name": f"Till {number}", "program_id": points}
        assert owner.post(KEYS, body).status_code == 201

    refused = owner.post(KEYS, {"name": "One more", "program_id": points})

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_receipt_keys")


def test_receipts_say_who_made_them(
    api: Api, owner: Api, alice: Shop, points: str, token: str
) -> None:
    software = api.with_token(alice.api_key("loyalty:operate"))
    by_software, by_hand = made(software, reference="R-1"), made(owner, reference="R-2")
    api.post(f"/loyalty/cards/{token}/claims", {"claim": by_software["code"]})

    assert (by_software["actor"]["kind"], by_hand["actor"]["kind"]) == ("api_key", "member")
    trail = owner.get("/vendor/audit-events").json()["items"]
    [event] = [one for one in trail if one["action"] == "receipt.created"]
    assert event["subject"]["id"] == by_hand["id"]
    answer = owner.get("/vendor/loyalty/exports/receipts.csv", headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    rows = [line.split(",") for line in answer.text.lstrip("\ufeff").splitlines()]
    head, newest, oldest = rows
    told = [dict(zip(head, row, strict=True)) for row in (newest, oldest)]
    assert [row["Receipt number"] for row in told] == ["R-2", "R-1"]
    assert [row["Status"] for row in told] == ["open", "on a card"]
    names = [one["name"] for one in owner.get("/vendor/api-keys").json()["items"]]
    assert told[1]["Made by"] in names
    assert told[0]["Made by"] == owner.get("/vendor/users").json()["items"][0]["name"]
    assert by_hand["code"] not in answer.text
