"""What is said about second factors: challenges, keys for apps, recovery codes."""

from typing import Annotated

from punchcard.api.schemas.accounts import KnownBrowser, LinkToken
from punchcard.api.schemas.fields import Moment, Schema, line

FactorCode = Annotated[str, *line(1, 40)]


class SecondFactorRequest(Schema):
    """The challenge of `second_factor_required`, and a code of the app or a recovery code."""

    challenge: LinkToken
    code: FactorCode
    known_browser: KnownBrowser | None = None


class SecondFactorSchema(Schema):
    """The caller's second factor; `added_at` is null while there is none."""

    added_at: Moment | None
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


class RecoveryCodesSchema(Schema):
    """Codes that let in once each when the app is lost; shown now and never again."""

    recovery_codes: list[str]
