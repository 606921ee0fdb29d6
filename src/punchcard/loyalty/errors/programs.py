"""Refusals of programs and their rewards."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class ProgramNotFound(DomainError):
    """No such program in this vendor's shop."""

    code = "program_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such program.")


class ProgramInactive(DomainError):
    """The program is a draft or switched off."""

    code = "program_inactive"
    kind = Kind.REFUSED
    sentence = N_("This program is not active.")


class ProgramTypeMismatch(DomainError):
    """Stamps were asked of a points program, or the other way round."""

    code = "program_type_mismatch"
    kind = Kind.REFUSED
    sentence = N_("This program does not work that way: its type is {program_type}.")


class ProgramSlugTaken(DomainError):
    """Another program of this server answers to the slug."""

    code = "slug_taken"
    kind = Kind.CONFLICT
    sentence = N_("This slug is already taken.")


class ProgramHasCards(DomainError):
    """The program has cards, so it can't be deleted, and some of its fields can't change."""

    code = "program_has_cards"
    kind = Kind.CONFLICT
    sentence = N_("This program already has cards.")


class ChangeLowersCards(DomainError):
    """Cards lose by the change, and nobody confirmed it.

    Facts `lowered`, what is less then, `losers`, of how many cards at most, and `confirm`, with
    which the same request goes through.
    """

    code = "change_lowers_cards"
    kind = Kind.CONFLICT
    sentence = N_("Cards lose what they have by this change: send it again with its confirmation.")


class RewardNotFound(DomainError):
    """No such reward in this vendor's shop."""

    code = "reward_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such reward.")


class RewardNotAvailable(DomainError):
    """The reward is archived, out of its dates, out of stock, or used up: facts `reason`."""

    code = "reward_not_available"
    kind = Kind.REFUSED
    sentence = N_("This reward is not available.")


class RewardPromised(DomainError):
    """It is promised for bringing a friend, so it can't be taken out of the catalogue."""

    code = "reward_promised"
    kind = Kind.CONFLICT
    sentence = N_("This reward is promised for bringing a friend: promise something else first.")


class RewardGivenByTier(DomainError):
    """A tier gives the reward, so it can't be taken out of the catalogue: facts `tier`."""

    code = "reward_given_by_tier"
    kind = Kind.CONFLICT
    sentence = N_("Who reaches {tier} is given this reward: take it out of that tier first.")
