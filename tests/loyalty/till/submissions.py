"""Operations sent to tills: one that is refused, or many at once."""

from collections import Counter as Tally
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from punchcard.kit.errors import DomainError
from punchcard.loyalty.operations import Operation
from tests.support.drivers.till import TillDriver


def refusal_of(counter: TillDriver, operation: Operation) -> DomainError:
    """Return what the till refuses the operation with."""
    with pytest.raises(DomainError) as refusal:
        counter.till.submit(operation)
    return refusal.value


def at_once(counters: Sequence[TillDriver], operations: Sequence[Operation]) -> Tally[str]:
    """Do each operation from a thread of its own, at the tills by turns; returns what became.

    Who is told to come again does so.
    """

    def one(numbered: tuple[int, Operation]) -> str:
        number, operation = numbered
        while True:
            try:
                counters[number % len(counters)].till.submit(operation)
            except DomainError as refusal:
                if refusal.code != "busy":
                    return refusal.code
            else:
                return "done"

    with ThreadPoolExecutor(len(operations)) as threads:
        return Tally(threads.map(one, enumerate(operations)))
