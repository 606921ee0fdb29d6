"""Refusals of signing in by the operator's identity provider."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class ProviderNotSet(DomainError):
    """The operator has set no identity provider up, or not for this kind of person."""

    code = "provider_not_set"
    kind = Kind.MISSING
    sentence = N_("There is no such way to sign in here.")


class ProviderAway(DomainError):
    """The provider does not answer, or says what cannot be used."""

    code = "provider_away"
    kind = Kind.BUSY
    sentence = N_(
        "The other sign-in cannot be reached at the moment. You can sign in with your password."
    )


class ProviderAnswerInvalid(DomainError):
    """What came back is forged, used, too old or of another browser; which of these is not told."""

    code = "provider_answer_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("That sign-in was not accepted. Please start it once more from this page.")


class ProviderDeclined(DomainError):
    """The provider let the person go without signing them in: they left, or may not."""

    code = "provider_declined"
    kind = Kind.FORBIDDEN
    sentence = N_("The other sign-in was left, or it did not let you in.")


class IdentityNotAllowed(DomainError):
    """The provider knows the person, and the operator's rules keep such accounts out."""

    code = "identity_not_allowed"
    kind = Kind.FORBIDDEN
    sentence = N_(
        "That account may not sign in here: its e-mail address is not confirmed there, or not of"
        " the right domain."
    )


class IdentityNotYours(DomainError):
    """The provider's account has another address than the person, or is somebody else's here."""

    code = "identity_not_yours"
    kind = Kind.CONFLICT
    sentence = N_(
        "That account has another e-mail address than you have here, or it is linked already."
    )


class IdentityNotLinked(DomainError):
    """The person has linked no account of the provider."""

    code = "identity_not_linked"
    kind = Kind.REFUSED
    sentence = N_("No account of the other sign-in is linked.")


class ProviderRequired(DomainError):
    """The operator wants this person to sign in by the provider: a password alone opens nothing."""

    code = "provider_required"
    kind = Kind.FORBIDDEN
    sentence = N_("Please use the other sign-in on this page: your password alone is not enough.")
