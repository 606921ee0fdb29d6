"""What the till counts and measures of itself, for whoever watches the server."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.metrics.instruments import SIZES, Measure, Tally


class TillCounts:
    """What the till has done since it was started; several of its threads note here.

    `failed` were told to come back, since nothing could be written or the rows were held; `refused`
    were refused by a rule. `waits` are from handing in to the batch that settled it, and
    `batch_seconds` the whole batch with its commit.
    """

    def __init__(self) -> None:
        self.batches = 0
        self.accepted = 0
        self.refused = 0
        self.failed = 0
        self.refusals: Final = Tally("code")
        self.batch_sizes: Final = Measure(bounds=SIZES)
        self.batch_seconds: Final = Measure()
        self.waits: Final = Measure()
        self._guard = threading.Lock()

    def note_batch(
        self, outcomes: Sequence[object], *, waits: Iterable[float], seconds: float
    ) -> None:
        """Note a batch: what became of its operations, how long each set waited, and it took."""
        refusals = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
        failed = sum(refusal.kind is Kind.BUSY for refusal in refusals)
        with self._guard:
            self.batches += 1
            self.failed += failed
            self.refused += len(refusals) - failed
            self.accepted += len(outcomes) - len(refusals)
        self.batch_sizes.note(len(outcomes))
        self.batch_seconds.note(seconds)
        for wait in waits:
            self.waits.note(wait)
        if refusals:
            for code, number in Counter(refusal.code for refusal in refusals).items():
                self.refusals.add((code,), number)
