"""Integrations over the API: secrets shown once, everybody's own, and hooks, which bear none."""

from dataclasses import replace
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock, to_rfc3339
from punchcard.kit.settings import Settings
from punchcard.worker.handlers import ORDER_LANE
from punchcard.worker.loop import Worker
from tests.connect.integrations.signing import hmac_base64
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

PATH = "/vendor/integrations"
FIELDS = """id program_id location_id kind name mapping status who_signs has_signing_secret
    former_until last_event_at last_error last_error_at created_at updated_at"""
EVENT = "id topic state reason order can_retry received_at settled_at"
ORDER = {"id": 7, "status": "paid", "currency": "EUR", "total": "12.50"}


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let a shop have two integrations, and each tell four things a minute, of 400 bytes."""
    return replace(
        settings,
        integrations_per_vendor=2,
        hooks_per_minute=4,
        hook_misses_per_minute=8,
        hook_limit_bytes=400,
    )


@pytest.fixture
def made(owner: Api, alice: Shop) -> dict[str, Any]:
    """Connect a till that is not signed; returns the integration with its secrets."""
    return connect(owner, alice, "generic")


def connect(owner: Api, alice: Shop, kind: str, **told: Any) -> dict[str, Any]:
    program = shelf.program(alice, name="Points", type="points", stamp_reward=None, status="active")
    answer = owner.post(PATH, {"program_id": program.id, "kind": kind, **told})
    assert answer.status_code == 201, answer.text
    integration: dict[str, Any] = answer.json()
    return integration


def hook(integration: dict[str, Any]) -> str:
    return str(integration["url"]).partition("/api/v1")[2]


def work(context: Context) -> None:
    worker = Worker(context, [ORDER_LANE], [])
    while worker.do_work():
        pass


def test_address_and_secret_are_shown_once(owner: Api, made: dict[str, Any]) -> None:
    path = f"{PATH}/{made['id']}"

    assert set(made) == {*FIELDS.split(), "url", "secret"}
    assert made["url"].startswith(f"http://127.0.0.1:8000/api/v1/hooks/generic/{made['id']}/")
    assert made["secret"].startswith("whsec_")
    shown = owner.get(PATH).text + owner.get(path).text
    assert set(owner.get(path).json()) == set(FIELDS.split())
    assert made["secret"] not in shown
    assert hook(made).rpartition("/")[2] not in shown


def test_the_same_request_again_makes_no_second_one_and_shows_nothing(
    owner: Api, alice: Shop
) -> None:
    program = shelf.program(alice, name="Points", type="points", stamp_reward=None)
    asked = {"program_id": program.id, "kind": "woocommerce"}
    first = owner.post(PATH, asked, key="once").json()
    again = owner.post(PATH, asked, key="once").json()

    assert (again["id"], again["url"], again["secret"]) == (first["id"], None, None)
    assert len(owner.get(PATH).json()["items"]) == 1


def test_a_shop_has_so_many_and_no_more(owner: Api, alice: Shop, made: dict[str, Any]) -> None:
    asked = {"program_id": made["program_id"], "kind": "woocommerce"}
    answers = [owner.post(PATH, asked) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["code"] == "too_many_integrations"


def test_programs_and_places_of_others_are_none(owner: Api, alice: Shop, bob: Shop) -> None:
    theirs = shelf.program(bob, name="Bread", type="points", stamp_reward=None)

    answer = owner.post(PATH, {"program_id": theirs.id, "kind": "generic"})

    assert (answer.status_code, answer.json()["code"]) == (404, "program_not_found")


def test_an_order_is_taken_at_once_and_booked_by_the_worker(
    context: Context, owner: Api, api: Api, made: dict[str, Any], alice: Shop
) -> None:
    card = owner.post("/vendor/loyalty/cards", {"program_id": made["program_id"]}).json()

    answer = api.post(hook(made), {**ORDER, "card": card["number"]})

    assert (answer.status_code, answer.json()) == (200, {"is_kept": True})
    events = f"{PATH}/{made['id']}/events"
    assert [one["state"] for one in owner.get(events).json()["items"]] == ["waiting"]
    work(context)
    [event] = owner.get(events).json()["items"]
    assert set(event) == set(EVENT.split())
    assert event["state"] == "done"
    assert event["order"] == {
        "foreign_id": "7",
        "number": "7",
        "state": "paid",
        "total_minor": 1250,
        "counted_minor": 1250,
        "refunded_minor": 0,
        "due_minor": 1250,
        "card_id": card["id"],
        "claim": None,
    }
    assert owner.get(f"/vendor/loyalty/cards/{card['id']}").json()["points"] == 12
    assert owner.get(f"{PATH}/{made['id']}").json()["last_event_at"] == event["received_at"]


def test_an_order_of_nobody_is_given_to_a_card(
    context: Context, owner: Api, api: Api, made: dict[str, Any]
) -> None:
    card = owner.post("/vendor/loyalty/cards", {"program_id": made["program_id"]}).json()
    api.post(hook(made), ORDER)
    work(context)
    events = f"{PATH}/{made['id']}/events"
    [event] = owner.get(events, params={"state": "unmatched"}).json()["items"]
    claim = event["order"]["claim"]
    assert (claim["source"], claim["state"], claim["amount_minor"]) == ("order", "open", 1250)
    assert claim["claim_url"].endswith(f"/r/{claim['code'].replace('-', '')}")
    assign = f"{events}/{event['id']}/assign"
    assert owner.post(assign, {"card": "482915036274"}).json()["code"] == "card_not_found"

    assert owner.post(assign, {"card": card["number"]}).status_code == 200
    work(context)

    assert owner.get(events).json()["items"][0]["state"] == "done"
    assert owner.get(f"/vendor/loyalty/cards/{card['id']}").json()["points"] == 12
    for history in (
        f"/vendor/loyalty/cards/{card['id']}/transactions",
        "/vendor/loyalty/transactions",
    ):
        assert owner.get(history).json()["items"][0]["actor"]["kind"] == "integration"
    again = owner.post(assign, {"card": card["number"]})
    assert (again.status_code, again.json()["code"]) == (409, "integration_event_settled")
    retry = owner.post(f"{events}/{event['id']}/retry")
    assert (retry.status_code, retry.json()["code"]) == (409, "integration_event_settled")


def test_a_wrong_signature_is_401_and_a_long_body_413(owner: Api, api: Api, alice: Shop) -> None:
    shop = connect(owner, alice, "woocommerce")
    signed = {"X-WC-Webhook-Signature": "wrong", "X-WC-Webhook-Topic": "order.updated"}

    refused = api.post(hook(shop), {"id": 1}, headers=signed)
    long = api.post(hook(shop), {"id": "x" * 400}, headers=signed)
    away = api.post(f"{hook(shop)}x", {"id": 1}, headers=signed)

    assert (refused.status_code, refused.json()["code"]) == (401, "hook_not_genuine")
    assert (long.status_code, long.json()["code"]) == (413, "body_too_large")
    assert (away.status_code, away.json()["code"]) == (401, "hook_not_genuine")
    assert owner.get(f"{PATH}/{shop['id']}/events").json()["items"] == []


def test_a_signed_order_is_taken(owner: Api, api: Api, alice: Shop) -> None:
    shop = connect(owner, alice, "woocommerce")
    raw = b'{"id": 1}'
    headers = {
        "X-WC-Webhook-Signature": hmac_base64(shop["secret"], raw),
        "X-WC-Webhook-Topic": "order.updated",
        "Content-Type": "application/json",
    }

    ping = api.call("POST", hook(shop), content=b"webhook_id=3")
    taken = api.call("POST", hook(shop), content=raw, headers=headers)

    assert (ping.status_code, ping.json()) == (200, {"is_kept": False})
    assert (taken.status_code, taken.json()) == (200, {"is_kept": True})
    [event] = owner.get(f"{PATH}/{shop['id']}/events").json()["items"]
    assert event["topic"] == "order.updated"


def test_an_address_is_counted_before_anything_is_done(api: Api, made: dict[str, Any]) -> None:
    answers = [api.post(hook(made), ORDER).status_code for _ in range(6)]

    assert answers == [200] * 4 + [429] * 2
    assert api.post(f"{hook(made)}x", ORDER).status_code == 401


def test_it_can_be_paused_changed_rotated_and_deleted(
    owner: Api, api: Api, made: dict[str, Any]
) -> None:
    path = f"{PATH}/{made['id']}"
    mapping = {"earn_on": "completed", "excluded_skus": ["GIFT"], "pointers": {"total": "/sum"}}

    changed = owner.patch(path, {"status": "paused", "mapping": mapping}).json()

    assert changed["status"] == "paused"
    assert changed["mapping"]["excluded_skus"] == ["GIFT"]
    assert changed["mapping"]["pointers"]["total"] == "/sum"
    assert changed["mapping"]["pointers"]["order_id"] == "/id"
    rotated = owner.post(f"{path}/rotate", {"at_once": True}).json()
    assert rotated["url"] != made["url"]
    assert rotated["secret"] != made["secret"]
    assert api.post(hook(made), ORDER).status_code == 401
    assert api.post(hook(rotated), ORDER).status_code == 200
    assert owner.delete(path).status_code == 204
    assert api.post(hook(rotated), ORDER).status_code == 401
    assert owner.get(path).json()["code"] == "integration_not_found"


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("total", "no pointer"),
        ("total", "/" + "x" * 200),
        ("card", "/ä"),
    ],
)
def test_a_pointer_is_one(owner: Api, made: dict[str, Any], field: str, told: str) -> None:
    answer = owner.patch(f"{PATH}/{made['id']}", {"mapping": {"pointers": {field: told}}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "mapping", "pointers", field]


def test_what_is_refused_stands_on_the_integration(
    owner: Api, api: Api, alice: Shop, clock: ManualClock
) -> None:
    shop = connect(owner, alice, "woocommerce")
    signed = {"X-WC-Webhook-Signature": "wrong", "X-WC-Webhook-Topic": "order.updated"}

    def told() -> tuple[Any, Any]:
        now = owner.get(f"{PATH}/{shop['id']}").json()
        return now["last_error"], now["last_error_at"]

    api.post(hook(shop), {"id": 1}, headers=signed)
    first = told()
    assert first == ("hook_not_genuine", to_rfc3339(clock.now()))
    clock.advance(seconds=30)
    api.post(hook(shop), {"id": 1}, headers=signed)
    api.post(f"{hook(shop)}x", {"id": 1}, headers=signed)
    assert told() == first

    raw = b'{"id": 1}'
    signed["X-WC-Webhook-Signature"] = hmac_base64(shop["secret"], raw)
    clock.advance(seconds=60)
    answers = [api.call("POST", hook(shop), content=raw, headers=signed) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert told() == ("too_many_requests", to_rfc3339(clock.now()))


def test_who_keeps_guessing_is_refused_unread_and_who_was_genuine_is_not(
    api: Api, made: dict[str, Any], clock: ManualClock, context: Context
) -> None:
    assert api.post(hook(made), ORDER).status_code == 200
    wrong = [f"{hook(made)}{number}" for number in range(context.settings.hook_misses_per_minute)]
    assert {api.post(one, ORDER).status_code for one in wrong} == {401}

    guessed = api.post(f"{hook(made)}x", ORDER)
    assert (guessed.status_code, guessed.json()["code"]) == (429, "too_many_requests")
    assert guessed.headers["retry-after"]
    assert api.post(hook(made), ORDER).status_code == 200
    clock.advance(minutes=1)
    assert api.post(f"{hook(made)}x", ORDER).status_code == 401
