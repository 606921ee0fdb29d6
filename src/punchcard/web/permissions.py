"""What is allowed on pages: one table of all their routes, and nowhere else.

A page that is missing here fails at start, as does a line without a page. `ACCESS[method, path]`
is PUBLIC, or a rule with the permissions any one of which suffices. What the API has too asks for
the same there: `tests/web/test_permissions.py` holds both tables against each other.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from punchcard.accounts.subjects import (
    LOYALTY_READ,
    MAY_ADMINISTER,
    MAY_MANAGE,
    MAY_MANAGE_VENDOR,
    MAY_OPERATE,
    MAY_OWN,
    MAY_READ,
    PERSON,
    PLATFORM_ADMIN,
    PUBLIC,
    AccessRule,
)

# Members of every role, and admins.
_PERSON: Final = AccessRule(frozenset({LOYALTY_READ, PLATFORM_ADMIN}))

_CARD: Final = "/console/members/{card_id}"
_PROGRAM: Final = "/console/programs/{program_id}"

ACCESS: Final[dict[tuple[str, str], AccessRule]] = {
    # Files of every page
    ("GET", "/badges/{name}"): PUBLIC,
    ("GET", "/colour/{name}.css"): PUBLIC,
    ("GET", "/static/{found}/{name:path}"): PUBLIC,
    # The way in, and what the links of mails open
    ("GET", "/"): PUBLIC,
    ("GET", "/forgot-password"): PUBLIC,
    ("POST", "/forgot-password"): PUBLIC,
    ("POST", "/language"): PUBLIC,
    ("GET", "/reset-password"): PUBLIC,
    ("POST", "/reset-password"): PUBLIC,
    ("GET", "/sign-in"): PUBLIC,
    ("POST", "/sign-in"): PUBLIC,
    ("GET", "/sign-in/code"): PUBLIC,
    ("POST", "/sign-in/code"): PUBLIC,
    ("POST", "/sign-in/passkey"): PUBLIC,
    ("POST", "/sign-out"): PUBLIC,
    ("GET", "/status"): PUBLIC,
    ("GET", "/verify-email"): PUBLIC,
    ("POST", "/verify-email"): PUBLIC,
    ("GET", "/verify-email/done"): PUBLIC,
    # Customers: a card's token is the credential of the card's own pages
    ("GET", "/c/{token}"): PUBLIC,
    ("GET", "/c/{token}/card.webmanifest"): PUBLIC,
    ("GET", "/c/{token}/data"): PUBLIC,
    ("POST", "/c/{token}/forget-here"): PUBLIC,
    ("GET", "/c/{token}/history"): PUBLIC,
    ("GET", "/c/{token}/icon.png"): PUBLIC,
    ("POST", "/c/{token}/keep"): PUBLIC,
    ("GET", "/c/{token}/proof"): PUBLIC,
    ("POST", "/c/{token}/language"): PUBLIC,
    ("POST", "/c/{token}/news"): PUBLIC,
    # What its holder alone may see or have deleted: the secret is a second proof
    ("POST", "/c/{token}/proof-of-person"): PUBLIC,
    ("GET", "/c/{token}/yours/{secret}"): PUBLIC,
    ("GET", "/c/{token}/yours/{secret}/data.html"): PUBLIC,
    ("GET", "/c/{token}/yours/{secret}/data.json"): PUBLIC,
    ("POST", "/c/{token}/yours/{secret}/erase"): PUBLIC,
    ("POST", "/c/{token}/yours/{secret}/contact"): PUBLIC,
    ("POST", "/c/{token}/yours/{secret}/contact/withdraw"): PUBLIC,
    ("POST", "/c/{token}/yours/{secret}/merge"): PUBLIC,
    # The ticket is sealed by the server, for who has proven both cards
    ("GET", "/merge/{ticket}"): PUBLIC,
    ("POST", "/merge/{ticket}"): PUBLIC,
    # The link's ticket is sealed by the server, for who reads the address of before
    ("GET", "/contact/{ticket}"): PUBLIC,
    ("POST", "/contact/{ticket}"): PUBLIC,
    # A card that a till has just opened, once
    ("GET", "/h/{ticket}"): PUBLIC,
    ("POST", "/h/{ticket}"): PUBLIC,
    # A receipt's code is what counts: whoever has it may put it on a card, once
    ("GET", "/r/{text}"): PUBLIC,
    ("GET", "/join/{slug}/receipt"): PUBLIC,
    ("POST", "/join/{slug}/receipt"): PUBLIC,
    ("GET", "/c/{token}/receipt"): PUBLIC,
    ("POST", "/c/{token}/receipt"): PUBLIC,
    ("GET", "/join/{slug}"): PUBLIC,
    ("POST", "/join/{slug}"): PUBLIC,
    # The link's ticket is signed by the server, for minutes
    ("GET", "/reach/{ticket}"): PUBLIC,
    # The terminal: its device token goes with what it sends to the API
    ("GET", "/terminal"): PUBLIC,
    ("GET", "/terminal/hand-over/{ticket}.svg"): PUBLIC,
    ("GET", "/terminal/manifest.webmanifest"): PUBLIC,
    ("GET", "/terminal/sw.js"): PUBLIC,
    ("GET", "/terminal/texts.json"): PUBLIC,
    # One's own account
    ("GET", "/admin/account"): _PERSON,
    ("GET", "/admin/account/confirm"): PERSON,
    ("POST", "/admin/account/confirm"): PERSON,
    ("POST", "/admin/account/email"): _PERSON,
    ("POST", "/admin/account/password"): _PERSON,
    ("GET", "/admin/account/second-factor"): PERSON,
    ("POST", "/admin/account/second-factor"): PERSON,
    ("POST", "/admin/account/second-factor/recovery-codes"): PERSON,
    ("POST", "/admin/account/second-factor/remove"): PERSON,
    ("POST", "/admin/account/second-factor/passkeys"): PERSON,
    ("POST", "/admin/account/second-factor/passkeys/{passkey_id}/remove"): PERSON,
    ("POST", "/admin/account/second-factor/passkeys/{passkey_id}/rename"): PERSON,
    ("POST", "/admin/account/sessions/revoke-others"): _PERSON,
    ("POST", "/admin/account/sessions/{session_id}/revoke"): _PERSON,
    ("GET", "/console/account"): _PERSON,
    ("GET", "/console/account/confirm"): PERSON,
    ("POST", "/console/account/confirm"): PERSON,
    ("POST", "/console/account/email"): _PERSON,
    ("POST", "/console/account/password"): _PERSON,
    ("POST", "/console/account/profile"): MAY_READ,
    ("GET", "/console/account/second-factor"): PERSON,
    ("POST", "/console/account/second-factor"): PERSON,
    ("POST", "/console/account/second-factor/recovery-codes"): PERSON,
    ("POST", "/console/account/second-factor/remove"): PERSON,
    ("POST", "/console/account/second-factor/passkeys"): PERSON,
    ("POST", "/console/account/second-factor/passkeys/{passkey_id}/remove"): PERSON,
    ("POST", "/console/account/second-factor/passkeys/{passkey_id}/rename"): PERSON,
    ("POST", "/console/account/sessions/revoke-others"): _PERSON,
    ("POST", "/console/account/sessions/{session_id}/revoke"): _PERSON,
    # The console: the shop at a glance, and the way to its first card
    ("GET", "/console"): MAY_READ,
    ("GET", "/console/guide"): MAY_MANAGE,
    ("GET", "/console/guide/pins"): MAY_MANAGE,
    ("POST", "/console/guide/pins"): MAY_MANAGE,
    ("GET", "/console/guide/poster"): MAY_MANAGE,
    ("POST", "/console/guide/preview"): MAY_MANAGE,
    ("GET", "/console/guide/program"): MAY_MANAGE,
    ("POST", "/console/guide/program"): MAY_MANAGE,
    ("GET", "/console/guide/reward"): MAY_MANAGE,
    ("POST", "/console/guide/reward"): MAY_MANAGE,
    ("GET", "/console/guide/shop"): MAY_MANAGE_VENDOR,
    ("POST", "/console/guide/shop"): MAY_MANAGE_VENDOR,
    ("GET", "/console/guide/terminal"): MAY_MANAGE_VENDOR,
    # Members and their cards
    ("GET", "/console/members"): MAY_READ,
    # Each kind of thing is sought only for those who may open its page
    ("GET", "/console/search"): MAY_READ,
    ("POST", "/console/members/bulk"): MAY_OPERATE,
    ("GET", "/console/members/new"): MAY_OPERATE,
    ("POST", "/console/members/new"): MAY_OPERATE,
    ("GET", _CARD): MAY_READ,
    ("POST", f"{_CARD}/adjust"): MAY_MANAGE,
    ("POST", f"{_CARD}/block"): MAY_OPERATE,
    ("POST", f"{_CARD}/earn"): MAY_OPERATE,
    ("GET", f"{_CARD}/edit"): MAY_OPERATE,
    ("POST", f"{_CARD}/edit"): MAY_OPERATE,
    ("POST", f"{_CARD}/entries/{{transaction_id}}/void"): MAY_OPERATE,
    ("POST", f"{_CARD}/erase"): MAY_MANAGE,
    ("POST", f"{_CARD}/entries/{{transaction_id}}/refund"): MAY_OPERATE,
    ("POST", f"{_CARD}/grants"): MAY_MANAGE,
    ("POST", f"{_CARD}/grants/{{grant_id}}/redeem"): MAY_OPERATE,
    ("POST", f"{_CARD}/grants/{{grant_id}}/revoke"): MAY_MANAGE,
    ("GET", f"{_CARD}/hand-over"): MAY_OPERATE,
    ("GET", f"{_CARD}/merge"): MAY_OPERATE,
    ("POST", f"{_CARD}/merge"): MAY_OPERATE,
    ("POST", f"{_CARD}/keep-customer"): MAY_MANAGE,
    ("POST", f"{_CARD}/withdraw-contact"): MAY_MANAGE,
    ("POST", f"{_CARD}/proof-of-person"): MAY_MANAGE,
    ("POST", f"{_CARD}/redeem"): MAY_OPERATE,
    ("POST", f"{_CARD}/redeem-points"): MAY_OPERATE,
    ("POST", f"{_CARD}/replace"): MAY_OPERATE,
    ("POST", f"{_CARD}/stamp"): MAY_OPERATE,
    ("POST", f"{_CARD}/unblock"): MAY_OPERATE,
    # Programs and rewards
    ("GET", "/console/programs"): MAY_READ,
    ("GET", "/console/programs/new"): MAY_MANAGE,
    ("POST", "/console/programs/new"): MAY_MANAGE,
    ("GET", _PROGRAM): MAY_MANAGE,
    ("POST", _PROGRAM): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/activate"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/changes"): MAY_OWN,
    ("POST", f"{_PROGRAM}/deactivate"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/delete"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/hero"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/hero/remove"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/liability"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/liability/file.{{format}}"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/links"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/links"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/logo"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/logo/remove"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/poster"): MAY_READ,
    ("GET", f"{_PROGRAM}/poster/code.png"): MAY_READ,
    ("GET", f"{_PROGRAM}/poster/code.svg"): MAY_READ,
    ("POST", f"{_PROGRAM}/preview"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/automations"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/automations/new"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/automations/new"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/automations/{{automation_id}}"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/automations/{{automation_id}}"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/automations/{{automation_id}}/end"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/automations/{{automation_id}}/pause"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/automations/{{automation_id}}/start"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/friends"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/friends"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/promotions"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/promotions/new"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/promotions/new"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/promotions/{{promotion_id}}"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/promotions/{{promotion_id}}"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/promotions/{{promotion_id}}/end"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/promotions/{{promotion_id}}/pause"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/promotions/{{promotion_id}}/start"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/tiers"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/tiers"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/rewards/bulk"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/rewards/new"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/rewards/new"): MAY_MANAGE,
    ("GET", f"{_PROGRAM}/rewards/{{reward_id}}"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/rewards/{{reward_id}}"): MAY_MANAGE,
    ("POST", f"{_PROGRAM}/rewards/{{reward_id}}/archive"): MAY_MANAGE,
    ("GET", "/console/wallets"): MAY_MANAGE,
    ("GET", "/console/wallets/reached"): MAY_MANAGE,
    ("GET", "/console/wallets/{program_id}/test.pkpass"): MAY_MANAGE,
    ("POST", "/console/wallets/{program_id}/test-mail"): MAY_MANAGE,
    # The ledger
    ("GET", "/console/ledger"): MAY_READ,
    ("GET", "/console/ledger/verify"): MAY_MANAGE,
    ("POST", "/console/ledger/verify"): MAY_MANAGE,
    ("GET", "/console/ledger/{transaction_id}"): MAY_READ,
    # Staff: who did what is for those who answer for the staff
    ("GET", "/console/pins"): MAY_MANAGE,
    ("POST", "/console/pins"): MAY_MANAGE,
    ("POST", "/console/pins/bulk"): MAY_MANAGE,
    ("GET", "/console/pins/{pin_id}"): MAY_MANAGE,
    ("POST", "/console/pins/{pin_id}"): MAY_MANAGE,
    ("POST", "/console/pins/{pin_id}/retire"): MAY_MANAGE,
    ("POST", "/console/pins/{pin_id}/unlock"): MAY_MANAGE,
    ("GET", "/console/staff-report"): MAY_MANAGE,
    ("GET", "/console/contacts"): MAY_MANAGE,
    ("POST", "/console/contacts/{card_id}/mend"): MAY_MANAGE,
    ("GET", "/console/month-report"): MAY_MANAGE,
    # Whole lists to take away: `console/exports.py` says which list is for whom
    ("GET", "/console/exports"): MAY_MANAGE,
    ("GET", "/console/exports/{name}.{format}"): MAY_MANAGE,
    ("GET", "/console/exports/archive"): MAY_OWN,
    ("POST", "/console/exports/archive"): MAY_OWN,
    ("GET", "/console/exports/archive/{archive_id}/file.zip"): MAY_OWN,
    # Files from elsewhere, put on cards
    ("GET", "/console/imports"): MAY_MANAGE,
    ("POST", "/console/imports"): MAY_MANAGE,
    ("GET", "/console/imports/{import_id}"): MAY_MANAGE,
    ("POST", "/console/imports/{import_id}/discard"): MAY_MANAGE,
    ("GET", "/console/imports/{import_id}/errors.csv"): MAY_MANAGE,
    ("POST", "/console/imports/{import_id}/preview"): MAY_MANAGE,
    ("GET", "/console/imports/{import_id}/progress"): MAY_MANAGE,
    ("POST", "/console/imports/{import_id}/run"): MAY_MANAGE,
    ("GET", "/console/imports/{import_id}/undo"): MAY_MANAGE,
    ("POST", "/console/imports/{import_id}/undo"): MAY_MANAGE,
    # The shop's own affairs
    ("GET", "/console/locations"): MAY_MANAGE_VENDOR,
    ("POST", "/console/locations"): MAY_MANAGE_VENDOR,
    ("POST", "/console/locations/bulk"): MAY_MANAGE_VENDOR,
    ("GET", "/console/locations/{location_id}"): MAY_MANAGE_VENDOR,
    ("POST", "/console/locations/{location_id}"): MAY_MANAGE_VENDOR,
    ("POST", "/console/locations/{location_id}/close"): MAY_MANAGE_VENDOR,
    ("GET", "/console/mails"): MAY_MANAGE_VENDOR,
    ("GET", "/console/settings"): MAY_MANAGE_VENDOR,
    ("POST", "/console/settings"): MAY_MANAGE_VENDOR,
    ("GET", "/console/settings/changes"): MAY_OWN,
    ("POST", "/console/settings/close"): MAY_OWN,
    ("GET", "/console/terminals"): MAY_MANAGE_VENDOR,
    ("POST", "/console/terminals/bulk"): MAY_MANAGE_VENDOR,
    ("POST", "/console/terminals/pair"): MAY_MANAGE_VENDOR,
    ("GET", "/console/terminals/paired"): MAY_MANAGE_VENDOR,
    ("GET", "/console/terminals/{device_id}"): MAY_MANAGE_VENDOR,
    ("POST", "/console/terminals/{device_id}"): MAY_MANAGE_VENDOR,
    ("POST", "/console/terminals/{device_id}/revoke"): MAY_MANAGE_VENDOR,
    # Who may do what: the owner's alone
    # Receipts, and the keys that tills sign them with
    ("GET", "/console/receipts"): MAY_MANAGE,
    ("POST", "/console/receipts/keys"): MAY_MANAGE,
    ("GET", "/console/receipts/keys/{key_id}"): MAY_MANAGE,
    ("POST", "/console/receipts/keys/{key_id}/revoke"): MAY_MANAGE,
    ("POST", "/console/receipts/{claim_id}/withdraw"): MAY_MANAGE,
    ("GET", "/console/integrations"): MAY_MANAGE,
    ("POST", "/console/integrations"): MAY_MANAGE,
    ("GET", "/console/integrations/{integration_id}"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}/status"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}/delete"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}/secret"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}/rotate"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}/events/{event_id}/retry"): MAY_MANAGE,
    ("POST", "/console/integrations/{integration_id}/events/{event_id}/assign"): MAY_MANAGE,
    ("GET", "/console/webhooks"): MAY_MANAGE,
    ("POST", "/console/webhooks"): MAY_MANAGE,
    ("GET", "/console/webhooks/{endpoint_id}"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}/status"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}/delete"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}/rotate"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}/test"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}/replay"): MAY_MANAGE,
    ("POST", "/console/webhooks/{endpoint_id}/deliveries/{delivery_id}/retry"): MAY_MANAGE,
    ("GET", "/console/plan"): MAY_MANAGE,
    ("GET", "/console/domain"): MAY_OWN,
    ("POST", "/console/domain"): MAY_OWN,
    ("POST", "/console/domain/check"): MAY_OWN,
    ("POST", "/console/domain/remove"): MAY_OWN,
    ("GET", "/console/api-keys"): MAY_OWN,
    ("POST", "/console/api-keys"): MAY_OWN,
    ("POST", "/console/api-keys/bulk"): MAY_OWN,
    ("POST", "/console/api-keys/{api_key_id}/revoke"): MAY_OWN,
    ("GET", "/console/people"): MAY_OWN,
    ("POST", "/console/people"): MAY_OWN,
    ("GET", "/console/people/{user_id}"): MAY_OWN,
    ("POST", "/console/people/{user_id}"): MAY_OWN,
    ("POST", "/console/people/{user_id}/invite"): MAY_OWN,
    ("POST", "/console/people/{user_id}/remove"): MAY_OWN,
    ("POST", "/console/people/{user_id}/reset-second-factor"): MAY_OWN,
    # The platform
    ("GET", "/admin"): MAY_ADMINISTER,
    ("GET", "/admin/audit"): MAY_ADMINISTER,
    ("GET", "/admin/health"): MAY_ADMINISTER,
    ("POST", "/admin/health/retry"): MAY_ADMINISTER,
    ("GET", "/admin/plans"): MAY_ADMINISTER,
    ("POST", "/admin/plans"): MAY_ADMINISTER,
    ("GET", "/admin/plans/{plan_id}"): MAY_ADMINISTER,
    ("POST", "/admin/plans/{plan_id}"): MAY_ADMINISTER,
    ("POST", "/admin/plans/{plan_id}/delete"): MAY_ADMINISTER,
    ("GET", "/admin/programs"): MAY_ADMINISTER,
    ("GET", "/admin/usage"): MAY_ADMINISTER,
    ("GET", "/admin/usage/months.csv"): MAY_ADMINISTER,
    ("GET", "/admin/vendors"): MAY_ADMINISTER,
    ("GET", "/admin/vendors/new"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/new"): MAY_ADMINISTER,
    ("GET", "/admin/vendors/{vendor_id}"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/{vendor_id}"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/{vendor_id}/invite/{user_id}"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/{vendor_id}/reset-second-factor/{user_id}"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/{vendor_id}/plan"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/{vendor_id}/resume"): MAY_ADMINISTER,
    ("POST", "/admin/vendors/{vendor_id}/suspend"): MAY_ADMINISTER,
}


def check_routes(routes: Iterable[BaseRoute], guard: Callable[..., Any]) -> None:
    """Raise LookupError when the table and the pages differ, or a page would ask nobody.

    `guard` is the dependency that looks its page up in the table: each page that is not public has
    to take it.
    """
    served: set[tuple[str, str]] = set()
    for route in routes:
        assert isinstance(route, APIRoute), route
        for method in route.methods or ():
            page = (method, route.path)
            if page not in ACCESS:
                raise LookupError(f"{method} {route.path} has no rule in the table of pages")
            if not ACCESS[page].is_public and guard not in _dependencies(route.dependant):
                raise LookupError(f"{method} {route.path} never asks who may open it")
            served.add(page)
    for method, path in ACCESS.keys() - served:
        raise LookupError(f"{method} {path} has a rule, but there is no such page")


def _dependencies(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    for needed in dependant.dependencies:
        yield needed.call
        yield from _dependencies(needed)
