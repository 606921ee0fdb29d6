"""`punchcard doctor --watch`: looks again and again, and says what has changed since."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Final

from punchcard.cli.doctors.findings import Finding
from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    from types import FrameType

_EVERY: Final = re.compile(r"([1-9][0-9]{0,5})(s|m|h)?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, None: 1}
_WORST: Final = ("ok", "warning", "error")
LEAST_SECONDS: Final = 5


@dataclass(frozen=True)
class FindingChange:
    """What is otherwise than at the look before; `was` is None at the first look."""

    at: datetime
    subject: str
    state: str
    was: str | None
    message: str

    @property
    def line(self) -> str:
        """Return it as one line."""
        before = f" (was {self.was})" if self.was is not None else ""
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ} {self.state} {self.subject}{before}: {self.message}"


def seconds_of(every: str) -> int:
    """Return how many seconds `30s`, `5m`, `1h` or a bare number are. Raises CommandFailed."""
    found = _EVERY.fullmatch(every.strip())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if seconds < LEAST_SECONDS:
        raise CommandFailed(
            f"--watch {every}: write how often to look, such as 30s, 5m or 1h;"
            f" {LEAST_SECONDS} seconds at least."
        )
    return seconds


def by_subject(findings: Sequence[Finding]) -> dict[str, Finding]:
    """Return the worst finding of each subject."""
    found: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda one: _WORST.index(one.state)):
        found[finding.subject] = finding
    return found


def changes(
    before: Mapping[str, Finding] | None, now: Mapping[str, Finding], at: datetime
) -> list[FindingChange]:
    """Return what changed its state; at the first look, what is not well.

    Numbers in a message that is as good or bad as before are no change: a disk fills by and by.
    """
    told = []
    for subject, finding in now.items():
        was = before[subject].state if before is not None and subject in before else None
        is_news = finding.state != "ok" if was is None else finding.state != was
        if is_news:
            told.append(FindingChange(at, subject, finding.state, was, finding.message))
    for subject, finding in (before or {}).items():
        if subject not in now and finding.state != "ok":
            message = "It is no longer spoken of."
            told.append(FindingChange(at, subject, "ok", finding.state, message))
    return told


def watch(
    look: Callable[[], Sequence[Finding]],
    tell: Callable[[Sequence[FindingChange]], None],
    *,
    every_seconds: float,
    now: Callable[[], datetime],
    stopped: Event,
) -> None:
    """Look, tell what changed if anything did, and wait, until `stopped`.

    A look that fails by itself is one of the findings: whoever watches must not stop for it.
    """
    before: dict[str, Finding] | None = None
    while not stopped.is_set():
        try:
            found = by_subject(look())
        except Exception as error:
            failed = Finding("doctor", "error", f"A look failed: {type(error).__name__}: {error}")
            found = {**(before or {}), "doctor": failed}
        if told := changes(before, found, now()):
            tell(told)
        before = found
        stopped.wait(every_seconds)


@contextmanager
def stopped_by_signal() -> Iterator[Event]:
    """Give what is set when SIGTERM or Ctrl-C comes, until the block ends."""
    import signal

    stopped = Event()

    def stop(_number: int, _frame: "FrameType | None") -> None:
        stopped.set()

    numbers = (signal.SIGTERM, signal.SIGINT)
    earlier = [signal.signal(number, stop) for number in numbers]
    try:
        yield stopped
    finally:
        for number, handler in zip(numbers, earlier, strict=True):
            signal.signal(number, handler)


def mail_changes(told: Sequence[FindingChange], to: str) -> str | None:
    """Send changes to the operator in one mail; return why it could not be sent, if so.

    The settings are read anew: they may be what changed.
    """
    from datetime import UTC

    from markupsafe import escape

    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.reading import SettingsError
    from punchcard.kit.ids import SystemIds
    from punchcard.kit.mail import (
        MailDeferred,
        MailMessage,
        MailRefused,
        MailServerAway,
        build_mailer,
    )
    from punchcard.kit.settings import load_settings

    text = "\n\n".join(one.line for one in told)
    worst = max((one.state for one in told), key=_WORST.index)
    try:
        settings = load_settings(checks_address=False)
        message = MailMessage(
            id=SystemIds(SystemClock()).new_id(),
            to=to,
            subject=f"Punchcard doctor: {worst} ({', '.join(one.subject for one in told)})",
            text=f"{settings.base_url}\n\n{text}\n",
            html=f"<p>{escape(settings.base_url)}</p><pre>{escape(text)}</pre>",
            language="en",
            sent_at=datetime.now(UTC),
        )
        build_mailer(settings).send(message)
    except (SettingsError, MailRefused, MailDeferred, MailServerAway) as error:
        return str(error)
    return None
