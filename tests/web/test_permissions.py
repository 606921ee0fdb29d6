"""The table of what is allowed on pages, held against the pages and against the API's table."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from starlette.routing import BaseRoute

from punchcard.accounts.subjects import ADMIN_PERMISSIONS, NOBODY, PUBLIC, ROLES, Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.api.http.permissions import ACCESS as API
from punchcard.web.pages.page_request import FormDep, get_permitted_page_request
from punchcard.web.permissions import ACCESS, check_routes
from punchcard.web.routers import ROUTERS

Route = tuple[str, str]

EVERYBODY: dict[str, Subject] = {
    "nobody": NOBODY,
    "admin": Subject(kind=SubjectKind.ADMIN, permissions=ADMIN_PERMISSIONS),
    **{
        role: Subject(kind=SubjectKind.MEMBER, role=role, permissions=permissions)
        for role, permissions in ROLES.items()
    },
}

_AUTH = "/api/v1/auth"
_VENDOR = "/api/v1/vendor"
_LOYALTY = "/api/v1/vendor/loyalty"
_WEBHOOKS = "/console/webhooks"
_HOOKS = f"{_VENDOR}/webhook-endpoints"
_INTEGRATIONS = "/console/integrations"
_INTEGRATION = f"{_INTEGRATIONS}/{{integration_id}}"
_INTEGRATIONS_OF_THE_API = f"{_VENDOR}/integrations"
_INTEGRATION_OF_THE_API = f"{_INTEGRATIONS_OF_THE_API}/{{integration_id}}"
_ARCHIVE = "/console/exports/archive"
_ARCHIVE_OF_THE_API = f"{_VENDOR}/loyalty/exports/archive"
_IMPORTS = "/console/imports"
_IMPORT = f"{_IMPORTS}/{{import_id}}"
_IMPORTS_OF_THE_API = f"{_LOYALTY}/imports"
_IMPORT_OF_THE_API = f"{_IMPORTS_OF_THE_API}/{{import_id}}"
_PLATFORM = "/api/v1/admin"
_CARD = "/console/members/{card_id}"
_PROGRAM = "/console/programs/{program_id}"
_AUTOMATIONS = f"{_PROGRAM}/automations"
_AUTOMATIONS_OF_THE_API = f"{_LOYALTY}/programs/{{program_id}}/automations"
_AUTOMATION_OF_THE_API = f"{_AUTOMATIONS_OF_THE_API}/{{automation_id}}"
_PROMOTIONS = f"{_PROGRAM}/promotions"
_PROMOTIONS_OF_THE_API = f"{_LOYALTY}/programs/{{program_id}}/promotions"
_PROMOTION_OF_THE_API = f"{_PROMOTIONS_OF_THE_API}/{{promotion_id}}"

SAME: dict[Route, list[Route]] = {
    **{
        (method, f"/{start}/account{page}"): [(api_method, f"{_AUTH}{path}")]
        for start in ("console", "admin")
        for method, page, api_method, path in (
            ("GET", "", "GET", "/sessions"),
            ("GET", "/confirm", "POST", "/confirm"),
            ("POST", "/confirm", "POST", "/confirm"),
            ("GET", "/confirm/provider", "POST", "/confirm"),
            ("POST", "/provider/remove", "DELETE", "/identity"),
            ("GET", "/second-factor", "GET", "/second-factor"),
            ("POST", "/second-factor", "PUT", "/second-factor"),
            ("POST", "/second-factor/remove", "DELETE", "/second-factor"),
            ("POST", "/second-factor/passkeys", "POST", "/second-factor/passkeys"),
            (
                *("POST", "/second-factor/passkeys/{passkey_id}/rename"),
                *("PATCH", "/second-factor/passkeys/{passkey_id}"),
            ),
            (
                *("POST", "/second-factor/passkeys/{passkey_id}/remove"),
                *("DELETE", "/second-factor/passkeys/{passkey_id}"),
            ),
            (
                *("POST", "/second-factor/recovery-codes"),
                *("POST", "/second-factor/recovery-codes"),
            ),
            ("POST", "/email", "POST", "/email"),
            ("POST", "/password", "POST", "/password"),
            ("POST", "/sessions/{session_id}/revoke", "DELETE", "/sessions/{session_id}"),
            ("POST", "/sessions/revoke-others", "DELETE", "/sessions/{session_id}"),
        )
    },
    # The shop and its first program
    ("GET", "/console"): [("GET", f"{_LOYALTY}/dashboard")],
    ("GET", "/console/guide"): [("POST", f"{_LOYALTY}/programs")],
    ("GET", "/console/guide/shop"): [("PATCH", _VENDOR)],
    ("POST", "/console/guide/shop"): [
        ("PATCH", _VENDOR),
        ("PATCH", f"{_VENDOR}/locations/{{location_id}}"),
    ],
    ("GET", "/console/guide/program"): [("POST", f"{_LOYALTY}/programs")],
    ("POST", "/console/guide/program"): [("POST", f"{_LOYALTY}/programs")],
    ("GET", "/console/guide/reward"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", "/console/guide/reward"): [
        ("PATCH", f"{_LOYALTY}/programs/{{program_id}}"),
        ("POST", f"{_LOYALTY}/programs/{{program_id}}/rewards"),
        ("POST", f"{_LOYALTY}/programs/{{program_id}}/activate"),
    ],
    ("GET", "/console/guide/pins"): [("POST", f"{_LOYALTY}/pins")],
    ("GET", "/console/guide/terminal"): [("GET", f"{_VENDOR}/devices")],
    ("POST", "/console/guide/pins"): [("POST", f"{_LOYALTY}/pins")],
    # Members and their cards
    ("GET", "/console/members"): [("GET", f"{_LOYALTY}/cards")],
    ("POST", "/console/members/bulk"): [
        ("POST", f"{_LOYALTY}/cards/{{card_id}}/block"),
        ("POST", f"{_LOYALTY}/cards/{{card_id}}/unblock"),
    ],
    ("POST", "/console/pins/bulk"): [
        ("POST", f"{_LOYALTY}/pins/{{pin_id}}/unlock"),
        ("DELETE", f"{_LOYALTY}/pins/{{pin_id}}"),
    ],
    ("POST", "/console/programs/{program_id}/rewards/bulk"): [
        ("DELETE", f"{_LOYALTY}/rewards/{{reward_id}}")
    ],
    ("GET", "/console/members/new"): [("POST", f"{_LOYALTY}/cards")],
    ("POST", "/console/members/new"): [("POST", f"{_LOYALTY}/cards")],
    ("GET", _CARD): [
        ("GET", f"{_LOYALTY}/cards/{{card_id}}"),
        ("GET", f"{_LOYALTY}/cards/{{card_id}}/transactions"),
    ],
    ("GET", f"{_CARD}/edit"): [("PATCH", f"{_LOYALTY}/cards/{{card_id}}")],
    ("POST", f"{_CARD}/edit"): [("PATCH", f"{_LOYALTY}/cards/{{card_id}}")],
    ("POST", f"{_CARD}/block"): [("POST", f"{_LOYALTY}/cards/{{card_id}}/block")],
    ("POST", f"{_CARD}/unblock"): [("POST", f"{_LOYALTY}/cards/{{card_id}}/unblock")],
    ("POST", f"{_CARD}/replace"): [("POST", f"{_LOYALTY}/cards/{{card_id}}/replace")],
    ("GET", f"{_CARD}/merge"): [("POST", f"{_LOYALTY}/cards/{{card_id}}/merge/preview")],
    ("POST", f"{_CARD}/merge"): [("POST", f"{_LOYALTY}/cards/{{card_id}}/merge")],
    ("POST", f"{_CARD}/proof-of-person"): [
        ("POST", f"{_LOYALTY}/cards/{{card_id}}/proof-of-person")
    ],
    ("POST", f"{_CARD}/withdraw-contact"): [
        ("DELETE", f"{_LOYALTY}/cards/{{card_id}}/contact-change")
    ],
    ("POST", f"{_CARD}/keep-customer"): [("POST", f"{_LOYALTY}/cards/{{card_id}}/keep-customer")],
    ("POST", f"{_CARD}/stamp"): [("POST", f"{_LOYALTY}/stamp")],
    ("POST", f"{_CARD}/redeem"): [("POST", f"{_LOYALTY}/stamp/redeem")],
    ("POST", f"{_CARD}/earn"): [("POST", f"{_LOYALTY}/points/earn")],
    ("POST", f"{_CARD}/redeem-points"): [("POST", f"{_LOYALTY}/points/redeem")],
    ("POST", f"{_CARD}/adjust"): [("POST", f"{_LOYALTY}/points/adjust")],
    ("POST", f"{_CARD}/entries/{{transaction_id}}/void"): [
        ("POST", f"{_LOYALTY}/transactions/{{transaction_id}}/void")
    ],
    # Programs and rewards
    ("GET", "/console/programs"): [("GET", f"{_LOYALTY}/programs")],
    ("GET", "/console/programs/new"): [("POST", f"{_LOYALTY}/programs")],
    ("POST", "/console/programs/new"): [("POST", f"{_LOYALTY}/programs")],
    ("GET", _PROGRAM): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", _PROGRAM): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/preview"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/activate"): [("POST", f"{_LOYALTY}/programs/{{program_id}}/activate")],
    ("POST", f"{_PROGRAM}/deactivate"): [
        ("POST", f"{_LOYALTY}/programs/{{program_id}}/deactivate")
    ],
    ("POST", f"{_PROGRAM}/delete"): [("DELETE", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/hero"): [("PUT", f"{_LOYALTY}/programs/{{program_id}}/hero")],
    ("POST", f"{_PROGRAM}/hero/remove"): [("DELETE", f"{_LOYALTY}/programs/{{program_id}}/hero")],
    ("GET", f"{_PROGRAM}/links"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/links"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/logo"): [("PUT", f"{_LOYALTY}/programs/{{program_id}}/logo")],
    ("POST", f"{_PROGRAM}/logo/remove"): [("DELETE", f"{_LOYALTY}/programs/{{program_id}}/logo")],
    ("GET", f"{_PROGRAM}/poster"): [("GET", f"{_LOYALTY}/programs/{{program_id}}")],
    ("GET", f"{_PROGRAM}/poster/code.png"): [("GET", f"{_LOYALTY}/programs/{{program_id}}")],
    ("GET", f"{_PROGRAM}/poster/code.svg"): [("GET", f"{_LOYALTY}/programs/{{program_id}}")],
    ("GET", f"{_PROGRAM}/rewards/new"): [("POST", f"{_LOYALTY}/programs/{{program_id}}/rewards")],
    ("POST", f"{_PROGRAM}/rewards/new"): [("POST", f"{_LOYALTY}/programs/{{program_id}}/rewards")],
    ("GET", f"{_PROGRAM}/rewards/{{reward_id}}"): [("PATCH", f"{_LOYALTY}/rewards/{{reward_id}}")],
    ("POST", f"{_PROGRAM}/rewards/{{reward_id}}"): [("PATCH", f"{_LOYALTY}/rewards/{{reward_id}}")],
    ("POST", f"{_PROGRAM}/rewards/{{reward_id}}/archive"): [
        ("DELETE", f"{_LOYALTY}/rewards/{{reward_id}}")
    ],
    ("GET", f"{_PROGRAM}/tiers"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/tiers"): [
        ("PATCH", f"{_LOYALTY}/programs/{{program_id}}"),
        ("POST", f"{_LOYALTY}/programs/{{program_id}}/tiers/preview"),
    ],
    ("GET", _AUTOMATIONS): [("PATCH", _AUTOMATION_OF_THE_API)],
    ("GET", f"{_AUTOMATIONS}/new"): [("POST", _AUTOMATIONS_OF_THE_API)],
    ("POST", f"{_AUTOMATIONS}/new"): [
        ("POST", _AUTOMATIONS_OF_THE_API),
        ("POST", f"{_AUTOMATIONS_OF_THE_API}/preview"),
    ],
    ("GET", f"{_AUTOMATIONS}/{{automation_id}}"): [("PATCH", _AUTOMATION_OF_THE_API)],
    ("POST", f"{_AUTOMATIONS}/{{automation_id}}"): [
        ("PATCH", _AUTOMATION_OF_THE_API),
        ("POST", f"{_AUTOMATIONS_OF_THE_API}/preview"),
    ],
    ("POST", f"{_AUTOMATIONS}/{{automation_id}}/end"): [("DELETE", _AUTOMATION_OF_THE_API)],
    ("POST", f"{_AUTOMATIONS}/{{automation_id}}/pause"): [("PATCH", _AUTOMATION_OF_THE_API)],
    ("POST", f"{_AUTOMATIONS}/{{automation_id}}/start"): [("PATCH", _AUTOMATION_OF_THE_API)],
    ("GET", f"{_PROGRAM}/friends"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_PROGRAM}/friends"): [("PATCH", f"{_LOYALTY}/programs/{{program_id}}")],
    ("POST", f"{_CARD}/grants"): [("POST", f"{_LOYALTY}/grants")],
    ("POST", f"{_CARD}/grants/{{grant_id}}/redeem"): [("POST", f"{_LOYALTY}/grants/redeem")],
    ("POST", f"{_CARD}/grants/{{grant_id}}/revoke"): [
        ("POST", f"{_LOYALTY}/grants/{{grant_id}}/revoke")
    ],
    ("POST", f"{_CARD}/entries/{{transaction_id}}/refund"): [("POST", f"{_LOYALTY}/points/refund")],
    ("GET", f"{_PROGRAM}/liability"): [("GET", f"{_LOYALTY}/programs/{{program_id}}/liability")],
    ("GET", f"{_PROGRAM}/liability/file.{{format}}"): [
        ("GET", f"{_LOYALTY}/programs/{{program_id}}/liability")
    ],
    ("GET", _PROMOTIONS): [("PATCH", _PROMOTION_OF_THE_API)],
    ("GET", f"{_PROMOTIONS}/new"): [("POST", _PROMOTIONS_OF_THE_API)],
    ("POST", f"{_PROMOTIONS}/new"): [
        ("POST", _PROMOTIONS_OF_THE_API),
        ("POST", f"{_PROMOTION_OF_THE_API}/simulate"),
    ],
    ("GET", f"{_PROMOTIONS}/{{promotion_id}}"): [("PATCH", _PROMOTION_OF_THE_API)],
    ("POST", f"{_PROMOTIONS}/{{promotion_id}}"): [
        ("PATCH", _PROMOTION_OF_THE_API),
        ("POST", f"{_PROMOTION_OF_THE_API}/simulate"),
    ],
    ("POST", f"{_PROMOTIONS}/{{promotion_id}}/end"): [("DELETE", _PROMOTION_OF_THE_API)],
    ("POST", f"{_PROMOTIONS}/{{promotion_id}}/pause"): [("PATCH", _PROMOTION_OF_THE_API)],
    ("POST", f"{_PROMOTIONS}/{{promotion_id}}/start"): [("PATCH", _PROMOTION_OF_THE_API)],
    # The ledger, and the staff
    ("GET", "/console/ledger"): [("GET", f"{_LOYALTY}/transactions")],
    ("GET", "/console/ledger/{transaction_id}"): [("GET", f"{_LOYALTY}/transactions")],
    ("GET", "/console/pins"): [("POST", f"{_LOYALTY}/pins")],
    ("POST", "/console/pins"): [("POST", f"{_LOYALTY}/pins")],
    ("GET", "/console/pins/{pin_id}"): [("PATCH", f"{_LOYALTY}/pins/{{pin_id}}")],
    ("POST", "/console/pins/{pin_id}"): [("PATCH", f"{_LOYALTY}/pins/{{pin_id}}")],
    ("POST", "/console/pins/{pin_id}/retire"): [("DELETE", f"{_LOYALTY}/pins/{{pin_id}}")],
    ("POST", "/console/pins/{pin_id}/unlock"): [("POST", f"{_LOYALTY}/pins/{{pin_id}}/unlock")],
    ("GET", "/console/staff-report"): [("GET", f"{_LOYALTY}/staff-report")],
    ("GET", "/console/month-report"): [("GET", f"{_LOYALTY}/staff-report")],
    # The shop's own affairs
    ("GET", "/console/locations"): [("POST", f"{_VENDOR}/locations")],
    ("POST", "/console/locations"): [("POST", f"{_VENDOR}/locations")],
    ("GET", "/console/locations/{location_id}"): [
        ("PATCH", f"{_VENDOR}/locations/{{location_id}}")
    ],
    ("POST", "/console/locations/{location_id}"): [
        ("PATCH", f"{_VENDOR}/locations/{{location_id}}")
    ],
    ("POST", "/console/locations/{location_id}/close"): [
        ("DELETE", f"{_VENDOR}/locations/{{location_id}}")
    ],
    ("POST", "/console/locations/bulk"): [("DELETE", f"{_VENDOR}/locations/{{location_id}}")],
    ("POST", "/console/terminals/bulk"): [("DELETE", f"{_VENDOR}/devices/{{device_id}}")],
    ("POST", "/console/api-keys/bulk"): [("DELETE", f"{_VENDOR}/api-keys/{{api_key_id}}")],
    ("GET", "/console/terminals"): [("GET", f"{_VENDOR}/devices")],
    ("POST", "/console/terminals/pair"): [("POST", f"{_VENDOR}/devices/pairing-codes")],
    ("GET", "/console/terminals/paired"): [("GET", f"{_VENDOR}/devices")],
    ("GET", "/console/terminals/{device_id}"): [("GET", f"{_VENDOR}/devices")],
    ("POST", "/console/terminals/{device_id}"): [("PATCH", f"{_VENDOR}/devices/{{device_id}}")],
    ("POST", "/console/terminals/{device_id}/revoke"): [
        ("DELETE", f"{_VENDOR}/devices/{{device_id}}")
    ],
    ("GET", "/console/settings"): [("PATCH", _VENDOR)],
    ("POST", "/console/settings"): [("PATCH", _VENDOR)],
    ("GET", "/console/settings/changes"): [("GET", f"{_VENDOR}/audit-events")],
    ("GET", f"{_PROGRAM}/changes"): [("GET", f"{_VENDOR}/audit-events")],
    ("POST", "/console/settings/close"): [("POST", f"{_VENDOR}/close")],
    ("GET", _INTEGRATIONS): [("GET", _INTEGRATIONS_OF_THE_API)],
    ("POST", _INTEGRATIONS): [("POST", _INTEGRATIONS_OF_THE_API)],
    ("GET", _INTEGRATION): [
        ("GET", _INTEGRATION_OF_THE_API),
        ("GET", f"{_INTEGRATION_OF_THE_API}/events"),
    ],
    ("POST", _INTEGRATION): [("PATCH", _INTEGRATION_OF_THE_API)],
    ("POST", f"{_INTEGRATION}/status"): [("PATCH", _INTEGRATION_OF_THE_API)],
    ("POST", f"{_INTEGRATION}/secret"): [("PATCH", _INTEGRATION_OF_THE_API)],
    ("POST", f"{_INTEGRATION}/delete"): [("DELETE", _INTEGRATION_OF_THE_API)],
    **{
        ("POST", f"{_INTEGRATION}/{verb}"): [("POST", f"{_INTEGRATION_OF_THE_API}/{verb}")]
        for verb in ("rotate", "events/{event_id}/retry", "events/{event_id}/assign")
    },
    ("GET", _WEBHOOKS): [("GET", f"{_HOOKS}")],
    ("POST", _WEBHOOKS): [("POST", f"{_HOOKS}")],
    ("GET", f"{_WEBHOOKS}/{{endpoint_id}}"): [
        ("PATCH", f"{_HOOKS}/{{endpoint_id}}"),
        ("GET", f"{_HOOKS}/{{endpoint_id}}/deliveries"),
    ],
    ("POST", f"{_WEBHOOKS}/{{endpoint_id}}"): [("PATCH", f"{_HOOKS}/{{endpoint_id}}")],
    ("POST", f"{_WEBHOOKS}/{{endpoint_id}}/status"): [("PATCH", f"{_HOOKS}/{{endpoint_id}}")],
    ("POST", f"{_WEBHOOKS}/{{endpoint_id}}/delete"): [("DELETE", f"{_HOOKS}/{{endpoint_id}}")],
    **{
        ("POST", f"{_WEBHOOKS}/{{endpoint_id}}/{verb}"): [
            ("POST", f"{_HOOKS}/{{endpoint_id}}/{verb}")
        ]
        for verb in ("rotate", "test", "replay", "deliveries/{delivery_id}/retry")
    },
    ("GET", _ARCHIVE): [("POST", _ARCHIVE_OF_THE_API)],
    ("POST", _ARCHIVE): [("POST", _ARCHIVE_OF_THE_API)],
    ("GET", f"{_ARCHIVE}/{{archive_id}}/file.zip"): [
        ("GET", f"{_ARCHIVE_OF_THE_API}/{{archive_id}}/file.zip")
    ],
    ("GET", _IMPORTS): [("GET", _IMPORTS_OF_THE_API)],
    ("POST", _IMPORTS): [("POST", _IMPORTS_OF_THE_API)],
    ("GET", _IMPORT): [("GET", _IMPORT_OF_THE_API)],
    ("GET", f"{_IMPORT}/progress"): [("GET", _IMPORT_OF_THE_API)],
    ("POST", f"{_IMPORT}/discard"): [("DELETE", _IMPORT_OF_THE_API)],
    ("GET", f"{_IMPORT}/errors.csv"): [("GET", f"{_IMPORT_OF_THE_API}/errors.csv")],
    ("POST", f"{_IMPORT}/preview"): [("POST", f"{_IMPORT_OF_THE_API}/preview")],
    ("POST", f"{_IMPORT}/run"): [("POST", f"{_IMPORT_OF_THE_API}/run")],
    ("GET", f"{_IMPORT}/undo"): [("POST", f"{_IMPORT_OF_THE_API}/undo")],
    ("POST", f"{_IMPORT}/undo"): [("POST", f"{_IMPORT_OF_THE_API}/undo")],
    ("GET", "/console/api-keys"): [("GET", f"{_VENDOR}/api-keys")],
    ("POST", "/console/api-keys"): [("POST", f"{_VENDOR}/api-keys")],
    ("POST", "/console/api-keys/{api_key_id}/revoke"): [
        ("DELETE", f"{_VENDOR}/api-keys/{{api_key_id}}")
    ],
    ("GET", "/console/people"): [("GET", f"{_VENDOR}/users")],
    ("POST", "/console/people"): [("POST", f"{_VENDOR}/users")],
    ("GET", "/console/people/{user_id}"): [("GET", f"{_VENDOR}/users/{{user_id}}")],
    ("POST", "/console/people/{user_id}"): [("PATCH", f"{_VENDOR}/users/{{user_id}}")],
    ("POST", "/console/people/{user_id}/reset-second-factor"): [
        ("DELETE", f"{_VENDOR}/users/{{user_id}}/second-factor")
    ],
    ("POST", "/console/people/{user_id}/remove-identity"): [
        ("DELETE", f"{_VENDOR}/users/{{user_id}}/identity")
    ],
    ("POST", "/console/people/{user_id}/invite"): [("POST", f"{_VENDOR}/users")],
    ("POST", "/console/people/{user_id}/remove"): [("DELETE", f"{_VENDOR}/users/{{user_id}}")],
    # The platform
    ("GET", "/admin"): [("GET", f"{_PLATFORM}/loyalty/stats")],
    ("GET", "/admin/audit"): [("GET", f"{_PLATFORM}/audit-events")],
    ("GET", "/admin/health"): [("GET", f"{_PLATFORM}/status")],
    ("GET", "/admin/plans"): [("GET", f"{_PLATFORM}/loyalty/plans")],
    ("POST", "/admin/plans"): [("POST", f"{_PLATFORM}/loyalty/plans")],
    ("GET", "/admin/plans/{plan_id}"): [("GET", f"{_PLATFORM}/loyalty/plans/{{plan_id}}")],
    ("POST", "/admin/plans/{plan_id}"): [("PATCH", f"{_PLATFORM}/loyalty/plans/{{plan_id}}")],
    ("POST", "/admin/plans/{plan_id}/delete"): [
        ("DELETE", f"{_PLATFORM}/loyalty/plans/{{plan_id}}")
    ],
    ("GET", "/admin/usage"): [("GET", f"{_PLATFORM}/loyalty/usage")],
    ("GET", "/admin/usage/months.csv"): [("GET", f"{_PLATFORM}/loyalty/usage/months.csv")],
    ("POST", "/admin/vendors/{vendor_id}/plan"): [
        ("PUT", f"{_PLATFORM}/vendors/{{vendor_id}}/plan")
    ],
    ("GET", "/console/plan"): [("GET", f"{_LOYALTY}/usage")],
    ("GET", "/admin/programs"): [("GET", f"{_PLATFORM}/loyalty/programs")],
    ("GET", "/admin/vendors"): [("GET", f"{_PLATFORM}/vendors")],
    ("GET", "/admin/vendors/new"): [("POST", f"{_PLATFORM}/vendors")],
    ("POST", "/admin/vendors/new"): [("POST", f"{_PLATFORM}/vendors")],
    ("POST", "/admin/vendors/{vendor_id}/invite/{user_id}"): [("POST", f"{_PLATFORM}/vendors")],
    ("GET", "/admin/vendors/{vendor_id}"): [("GET", f"{_PLATFORM}/vendors/{{vendor_id}}")],
    ("POST", "/admin/vendors/{vendor_id}"): [("PATCH", f"{_PLATFORM}/vendors/{{vendor_id}}")],
    ("POST", "/admin/vendors/{vendor_id}/suspend"): [
        ("POST", f"{_PLATFORM}/vendors/{{vendor_id}}/suspend")
    ],
    ("POST", "/admin/vendors/{vendor_id}/resume"): [
        ("POST", f"{_PLATFORM}/vendors/{{vendor_id}}/resume")
    ],
}
"""What each page behind a sign-in does, as the API does it: the routes over the same services.

