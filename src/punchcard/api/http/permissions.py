"""What is allowed: one table of all routes, and nowhere else.

A route that is missing here fails at start. `ACCESS[method, path]` is PUBLIC, SIGNED_IN, PERSON,
or a rule with the permissions any one of which suffices. The pages have a table of their own,
`web/permissions.py`, held against this one by a test.
"""

from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from punchcard.accounts.errors import CredentialsMissing, NotAllowed, SecondFactorNeeded
from punchcard.accounts.subjects import (
    LOYALTY_MANAGE,
    LOYALTY_OPERATE,
    LOYALTY_READ,
    MAY_ADMINISTER,
    MAY_MANAGE,
    MAY_MANAGE_VENDOR,
    MAY_OPERATE,
    MAY_OWN,
    MAY_READ,
    PERSON,
    PUBLIC,
    SIGNED_IN,
    AccessRule,
    Subject,
)
from punchcard.accounts.vocabulary import SubjectKind

# What a till must see to do its work, so a device may read it too.
_SEE: Final = AccessRule(frozenset({LOYALTY_READ, LOYALTY_OPERATE}))
# Programs, rewards and the names of staff: whoever changes them must see them as well.
_SEE_RULES: Final = AccessRule(frozenset({LOYALTY_READ, LOYALTY_OPERATE, LOYALTY_MANAGE}))

_AUTH = "/api/v1/auth"
_VENDOR = "/api/v1/vendor"
_LOYALTY = "/api/v1/vendor/loyalty"
_WEBHOOKS = f"{_VENDOR}/webhook-endpoints"
_INTEGRATIONS = f"{_VENDOR}/integrations"
_PLATFORM = "/api/v1/admin"
_OPEN = "/api/v1/loyalty"
_APPLE = f"{_OPEN}/apple/v1"
_APPLE_REGISTRATION = (
    f"{_APPLE}/devices/{{device_library_id}}/registrations/{{pass_type_id}}/{{serial_number}}"
)

