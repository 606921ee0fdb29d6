"""`python -m bench.counted`: stamps and purchases whose instructions bench.instructions counts.

Everything that could make two runs differ is fixed: the clock, ids, the cards and their order, and
which thread has the interpreter.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from bench.codes import card_number, card_token
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
NOON = datetime(2099, 6, 1, 12, tzinfo=UTC)


class Done(NamedTuple):
    """What is done at once: how many operations, and what makes one."""

    size: int
    make: Callable[..., Operation]


DONE: Final[Mapping[str, Done]] = {
    "stamp": Done(1, AddStamp),
    "operation": Done(LIST_SIZE, AddStamp),
    "purchase": Done(1, partial(EarnPoints, amount_minor=1250)),
    "purchases": Done(LIST_SIZE, partial(EarnPoints, amount_minor=1250)),
}


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


def main(database: str, what: str, times: str, *shop: str) -> None:
    """Do `what` so many times, each on a card of its own.

    `what` is a stamp or a purchase, or a list of either: see DONE.
    """
    # A thread gives the interpreter up only where it waits, never because time has passed.
    sys.setswitchinterval(3600)
    vendor_id, api_key_id, pin_id = shop
    done = DONE[what]
    operations = [
        done.make(
            vendor_id=VendorId(vendor_id),
            actor=Actor(ActorKind.API_KEY, api_key_id),
            staff=StaffIdentity(StaffPinId(pin_id), None, "Bob", None),
            idempotency_key=f"key {number:06}",
            fingerprint=f"request {number:06}".encode().ljust(32),
            card=CardRef(CardKey.TOKEN, card_token(number)),
        )
        for number in range(1, int(times) * done.size + 1)
    ]
    with _till(Path(database)) as till:
        if done.size == 1:
            for operation in operations:
                till.submit(operation)
            return
        for start in range(0, len(operations), LIST_SIZE):
            for outcome in till.submit_all(operations[start : start + LIST_SIZE]):
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
