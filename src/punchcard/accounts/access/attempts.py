"""Wrong passwords, counted so that guessing is slow and nobody can keep somebody else out.

Who guesses is counted by the address that is typed together with the network it comes from. All
networks together are counted too, at a far higher bound, against guesses from everywhere. A
browser that the person has signed in with before is asked about neither: it has a count of its
own, so what strangers do never keeps the person out of it. In a running session the session is
counted, for the same reason.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from punchcard.accounts import throttle
from punchcard.accounts.access.rate_limit import counted_address
from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.throttle import Failure, Limit
from punchcard.kit.secrets import Digests
from punchcard.kit.settings import Settings
from punchcard.kit.validation.contacts import email_forms

_DAY_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One counted attempt: what it is counted under, and what each count came to.

    `is_of_another` says that it was right for somebody else than those whom guesses at the address
    are aimed at: it does not make up for what was typed wrong before.
    """

    failures: tuple[Failure, ...]
    is_of_another: bool = False

    @property
    def begins_pause(self) -> bool:
        """Whether nobody is let through for a while after this attempt."""
        return any(failure.blocked_until is not None for failure in self.failures)


class Attempts:
    """Counts attempts before they are checked; `forget` those that were right."""

    def __init__(self, settings: Settings) -> None:
        self._digests = Digests(settings.keys, "punchcard sign-in throttle")
        self._by_network = self._limit(settings, settings.sign_in_attempts)
        self._by_address = self._limit(settings, settings.sign_in_attempts_per_address)
        self._second_factor = self._limit(settings, settings.second_factor_attempts)
        self._by_browser = self._limit(settings, settings.known_browser_attempts)

    def count(
        self,
        session: Session,
        address: str,
        *,
        asked_from: str,
        browser_id: str | None,
        now: datetime,
    ) -> Attempt:
        """Count a sign-in with `address`, from a network or a browser that the person knows.

        Commit it on its own, before the password is checked. Raises TooManyRequests in a pause.
        """
        if browser_id is not None:
            key = self._digest("browser", browser_id)
            return self._count(session, [(key, self._by_browser)], now)
        typed = address_of(address)
        network = counted_address(asked_from)
        return self._count(
            session,
            [
                (self._digest("sign_in", f"{typed}\n{network}"), self._by_network),
                (self._digest("sign_ins", typed), self._by_address),
            ],
            now,
        )

    def count_in_session(self, session: Session, session_key: str, *, now: datetime) -> Attempt:
        """Count a password that is typed once more in a running session."""
        key = self._digest("session", session_key)
        return self._count(session, [(key, self._by_browser)], now)

    def count_second_factor(self, session: Session, person_id: str, *, now: datetime) -> Attempt:
        """Count a second factor that is shown; only who knows the password gets this far."""
        key = self._digest("factor", person_id)
        return self._count(session, [(key, self._second_factor)], now)

    def may_tell(self, session: Session, address: str, *, now: datetime) -> bool:
        """Return whether a person is to be told that somebody guesses: once a day at most."""
        once = Limit(attempts=1, block_seconds=_DAY_SECONDS, block_limit_seconds=_DAY_SECONDS)
        try:
            throttle.fail(session, self._digest("told", address_of(address)), limit=once, now=now)
        except TooManyRequests:
            return False
        return True

    def forget(self, session: Session, attempt: Attempt) -> None:
        """Forget the failures that an attempt was counted with: it was right."""
        for failure in attempt.failures:
            if attempt.is_of_another:
                throttle.take_back(session, failure)
            else:
                throttle.reset(session, failure.key)

    def forget_address(self, session: Session, address: str, *, asked_from: str) -> None:
        """Forget the wrong passwords typed for an address: its owner has chosen another one."""
        typed = address_of(address)
        throttle.reset(session, self._digest("sign_ins", typed))
        network = counted_address(asked_from)
        throttle.reset(session, self._digest("sign_in", f"{typed}\n{network}"))

    def _count(self, session: Session, counted: list[tuple[str, Limit]], now: datetime) -> Attempt:
        failures = [throttle.fail(session, key, limit=limit, now=now) for key, limit in counted]
        return Attempt(failures=tuple(failures))

    def _digest(self, kind: str, what: str) -> str:
        digest = self._digests.of(what.encode("utf-8", "replace"))
        return f"{kind}:{digest.hex()}"

    @staticmethod
    def _limit(settings: Settings, attempts: int) -> Limit:
        return Limit(
            attempts=attempts,
            block_seconds=settings.sign_in_slowdown_seconds,
            block_limit_seconds=settings.sign_in_slowdown_limit_seconds,
        )


def address_of(typed: str) -> str:
    """Return the one form of an address by which attempts are counted, or else what was typed."""
    forms = email_forms(typed)
    return forms[-1] if forms else typed
