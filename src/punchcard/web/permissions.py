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
    LOYALTY_MANAGE,
    LOYALTY_OPERATE,
    LOYALTY_READ,
    PLATFORM_ADMIN,
    PUBLIC,
    VENDOR_MANAGE,
    VENDOR_OWN,
    AccessRule,
)

_OWN: Final = AccessRule(frozenset({VENDOR_OWN}))
_MANAGE_VENDOR: Final = AccessRule(frozenset({VENDOR_MANAGE}))
_READ: Final = AccessRule(frozenset({LOYALTY_READ}))
_OPERATE: Final = AccessRule(frozenset({LOYALTY_OPERATE}))
_MANAGE: Final = AccessRule(frozenset({LOYALTY_MANAGE}))
_ADMIN: Final = AccessRule(frozenset({PLATFORM_ADMIN}))
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
    ("POST", "/sign-out"): PUBLIC,
    ("GET", "/verify-email"): PUBLIC,
    ("POST", "/verify-email"): PUBLIC,
    ("GET", "/verify-email/done"): PUBLIC,
    # Customers: a card's token is the credential of the card's own pages
    ("GET", "/c/{token}"): PUBLIC,
    ("GET", "/c/{token}/card.webmanifest"): PUBLIC,
    ("GET", "/c/{token}/data"): PUBLIC,
    ("POST", "/c/{token}/erase"): PUBLIC,
    ("GET", "/c/{token}/history"): PUBLIC,
    ("POST", "/c/{token}/language"): PUBLIC,
    ("POST", "/c/{token}/news"): PUBLIC,
    ("GET", "/join/{slug}"): PUBLIC,
    ("POST", "/join/{slug}"): PUBLIC,
    # The terminal: its device token goes with what it sends to the API
    ("GET", "/terminal"): PUBLIC,
    ("GET", "/terminal/cards/{token}.svg"): PUBLIC,
    ("GET", "/terminal/manifest.webmanifest"): PUBLIC,
    ("GET", "/terminal/sw.js"): PUBLIC,
    ("GET", "/terminal/texts.json"): PUBLIC,
    # One's own account
    ("GET", "/admin/account"): _PERSON,
    ("POST", "/admin/account/email"): _PERSON,
    ("POST", "/admin/account/password"): _PERSON,
    ("POST", "/admin/account/sessions/revoke-others"): _PERSON,
    ("POST", "/admin/account/sessions/{session_id}/revoke"): _PERSON,
    ("GET", "/console/account"): _PERSON,
    ("POST", "/console/account/email"): _PERSON,
    ("POST", "/console/account/password"): _PERSON,
    ("POST", "/console/account/profile"): _READ,
    ("POST", "/console/account/sessions/revoke-others"): _PERSON,
    ("POST", "/console/account/sessions/{session_id}/revoke"): _PERSON,
    # The console: the shop at a glance, and the way to its first card
    ("GET", "/console"): _READ,
    ("GET", "/console/guide"): _MANAGE,
    ("GET", "/console/guide/pins"): _MANAGE,
    ("POST", "/console/guide/pins"): _MANAGE,
    ("GET", "/console/guide/poster"): _MANAGE,
    ("GET", "/console/guide/program"): _MANAGE,
    ("POST", "/console/guide/program"): _MANAGE,
    ("GET", "/console/guide/reward"): _MANAGE,
    ("POST", "/console/guide/reward"): _MANAGE,
    ("GET", "/console/guide/shop"): _MANAGE_VENDOR,
    ("POST", "/console/guide/shop"): _MANAGE_VENDOR,
    # Members and their cards
    ("GET", "/console/members"): _READ,
    ("GET", "/console/members/new"): _OPERATE,
    ("POST", "/console/members/new"): _OPERATE,
    ("GET", _CARD): _READ,
    ("POST", f"{_CARD}/adjust"): _MANAGE,
    ("POST", f"{_CARD}/block"): _OPERATE,
    ("POST", f"{_CARD}/earn"): _OPERATE,
    ("GET", f"{_CARD}/edit"): _OPERATE,
    ("POST", f"{_CARD}/edit"): _OPERATE,
    ("POST", f"{_CARD}/entries/{{transaction_id}}/void"): _OPERATE,
    ("POST", f"{_CARD}/erase"): _MANAGE,
    ("GET", f"{_CARD}/hand-over"): _OPERATE,
    ("POST", f"{_CARD}/redeem"): _OPERATE,
    ("POST", f"{_CARD}/redeem-points"): _OPERATE,
    ("POST", f"{_CARD}/replace"): _OPERATE,
    ("POST", f"{_CARD}/stamp"): _OPERATE,
    ("POST", f"{_CARD}/unblock"): _OPERATE,
    # Programs and rewards
    ("GET", "/console/programs"): _READ,
    ("GET", "/console/programs/new"): _MANAGE,
    ("POST", "/console/programs/new"): _MANAGE,
    ("GET", _PROGRAM): _MANAGE,
    ("POST", _PROGRAM): _MANAGE,
    ("POST", f"{_PROGRAM}/activate"): _MANAGE,
    ("GET", f"{_PROGRAM}/changes"): _MANAGE,
    ("POST", f"{_PROGRAM}/deactivate"): _MANAGE,
    ("POST", f"{_PROGRAM}/delete"): _MANAGE,
    ("POST", f"{_PROGRAM}/logo"): _MANAGE,
    ("POST", f"{_PROGRAM}/logo/remove"): _MANAGE,
    ("GET", f"{_PROGRAM}/poster"): _READ,
    ("POST", f"{_PROGRAM}/preview"): _MANAGE,
    ("GET", f"{_PROGRAM}/rewards/new"): _MANAGE,
    ("POST", f"{_PROGRAM}/rewards/new"): _MANAGE,
    ("GET", f"{_PROGRAM}/rewards/{{reward_id}}"): _MANAGE,
    ("POST", f"{_PROGRAM}/rewards/{{reward_id}}"): _MANAGE,
    ("POST", f"{_PROGRAM}/rewards/{{reward_id}}/archive"): _MANAGE,
    ("GET", "/console/wallets"): _MANAGE,
    # The ledger
    ("GET", "/console/ledger"): _READ,
    ("GET", "/console/ledger/verify"): _MANAGE,
    ("POST", "/console/ledger/verify"): _MANAGE,
    ("GET", "/console/ledger/{transaction_id}"): _READ,
    # Staff: who did what is for those who answer for the staff
    ("GET", "/console/pins"): _MANAGE,
    ("POST", "/console/pins"): _MANAGE,
    ("GET", "/console/pins/{pin_id}"): _MANAGE,
    ("POST", "/console/pins/{pin_id}"): _MANAGE,
    ("POST", "/console/pins/{pin_id}/retire"): _MANAGE,
    ("POST", "/console/pins/{pin_id}/unlock"): _MANAGE,
    ("GET", "/console/staff-report"): _MANAGE,
    # Whole lists to take away: `console/exports.py` says which list is for whom
    ("GET", "/console/exports"): _MANAGE,
    ("GET", "/console/exports/{name}.csv"): _MANAGE,
    # The shop's own affairs
    ("GET", "/console/locations"): _MANAGE_VENDOR,
    ("POST", "/console/locations"): _MANAGE_VENDOR,
    ("GET", "/console/locations/{location_id}"): _MANAGE_VENDOR,
    ("POST", "/console/locations/{location_id}"): _MANAGE_VENDOR,
    ("POST", "/console/locations/{location_id}/close"): _MANAGE_VENDOR,
    ("GET", "/console/settings"): _MANAGE_VENDOR,
    ("POST", "/console/settings"): _MANAGE_VENDOR,
    ("GET", "/console/settings/changes"): _OWN,
    ("POST", "/console/settings/close"): _OWN,
    ("GET", "/console/terminals"): _MANAGE_VENDOR,
    ("POST", "/console/terminals/pair"): _MANAGE_VENDOR,
    ("GET", "/console/terminals/paired"): _MANAGE_VENDOR,
    ("GET", "/console/terminals/{device_id}"): _MANAGE_VENDOR,
    ("POST", "/console/terminals/{device_id}"): _MANAGE_VENDOR,
    ("POST", "/console/terminals/{device_id}/revoke"): _MANAGE_VENDOR,
    # Who may do what: the owner's alone
    ("GET", "/console/api-keys"): _OWN,
    ("POST", "/console/api-keys"): _OWN,
    ("POST", "/console/api-keys/{api_key_id}/revoke"): _OWN,
    ("GET", "/console/people"): _OWN,
    ("POST", "/console/people"): _OWN,
    ("GET", "/console/people/{user_id}"): _OWN,
    ("POST", "/console/people/{user_id}"): _OWN,
    ("POST", "/console/people/{user_id}/remove"): _OWN,
    # The platform
    ("GET", "/admin"): _ADMIN,
    ("GET", "/admin/audit"): _ADMIN,
    ("GET", "/admin/health"): _ADMIN,
    ("POST", "/admin/health/retry"): _ADMIN,
    ("GET", "/admin/programs"): _ADMIN,
    ("GET", "/admin/vendors"): _ADMIN,
    ("GET", "/admin/vendors/new"): _ADMIN,
    ("POST", "/admin/vendors/new"): _ADMIN,
    ("GET", "/admin/vendors/{vendor_id}"): _ADMIN,
    ("POST", "/admin/vendors/{vendor_id}"): _ADMIN,
    ("POST", "/admin/vendors/{vendor_id}/resume"): _ADMIN,
    ("POST", "/admin/vendors/{vendor_id}/suspend"): _ADMIN,
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
