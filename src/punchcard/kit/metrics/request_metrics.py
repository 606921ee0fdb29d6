"""What is counted of requests: how many, how long until they were answered, and refusals."""

from typing import Final

from punchcard.kit.metrics.instruments import Measure, Tally

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The problem that nobody foresaw.
_INTERNAL: Final = ("internal_error", "500")
NO_ROUTE: Final = "none"
"""Stands for every address that leads nowhere."""


class RequestMetrics:
    """The requests of one process, by the template of their route, never by what was asked for."""

    def __init__(self) -> None:
        self.requests: Final = Tally("method", "route", "status")
        self.seconds: Final = Measure("route")
        self.refusals: Final = Tally("code", "status", known=[_INTERNAL])

    def note(
        self, method: str, route: str, status: int, seconds: float, refusal: str | None
    ) -> None:
        """Count one request: `seconds` until its answer began, `refusal` the code of a problem."""
        told = str(status)
        self.requests.add((method if method in _METHODS else "other", route, told))
        self.seconds.note(seconds, (route,))
        if refusal is not None:
            self.refusals.add((refusal, told))
