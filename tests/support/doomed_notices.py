"""A worker's process that tells cards of what soon ends, and is killed when it has left some mails.

Run with `python -m tests.support.doomed_notices` and a JSON of `Round`. The last mail is written,
and not committed; with more mails than there are it is killed when all is told, before anybody
writes down that it is.
"""

import json
import os
import signal
import sys
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event

from punchcard.accounts.models import OutgoingMail
from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import load_settings
from punchcard.loyalty.jobs.notice_keeper import CARDS_NOTICES
from punchcard.worker.loop import Worker
from tests.support.post import Post
from tests.support.warm_module import ended


@dataclass(frozen=True)
class Round:
    """At which moment it works, and at which of its mails it dies."""

    at: str
    mails: int


def dies_telling(one: Round, environment: dict[str, str]) -> int:
    """Run such a process to its end; returns how it ended."""
    words = json.dumps(asdict(one))
    return ended("tests.support.doomed_notices", words, environment=environment)


def work(one: Round) -> None:
    """Take the work up as a worker does."""
    left = one.mails

    def die_at_the_last(*_args: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            _die()

    def tell(context: Context, key: str) -> None:
        context.loyalty.notice_keeper.take_turn(key)
        _die()

    event.listen(OutgoingMail, "after_insert", die_at_the_last)
    clock = ManualClock(datetime.fromisoformat(one.at))
    with closing(build_context(load_settings(), clock=clock, mailer=Post())) as context:
        Worker(context, [{CARDS_NOTICES: tell}], []).do_work()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    work(Round(**json.loads(sys.argv[1])))
