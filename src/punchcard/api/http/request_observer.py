"""Looks at how requests ended, and has counted what an investigation would ask for."""

from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

from punchcard.accounts.security.event_counter import SecurityEventCounter
from punchcard.accounts.subjects import NOBODY
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.kit.metrics.request_metrics import NO_ROUTE, RequestMetrics
from punchcard.kit.security.request_origin import request_origin

_EVENTS: Final[Mapping[str, SecurityEvent]] = {
    "not_allowed": SecurityEvent.ACCESS_REFUSED,
    "metrics_closed": SecurityEvent.ACCESS_REFUSED,
    "form_from_elsewhere": SecurityEvent.ACCESS_REFUSED,
    "pairing_code_invalid": SecurityEvent.PAIRING_REFUSED,
    "staff_pin_invalid": SecurityEvent.PIN_REFUSED,
    "staff_token_invalid": SecurityEvent.TOKEN_REFUSED,
}
"""The refusals that are security events, by their codes."""


class RequestObserver:
    """Called with each request once it is answered, and the status that it got.

    In the request's state stand `subject`, who called; `refusal`, the code of what was refused;
    `token_refused`, if what was shown is nobody's; and `observed`, what a request of this route is
    once it is granted. An ordinary one costs a few looks into dictionaries.
    """

    def __init__(self, counter: SecurityEventCounter, metrics: RequestMetrics) -> None:
        self._counter = counter
        self._metrics = metrics

    def __call__(self, scope: Scope, status: int, seconds: float) -> None:
        """Have the request counted: for whoever watches, and if it is one, as a security event.

        `seconds` is how long it took until the answer began.
        """
        state = scope["state"]
        refusal = state.get("refusal")
        path = getattr(scope.get("route"), "path", NO_ROUTE)
        self._metrics.note(scope["method"], path, status, seconds, refusal)
        if refusal is None:
            if (event := state.get("observed")) is not None and status < 300:
                self._note(scope, event, None)
            return
        event = _EVENTS.get(refusal)
        if state.get("token_refused"):
            event = SecurityEvent.TOKEN_REFUSED
        if event is not None:
            self._note(scope, event, refusal)

    def _note(self, scope: Scope, event: SecurityEvent, refusal: str | None) -> None:
        subject = scope["state"].get("subject") or NOBODY
        self._counter.note(event, request_origin.get(), actor=subject, refusal=refusal)
