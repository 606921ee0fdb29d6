"""A process that migrates a database and is killed when so many revisions are done.

Run with `python -m tests.support.doomed_migration URL REVISIONS`.
"""

import os
import signal
import sys
from typing import Any

from alembic.runtime.migration import HeadMaintainer

from punchcard.db import migrate
from tests.support.warm_module import ended


def dies_migrating(url: str, revisions: int) -> int:
    """Run such a process to its end; returns how it ended."""
    return ended("tests.support.doomed_migration", url, str(revisions))


def work(url: str, revisions: int) -> None:
    """Migrate until so many revisions are written down as done."""
    write_down = HeadMaintainer.update_to_step
    done = 0

    def written_down(self: HeadMaintainer, step: Any) -> None:
        nonlocal done
        write_down(self, step)
        done += 1
        if done == revisions:
            os.kill(os.getpid(), signal.SIGKILL)

    HeadMaintainer.update_to_step = written_down  # type: ignore[method-assign]
    migrate.upgrade(url)


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))
