"""A process of its own that puts entries into the log until it is told no more.

Run with `python -m tests.support.sequencer_process URL`. It says "working", and ends with its
input.
"""

import sys
import threading
from datetime import UTC, datetime

from punchcard.db.database import Database
from punchcard.loyalty.transparency.sequencer import sequence


def work(url: str) -> None:
    """Put what is new into the log, again and again."""
    database = Database(url)
    stopped = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        stopped.set()

    threading.Thread(target=listen, daemon=True).start()
    print("working", flush=True)  # noqa: T201 what the test waits for
    while not stopped.is_set():
        sequence(database, now=datetime.now(UTC))


if __name__ == "__main__":
    work(sys.argv[1])
