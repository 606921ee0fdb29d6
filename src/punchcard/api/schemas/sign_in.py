"""What is said when people sign in: tokens, sessions, passwords and addresses to prove."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from punchcard.accounts.access.known_browsers import KNOWN_CHARACTERS
from punchcard.accounts.models import (
    AccessToken,
)
from punchcard.accounts.vocabulary import Role
from punchcard.api.schemas.accounts import NewPassword
from punchcard.api.schemas.fields import (
    Email,
    IdOf,
    Moment,
    OneOf,
    Schema,
    line,
)
from punchcard.kit.ids import LocationId, SessionId, VendorId

GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LinkToken = Annotated[str, *line(1, 1500)]
KnownBrowser = Annotated[str, StringConstraints(max_length=KNOWN_CHARACTERS)]


class SubjectSchema(Schema):
    """Who is calling and what they may do."""

    kind: Literal["admin", "member", "api_key", "device"]
    id: IdOf[str]
    name: str
    vendor_id: IdOf[VendorId] | None
    role: OneOf[Role] | None
    permissions: list[str]
    location_id: IdOf[LocationId] | None
    language: str | None


class TokenRequest(Schema):
    """An e-mail address and a password."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    password: GivenPassword
    known_browser: KnownBrowser | None = None


class TokenSchema(Schema):
    """A new session; the token is shown now and never again.

    Keep `known_browser` and send it with the next sign-in from the same place: it opens nothing,
    but what strangers try is counted apart from it, and nobody is mailed about a new browser.
    """

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    subject: SubjectSchema
    known_browser: str


class PasswordChange(Schema):
    """The caller's own password, the current and the new one."""

    current_password: GivenPassword
    new_password: NewPassword


class PasswordResetRequest(Schema):
    """Whose password is forgotten."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]


class PasswordResetConfirm(Schema):
    """The token of the mail's link and the new password."""

    token: LinkToken
    new_password: NewPassword


class EmailChange(Schema):
    """The caller's new address, and their password once more."""

    email: Email
    current_password: GivenPassword


class EmailVerification(Schema):
    """The token of the mail's link."""

    token: LinkToken


class VerifiedAddressSchema(Schema):
    """Whose address was confirmed.

    `merge_token` is for a customer whose new address has a card of the program already: nothing
    has changed, and `POST /loyalty/card-merges` puts the two together.
    """

    kind: Literal["customer", "member", "admin"]
    merge_token: str | None = None


class SessionSchema(Schema):
    """A session of the caller."""

    id: IdOf[SessionId]
    user_agent: str | None
    network: str | None = Field(
        description="A /24 or /48, where the shop keeps from where things come."
    )
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None
    is_current: bool


def session_schema(row: AccessToken, *, current_id: str | None) -> SessionSchema:
    """Return a session as it is told."""
    return SessionSchema(
        id=row.id,
        user_agent=row.user_agent,
        network=row.network,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        is_current=row.id == current_id,
    )


class IdentitySchema(Schema):
    """The operator's identity provider by name, and the account of it that the caller has linked.

    `provider` is null where the caller cannot use one, the rest where nothing is linked.
    """

    provider: str | None
    email: str | None
    linked_at: Moment | None
    last_used_at: Moment | None
