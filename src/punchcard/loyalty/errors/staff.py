"""Refusals of staff PINs and staff tokens."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class StaffPinRequired(DomainError):
    """The program asks for a staff PIN or token."""

    code = "staff_pin_required"
    kind = Kind.FORBIDDEN
    sentence = N_("A staff PIN is required.")


class StaffPinNotForProgram(DomainError):
    """The PIN is right, but not for this program."""

    code = "staff_pin_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This staff PIN is not valid for this program.")


class StaffPinNotFound(DomainError):
    """No such staff PIN in this vendor's shop."""

    code = "staff_pin_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such staff PIN.")


class PinTooSimple(DomainError):
    """A colleague would try this PIN among the first few guesses."""

    code = "pin_too_simple"
    kind = Kind.INVALID
    sentence = N_("This PIN is too easy to guess. Please choose another one.")


class PinAlreadyUsed(DomainError):
    """Somebody else of the vendor uses this PIN."""

    code = "pin_already_used"
    kind = Kind.CONFLICT
    sentence = N_("This PIN is already in use. Please choose another one.")


class StaffIdTaken(DomainError):
    """Somebody else of the vendor has this staff id."""

    code = "staff_id_taken"
    kind = Kind.CONFLICT
    sentence = N_("This staff id is already in use.")


class StaffPinRetired(DomainError):
    """The person's PIN is retired, for good."""

    code = "staff_pin_retired"
    kind = Kind.CONFLICT
    sentence = N_("This staff PIN is retired and can no longer be changed.")


class StaffPinInvalid(DomainError):
    """The PIN is wrong: facts `remaining_attempts`, and `locked_until` once none is left."""

    code = "staff_pin_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This PIN is wrong. Attempts left: {remaining_attempts}.")


class StaffPinLocked(DomainError):
    """Too many wrong PINs were typed for this person, or at this terminal: facts `locked_until`."""

    code = "staff_pin_locked"
    kind = Kind.LOCKED
    opens = frozenset({"locked_until"})
    sentence = N_("Too many wrong PINs. Locked until {locked_until}.")


class StaffPinExhausted(DomainError):
    """So many wrong PINs were typed for this person that the PIN itself is no longer trusted."""

    code = "staff_pin_exhausted"
    kind = Kind.LOCKED
    sentence = N_("Too many wrong PINs were entered for this person. A manager must set a new PIN.")


class StaffTokenInvalid(DomainError):
    """The staff token is expired, retired, lent to another credential, or not ours."""

    code = "staff_token_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This staff session has ended. Please enter your PIN again.")
