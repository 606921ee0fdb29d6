"""Refusals of plans: of what they do not allow, and of changing them."""

from collections.abc import Mapping

from punchcard.accounts.vocabulary import PlanLimit
from punchcard.accounts.words import LIMIT_NAMES
from punchcard.kit.errors import DomainError, Fact, Kind, Param
from punchcard.kit.i18n import N_, translate


class _LimitName:
    """What a limit is called, in each language."""

    def __init__(self, limit: str) -> None:
        self._limit = limit

    def write_in(self, language: str) -> str:
        return translate(LIMIT_NAMES[self._limit], language)


class PlanLimitReached(DomainError):
    """The vendor has as many of something as its plan allows: facts `limit` and `maximum`."""

    code = "plan_limit_reached"
    kind = Kind.REFUSED
    sentence = N_(
        "The plan of this shop goes as far as {maximum} of these: {what}. All that is there goes on"
        " working. For more, ask whoever runs this server for another plan."
    )

    def __init__(self, limit: PlanLimit | None = None, maximum: int | None = None) -> None:
        facts: dict[str, Fact] = {"limit": limit, "maximum": maximum} if limit else {}
        super().__init__(retry_after_seconds=None, **facts)

    @property
    def params(self) -> Mapping[str, Param]:
        """Return the facts, and what is limited as each language calls it."""
        limit = self.facts.get("limit")
        return {**self.facts, "what": _LimitName(str(limit))} if limit else self.facts


class NoNewCards(PlanLimitReached):
    """The same to somebody who wants a card: the shop's affairs are none of theirs."""

    sentence = N_("This shop takes no new cards at the moment. Please ask at the shop.")

    def __init__(self) -> None:
        super().__init__()


class PlanNotFound(DomainError):
    """No such plan."""

    code = "plan_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such plan.")


class PlanNameTaken(DomainError):
    """Another plan is called so."""

    code = "plan_name_taken"
    kind = Kind.CONFLICT
    sentence = N_("Another plan has this name.")


class PlanInUse(DomainError):
    """Vendors have the plan: facts `vendors`, how many."""

    code = "plan_in_use"
    kind = Kind.REFUSED
    sentence = N_("Shops have this plan: {vendors}. Give them another one first.")
