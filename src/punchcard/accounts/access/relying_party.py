"""This server as passkeys know it (WebAuthn's relying party): its name, and what it lets pass."""

import ipaddress
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from punchcard.accounts.access.factor_models import Passkey
from punchcard.accounts.errors import PasskeyInvalid, PasskeysUnavailable
from punchcard.kit.origins import origin_of

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor
    from webauthn.registration.verify_registration_response import VerifiedRegistration

Credential = dict[str, Any] | str
"""What a browser answers: `PublicKeyCredential.toJSON()`, or the same as text."""

TIMEOUT_MS: Final = 120_000
_NAME: Final = "Punchcard"
_LOCAL: Final = "localhost"


class RelyingParty:
    """Writes what browsers are asked, and checks what devices have signed.

    Its id is the host of the server's address, its origin the address itself. An address without a
    name, or without https, has no passkeys: browsers give it none (`localhost` they do).
    """

    def __init__(self, base_url: str) -> None:
        self._origin = origin_of(base_url) or ""
        parts = urlsplit(self._origin)
        self._id = parts.hostname or ""
        is_local = self._id == _LOCAL or self._id.endswith(f".{_LOCAL}")
        is_safe = parts.scheme == "https" or is_local
        self.is_available = bool(self._id) and is_safe and not _is_address(self._id)

    def require_available(self) -> None:
        """Raise PasskeysUnavailable where browsers have no passkeys for this server."""
        if not self.is_available:
            raise PasskeysUnavailable

    def creation(
        self, *, challenge: bytes, handle: bytes, email: str, name: str, known: Sequence[Passkey]
    ) -> dict[str, Any]:
        """Return the options of `navigator.credentials.create`; devices in `known` are left out.

        `handle` is what devices know a person by.
        """
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        options = generate_registration_options(
            rp_id=self._id,
            rp_name=_NAME,
            user_id=handle,
            user_name=email,
            user_display_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=_descriptors(known),
        )
        return _as_object(options_to_json(options))

    def request(self, *, challenge: bytes, known: Sequence[Passkey]) -> dict[str, Any]:
        """Return the options of `navigator.credentials.get` for somebody's passkeys."""
        from webauthn import generate_authentication_options, options_to_json

        options = generate_authentication_options(
            rp_id=self._id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=_descriptors(known),
        )
        return _as_object(options_to_json(options))

    def request_anybody(self, *, challenge: bytes) -> dict[str, Any]:
        """Return the options of `navigator.credentials.get` for whoever has a passkey here.

        The device says whose it is, and must have made sure of its person.
        """
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        options = generate_authentication_options(
            rp_id=self._id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _as_object(options_to_json(options))

    def check_new(self, credential: Credential, challenge: bytes) -> "VerifiedRegistration":
        """Return what a device made for `challenge`. Raises PasskeyInvalid."""
        from webauthn import verify_registration_response

        try:
            return verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
            )
        # A stranger's bytes: the readers of CBOR and keys raise whatever they stumble over.
        except Exception:
            raise PasskeyInvalid from None

    def check(
        self,
        credential: Credential,
        challenge: bytes,
        passkey: Passkey,
        *,
        is_alone: bool = False,
    ) -> "VerifiedAuthentication":
        """Return what a passkey signed for `challenge`, its count higher than before.

        Where it `is_alone`, its device must have made sure of the person. Raises PasskeyInvalid.
        """
        from webauthn import verify_authentication_response

        try:
            return verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=is_alone,
            )
        # A stranger's bytes, as above.
        except Exception:
            raise PasskeyInvalid from None

    @staticmethod
    def credential_id(credential: Credential) -> bytes:
        """Return which passkey an answer is of, as it says itself. Raises PasskeyInvalid."""
        from webauthn.helpers import parse_authentication_credential_json

        try:
            named: bytes = parse_authentication_credential_json(credential).raw_id
        # A stranger's bytes, as above.
        except Exception:
            raise PasskeyInvalid from None
        return named

    @staticmethod
    def handle(credential: Credential) -> bytes | None:
        """Return by what a device says that it knows its person. Raises PasskeyInvalid."""
        from webauthn.helpers import parse_authentication_credential_json

        try:
            response = parse_authentication_credential_json(credential).response
        # A stranger's bytes, as above.
        except Exception:
            raise PasskeyInvalid from None
        return response.user_handle

    @staticmethod
    def transports(credential: Credential) -> list[str]:
        """Return how a device says that it is reached, as far as it is known to the standard."""
        from webauthn.helpers import parse_registration_credential_json

        try:
            told = parse_registration_credential_json(credential).response.transports
        # A stranger's bytes, as above.
        except Exception:
            raise PasskeyInvalid from None
        return sorted({one.value for one in told or ()})


def _descriptors(passkeys: Sequence[Passkey]) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[AuthenticatorTransport(way) for way in one.transports] or None,
        )
        for one in passkeys
    ]


def _as_object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
