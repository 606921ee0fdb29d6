"""A module of the tests as a process of its own, warm: run to its end, or talked with by lines."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO

from tests.support.warm_interpreter import WarmProcess, start

_HOME = Path(__file__).parents[2]


class TalkingProcess:
    """A process that is told lines at `stdin` and tells lines at `stdout`, as one of `Popen`."""

    def __init__(self, process: WarmProcess, stdin: TextIO, stdout: TextIO) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.kill = process.kill
        self.poll = process.poll
        self.wait = process.wait
        self.send_signal = process.send_signal


@contextmanager
def talking(module: str, *words: str) -> Iterator[TalkingProcess]:
    """Run `python -m module words`; it is killed, if it still runs, when the block ends."""
    heard, told = os.pipe()
    listened, said = os.pipe()
    with os.fdopen(listened) as stdout:
        with os.fdopen(heard, "rb") as theirs, os.fdopen(said, "wb") as out:
            process = started(module, *words, heard=theirs, out=out)
        stdin = os.fdopen(told, "w")
        try:
            yield TalkingProcess(process, stdin, stdout)
        finally:
            process.kill()
            process.wait()
            # What it did not live to hear.
            with suppress(BrokenPipeError):
                stdin.close()


def go(*processes: TalkingProcess) -> None:
    """Let all begin at once: each waits for a line."""
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def started(
    module: str,
    *words: str,
    environment: Mapping[str, str] | None = None,
    heard: IO[bytes] | None = None,
    out: IO[bytes] | None = None,
) -> WarmProcess:
    """Start `python -m module words`, which says to `out`, or to nobody, and complains as we do."""
    given = os.environ if environment is None else environment
    with Path(os.devnull).open("wb") as nobody, os.fdopen(os.dup(2), "wb") as err:
        return start(
            list(words),
            given,
            out=out or nobody,
            err=err,
            heard=heard,
            module=module,
            folder=_HOME,
        )


def ended(module: str, *words: str, environment: Mapping[str, str] | None = None) -> int:
    """Run `python -m module words` to its end; return its exit code, negative for a signal."""
    return started(module, *words, environment=environment).wait()
