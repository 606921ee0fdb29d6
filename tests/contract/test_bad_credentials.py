"""Tokens, keys and times that are no good (any more): refused, and nothing is written."""

from typing import Any

import pytest

from punchcard.api.http.permissions import ACCESS
from tests.contract.conftest import Stage
from tests.contract.problems import check_problem, nothing_written
from tests.contract.requests import request_of
from tests.contract.world import LOYALTY
from tests.support.drivers.api import ApiDriver
from tests.support.http import Api

STAMP = f"{LOYALTY}/stamp"
WITHOUT_KEYS = ("/operations", "/pins/verify", "/cards/lookup", "/quote", "/simulate")
"""The operations of a list bring their own keys; what writes nothing may be asked again."""


def _is_refused(caller: Api, stage: Stage) -> None:
    """Check a fast route and one of the framework's."""
    card = stage.world.alices["card_id"]
    with nothing_written(stage.context.database):
        for answer in (
            caller.post(STAMP, {"card": card}),
            caller.get(f"{LOYALTY}/cards/{card}"),
            caller.get("/auth/me"),
        ):
            check_problem(answer, 401, code="credentials_invalid")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer at_wrong",
        "Bearer pk_wrong",
        "Bearer dt_" + "x" * 5000,
        "Bearer at_" + "é" * 20,
        "Bearer  a b c",
        "bearer\tx",
    ],
)
def test_a_token_nobody_has_is_invalid(quiet_stage: Stage, header: str) -> None:
    for path in ("/auth/me", f"{LOYALTY}/cards"):
        answer = quiet_stage.api.get(path, headers={"Authorization": header.encode("latin-1")})
        check_problem(answer, 401)
    answer = quiet_stage.api.post(
        STAMP, {"card": "1"}, headers={"Authorization": header.encode("latin-1")}
    )
    check_problem(answer, 401)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "at_x", "Token abc"])
def test_what_is_no_bearer_signs_nobody_in(quiet_stage: Stage, header: str) -> None:
    for method, path in (("GET", "/auth/me"), ("POST", STAMP), ("POST", f"{LOYALTY}/cards")):
        answer = quiet_stage.api.call(method, path, headers={"Authorization": header})
        check_problem(answer, 401)


def test_an_access_token_ends_with_its_time(stage: Stage) -> None:
    owner = stage.as_alices("owner")
    assert owner.get("/auth/me").status_code == 200

    stage.clock.advance(hours=stage.context.settings.access_token_hours)

    _is_refused(owner, stage)


def test_a_token_ends_when_its_person_signs_out(stage: Stage) -> None:
    owner = stage.as_alices("owner")
    assert owner.post("/auth/logout").status_code == 204

    _is_refused(owner, stage)


def test_a_revoked_key_stops_at_once(stage: Stage) -> None:
    owner, key = stage.as_alices("owner"), stage.as_alices("all scopes")
    key_id = key.get("/auth/me").json()["id"]

    assert owner.delete(f"/vendor/api-keys/{key_id}").status_code == 200

    _is_refused(key, stage)


def test_a_revoked_device_stops_at_once(stage: Stage) -> None:
    owner, device = stage.as_alices("owner"), stage.as_alices("device")
    device_id = device.get("/auth/me").json()["id"]

    assert owner.delete(f"/vendor/devices/{device_id}").status_code == 204

    _is_refused(device, stage)


def test_a_removed_member_stops_at_once(stage: Stage) -> None:
    owner, staff = stage.as_alices("owner"), stage.as_alices("staff")

    assert owner.delete(f"/vendor/users/{stage.world.alices['user_id']}").status_code == 204

    _is_refused(staff, stage)


def test_a_suspended_vendors_people_keys_and_devices_stop(stage: Stage) -> None:
    admin = stage.api.with_token(stage.world.admin)
    admin.post(f"/admin/vendors/{stage.world.alices['vendor_id']}/suspend")

    with nothing_written(stage.context.database):
        for who in ("owner", "staff", "all scopes", "device"):
            answer = stage.as_alices(who).post(STAMP, {"card": stage.world.alices["card_id"]})
            check_problem(answer, 403, code="vendor_suspended")


def test_a_closed_vendors_people_keys_and_devices_stop(stage: Stage) -> None:
    assert stage.as_alices("owner").post("/vendor/close").status_code == 200

    for who in ("owner", "all scopes", "device"):
        _is_refused(stage.as_alices(who), stage)


KEYED = sorted(r for r in ACCESS if r[0] == "POST" and r[1].startswith("/api/v1/vendor"))


