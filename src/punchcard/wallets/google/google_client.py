"""Google's Wallet API over HTTP: put a class or an object there, whatever was there before.

Nothing here is a delta: a body says how a thing is, so sending it twice does no harm, and a
request that timed out after Google had taken it is simply sent again.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from punchcard.kit.clock import Clock
from punchcard.kit.metrics.instruments import Tally
from punchcard.kit.tracing.spans import SpanKind, child_of_current, within
from punchcard.wallets.google.access_token import TokenSource
from punchcard.wallets.google.google_errors import (
    GoogleAway,
    GoogleClassMissing,
    GoogleNeedsOperator,
    GoogleRefused,
)
from punchcard.wallets.google.rate_limiter import BlockingRateLimiter

if TYPE_CHECKING:
    import httpx

CLASS: Final = "loyaltyClass"
OBJECT: Final = "loyaltyObject"

_LONGEST_PAUSE: Final = timedelta(seconds=60)
_LONGEST_SILENCE: Final = timedelta(hours=1)
_REASON_CHARACTERS: Final = 500
_UPSERT_STEPS: Final = 4
_NO_ANSWER: Final = "none"

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Put:
    """What became of a body: whether Google was asked to tell the phone, and who holds it."""

    is_notified: bool
    has_users: bool


class _QuotaExceeded(Exception):
    """The pass has been notified of often enough today."""


class GoogleClient:
    """Sends bodies to Google, not faster than it allows, with one token for all.

    After failures that waiting may heal it stays silent for a while, longer each time, and says
    `GoogleAway` without asking: a thousand cards must not each wait for their own time-out.
    `counts` are the answers by their HTTP status, "none" where there was no answer.
    """

    def __init__(
        self,
        http: "httpx.Client",
        tokens: TokenSource,
        *,
        api_url: str,
        clock: Clock,
        pace: BlockingRateLimiter,
        counts: Tally | None = None,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._api_url = api_url.rstrip("/")
        self._clock = clock
        self._pace = pace
        self._counts = counts or Tally("status")
        self._guard = threading.Lock()
        self._failures = 0
        self._silent_until: datetime | None = None

    def put(
        self, kind: str, body: Body, *, is_known: bool, notify: bool = False, is_urgent: bool = True
    ) -> Put:
        """Make `body` what Google has under its id; None values clear what was there.

        Raises GoogleAway, GoogleNeedsOperator or GoogleRefused.
        """
        is_there = is_known
        for _ in range(_UPSERT_STEPS):
            try:
                response = self._write(kind, body, is_there, notify=notify, is_urgent=is_urgent)
            except _QuotaExceeded:
                notify = False
                continue
            if response.status_code not in (404, 409):
                return Put(is_notified=notify, has_users=_has_users(response))
            self._check_class_exists(response, kind, is_there)
            is_there = response.status_code == 409
        raise GoogleAway(f"{body['id']} comes and goes")

    def get(self, kind: str, resource_id: str, *, is_urgent: bool = True) -> dict[str, Any] | None:
        """Return what Google has under an id, or None."""
        response = self._send("GET", f"{kind}/{resource_id}", None, is_urgent=is_urgent)
        return None if response.status_code == 404 else response.json()

    def _write(
        self, kind: str, body: Body, is_there: bool, *, notify: bool, is_urgent: bool
    ) -> "httpx.Response":
        # A new object has nothing to tell the phone about.
        asked = {"notifyPreference": "NOTIFY_ON_UPDATE"} if notify and is_there else {}
        if is_there:
            path = f"{kind}/{body['id']}"
            return self._send("PATCH", path, {**body, **asked}, is_urgent=is_urgent)
        given = {name: value for name, value in body.items() if value is not None}
        return self._send("POST", kind, given, is_urgent=is_urgent)

    def _check_class_exists(self, response: "httpx.Response", kind: str, is_there: bool) -> None:
        # A 404 to an insert is about something else than the thing itself.
        if response.status_code == 404 and not is_there:
            raise GoogleClassMissing(f"{kind}: {_reason(response)}")

    def _send(
        self, method: str, path: str, body: Body | None, *, is_urgent: bool
    ) -> "httpx.Response":
        """Send one request; a token that was refused is renewed once."""
        self._raise_if_silent()
        for is_last in (False, True):
            token = self._tokens.get()
            self._pace.take(is_urgent=is_urgent)
            with within(child_of_current("call of Google Wallet", SpanKind.CLIENT)) as span:
                response = self._request(method, path, body, token)
                if span is not None:
                    span.note("http.request.method", method)
                    span.note("http.response.status_code", response.status_code)
            if response.status_code != 401 or is_last:
                break
            self._tokens.drop(token)
        return self._judged(response)

    def _request(self, method: str, path: str, body: Body | None, token: str) -> "httpx.Response":
        import httpx

        try:
            return self._http.request(
                method,
                f"{self._api_url}/{path}",
                json=body,
                headers={"Authorization": f"Bearer {token}"},
            )
        except httpx.TransportError as error:
            self._counts.add((_NO_ANSWER,))
            raise self._away(type(error).__name__, None) from error

    def _judged(self, response: "httpx.Response") -> "httpx.Response":
        """Return an answer the caller can go on with; raise what stands for any other."""
        status, reason = response.status_code, _reason(response)
        self._counts.add((str(status),))
        if status == 429 or status >= 500:
            raise self._away(f"HTTP {status}: {reason}", _retry_after(response))
        with self._guard:
            self._failures, self._silent_until = 0, None
        if status < 400 or status in (404, 409):
            return response
        if status == 403 and "quotaExceeded" in reason:
            raise _QuotaExceeded
        if status == 403 and "rate" in reason.lower():
            raise self._away(f"HTTP 403: {reason}", _retry_after(response))
        if status in (401, 403):
            raise GoogleNeedsOperator(
                f"HTTP {status}: {reason}. Invite the service account as a Developer in the"
                " Google Pay & Wallet Console, and check PUNCHCARD_GOOGLE_ISSUER_ID."
            )
        raise GoogleRefused(f"HTTP {status}: {reason}")

    def _raise_if_silent(self) -> None:
        until = self._silent_until
        left = until - self._clock.now() if until is not None else timedelta()
        # Longer than any silence: the clock was put back since.
        if timedelta() < left <= _LONGEST_SILENCE:
            raise GoogleAway("Google did not answer a moment ago", retry_after=left)

    def _away(self, reason: str, retry_after: timedelta | None) -> GoogleAway:
        with self._guard:
            # One failure may be about one thing; from the second in a row it is Google's.
            doubled = timedelta(seconds=2 ** min(self._failures, 10)) if self._failures else None
            self._failures += 1
            pause = max(min(_LONGEST_PAUSE, doubled or timedelta()), retry_after or timedelta())
            self._silent_until = self._clock.now() + pause
        return GoogleAway(reason, retry_after=pause)


def _has_users(response: "httpx.Response") -> bool:
    try:
        return bool(response.json().get("hasUsers"))
    except (ValueError, AttributeError):
        return False


def _reason(response: "httpx.Response") -> str:
    """Return what Google says about a refusal, in a line; empty for any other answer."""
    if response.status_code < 400:
        return ""
    try:
        error = response.json()["error"]
        reasons = [str(one.get("reason", "")) for one in error.get("errors", [])]
        told = " ".join([*reasons, str(error.get("message", ""))])
    except (ValueError, KeyError, TypeError, AttributeError):
        told = "no reason given"
    return told[:_REASON_CHARACTERS]


def _retry_after(response: "httpx.Response") -> timedelta | None:
    """Return the whole seconds of a Retry-After header, an hour at most."""
    told = response.headers.get("Retry-After", "")
    return timedelta(seconds=min(3600, int(told))) if told.isascii() and told.isdigit() else None
