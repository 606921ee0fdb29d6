"""Receipts over the API: made by tills, listed, withdrawn, and put on cards by their holders."""

from datetime import timedelta
from typing import Any

import pytest

from punchcard.connect.claims.presented import PATH
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

CLAIMS = "/vendor/loyalty/claims"
FIELDS = """id program_id location_id source state code claim_url amount_minor stamps reference
    occurred_at expires_at actor receipt_key_id claimed_at card_id transaction_id created_at"""


@pytest.fixture
def points(owner: Api) -> str:
    """Open a points program."""
    program = {"name": "Points", "slug": "points", "type": "points", "status": "active"}
    answer = owner.post("/vendor/loyalty/programs", program)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def token(api: Api, points: str) -> str:
    """Join it, as any visitor does; returns the secret token of the card."""
    answer = api.post("/loyalty/programs/points/enroll", {})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["card_url"].rpartition("/")[2])


def made(caller: Api, **fields: Any) -> dict[str, Any]:
    answer = caller.post(CLAIMS, {"reference": "R-1", "amount_minor": 1250, **fields})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_till_makes_a_receipt_and_its_guest_has_the_points(
    api: Api, owner: Api, alice: Shop, points: str, token: str
) -> None:
    device = api.with_token(alice.device())
    claim = made(device)

    assert set(claim) == {*FIELDS.split(), "qr_svg"}
    assert (claim["state"], claim["source"], claim["program_id"]) == ("open", "api", points)
    assert claim["location_id"] is not None
    assert claim["claim_url"].endswith(PATH + claim["code"].replace("-", ""))
    assert claim["qr_svg"].startswith("<svg")
    answer = api.post(f"/loyalty/cards/{token}/claims", {"claim": claim["claim_url"]})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["card"]["points"], told["transaction"]["points_delta"]) == (12, 12)
    again = api.post(f"/loyalty/cards/{token}/claims", {"claim": claim["code"]})
    assert (again.status_code, again.json()["transaction"]) == (201, told["transaction"])
    seen = device.get(f"{CLAIMS}/{claim['id']}").json()
    assert set(seen) == set(FIELDS.split())
    entry = owner.get("/vendor/loyalty/transactions").json()["items"][0]
    assert entry["id"] == seen["transaction_id"]
    assert entry["actor"] == {"kind": "claim", "id": claim["id"]}
    assert (entry["reference"], entry["late"]) == ("R-1", False)


def test_the_same_request_again_makes_no_second_one(owner: Api, points: str) -> None:
    body = {"reference": "R-1", "amount_minor": 1250}
    first = owner.post(CLAIMS, body, key="once").json()
    again = owner.post(CLAIMS, body, key="once").json()
    assert (again["id"], again["code"]) == (first["id"], first["code"])
    refused = owner.post(CLAIMS, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "reference_already_used")


def test_who_may_only_read_makes_none(api: Api, alice: Shop, points: str) -> None:
    answers = [
        api.with_token(alice.api_key(scope)).post(CLAIMS, {"reference": scope, "amount_minor": 5})
        for scope in ("loyalty:read", "loyalty:operate")
    ]
    assert [answer.status_code for answer in answers] == [403, 201]


def test_a_terminal_speaks_for_no_other_place(
    api: Api, owner: Api, alice: Shop, points: str
) -> None:
    device = api.with_token(alice.device())
    kiosk = owner.post("/vendor/locations", {"name": "The kiosk"}).json()["id"]
    body = {"reference": "R-1", "amount_minor": 5, "location_id": kiosk}
    assert device.post(CLAIMS, body).status_code == 403
    assert made(owner, location_id=kiosk)["location_id"] == kiosk


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "amount_minor"),
        ({"stamps": 2}, "amount_minor"),
        ({"amount_minor": 5, "stamps": 2}, "stamps"),
        ({"amount_minor": 5, "program_id": "019cac1e-7b00-7000-8000-00000000000a"}, None),
        ({"amount_minor": 5, "location_id": "019cac1e-7b00-7000-8000-00000000000a"}, None),
    ],
)
def test_what_no_card_could_be_given_is_refused_at_once(
    owner: Api, points: str, fields: dict[str, Any], field: str | None
) -> None:
    answer = owner.post(CLAIMS, {"reference": "R-1", **fields})
    if field is None:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 422
        assert [error["loc"][-1] for error in answer.json()["errors"]] == [field]


