"""Refusals of automations."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class AutomationNotFound(DomainError):
    """No such automation in this program."""

    code = "automation_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such automation.")


class AutomationEnded(DomainError):
    """The automation has ended: it is history, and nothing of it changes."""

    code = "automation_ended"
    kind = Kind.CONFLICT
    sentence = N_("This automation has ended.")


class TooManyAutomations(DomainError):
    """As many automations of the program as there may be are on or paused: facts `limit`."""

    code = "automations_limit_reached"
    kind = Kind.CONFLICT
    sentence = N_("No more than {limit} automations can be on or paused at once.")


class RewardGivenByAutomation(DomainError):
    """An automation that is on or paused gives the reward, so it stays in the catalogue."""

    code = "reward_given_by_automation"
    kind = Kind.CONFLICT
    sentence = N_("An automation gives this reward: end it or let it give something else first.")
