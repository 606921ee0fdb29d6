"""What an investigation would ask for stands in the audit trail: who, from where, how often."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from punchcard.accounts.models import AuditOrigin
from punchcard.accounts.vocabulary import EVENTS_BY_ACTION, Role
from punchcard.accounts.words import ACTIONS
from punchcard.api.http.observed_routes import OBSERVED_ROUTES
from punchcard.api.http.permissions import ACCESS
from punchcard.context import Context
from punchcard.worker.schedule import expire_audit_origins, write_security_events
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api

EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0}


@pytest.fixture
def admin(context: Context) -> str:
    """Return the token of an admin."""
    return cast.make_admin(context)


def events(context: Context, api: Api, action: str = "security") -> list[dict[str, Any]]:
    """Return what stands in a shop's trail once this process has written what it counted."""
    with context.database.write() as session:
        write_security_events(context, session, context.clock.now())
    answer = api.get("/vendor/audit-events", params={"action": action})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def of_platform(context: Context, api: Api, admin: str, action: str) -> list[dict[str, Any]]:
    with context.database.write() as session:
        write_security_events(context, session, context.clock.now())
    answer = api.with_token(admin).get("/admin/audit-events", params={"action": action})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_every_event_has_a_name_for_people_and_every_observed_route_is_one() -> None:
    assert set(EVENTS_BY_ACTION) <= set(ACTIONS)
    assert set(OBSERVED_ROUTES) <= set(ACCESS)


def test_a_refused_sign_in_is_kept_without_the_address_that_was_typed(
    context: Context, api: Api, alice: Shop, admin: str
) -> None:
    for _ in range(2):
        api.post("/auth/token", {"email": alice.email("owner"), "password": "wrong one"})
    api.post("/auth/token", {"email": "nobody@x.example", "password": PASSWORD})
    rows = of_platform(context, api, admin, "session.refused")
    assert sorted(row["new"]["count"] for row in rows) == [1, 2]
    assert {row["subject"]["kind"] for row in rows} == {"account"}
    assert {row["origin"]["address"] for row in rows} == {"203.0.113.7"}
    assert alice.email("owner") not in str(rows)


def test_forged_credentials_and_what_is_not_allowed_are_kept(
    context: Context, api: Api, alice: Shop, admin: str
) -> None:
    api.with_token("pk_forged").get("/vendor")
    api.with_token("dt_forged").post("/vendor/loyalty/stamp", {"card": "1"})
    alice.hire(Role.STAFF)
    staff = alice.token("staff")
    assert api.with_token(staff).get("/vendor/audit-events").status_code == 403
    assert api.get("/vendor").status_code == 401

    (forged,) = of_platform(context, api, admin, "token.refused")
    assert (forged["new"]["count"], forged["actor"]["kind"]) == (2, "nobody")
    (refused,) = events(context, api.with_token(alice.token()), "access.refused")
    assert refused["actor"]["kind"] == "member"
    assert refused["new"]["refusal"] == "not_allowed"


def test_wrong_pins_and_pairing_codes_are_kept(
    context: Context, api: Api, alice: Shop, admin: str
) -> None:
    shelf.pin(alice)
    till = api.with_token(alice.device())
    assert till.post("/vendor/loyalty/pins/verify", {"pin": "60284951"}).status_code == 403
    (pin,) = events(context, api.with_token(alice.token()), "pin.refused")
    assert pin["actor"]["kind"] == "device"
    api.post("/devices/pair", {"code": "AAAA-AAAA", "name": "x"})
    (code,) = of_platform(context, api, admin, "pairing.refused")
    assert code["new"]["refusal"] == "pairing_code_invalid"


def test_who_looks_at_customers_is_kept_once_an_hour_with_how_often(
    context: Context, api: Api, alice: Shop
) -> None:
    program = shelf.program(alice, **EASY)
    card = shelf.opened_card(alice, program)
    owner = api.with_token(alice.token())
    for _ in range(3):
        assert owner.get("/vendor/loyalty/cards").status_code == 200
    assert owner.get(f"/vendor/loyalty/cards/{card}").status_code == 200
    unknown = owner.get("/vendor/loyalty/cards/01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d")
    assert unknown.status_code == 404
    (row,) = events(context, owner, "personal_data.read")
    assert (row["new"]["count"], row["actor"]["kind"]) == (4, "member")


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_list_that_is_taken_along_is_kept_with_its_rows(
    context: Context, api: Api, alice: Shop, format: str
) -> None:
    program = shelf.program(alice, **EASY)
    for _ in range(3):
        shelf.opened_card(alice, program)
    owner = api.with_token(alice.token())
    assert owner.get(f"/vendor/loyalty/exports/cards.{format}").status_code == 200
    (row,) = events(context, owner, "export.taken")
    assert row["subject"] == {"kind": "export", "id": "cards"}
    assert row["new"] == {"format": format, "rows": 3}
    assert row["actor"]["kind"] == "member"
    assert row["origin"]["address"] == "203.0.113.7"


def test_where_it_came_from_is_forgotten_and_the_event_stays(
    context: Context, api: Api, alice: Shop
) -> None:
    owner = api.with_token(alice.token())
    owner.post("/vendor/api-keys", {"name": "K", "scopes": ["loyalty:read"]})
    (made,) = events(context, owner, "api_key.created")
    assert made["origin"] is not None
    later = context.clock.now() + timedelta(days=context.settings.origin_days, seconds=1)
    with context.database.write() as session:
        assert expire_audit_origins(context, session, later) > 0
        assert session.scalar(select(func.count()).select_from(AuditOrigin)) == 0
    (made,) = events(context, owner, "api_key.created")
    assert made["origin"] is None


def test_an_action_that_there_is_not_is_refused(owner: Api) -> None:
    answer = owner.get("/vendor/audit-events", params={"action": "pin.nix"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_the_list_of_security_events_leaves_the_others_out(
    context: Context, api: Api, alice: Shop
) -> None:
    owner = api.with_token(alice.token())
    owner.post("/vendor/locations", {"name": "Second room"})
    every = owner.get("/vendor/audit-events").json()["items"]
    told = {row["action"] for row in events(context, owner)}
    assert "location.created" in {row["action"] for row in every}
    assert told <= set(EVENTS_BY_ACTION)
    assert told
