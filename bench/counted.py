"""`python -m bench.counted`: stamps and purchases whose instructions bench.instructions counts.

Everything that could make two runs differ is fixed: the clock, ids, the cards and their order, and
which thread has the interpreter. The collector is set as in a server.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from bench.codes import card_number, card_token
from punchcard.cli.serve import settle_in
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import StaffPinId, VendorId
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardRef,
    EarnPoints,
    Operation,
    StaffIdentity,
)
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind

LIST_SIZE = 250
_FIRST_ID = 1_000_000  # after all of the shop's
MARK: Final = "tzset"
NOON = datetime(2099, 6, 1, 12, tzinfo=UTC)


class Done(NamedTuple):
    """What is done at once: how many operations, and what makes one.

    It is done `before` times before anything is counted, and then so many times that `counted`
    operations are.
    """

    size: int
    make: Callable[..., Operation]
    before: int
    counted: int


_LIST: Final = {"size": LIST_SIZE, "before": 1, "counted": 2 * LIST_SIZE}
_ALONE: Final = {"size": 1, "before": 20, "counted": 200}
_BUYS: Final = partial(EarnPoints, amount_minor=1250)
DONE: Final[Mapping[str, Done]] = {
    "stamp": Done(make=AddStamp, **_ALONE),
    "operation": Done(make=AddStamp, **_LIST),
    "purchase": Done(make=_BUYS, **_ALONE),
    "purchases": Done(make=_BUYS, **_LIST),
}
CARDS: Final = max(one.before * one.size + one.counted for one in DONE.values())
"""How many cards a shop must have: each is used once."""


class FixedIds:
    """Ids that count up from `first` in the form of real ones; cards get the benches' codes."""

    def __init__(self, first: int) -> None:
        self._last = first
        self._tokens = self._numbers = 0

    def begin_cards(self) -> None:
        """Let the next card be number one, whatever tokens were given before."""
        self._tokens = self._numbers = 0

    def new_id(self) -> str:
        """Return the next id."""
        self._last += 1
        return f"03b2a5c8-d000-7000-8000-{self._last:012x}"

    def new_card_number(self) -> str:
        """Return the next card's number."""
        self._numbers += 1
        return card_number(self._numbers)

    def new_token(self, bytes_of_chance: int = 32) -> str:
        """Return the next token, whatever it is for: no stranger ever sees the shop."""
        self._tokens += 1
        return card_token(self._tokens)


def main(folder: str, kinds: str, *shop: str) -> None:
    """Do each of `kinds`, such as "stamp operation", in a database of its own, `<what>.db`.

    Each is done on cards of its own; see DONE. What is to be counted stands between two marks.
    """
    settle_in()
    # A thread gives the interpreter up only where it waits, never because time has passed.
    sys.setswitchinterval(3600)
    for what in kinds.split():
        done = DONE[what]
        operations = _operations(done, *shop)
        first = done.before * done.size
        with _till(Path(folder) / f"{what}.db") as till:
            _submit(till, operations[:first], done.size)
            mark()
            _submit(till, operations[first:], done.size)
            mark()


def mark() -> None:
    """Let callgrind begin to count anew: it looks out for MARK, which nothing else here calls."""
    time.tzset()


def _operations(done: Done, vendor_id: str, api_key_id: str, pin_id: str) -> list[Operation]:
    return [
        done.make(
            vendor_id=VendorId(vendor_id),
            actor=Actor(ActorKind.API_KEY, api_key_id),
            staff=StaffIdentity(StaffPinId(pin_id), None, "Bob", None),
            idempotency_key=f"key {number:06}",
            fingerprint=f"request {number:06}".encode().ljust(32),
            card=CardRef(CardKey.TOKEN, card_token(number)),
        )
        for number in range(1, done.before * done.size + done.counted + 1)
    ]


def _submit(till: Till, operations: list[Operation], size: int) -> None:
    if size == 1:
        for operation in operations:
            till.submit(operation)
        return
    for start in range(0, len(operations), size):
        for outcome in till.submit_all(operations[start : start + size]):
            assert isinstance(outcome, Receipt), outcome


@contextmanager
def _till(path: Path) -> Iterator[Till]:
    with closing(Database(f"sqlite:///{path}")) as database:
        sealer = Sealer(Keyring("a secret key for benches, 32 characters"), "card token")
        till = Till(database, clock=ManualClock(NOON), ids=FixedIds(_FIRST_ID), sealer=sealer)
        till.start()
        with closing(till):
            yield till


if __name__ == "__main__":
    main(*sys.argv[1:])