ACCESS: Final[dict[tuple[str, str], AccessRule]] = {
    ("POST", f"{_AUTH}/token"): PUBLIC,
    ("POST", f"{_AUTH}/passkey/options"): PUBLIC,
    ("POST", f"{_AUTH}/passkey"): PUBLIC,
    ("POST", f"{_AUTH}/second-factor"): PUBLIC,
    ("GET", f"{_AUTH}/second-factor"): PERSON,
    ("PUT", f"{_AUTH}/second-factor"): PERSON,
    ("DELETE", f"{_AUTH}/second-factor"): PERSON,
    ("POST", f"{_AUTH}/second-factor/setup"): PERSON,
    ("POST", f"{_AUTH}/second-factor/recovery-codes"): PERSON,
    ("POST", f"{_AUTH}/second-factor/passkey/options"): PUBLIC,
    ("POST", f"{_AUTH}/second-factor/passkey"): PUBLIC,
    ("POST", f"{_AUTH}/second-factor/passkeys/options"): PERSON,
    ("POST", f"{_AUTH}/second-factor/passkeys"): PERSON,
    ("PATCH", f"{_AUTH}/second-factor/passkeys/{{passkey_id}}"): PERSON,
    ("DELETE", f"{_AUTH}/second-factor/passkeys/{{passkey_id}}"): PERSON,
    ("GET", f"{_AUTH}/identity"): PERSON,
    ("DELETE", f"{_AUTH}/identity"): PERSON,
    ("GET", f"{_AUTH}/me"): SIGNED_IN,
    ("POST", f"{_AUTH}/logout"): PERSON,
    ("POST", f"{_AUTH}/password"): PERSON,
    ("POST", f"{_AUTH}/confirm"): PERSON,
    ("POST", f"{_AUTH}/password-reset"): PUBLIC,
    ("POST", f"{_AUTH}/password-reset/confirm"): PUBLIC,
    ("POST", f"{_AUTH}/email"): PERSON,
    ("POST", f"{_AUTH}/verify-email"): PUBLIC,
    ("GET", f"{_AUTH}/sessions"): PERSON,
    ("POST", f"{_AUTH}/sessions/revoke-others"): PERSON,
    ("DELETE", f"{_AUTH}/sessions/{{session_id}}"): PERSON,
    ("POST", "/api/v1/devices/pair"): PUBLIC,
    # The vendor's own affairs
    ("GET", _VENDOR): _SEE_RULES,
    ("PATCH", _VENDOR): MAY_MANAGE_VENDOR,
    ("POST", f"{_VENDOR}/close"): MAY_OWN,
    ("POST", f"{_LOYALTY}/exports/archive"): MAY_OWN,
    ("GET", f"{_LOYALTY}/exports/archive/{{archive_id}}"): MAY_OWN,
    ("GET", f"{_LOYALTY}/exports/archive/{{archive_id}}/file.zip"): MAY_OWN,
    ("GET", f"{_VENDOR}/users"): MAY_OWN,
    ("POST", f"{_VENDOR}/users"): MAY_OWN,
    ("GET", f"{_VENDOR}/users/{{user_id}}"): MAY_OWN,
    ("PATCH", f"{_VENDOR}/users/{{user_id}}"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/users/{{user_id}}"): MAY_OWN,
    # The former path of the users, for software that knows it
    ("GET", f"{_VENDOR}/members"): MAY_OWN,
    ("POST", f"{_VENDOR}/members"): MAY_OWN,
    ("GET", f"{_VENDOR}/members/{{user_id}}"): MAY_OWN,
    ("PATCH", f"{_VENDOR}/members/{{user_id}}"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/members/{{user_id}}"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/users/{{user_id}}/second-factor"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/members/{{user_id}}/second-factor"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/users/{{user_id}}/identity"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/members/{{user_id}}/identity"): MAY_OWN,
    ("GET", f"{_VENDOR}/locations"): _SEE_RULES,
    ("POST", f"{_VENDOR}/locations"): MAY_MANAGE_VENDOR,
    ("GET", f"{_VENDOR}/locations/{{location_id}}"): _SEE_RULES,
    ("PATCH", f"{_VENDOR}/locations/{{location_id}}"): MAY_MANAGE_VENDOR,
    ("DELETE", f"{_VENDOR}/locations/{{location_id}}"): MAY_MANAGE_VENDOR,
    ("GET", f"{_VENDOR}/devices"): MAY_MANAGE_VENDOR,
    ("POST", f"{_VENDOR}/devices/pairing-codes"): MAY_MANAGE_VENDOR,
    ("GET", f"{_VENDOR}/devices/{{device_id}}"): MAY_MANAGE_VENDOR,
    ("PATCH", f"{_VENDOR}/devices/{{device_id}}"): MAY_MANAGE_VENDOR,
    ("DELETE", f"{_VENDOR}/devices/{{device_id}}"): MAY_MANAGE_VENDOR,
    ("GET", f"{_VENDOR}/api-keys"): MAY_OWN,
    ("POST", f"{_VENDOR}/api-keys"): MAY_OWN,
    ("DELETE", f"{_VENDOR}/api-keys/{{api_key_id}}"): MAY_OWN,
    ("GET", f"{_VENDOR}/audit-events"): MAY_OWN,
    # What happens is told to the shop's own software, which may also say so itself
    **{
        (method, f"{_WEBHOOKS}{path}"): MAY_MANAGE
        for method, path in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "/{endpoint_id}"),
            ("PATCH", "/{endpoint_id}"),
            ("DELETE", "/{endpoint_id}"),
            ("POST", "/{endpoint_id}/rotate"),
            ("POST", "/{endpoint_id}/test"),
            ("POST", "/{endpoint_id}/replay"),
            ("GET", "/{endpoint_id}/deliveries"),
            ("POST", "/{endpoint_id}/deliveries/{delivery_id}/retry"),
        )
    },
    # Receipts that guests put on their cards: a till makes them, and sees what became of them
    ("GET", f"{_LOYALTY}/claims"): MAY_READ,
    ("POST", f"{_LOYALTY}/claims"): MAY_OPERATE,
    ("GET", f"{_LOYALTY}/claims/{{claim_id}}"): _SEE,
    ("POST", f"{_LOYALTY}/claims/{{claim_id}}/withdraw"): MAY_OPERATE,
    ("POST", f"{_OPEN}/cards/{{token}}/claims"): PUBLIC,
    **{
        (method, f"{_LOYALTY}/receipt-keys{path}"): MAY_MANAGE
        for method, path in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "/{receipt_key_id}"),
            ("DELETE", "/{receipt_key_id}"),
        )
    },
    # Web shops and other tills tell of their orders
    **{
        (method, f"{_INTEGRATIONS}{path}"): MAY_MANAGE
        for method, path in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "/{integration_id}"),
            ("PATCH", "/{integration_id}"),
            ("DELETE", "/{integration_id}"),
            ("POST", "/{integration_id}/rotate"),
            ("GET", "/{integration_id}/events"),
            ("POST", "/{integration_id}/events/{event_id}/retry"),
            ("POST", "/{integration_id}/events/{event_id}/assign"),
        )
    },
    # Programs and rewards
    ("GET", f"{_LOYALTY}/programs"): _SEE_RULES,
    ("POST", f"{_LOYALTY}/programs"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}"): _SEE_RULES,
    ("PATCH", f"{_LOYALTY}/programs/{{program_id}}"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/programs/{{program_id}}"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/tiers/preview"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/activate"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/deactivate"): MAY_MANAGE,
    ("PUT", f"{_LOYALTY}/programs/{{program_id}}/logo"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/programs/{{program_id}}/logo"): MAY_MANAGE,
    ("PUT", f"{_LOYALTY}/programs/{{program_id}}/hero"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/programs/{{program_id}}/hero"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/liability"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/stats"): MAY_READ,
    ("GET", f"{_LOYALTY}/usage"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/dashboard"): MAY_READ,
    # Who did what is for those who answer for the staff, not for the staff.
    ("GET", f"{_LOYALTY}/staff-report"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/wallet"): MAY_READ,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/rewards"): _SEE_RULES,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/rewards"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/rewards/{{reward_id}}"): _SEE_RULES,
    ("PATCH", f"{_LOYALTY}/rewards/{{reward_id}}"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/rewards/{{reward_id}}"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/promotions"): _SEE_RULES,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/promotions"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/promotions/{{promotion_id}}"): _SEE_RULES,
    ("PATCH", f"{_LOYALTY}/programs/{{program_id}}/promotions/{{promotion_id}}"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/programs/{{program_id}}/promotions/{{promotion_id}}"): MAY_MANAGE,
    (
        "POST",
        f"{_LOYALTY}/programs/{{program_id}}/promotions/{{promotion_id}}/simulate",
    ): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/automations"): _SEE_RULES,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/automations"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/automations/preview"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/automations/{{automation_id}}"): _SEE_RULES,
    ("PATCH", f"{_LOYALTY}/programs/{{program_id}}/automations/{{automation_id}}"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/programs/{{program_id}}/automations/{{automation_id}}"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/programs/{{program_id}}/automations/{{automation_id}}/results"): MAY_READ,
    ("GET", f"{_LOYALTY}/referrals"): MAY_READ,
    # Whole lists to take away: for those who answer for the shop, and secrets' owners alone
    **{
        ("GET", f"{_LOYALTY}/exports/{name}.{format}"): rule
        for format in ("csv", "xlsx")
        for rule, names in (
            (
                MAY_MANAGE,
                (
                    *("cards", "transactions", "receipts", "rewards", "grants", "referrals"),
                    *("pins", "staff-report"),
                ),
            ),
            (MAY_MANAGE_VENDOR, ("locations", "devices")),
            (MAY_OWN, ("people", "api-keys", "audit-events")),
        )
        for name in names
    },
    # Cards and the ledger
    # Whoever may only operate finds some, and gets no list of all: the route asks for a query.
    ("GET", f"{_LOYALTY}/cards"): _SEE,
    ("POST", f"{_LOYALTY}/cards"): MAY_OPERATE,
    ("GET", f"{_LOYALTY}/cards/lookup"): _SEE,
    ("POST", f"{_LOYALTY}/cards/lookup"): _SEE,
    ("GET", f"{_LOYALTY}/cards/{{card_id}}"): _SEE,
    ("PATCH", f"{_LOYALTY}/cards/{{card_id}}"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/block"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/unblock"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/replace"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/merge"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/merge/preview"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/proof-of-person"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/keep-customer"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/cards/{{card_id}}/contact-change"): MAY_READ,
    ("DELETE", f"{_LOYALTY}/cards/{{card_id}}/contact-change"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/cards/{{card_id}}/transactions"): _SEE,
    ("GET", f"{_LOYALTY}/cards/{{card_id}}/grants"): _SEE,
    ("GET", f"{_LOYALTY}/cards/{{card_id}}/reservations"): _SEE,
    ("GET", f"{_LOYALTY}/transactions"): MAY_READ,
    # The till
    ("POST", f"{_LOYALTY}/stamp"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/stamp/redeem"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/visit"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/points/earn"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/points/quote"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/visit/quote"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/points/redeem"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/points/refund"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/points/adjust"): MAY_MANAGE,
    # To give something away is not the till's, to hand out what was given is.
    ("POST", f"{_LOYALTY}/grants"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/grants/redeem"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/grants/{{grant_id}}/revoke"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/reservations"): MAY_OPERATE,
    ("GET", f"{_LOYALTY}/reservations/{{reservation_id}}"): _SEE,
    ("POST", f"{_LOYALTY}/reservations/{{reservation_id}}/confirm"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/reservations/{{reservation_id}}/release"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/transactions/{{transaction_id}}/void"): MAY_OPERATE,
    ("POST", f"{_LOYALTY}/operations"): MAY_OPERATE,
    # History is told by who answers for the program
    ("GET", f"{_LOYALTY}/imports/history"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/imports/history"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/imports/history/{{import_id}}"): MAY_MANAGE,
    # Files from elsewhere
    ("GET", f"{_LOYALTY}/imports"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/imports"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/imports/{{import_id}}"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/imports/{{import_id}}"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/imports/{{import_id}}/preview"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/imports/{{import_id}}/run"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/imports/{{import_id}}/undo"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/imports/{{import_id}}/errors.csv"): MAY_MANAGE,
    # Staff PINs
    ("GET", f"{_LOYALTY}/pins"): _SEE_RULES,
    ("POST", f"{_LOYALTY}/pins"): MAY_MANAGE,
    ("GET", f"{_LOYALTY}/pins/{{pin_id}}"): _SEE_RULES,
    ("PATCH", f"{_LOYALTY}/pins/{{pin_id}}"): MAY_MANAGE,
    ("DELETE", f"{_LOYALTY}/pins/{{pin_id}}"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/pins/{{pin_id}}/unlock"): MAY_MANAGE,
    ("POST", f"{_LOYALTY}/pins/verify"): MAY_OPERATE,
    # The platform
    ("GET", f"{_PLATFORM}/loyalty/programs"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/programs/{{program_id}}"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/stats"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/wallet"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/plans"): MAY_ADMINISTER,
    ("POST", f"{_PLATFORM}/loyalty/plans"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/plans/{{plan_id}}"): MAY_ADMINISTER,
    ("PATCH", f"{_PLATFORM}/loyalty/plans/{{plan_id}}"): MAY_ADMINISTER,
    ("DELETE", f"{_PLATFORM}/loyalty/plans/{{plan_id}}"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/usage"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/loyalty/usage/months.csv"): MAY_ADMINISTER,
    ("PUT", f"{_PLATFORM}/vendors/{{vendor_id}}/plan"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/vendors/{{vendor_id}}/usage"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/status"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/vendors"): MAY_ADMINISTER,
    ("POST", f"{_PLATFORM}/vendors"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/vendors/{{vendor_id}}"): MAY_ADMINISTER,
    ("PATCH", f"{_PLATFORM}/vendors/{{vendor_id}}"): MAY_ADMINISTER,
    ("POST", f"{_PLATFORM}/vendors/{{vendor_id}}/suspend"): MAY_ADMINISTER,
    ("POST", f"{_PLATFORM}/vendors/{{vendor_id}}/resume"): MAY_ADMINISTER,
    ("GET", f"{_PLATFORM}/audit-events"): MAY_ADMINISTER,
    # The public: a card's token is the credential of the card's own routes
    ("GET", f"{_OPEN}/programs/{{slug}}"): PUBLIC,
    ("POST", f"{_OPEN}/programs/{{slug}}/enroll"): PUBLIC,
    ("GET", f"{_OPEN}/programs/{{slug}}/logo.png"): PUBLIC,
    ("GET", f"{_OPEN}/programs/{{slug}}/hero.png"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/events"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/transactions"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/qr.svg"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/apple.pkpass"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/google"): PUBLIC,
    # What its holder alone may ask wants a second proof
    ("POST", f"{_OPEN}/cards/{{token}}/proof-of-person"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/proof"): PUBLIC,
    ("GET", f"{_OPEN}/cards/{{token}}/export"): PUBLIC,
    ("DELETE", f"{_OPEN}/cards/{{token}}/customer"): PUBLIC,
    ("POST", f"{_OPEN}/cards/{{token}}/customer/keep"): PUBLIC,
    ("POST", f"{_OPEN}/cards/{{token}}/contact-change"): PUBLIC,
    ("DELETE", f"{_OPEN}/cards/{{token}}/contact-change"): PUBLIC,
    ("POST", f"{_OPEN}/contact-objections"): PUBLIC,
    ("POST", f"{_OPEN}/cards/{{token}}/merge-request"): PUBLIC,
    ("POST", f"{_OPEN}/card-merges/preview"): PUBLIC,
    ("POST", f"{_OPEN}/card-merges"): PUBLIC,
    # Whoever is not this machine or its proxy is refused
    ("GET", f"{_OPEN}/domains/ask"): PUBLIC,
    # Google: its signature is the credential; the logo is anybody's
    ("POST", f"{_OPEN}/google/callback"): PUBLIC,
    ("GET", f"{_OPEN}/google/programs/{{program_id}}/logo.png"): PUBLIC,
    ("GET", f"{_OPEN}/google/programs/{{program_id}}/hero.png"): PUBLIC,
    ("GET", f"{_OPEN}/google/programs/{{program_id}}/stamps/{{picture}}.png"): PUBLIC,
    # Web shops and other tills: a secret of the address, and mostly a signature
    ("POST", "/api/v1/hooks/{kind}/{integration_id}/{secret}"): PUBLIC,
    # Phones with a pass: its own token, or the name of the phone, is the credential
    ("POST", _APPLE_REGISTRATION): PUBLIC,
    ("DELETE", _APPLE_REGISTRATION): PUBLIC,
    ("GET", f"{_APPLE}/devices/{{device_library_id}}/registrations/{{pass_type_id}}"): PUBLIC,
    ("GET", f"{_APPLE}/passes/{{pass_type_id}}/{{serial_number}}"): PUBLIC,
    ("POST", f"{_APPLE}/log"): PUBLIC,
}


def require(rule: AccessRule, subject: Subject) -> None:
    """Let the caller through, or raise CredentialsMissing or NotAllowed."""
    if not rule.allows(subject):
        if subject.needs_second_factor:
            raise SecondFactorNeeded
        raise CredentialsMissing if subject.kind == SubjectKind.NOBODY else NotAllowed


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise LookupError when a route of the API has no rule, or would be looked up wrongly.

    Routers carry their whole path as their own prefix: the framework tells a route only the path
    that it was declared with.
    """
    for route in iter_route_contexts(list(routes)):
        path = route.path or ""
        if not path.startswith("/api/") or not route.methods:
            continue
        for method in route.methods - {"HEAD", "OPTIONS"}:
            if (method, path) not in ACCESS:
                raise LookupError(f"{method} {path} has no rule in the table of what is allowed")
        declared = route.original_route
        if isinstance(declared, APIRoute) and declared.path != path:
            raise LookupError(f"{path} is declared as {declared.path}: give the router its prefix")
