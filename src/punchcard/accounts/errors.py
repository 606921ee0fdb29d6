"""Refusals about who is calling, and about vendors and their people, keys and devices."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class CredentialsMissing(DomainError):
    """Nothing was shown that says who is calling."""

    code = "credentials_missing"
    kind = Kind.UNKNOWN_CALLER
    sentence = N_("Please sign in first.")


class CredentialsInvalid(DomainError):
    """What was shown is wrong, expired or revoked; which of these is not told."""

    code = "credentials_invalid"
    kind = Kind.UNKNOWN_CALLER
    sentence = N_("These credentials are not valid.")


class NotAllowed(DomainError):
    """The caller is known, and lacks the permission."""

    code = "not_allowed"
    kind = Kind.FORBIDDEN
    sentence = N_("You are not allowed to do this.")


class ApiKeyExpired(DomainError):
    """The API key was good until `expired_at`."""

    code = "api_key_expired"
    kind = Kind.UNKNOWN_CALLER
    sentence = N_("This API key has expired. An owner of the shop can create another one.")


class ConfirmationRequired(DomainError):
    """The caller must show again who they are: it is too long since they signed in."""

    code = "confirmation_required"
    kind = Kind.FORBIDDEN
    sentence = N_("Please confirm first that it is you.")


class SecondFactorRequired(DomainError):
    """The password was right, and a second factor is asked for: facts `challenge`, `expires_at`."""

    code = "second_factor_required"
    kind = Kind.UNKNOWN_CALLER
    sentence = N_("Please also show your second factor.")


class ConfirmationIncomplete(SecondFactorRequired):
    """A session is to be confirmed: the same code and facts, of who is signed in already."""

    kind = Kind.FORBIDDEN


class SecondFactorInvalid(DomainError):
    """The code is wrong, too old or was used already; which of these is not told."""

    code = "second_factor_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This code is wrong, or it was used already. Wait for the next one.")


class ChallengeInvalid(DomainError):
    """The challenge for a second factor is forged or too old; which of these is not told."""

    code = "challenge_invalid"
    kind = Kind.REFUSED
    sentence = N_("That took too long. Please sign in again.")


class SecondFactorNeeded(DomainError):
    """This person must have a second factor: the operator or the shop's owner wants it."""

    code = "second_factor_needed"
    kind = Kind.FORBIDDEN
    sentence = N_("You need a second factor here. Please set one up first.")


class PasskeyInvalid(DomainError):
    """What a passkey signed is not good, too old, or was shown already; which is not told."""

    code = "passkey_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This passkey was not accepted. Please try again.")


class PasskeyNotFound(DomainError):
    """The caller has no such passkey."""

    code = "passkey_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such passkey.")


class PasskeysFull(DomainError):
    """The person has as many passkeys as anybody can."""

    code = "passkeys_full"
    kind = Kind.REFUSED
    sentence = N_("You have as many passkeys as you can. Remove one first.")


class PasskeysUnavailable(DomainError):
    """Browsers have passkeys only for a server with a name, over https."""

    code = "passkeys_unavailable"
    kind = Kind.REFUSED
    sentence = N_("Passkeys work only where this server has a name and is reached by https.")


class SecondFactorNotSet(DomainError):
    """The person has no second factor."""

    code = "second_factor_not_set"
    kind = Kind.REFUSED
    sentence = N_("There is no second factor.")


class PasswordWrong(DomainError):
    """The current password, asked again before it is changed, is wrong."""

    code = "password_wrong"
    kind = Kind.FORBIDDEN
    sentence = N_("The current password is wrong.")


class TooManyRequests(DomainError):
    """Too many attempts in a short time; `retry_after_seconds` says how long to wait."""

    code = "too_many_requests"
    kind = Kind.TOO_MANY
    sentence = N_("Too many attempts. Please wait a little.")


class HasherBusy(DomainError):
    """Too many passwords or PINs are being checked at this moment."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")


class VendorSuspended(DomainError):
    """The platform has suspended the vendor."""

    code = "vendor_suspended"
    kind = Kind.FORBIDDEN
    sentence = N_(
        "This shop is suspended. What is on its cards is kept: ask whoever runs this server."
    )


class VendorClosed(DomainError):
    """The vendor is closed permanently."""

    code = "vendor_closed"
    kind = Kind.REFUSED
    sentence = N_("This shop is closed.")


class VendorNotFound(DomainError):
    """No such vendor."""

    code = "vendor_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such shop.")


class VendorSlugTaken(DomainError):
    """Another vendor has this short name."""

    code = "slug_taken"
    kind = Kind.CONFLICT
    sentence = N_("This short name is already taken.")


class EmailTaken(DomainError):
    """Someone signs in with this address already."""

    code = "email_taken"
    kind = Kind.CONFLICT
    sentence = N_("Someone already signs in with this e-mail address.")


class UserNotFound(DomainError):
    """No such user of this vendor."""

    code = "member_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such person in this shop.")


class LastOwner(DomainError):
    """A vendor keeps at least one owner."""

    code = "last_owner"
    kind = Kind.REFUSED
    sentence = N_("A shop needs at least one owner.")


class LocationNotFound(DomainError):
    """No such location of this vendor."""

    code = "location_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such location.")


class LocationHasDevices(DomainError):
    """Paired devices still stand at the location."""

    code = "location_has_devices"
    kind = Kind.REFUSED
    sentence = N_("Move or remove the devices of this location first.")


class DeviceNotFound(DomainError):
    """No such device of this vendor."""

    code = "device_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such device.")


class PairingCodeInvalid(DomainError):
    """The pairing code is wrong, used or too old; which of these is not told."""

    code = "pairing_code_invalid"
    kind = Kind.MISSING
    sentence = N_("This pairing code is not valid. Please ask for a new one.")


class ApiKeyNotFound(DomainError):
    """No such API key of this vendor."""

    code = "api_key_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such API key.")


class SessionNotFound(DomainError):
    """The caller has no such session."""

    code = "session_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such session.")


class MailNotConfigured(DomainError):
    """The operator has not set a mail server up, so no link can be sent."""

    code = "mail_not_configured"
    kind = Kind.REFUSED
    sentence = N_("Mail is not configured here. Please ask the operator of the server.")


class LinkInvalid(DomainError):
    """The link of a mail is forged, used or too old; which of these is not told."""

    code = "link_invalid"
    kind = Kind.REFUSED
    sentence = N_("This link is no longer valid. Please ask for a new one.")


class AddressHeldElsewhere(DomainError):
    """Another customer of the shop has confirmed the same address; both stay as they are."""

    code = "address_held_elsewhere"
    kind = Kind.CONFLICT
    sentence = N_(
        "This address already belongs to another card of the shop. Both cards keep working;"
        " the shop can help."
    )
