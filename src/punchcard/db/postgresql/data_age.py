"""How old what a request reads may be, and how old what it has read was."""

import math
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class DataAge:
    """Of one request: whether it must see the newest state, and the age of the oldest it saw.

    `seconds` is None while all that was read was the newest.
    """

    must_be_newest: bool = False
    seconds: float | None = None

    def note(self, seconds: float) -> None:
        """Note that something so old was read."""
        self.seconds = seconds if self.seconds is None else max(self.seconds, seconds)

    @property
    def whole_seconds(self) -> int | None:
        """Return the age in seconds, rounded up."""
        return None if self.seconds is None else math.ceil(self.seconds)


data_age: ContextVar[DataAge | None] = ContextVar("data_age", default=None)
"""The request in hand; None where nobody is told of an age: in commands and in the worker."""


def shown_age_seconds() -> int | None:
    """Return how old what the request in hand shows may be; None when it is the newest."""
    age = data_age.get()
    return age.whole_seconds if age is not None else None
