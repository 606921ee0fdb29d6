"""What a call can end in besides an answer: a problem that the server tells, or no answer."""

from collections.abc import Mapping
from typing import Any, Final


class PunchcardError(Exception):
    """A call did not do what was asked.

    `idempotency_key` is the key it was sent under, None for a call without one: sent again with it,
    what was done is not done twice.
    """

    idempotency_key: str | None = None


class Unreachable(PunchcardError):
    """No answer that can be understood came; whether it was done is not known."""


class Problem(PunchcardError):
    """The server refused it (RFC 9457). Nothing was changed.

    `code` is stable; `detail` is a sentence in the client's language; `facts` are those of the
    code, such as `next_stamp_at`; `errors` says which fields are not valid, as `{loc, message}`;
    `retry_after_seconds` is how long to wait, None where the server does not say.
    """

    def __init__(
        self, status: int, told: Mapping[str, Any], retry_after_seconds: int | None
    ) -> None:
        """Keep what the server told with this status."""
        self.status = status
        self.code = str(told["code"])
        self.title = str(told.get("title", ""))
        self.detail = str(told.get("detail", ""))
        self.request_id = str(told.get("request_id", ""))
        self.errors: list[dict[str, Any]] = list(told.get("errors", ()))
        self.facts = {name: value for name, value in told.items() if name not in _COMMON}
        self.retry_after_seconds = retry_after_seconds
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['message']}" for one in self.errors)
        super().__init__(" ".join([f"{self.code}: {self.detail}", *faults]))


class InvalidInput(Problem):
    """400, 413 or 422: what was sent cannot be."""


class NotSignedIn(Problem):
    """401: the key is not valid, or no longer."""


class NotAllowed(Problem):
    """403: the key may not do this, or a staff PIN is needed or wrong."""


class NotFound(Problem):
    """404: there is no such thing, or it is another shop's."""


class Refused(Problem):
    """409 or 412: a rule refuses it, or it conflicts with what is there."""


class Locked(Problem):
    """423: locked for a while, as a PIN after wrong tries."""


class Busy(Problem):
    """429 or 503, still after all tries."""


_COMMON: Final = frozenset({"type", "title", "status", "detail", "code", "request_id", "errors"})
_BY_STATUS: Final[dict[int, type[Problem]]] = {
    400: InvalidInput,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Refused,
    412: Refused,
    413: InvalidInput,
    422: InvalidInput,
    423: Locked,
    429: Busy,
    503: Busy,
}


def problem_of(status: int, told: Mapping[str, Any], retry_after_seconds: int | None) -> Problem:
    """Return the problem of this status; a plain `Problem` for one that has no class."""
    return _BY_STATUS.get(status, Problem)(status, told, retry_after_seconds)