@pytest.mark.parametrize("key", ["", "a" * 129, "a b", "\u00e9t\u00e9", "\t", "a\x7f"])
def test_a_key_of_other_characters_is_invalid_on_every_route(quiet_stage: Stage, key: str) -> None:
    owner = quiet_stage.as_alices("owner")
    with nothing_written(quiet_stage.context.database):
        for route in KEYED:
            if not route[1].endswith(WITHOUT_KEYS):
                request = request_of(route, quiet_stage.world.alices)
                answer = owner.call(**request, headers={"Idempotency-Key": key.encode("latin-1")})
                problem = check_problem(answer, 422, code="invalid_input")
                assert problem["errors"][0]["loc"] == ["header", "Idempotency-Key"]


def test_a_key_used_for_another_request_is_refused_on_every_route(stage: Stage) -> None:
    owner, stock = stage.as_alices("owner"), stage.world.alices
    assert owner.post("/vendor/locations", {"name": "x"}, key="once").status_code == 201
    assert owner.post(STAMP, {"card": stock["card_id"]}, key="twice").status_code == 201

    with nothing_written(stage.context.database):
        for route in KEYED:
            if route[1].endswith(WITHOUT_KEYS):
                continue
            request = request_of(route, stock)
            for key in ("once", "twice"):
                if request.get("json") in ({"name": "x"}, {"card": stock["card_id"]}):
                    request["json"] = {**request["json"], "note": "another"}
                answer = owner.call(**request, key=key)
                check_problem(answer, 422, code="idempotency_key_reused")


def test_a_key_of_another_vendor_is_free(stage: Stage) -> None:
    bob = stage.api.with_token(stage.world.bob["owner"])
    alice = stage.as_alices("owner")

    for caller, stock in ((alice, stage.world.alices), (bob, stage.world.bobs)):
        answer = caller.post(STAMP, {"card": stock["card_id"]}, key="the-same")
        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer.headers


@pytest.mark.parametrize(
    ("who", "occurred_at", "status"),
    [
        ("device", "2026-03-02T09:00:31Z", 422),
        ("owner", "2026-03-02T09:01:00Z", 422),
        ("owner", "9999-12-31T23:59:59Z", 422),
        ("device", "2026-02-27T08:59:59Z", 422),
        ("loyalty:operate", "2026-02-20T09:00:00Z", 422),
        ("device", "2026-02-27T09:00:00Z", 422),
        ("device", "2026-03-02T08:50:00Z", 201),
        ("loyalty:operate", "2026-02-27T09:00:00Z", 201),
        ("owner", "2026-02-27T08:59:59Z", 422),
        ("owner", "2025-03-02T09:00:00Z", 422),
        ("all scopes", "2025-03-02T09:00:00+01:00", 422),
        ("owner", "1969-12-31T23:59:59Z", 422),
        ("owner", "2026-03-02T09:00:00", 422),
        ("owner", "2026-02-30T09:00:00Z", 422),
        ("owner", "yesterday", 422),
        ("owner", 1772442000, 422),
        ("owner", "", 422),
    ],
)
def test_when_it_happened_lies_within_bounds(
    quiet_stage: Stage, who: str, occurred_at: Any, status: int
) -> None:
    driver = ApiDriver(quiet_stage)
    with driver.at("2026-02-01T00:00:00Z"):
        card = driver.card({"id": quiet_stage.world.alices["program_id"]})["id"]
    stamp = {"card": card, "occurred_at": occurred_at}

    answer = quiet_stage.as_alices(who).post(STAMP, stamp)
    listed = {"operations": [{"op": "stamp", "idempotency_key": f"when-{card}", **stamp}]}
    result = quiet_stage.as_alices(who).post(f"{LOYALTY}/operations", listed).json()["results"][0]

    assert answer.status_code == status, answer.text
    assert result["status"] == status, result
    if status == 422:
        problem = check_problem(answer, 422)
        assert problem["code"] in ("occurred_at_out_of_range", "invalid_input")
        if problem["code"] == "occurred_at_out_of_range":
            assert problem["earliest"] < problem["latest"]


def test_an_offered_request_id_is_echoed_or_replaced(quiet_stage: Stage) -> None:
    for given, is_echoed in (("till-7/42", True), ("a" * 129, False), ("a b", False)):
        answer = quiet_stage.as_alices("owner").get(
            f"{LOYALTY}/cards/x", headers={"X-Request-ID": given}
        )
        assert (check_problem(answer, 404)["request_id"] == given) is is_echoed
