"""How far a backup or a restore has come, drawn on standard error; and how one is stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    from types import FrameType


@contextmanager
def bar(what: str, *, is_silent: bool) -> Iterator[Callable[[int, int | None], None]]:
    """Draw a bar on standard error; the function that is given moves it: done, of how many."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        # A nightly job's mail needs no bar.
        disable=is_silent or not console.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def stopped_in_order(told: str) -> Iterator[None]:
    """Leave nothing half-written at SIGTERM either, by which a service manager stops a command."""
    import signal

    def stop(_number: int, _frame: "FrameType | None") -> None:
        raise CommandFailed(told)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
