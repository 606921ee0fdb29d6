"""What the benches of one run share: the length of a round, the shop, and progress."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.figures import Figure
from bench.ordinary import Ordinary, open_ordinary
from bench.served_shop import CARDS, BenchShop, open_bench_shop

_T = TypeVar("_T")


@dataclass
class Workshop:
    """Holds what several benches need; the first that asks for it waits until it is made."""

    rounds: int
    seconds: float
    progress: Progress
    _stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def served_shop(self) -> BenchShop:
        """Return the shop on PostgreSQL with its server and its reference."""
        with self.counting("opening 100,000 cards", CARDS) as advance:
            return self._stack.enter_context(open_bench_shop(advance))

    @cached_property
    def ordinary(self) -> Ordinary:
        """Return the server in the ordinary style, in a database beside the shop's."""
        return self._stack.enter_context(open_ordinary(self.served_shop.postgresql_url))

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a progress bar; the block is given a function that moves it on."""
        task = self.progress.add_task(what, total=total)
        try:
            yield lambda more: self.progress.advance(task, more)
        finally:
            self.progress.remove_task(task)

    def each_round(self, what: str) -> Iterator[int]:
        """Give the numbers of the rounds, with a progress bar."""
        with self.counting(what, self.rounds) as advance:
            for number in range(self.rounds):
                yield number
                advance(1)

    def say(self, text: str) -> None:
        """Print a line beside the figures, above the progress bars."""
        self.progress.console.print(text)

    def close(self) -> None:
        """Stop what was started."""
        self._stack.close()


Bench = Callable[[Workshop], list[Figure]]


def bars(*, is_shown: bool) -> Progress:
    """Return progress bars on the standard error, where they do not mix with figures."""
    from rich.console import Console

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
        disable=not is_shown,
    )
