"""Webhook endpoints over the API: secrets shown once, addresses checked, everybody's own."""

from dataclasses import replace
from typing import Any

import pytest

from punchcard.connect.webhooks.http_sender import TOO_SLOW
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.context import Context
from punchcard.kit.settings import Settings
from tests.connect.webhook_shop import Receivers, sender, work
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

PATH = "/vendor/webhook-endpoints"
FIELDS = """id url description types status disabled_reason failing_since former_secret_until
    created_at updated_at"""
DELIVERY = """id event_id type state attempts attempted_at next_attempt_at status_code answer error
    payload created_at"""


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let tills on one network of the operator's be reached, and shops have two endpoints."""
    return replace(
        settings, webhook_allowed_networks="192.168.1.0/24", webhook_endpoints_per_vendor=2
    )


@pytest.fixture
def made(owner: Api) -> dict[str, Any]:
    """Make an endpoint; returns it with its secret."""
    answer = owner.post(PATH, {"url": "https://shop.example/hooks"})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_secret_is_shown_once(owner: Api, made: dict[str, Any]) -> None:
    path = f"{PATH}/{made['id']}"

    assert made["secret"].startswith("whsec_")
    assert set(made) == {*FIELDS.split(), "secret"}
    assert set(owner.get(path).json()) == set(FIELDS.split())
    assert made["secret"] not in owner.get(PATH).text + owner.get(path).text


def test_the_same_request_again_makes_no_second_one_and_shows_no_secret(owner: Api) -> None:
    body = {"url": "https://shop.example/hooks"}
    first = owner.post(PATH, body, key="once").json()
    again = owner.post(PATH, body, key="once").json()

    assert (again["id"], again["secret"]) == (first["id"], None)
    assert len(owner.get(PATH).json()["items"]) == 1


def test_a_key_that_may_manage_makes_endpoints_and_others_do_not(api: Api, alice: Shop) -> None:
    body = {"url": "https://shop.example/hooks"}
    answers = [
        api.with_token(alice.api_key(scope)).post(PATH, body).status_code
        for scope in ("loyalty:read", "loyalty:operate", "loyalty:manage")
    ]

    assert answers == [403, 403, 201]


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://127.0.0.1/", False),
        ("http://shop.example/", True),
        ("http://192.168.1.20:81/", True),
        ("http://192.168.2.20:81/", False),
        ("https://anna:secret@shop.example/", False),
    ],
)
def test_an_address_that_leads_nowhere_good_is_refused_with_its_field(
    owner: Api, url: str, is_taken: bool
) -> None:
    answer = owner.post(PATH, {"url": url})

    assert answer.status_code == (201 if is_taken else 422)
    if not is_taken:
        assert answer.json()["errors"][0]["loc"] == ["body", "url"]
        assert "secret" not in answer.text


def test_an_unknown_type_is_refused(owner: Api) -> None:
    answer = owner.post(PATH, {"url": "https://shop.example/", "types": ["coffee.spilt"]})

    assert answer.json()["errors"][0]["loc"][:2] == ["body", "types"]


def test_a_shop_has_only_so_many(owner: Api) -> None:
    answers = [owner.post(PATH, {"url": "https://shop.example/"}) for _ in range(3)]

    assert [one.status_code for one in answers] == [201, 201, 409]
    assert (answers[2].json()["code"], answers[2].json()["limit"]) == (
        "too_many_webhook_endpoints",
        2,
    )
    first = answers[0].json()["id"]
    assert owner.delete(f"{PATH}/{first}").status_code == 204
    assert owner.post(PATH, {"url": "https://shop.example/"}).status_code == 201
    assert owner.get(f"{PATH}/{first}").status_code == 404


def test_another_shops_endpoint_is_missing(
    api: Api, bob: Shop, made: dict[str, Any], owner: Api
) -> None:
    stranger, path = api.with_token(bob.token()), f"{PATH}/{made['id']}"
    test = owner.post(f"{path}/test").json()
    answers = [
        stranger.get(path),
        stranger.patch(path, {"description": "Mine"}),
        stranger.delete(path),
        stranger.post(f"{path}/test"),
        stranger.post(f"{path}/rotate", {}),
        stranger.post(f"{path}/replay", {"since": "2026-01-01T00:00:00Z"}),
        stranger.get(f"{path}/deliveries"),
        stranger.post(f"{path}/deliveries/{test['id']}/retry"),
    ]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {
        (404, "webhook_endpoint_not_found")
    }


def test_what_changes_is_in_the_audit_trail_without_secrets(
    owner: Api, made: dict[str, Any]
) -> None:
    path = f"{PATH}/{made['id']}"
    owner.patch(path, {"types": ["reward.ready"], "description": "Till"})
    rotated = owner.post(f"{path}/rotate", {}).json()["secret"]
    owner.post(f"{path}/replay", {"since": "2026-01-01T00:00:00Z"})
    owner.delete(path)

    trail = owner.get("/vendor/audit-events", params={"limit": 200})
    of_webhooks = [one for one in trail.json()["items"] if "webhook" in one["action"]]
    assert [one["action"].partition(".")[2] for one in reversed(of_webhooks)] == [
        "created",
        "updated",
        "rotated",
        "replayed",
        "deleted",
    ]
    assert made["secret"] not in trail.text
    assert rotated not in trail.text


def test_the_list_of_deliveries_tells_what_came_of_each(
    owner: Api, made: dict[str, Any], alice: Shop, context: Context
) -> None:
    path = f"{PATH}/{made['id']}/deliveries"
    test = owner.post(f"{PATH}/{made['id']}/test").json()
    assert set(test) == set(DELIVERY.split())
    assert (test["state"], test["type"]) == ("waiting", "webhook.test")
    shelf.program(alice)

    receivers = Receivers()
    work(sender(context, receivers))

    shown = owner.get(path).json()["items"]
    assert [(one["state"], one["status_code"], one["attempts"]) for one in shown] == [
        ("delivered", 204, 1)
    ]
    assert shown[0]["payload"]["type"] == "webhook.test"
    assert owner.get(path, params={"state": "failed"}).json()["items"] == []
    again = owner.post(f"{path}/{test['id']}/retry").json()
    assert (again["state"], again["event_id"]) == ("waiting", test["event_id"])
    assert made["secret"] not in owner.get(path).text


def test_deliveries_are_listed_page_by_page_newest_first(owner: Api, made: dict[str, Any]) -> None:
    path = f"{PATH}/{made['id']}"
    sent = [owner.post(f"{path}/test").json()["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = owner.get(f"{path}/deliveries", params=params).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == sent[::-1]


def test_why_nothing_came_is_told_in_the_callers_language(
    owner: Api, made: dict[str, Any], context: Context
) -> None:

    owner.post(f"{PATH}/{made['id']}/test")
    work(sender(context, Receivers(says=lambda _post: WebhookAnswer(error=TOO_SLOW))))
    path = f"{PATH}/{made['id']}/deliveries"
    (shown,) = owner.get(path, headers={"Accept-Language": "de"}).json()["items"]

    assert shown["error"] == "Der Empfänger brauchte zu lange für eine Antwort."
    assert (shown["status_code"], shown["state"]) == (None, "waiting")
    assert shown["next_attempt_at"] is not None