A page that holds a form to change something stands beside the route that changes it.
"""

ONLY_PAGES: dict[Route, str] = {
    ("POST", "/console/account/provider/link"): "a browser goes to the provider and comes back",
    ("POST", "/admin/account/provider/link"): "as above",
    ("POST", "/admin/vendors/{vendor_id}/reset-second-factor/{user_id}"): "rare, and by a person",
    ("POST", "/admin/vendors/{vendor_id}/remove-identity/{user_id}"): "as above",
    ("POST", "/console/account/profile"): "one's own name; the API changes it as the owner",
    ("GET", "/console/mails"): "shows what mails say and sends none",
    ("GET", "/console/guide/poster"): "leads on to the poster",
    ("POST", "/console/guide/preview"): "draws a card and keeps nothing",
    ("GET", f"{_CARD}/hand-over"): "the link is told in the API's answer to whoever opens a card",
    ("POST", f"{_CARD}/erase"): "the API lets the holder alone erase, by the card's token",
    ("GET", "/console/ledger/verify"): "the API verifies nothing",
    ("POST", "/console/ledger/verify"): "the API verifies nothing",
    ("GET", "/console/wallets"): "how the shop's wallets are set up; the API tells it by program",
    ("GET", "/console/wallets/reached"): "whether the owner's phone reached the server",
    ("GET", "/console/wallets/{program_id}/test.pkpass"): "for the owner's own phone",
    ("POST", "/console/wallets/{program_id}/test-mail"): "for the owner's own phone",
    ("GET", "/console/contacts"): "how contacts are kept; the API tells no card that it is wrong",
    ("POST", "/console/contacts/{card_id}/mend"): "as above",
    ("GET", "/console/search"): "each kind of thing is sought by the permission of its page",
    ("GET", "/console/exports"): "each list has a permission of its own: see test_exports.py",
    (
        "GET",
        "/console/exports/{name}.{format}",
    ): "as above",
    ("GET", "/console/domain"): "a domain is entered by an owner, in person",
    ("POST", "/console/domain"): "as above",
    ("POST", "/console/domain/check"): "as above",
    ("POST", "/console/domain/remove"): "as above",
    ("POST", "/admin/health/retry"): "the API retries nothing",
    ("GET", "/console/receipts"): "shows the keys of tills beside the receipts",
    ("POST", "/console/receipts/keys"): "the API makes no keys of tills: a person puts them there",
    ("GET", "/console/receipts/keys/{key_id}"): "as above",
    ("POST", "/console/receipts/keys/{key_id}/revoke"): "as above",
    ("POST", "/console/receipts/{claim_id}/withdraw"): "stands on the page of who may manage",
}
"""Pages without such a route, and why."""


def test_every_page_behind_a_sign_in_is_compared_with_the_api_or_says_why_not() -> None:
    inside = {page for page, rule in ACCESS.items() if rule is not PUBLIC}

    assert SAME.keys() | ONLY_PAGES.keys() == inside
    assert SAME.keys().isdisjoint(ONLY_PAGES)


@pytest.mark.parametrize("page", SAME, ids=" ".join)
def test_a_page_lets_in_exactly_whom_the_api_lets_do_the_same(page: Route) -> None:
    let_in = {name for name, subject in EVERYBODY.items() if ACCESS[page].allows(subject)}
    for route in SAME[page]:
        by_the_api = {name for name, subject in EVERYBODY.items() if API[route].allows(subject)}
        assert let_in == by_the_api, route


def _pages() -> Iterator[BaseRoute]:
    for router in ROUTERS:
        yield from router.routes


def test_every_page_is_in_the_table_and_the_other_way_round() -> None:
    check_routes(_pages(), get_permitted_page_request)


def test_a_page_without_a_rule_stops_the_start() -> None:
    router = APIRouter(prefix="/console/secrets")
    router.add_api_route("", lambda: None, methods=["GET"])

    with pytest.raises(LookupError, match=r"GET /console/secrets has no rule"):
        check_routes([*_pages(), *router.routes], get_permitted_page_request)


def test_a_rule_without_a_page_stops_the_start() -> None:
    left = [page for page in _pages() if getattr(page, "path", "") != "/console/exports"]

    with pytest.raises(LookupError, match=r"GET /console/exports has a rule, but"):
        check_routes(left, get_permitted_page_request)


def test_a_page_that_never_asks_who_may_open_it_stops_the_start() -> None:
    router = APIRouter(prefix="/console/people")
    router.add_api_route("", lambda: None, methods=["GET"])

    with pytest.raises(LookupError, match=r"GET /console/people never asks"):
        check_routes([*_pages(), *router.routes], get_permitted_page_request)


def test_a_page_asks_by_way_of_its_form_too() -> None:
    def add_person(form: FormDep) -> None:
        """Stand for a page that takes nothing else: the form takes the request."""

    router = APIRouter(prefix="/console/people")
    router.add_api_route("", add_person, methods=["POST"])

    check_routes([*_pages(), *router.routes], get_permitted_page_request)
