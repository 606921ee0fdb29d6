"""A worker's process that sends mails, and is killed beside one of them.

Run with `python -m tests.support.doomed_mails` and a JSON of `Doom`.
"""

import json
import os
import signal
import sys
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime

from punchcard.context import build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.mail import Mailer, MailMessage, build_mailer
from punchcard.kit.settings import load_settings
from punchcard.worker.handlers import MAIL_LANE
from punchcard.worker.loop import Worker
from tests.support.warm_module import ended


@dataclass(frozen=True)
class Doom:
    """At which moment it works, and at which of its mails it dies: once handed over, or before."""

    at: str
    mail: int
    is_handed_over: bool


def dies_sending(doom: Doom, environment: dict[str, str]) -> int:
    """Run such a process to its end; returns how it ended."""
    words = json.dumps(asdict(doom))
    return ended("tests.support.doomed_mails", words, environment=environment)


class _DoomedMailer:
    """Hands mails to a real mail server until its time has come."""

    is_configured = True

    def __init__(self, mailer: Mailer, doom: Doom) -> None:
        self._mailer = mailer
        self._doom = doom
        self._sent = 0

    def send(self, mail: MailMessage) -> None:
        """Send a mail, or die of it."""
        self._sent += 1
        is_last = self._sent == self._doom.mail
        if not is_last or self._doom.is_handed_over:
            self._mailer.send(mail)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)


def work(doom: Doom) -> None:
    """Take the work up as a worker does."""
    settings, clock = load_settings(), ManualClock(datetime.fromisoformat(doom.at))
    mailer = _DoomedMailer(build_mailer(settings), doom)
    with closing(build_context(settings, clock=clock, mailer=mailer)) as context:
        Worker(context, [MAIL_LANE], []).do_work()


if __name__ == "__main__":
    work(Doom(**json.loads(sys.argv[1])))
