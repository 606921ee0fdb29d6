"""`punchcard` with a clock that can be moved from outside: `python -m tools.faults.clocked FILE …`.

The file holds by how many seconds the clock is wrong, as a double; it is looked at each time.
"""

import mmap
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from punchcard.cli import main
from punchcard.kit.clock import SystemClock

FORMAT: Final = "<d"


def move(file: Path, seconds: float) -> None:
    """Let clocks that look at `file` be wrong by so many seconds."""
    with file.open("r+b") as kept:
        kept.write(struct.pack(FORMAT, seconds))


def make(file: Path) -> None:
    """Make a file of a clock that is right."""
    file.write_bytes(struct.pack(FORMAT, 0.0))


def run(file: Path, words: list[str]) -> None:
    """Run a command of the program by that clock."""
    with file.open("rb") as kept, mmap.mmap(kept.fileno(), 0, prot=mmap.PROT_READ) as error:

        def now(_clock: SystemClock) -> datetime:
            (seconds,) = struct.unpack(FORMAT, error[:8])
            return datetime.now(UTC) + timedelta(seconds=seconds)

        SystemClock.now = now  # type: ignore[assignment]
        sys.argv = ["punchcard", *words]
        main()


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