def test_the_program_is_named_where_there_are_several(owner: Api, alice: Shop, points: str) -> None:
    coffee = shelf.program(alice, status="active", stamp_reward={"name": "A coffee"}).id
    refused = owner.post(CLAIMS, {"reference": "R-1", "amount_minor": 5})
    assert refused.json()["errors"][0]["loc"][-1] == "program_id"
    assert made(owner, program_id=coffee, amount_minor=None, stamps=2)["stamps"] == 2
    too_many = {"reference": "R-2", "program_id": coffee, "stamps": 50}
    assert owner.post(CLAIMS, too_many).json()["code"] == "daily_stamp_limit_reached"
    assert owner.post(CLAIMS, {**too_many, "amount_minor": -1}).status_code == 422


@pytest.mark.parametrize(("hours", "status"), [(-71, 201), (-72, 422), (1, 422)])
def test_a_purchase_lies_three_days_back_at_most(
    owner: Api, alice: Shop, points: str, hours: int, status: int
) -> None:
    at = (alice.context.clock.now() + timedelta(hours=hours)).isoformat()
    answer = owner.post(CLAIMS, {"reference": "R-1", "amount_minor": 5, "occurred_at": at})
    assert answer.status_code == status, answer.text


def test_the_list_tells_what_became_of_each(api: Api, owner: Api, points: str, token: str) -> None:
    receipts = [made(owner, reference=f"R-{number}") for number in range(3)]
    api.post(f"/loyalty/cards/{token}/claims", {"claim": receipts[0]["code"]})
    withdrawn = owner.post(f"{CLAIMS}/{receipts[1]['id']}/withdraw", {})
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    taken = owner.post(f"{CLAIMS}/{receipts[0]['id']}/withdraw", {})
    assert (taken.status_code, taken.json()["code"]) == (409, "receipt_claim_taken")

    def listed(**params: Any) -> list[str]:
        items = owner.get(CLAIMS, params=params).json()["items"]
        return [item["reference"] for item in items]

    assert listed() == ["R-2", "R-1", "R-0"]
    assert {state: listed(state=state) for state in ("claimed", "withdrawn", "open")} == {
        "claimed": ["R-0"],
        "withdrawn": ["R-1"],
        "open": ["R-2"],
    }
    first = owner.get(CLAIMS, params={"limit": 2}).json()
    assert listed(limit=2, cursor=first["next_cursor"]) == ["R-0"]


def test_another_shop_has_nothing_to_do_with_it(
    api: Api, owner: Api, bob: Shop, points: str, token: str
) -> None:
    claim = made(owner)
    stranger = api.with_token(bob.token())
    assert stranger.get(f"{CLAIMS}/{claim['id']}").status_code == 404
    assert stranger.post(f"{CLAIMS}/{claim['id']}/withdraw", {}).status_code == 404
    assert stranger.get(CLAIMS).json()["items"] == []
    stranger.post(
        "/vendor/loyalty/programs",
        {"name": "Bread", "slug": "bread", "type": "points", "status": "active"},
    )
    card = api.post("/loyalty/programs/bread/enroll", {}).json()["card_url"].rpartition("/")[2]
    refused = api.post(f"/loyalty/cards/{card}/claims", {"claim": claim["code"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "receipt_of_other_program")


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("7HK2M-9QRT4", "receipt_not_found"),
        ("7HK2M9QR.1250.R-1.1772443613.WgX3zmCuzxOpaK2VZT748g", "receipt_not_genuine"),
        ("\x7f" * 3, None),
    ],
)
def test_what_is_no_receipt_of_ours_is_told(
    api: Api, token: str, claim: str, code: str | None
) -> None:
    answer = api.post(f"/loyalty/cards/{token}/claims", {"claim": claim})
    assert (answer.status_code, answer.json()["code"]) == (
        (404, code) if code else (422, "invalid_input")
    )
    lost = api.post("/loyalty/cards/no-such-card/claims", {"claim": "7HK2M-9QRT4"})
    assert (lost.status_code, lost.json()["code"]) == (404, "card_not_found")
