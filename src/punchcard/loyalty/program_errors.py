"""Refusals around programs and rewards."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class SlugTaken(DomainError):
    """Another program of this server answers to the slug."""

    code = "slug_taken"
    kind = Kind.CONFLICT
    sentence = N_("This slug is already taken.")


class ProgramHasCards(DomainError):
    """The program has cards, so it can't be deleted, and some of its fields can't change."""

    code = "program_has_cards"
    kind = Kind.CONFLICT
    sentence = N_("This program already has cards.")
