"""The table of what is allowed."""

import pytest
from fastapi import APIRouter, FastAPI

from punchcard.accounts.errors import CredentialsMissing, NotAllowed
from punchcard.accounts.subjects import (
    ADMIN_PERMISSIONS,
    DEVICE_PERMISSIONS,
    NOBODY,
    PUBLIC,
    ROLES,
    SCOPES,
    SIGNED_IN,
    Subject,
)
from punchcard.accounts.vocabulary import Role, SubjectKind
from punchcard.api.http.browsers.cross_origin import PUBLIC_PATHS
from punchcard.api.http.permissions import ACCESS, check_routes, require

LOYALTY = "/api/v1/vendor/loyalty"
OWNER = Subject(kind=SubjectKind.MEMBER, role=Role.OWNER, permissions=ROLES[Role.OWNER])
MANAGER = Subject(kind=SubjectKind.MEMBER, role=Role.MANAGER, permissions=ROLES[Role.MANAGER])
STAFF = Subject(kind=SubjectKind.MEMBER, role=Role.STAFF, permissions=ROLES[Role.STAFF])
DEVICE = Subject(kind=SubjectKind.DEVICE, permissions=DEVICE_PERMISSIONS)
ADMIN = Subject(kind=SubjectKind.ADMIN, permissions=ADMIN_PERMISSIONS)
KEYS = [Subject(kind=SubjectKind.API_KEY, permissions=frozenset({scope})) for scope in SCOPES]


def test_pages_of_other_sites_may_be_let_in_only_where_anybody_is() -> None:
    below = [rule for (_, path), rule in ACCESS.items() if path.startswith(PUBLIC_PATHS)]
    assert len(below) > 15
    assert all(rule is PUBLIC for rule in below)


def test_nobody_reaches_only_what_is_public() -> None:
    open_to_all = {route for route, rule in ACCESS.items() if rule.allows(NOBODY)}

    assert open_to_all == {route for route, rule in ACCESS.items() if rule is PUBLIC}
    assert all(
        path.startswith(("/api/v1/loyalty/", "/api/v1/auth/token", "/api/v1/devices/pair"))
        # The secret of the address is the credential, and mostly a signature.
        or path.startswith("/api/v1/hooks/")
        # The token of a mail's link is the credential.
        or path.startswith(("/api/v1/auth/password-reset", "/api/v1/auth/verify-email"))
        # What a passkey signs is, and what answers a right password.
        or path.startswith("/api/v1/auth/passkey")
        or path == "/api/v1/auth/second-factor"
        or path.startswith("/api/v1/auth/second-factor/passkey/")
        or path == "/api/v1/auth/second-factor/passkey"
        for _, path in open_to_all
    )


def test_owner_reaches_all_of_the_vendor_and_nothing_of_the_platform() -> None:
    for (_, path), rule in ACCESS.items():
        assert rule.allows(OWNER) is not path.startswith("/api/v1/admin")


def test_admin_reaches_the_platform_and_no_vendor() -> None:
    for (_, path), rule in ACCESS.items():
        assert rule.allows(ADMIN) is not path.startswith("/api/v1/vendor")


def test_manager_reaches_all_but_users_keys_closing_and_the_trail() -> None:
    barred = {
        path.removeprefix("/api/v1/vendor/").removeprefix("loyalty/").partition("/")[0]
        for (_, path), rule in ACCESS.items()
        if rule.allows(OWNER) and not rule.allows(MANAGER)
    }

    # The same again as files to take away, where `test_exports.py` holds which.
    assert barred == {"users", "members", "api-keys", "close", "audit-events", "exports"}


ASKED = {"/cards/lookup", "/cards/{card_id}/merge/preview", "/points/quote", "/visit/quote"}
"""What is asked by POST, so that a contact stands in no address, and changes nothing."""


def test_staff_change_nothing_but_cards() -> None:
    changes = {
        path.removeprefix(LOYALTY)
        for (method, path), rule in ACCESS.items()
        if method != "GET" and path.startswith("/api/v1/vendor") and rule.allows(STAFF)
    } - ASKED

    assert changes == {
        "/cards",
        "/cards/{card_id}",
        "/cards/{card_id}/block",
        "/cards/{card_id}/unblock",
        "/cards/{card_id}/replace",
        "/cards/{card_id}/merge",
        "/stamp",
        "/stamp/redeem",
        "/visit",
        "/points/earn",
        "/points/redeem",
        "/points/refund",
        "/grants/redeem",
        "/reservations",
        "/reservations/{reservation_id}/confirm",
        "/reservations/{reservation_id}/release",
        "/transactions/{transaction_id}/void",
        "/operations",
        "/claims",
        "/claims/{claim_id}/withdraw",
        "/pins/verify",
    }


def test_a_device_sees_what_a_till_needs() -> None:
    seen = {
        path.removeprefix("/api/v1/vendor")
        for (method, path), rule in ACCESS.items()
        if method == "GET" and path.startswith("/api/v1/vendor") and rule.allows(DEVICE)
    }

    assert seen == {
        "",
        "/locations",
        "/locations/{location_id}",
        "/loyalty/programs",
        "/loyalty/programs/{program_id}",
        "/loyalty/programs/{program_id}/rewards",
        "/loyalty/rewards/{reward_id}",
        "/loyalty/programs/{program_id}/promotions",
        "/loyalty/programs/{program_id}/promotions/{promotion_id}",
        "/loyalty/programs/{program_id}/automations",
        "/loyalty/programs/{program_id}/automations/{automation_id}",
        "/loyalty/cards",
        "/loyalty/cards/lookup",
        "/loyalty/cards/{card_id}",
        "/loyalty/cards/{card_id}/transactions",
        "/loyalty/cards/{card_id}/grants",
        "/loyalty/cards/{card_id}/reservations",
        "/loyalty/reservations/{reservation_id}",
        "/loyalty/claims/{claim_id}",
        "/loyalty/pins",
        "/loyalty/pins/{pin_id}",
    }


def test_a_key_with_one_scope_changes_only_what_the_scope_says() -> None:
    read, operate, manage = KEYS

    def changes(key: Subject) -> set[str]:
        return {
            path.removeprefix(LOYALTY)
            for (method, path), rule in ACCESS.items()
            if method != "GET" and path.startswith(LOYALTY) and rule.allows(key)
        } - ASKED

    assert changes(read) == set()
    assert changes(operate) == changes(STAFF)
    assert changes(manage).isdisjoint(changes(operate))
    assert "/points/adjust" in changes(manage)


def test_not_signed_in_and_not_allowed_are_told_apart() -> None:
    with pytest.raises(CredentialsMissing):
        require(SIGNED_IN, NOBODY)
    with pytest.raises(NotAllowed):
        require(ACCESS["GET", "/api/v1/admin/vendors"], OWNER)
    require(SIGNED_IN, DEVICE)


def test_a_route_without_a_rule_stops_the_start() -> None:
    app = FastAPI()
    app.add_api_route("/api/v1/vendor/secrets", lambda: None, methods=["GET"])

    with pytest.raises(LookupError, match="has no rule"):
        check_routes(app.routes)


def test_a_route_that_would_be_looked_up_wrongly_stops_the_start() -> None:
    router, app = APIRouter(), FastAPI()
    router.add_api_route("/members", lambda: None, methods=["GET"])
    app.include_router(router, prefix="/api/v1/vendor")

    with pytest.raises(LookupError, match="give the router its prefix"):
        check_routes(app.routes)
