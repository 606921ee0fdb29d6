"""Refusals: what went wrong, as a stable code, a kind and facts; never a status or a sentence."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import Enum
from typing import Any, ClassVar, Final, Self

from punchcard.kit.clock import first_full_minute
from punchcard.kit.i18n import N_, Written, translate


class Kind(Enum):
    """What sort of refusal it is; the API and the pages translate kinds into statuses."""

    MALFORMED = "malformed"
    UNKNOWN_CALLER = "unknown_caller"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    REFUSED = "refused"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LARGE = "too_large"
    INVALID = "invalid"
    LOCKED = "locked"
    TOO_MANY = "too_many"
    BUSY = "busy"


INTERNAL: Final = N_("Something went wrong on our side. Quote the request id when you report it.")
"""What is told of a failure that nobody foresaw, and nothing else."""

Fact = str | int | bool | datetime | None
Param = Fact | Written
"""What fills a sentence: a fact, or a value that each language writes in its own way."""


class DomainError(Exception):
    """Something asked for was not done, and nothing was changed.

    `code` is the stable name clients rely on. `sentence` is the English text, a key of the
    catalogues, whose `{placeholders}` are filled from `facts`. `facts` travel in the answer.
    `retry_after_seconds` is how long to wait, where waiting helps. `opens` names the facts that are
    moments from which it works: the sentence tells the first full minute, not the one before.
    """

    code: ClassVar[str]
    kind: ClassVar[Kind]
    sentence: ClassVar[str]
    opens: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *, retry_after_seconds: int | None = None, **facts: Fact) -> None:
        super().__init__(self.code)
        self.facts: dict[str, Fact] = facts
        self.retry_after_seconds = retry_after_seconds

    @property
    def params(self) -> Mapping[str, Param]:
        """Return what fills the sentence: the facts, and what a refusal writes out of them."""
        return self.facts

    def by_clocks_of(self, zone: tzinfo) -> Self:
        """Let the sentence tell its moments as the clocks of a zone show them; return the refusal.

        In the facts of an answer they stay those moments.
        """
        for name, fact in self.facts.items():
            if isinstance(fact, datetime):
                self.facts[name] = fact.astimezone(zone)
        return self

    def told(self, language: str) -> str:
        """Return the sentence in `language`."""
        params = {
            name: first_full_minute(value)
            if name in self.opens and isinstance(value, datetime)
            else value
            for name, value in self.params.items()
        }
        return translate(self.sentence, language, **params)


class InvalidInput(DomainError):
    """A field does not fit; `errors` names each one: `{loc: [...], message: English sentence}`."""

    code = "invalid_input"
    kind = Kind.INVALID
    sentence = N_("Some fields are not valid.")

    def __init__(self, errors: list[dict[str, Any]] | None = None, **facts: Fact) -> None:
        super().__init__(retry_after_seconds=None, **facts)
        self.errors = errors or []


def invalid_field(*loc: str | int, message: str, **params: Param) -> InvalidInput:
    """Return the refusal of one field; `message` is an English catalogue key, `params` fill it."""
    return InvalidInput([{"loc": list(loc), "message": message, "params": params}])
