"""What is said about second factors: challenges, keys for apps, recovery codes."""

from typing import Annotated, Any

from pydantic import Field

from punchcard.accounts.access.factor_models import Passkey
from punchcard.accounts.access.passkeys import NAME_CHARACTERS
from punchcard.api.schemas.fields import Moment, Schema, line
from punchcard.api.schemas.sign_in import GivenPassword, KnownBrowser, LinkToken

FactorCode = Annotated[str, *line(1, 40)]


class SecondFactorRequest(Schema):
    """The challenge of `second_factor_required`, and a code of the app or a recovery code."""

    challenge: LinkToken
    code: FactorCode
    known_browser: KnownBrowser | None = None


PasskeyCredential = Annotated[
    dict[str, Any], Field(description="`PublicKeyCredential.toJSON()`, as the browser gives it.")
]
PasskeyOptions = Annotated[
    dict[str, Any],
    Field(description="What `navigator.credentials` takes as `publicKey`, bytes in base64url."),
]


class PasskeySchema(Schema):
    """One passkey; `last_used_at` is null until somebody signs in with it."""

    id: str
    name: str
    added_at: Moment
    last_used_at: Moment | None


class SecondFactorSchema(Schema):
    """The caller's second factor: `added_at` is when their app was, null without one."""

    added_at: Moment | None
    passkeys: list[PasskeySchema]
    is_required: bool
    recovery_codes_left: int


class SecondFactorSetupSchema(Schema):
    """What an app needs: the key in base32 and as an `otpauth:` address; `setup` goes back."""

    key: str
    uri: str
    setup: str


class SecondFactorChange(Schema):
    """The `setup` that was begun, and the first code of the app; good for 15 minutes."""

    setup: LinkToken
    code: FactorCode


class PasskeyAskRequest(Schema):
    """The challenge of `second_factor_required`."""

    challenge: LinkToken


class PasskeyAskSchema(Schema):
    """What to ask a device; `token` goes back with its answer, within five minutes."""

    options: PasskeyOptions
    token: LinkToken


class PasskeySignInRequest(Schema):
    """The `token` of what was asked, and what the device signed."""

    token: LinkToken
    credential: PasskeyCredential
    known_browser: KnownBrowser | None = None


class Confirmation(Schema):
    """The caller's own password, once more.

    Or, after `second_factor_required`, its `challenge` with a `code`, or the `token` of what a
    passkey was asked with what it signed.
    """

    password: GivenPassword | None = None
    challenge: LinkToken | None = None
    code: FactorCode | None = None
    token: LinkToken | None = None
    credential: PasskeyCredential | None = None


class PasskeyAddition(Schema):
    """The `token` of what was asked, what the device made, and what the person calls it."""

    token: LinkToken
    credential: PasskeyCredential
    name: Annotated[str, *line(1, NAME_CHARACTERS)]


class PasskeyChange(Schema):
    """What the person calls it from now on."""

    name: Annotated[str, *line(1, NAME_CHARACTERS)]


class NewPasskeySchema(PasskeySchema):
    """A passkey that was added; with the first second factor also codes for when it is lost."""

    recovery_codes: list[str] | None


class RecoveryCodesSchema(Schema):
    """Codes that let in once each when the app is lost; shown now and never again."""

    recovery_codes: list[str]


def passkey_facts(row: Passkey) -> dict[str, Any]:
    """Return what is told of a passkey: neither its id at the device nor its key."""
    return {
        "id": row.id,
        "name": row.name,
        "added_at": row.created_at,
        "last_used_at": row.last_used_at,
    }
