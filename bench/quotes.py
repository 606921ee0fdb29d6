"""Quotes beside purchases: with expiry, a promotion and tiers, on both databases.

Each purchase is first asked about, then made, one at a time, by one person.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from bench.codes import card_token
from bench.counted_shops import PROGRAMS, promote
from bench.figures import Figure, Goal, figure, percentile
from bench.servers import DURABLE, bench_settings, create_database
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.cli.serve import settle_in
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.loyalty.operations import Actor, CardKey, CardRef, EarnPoints, StaffIdentity
from punchcard.loyalty.till.quotes import quote
from punchcard.loyalty.vocabulary import ActorKind
from tools.postgresql import postgresql_server

DATABASES: Final = ("postgresql", "sqlite")

_CARDS: Final = 500
_ASKED_A_ROUND: Final = 400
_WARM_UP: Final = 20
_KIND: Final = "rich-points"


def quotes(workshop: Workshop) -> list[Figure]:
    """Measure what somebody at a till waits for a quote, and for the purchase after it."""
    return [one for name in DATABASES for one in _on(name, workshop)]


def _on(name: str, workshop: Workshop) -> Iterator[Figure]:
    asked: list[float] = []
    bought: list[float] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="punchcard-bench-")))
        url = ""
        if name == "postgresql":
            url = create_database(stack.enter_context(postgresql_server(DURABLE)), "quotes")
        counter = stack.enter_context(_counter(folder, url))
        settle_in()
        for _ in range(_WARM_UP):
            counter.serve()
        for _ in workshop.each_round(f"quotes and purchases, {name}"):
            for _ in range(_ASKED_A_ROUND):
                quoted, earned = counter.serve()
                asked.append(quoted)
                bought.append(earned)
    for percent in (50, 99):
        yield figure(
            f"quotes-{name}-p{percent}",
            percentile(sorted(asked), percent),
            "ms a quote",
            reference="the purchase after it",
            reference_value=percentile(sorted(bought), percent),
            goal=Goal("ratio", "<=", 1),
        )


@dataclass
class _Counter:
    """A counter where every purchase is asked about first."""

    context: Context
    shop: Shop
    served: int = field(default=0)

    def serve(self) -> tuple[float, float]:
        """Return how long the quote took, and the purchase, in milliseconds."""
        self.served += 1
        key = f"quotes {self.served}"
        operation = EarnPoints(
            vendor_id=self.shop.vendor_id,
            actor=Actor(ActorKind.API_KEY, self.shop.api_key_id),
            staff=StaffIdentity(self.shop.pin_id, None, "Bob", None),
            idempotency_key=key,
            fingerprint=key.encode().ljust(32)[:32],
            card=CardRef(CardKey.TOKEN, card_token(self.served % _CARDS + 1)),
            amount_minor=1250,
            reference=key,
        )
        till = self.context.loyalty.till
        begun = perf_counter()
        quote(self.context.database, till.programs, operation, self.context.clock.now())
        asked = perf_counter()
        till.submit(operation)
        return (asked - begun) * 1000, (perf_counter() - asked) * 1000


@contextmanager
def _counter(folder: Path, database_url: str) -> Iterator[_Counter]:
    settings = bench_settings(folder, database_url)
    migrate.upgrade(settings.database_url)
    with closing(build_context(settings, ids=CountedIds())) as context:
        shop = open_shop(context, **PROGRAMS[_KIND])
        promote(context, shop, _KIND)
        open_cards(context, shop, _CARDS, lambda _more: None)
        yield _Counter(context, shop)
