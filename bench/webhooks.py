"""Stamps beside ten dead receivers and ten thousand events, and beside none, on SQLite."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from bench.embedded import Callers
from bench.figures import Figure, Goal, figure, middle, percentile
from bench.servers import bench_settings
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.cli.serve import settle_in
from punchcard.connect.webhooks import endpoint_service
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.loyalty.vendor_events import Happened, event_row, insert_of_events
from punchcard.loyalty.vocabulary import VendorEventType
from punchcard.main import create_worker

_DEAD: Final = 10
_EVENTS: Final = 10_000
_EVENTS_AT_ONCE: Final = 500
_STAMPS_A_ROUND: Final = 300


@dataclass(frozen=True)
class _Counter:
    """A shop with a running worker, where one person stamps one card after the other."""

    context: Context
    shop: Shop

    def stamp(self, first: int) -> list[float]:
        """Return how long each stamp took, in milliseconds."""
        callers = Callers(self.context, self.shop, 0, first)
        took = []
        for card in range(first + 1, first + 1 + _STAMPS_A_ROUND):
            operation = callers.operation(card, f"webhooks {card}")
            begun = perf_counter()
            self.context.loyalty.till.submit(operation)
            took.append((perf_counter() - begun) * 1000)
        return took


def webhooks(workshop: Workshop) -> list[Figure]:
    """Measure stamps at a shop whose ten receivers take the connection and never answer."""
    plain: list[list[float]] = []
    beside: list[list[float]] = []
    cards = workshop.rounds * _STAMPS_A_ROUND
    with (
        TemporaryDirectory(prefix="punchcard-bench-") as folder,
        _counter(Path(folder) / "none", cards) as none,
        _counter(Path(folder) / "dead", cards) as dead,
        _dead_receivers() as ports,
    ):
        _have_told(dead, ports)
        settle_in()
        for number in workshop.each_round("stamps beside webhooks"):
            plain.append(none.stamp(number * _STAMPS_A_ROUND))
            beside.append(dead.stamp(number * _STAMPS_A_ROUND))
    return [
        figure(
            f"webhooks-p{percent}",
            middle([percentile(sorted(one), percent) for one in beside]),
            "ms",
            reference="the same without webhooks",
            reference_value=middle([percentile(sorted(one), percent) for one in plain]),
            goal=Goal("ratio", "<=", 2) if percent == 50 else None,
        )
        for percent in (50, 99)
    ]


@contextmanager
def _counter(folder: Path, cards: int) -> Iterator[_Counter]:
    folder.mkdir()
    settings = replace(bench_settings(folder), webhook_allowed_networks="127.0.0.0/8")
    migrate.upgrade(settings.database_url)
    with closing(build_context(settings, ids=CountedIds())) as context:
        shop = open_shop(context)
        open_cards(context, shop, cards, lambda _done: None)
        worker = create_worker(context)
        worker.start()
        try:
            yield _Counter(context, shop)
        finally:
            worker.stop()


@contextmanager
def _dead_receivers() -> Iterator[list[int]]:
    """Take connections at some ports, and say nothing."""
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(_DEAD)]
        yield [one.getsockname()[1] for one in made]


def _have_told(counter: _Counter, ports: list[int]) -> None:
    """Make an endpoint at each port, and have ten thousand things happened."""
    context, vendor_id = counter.context, counter.shop.vendor_id
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids, request_id=None)
    with context.database.write() as session:
        for port in ports:
            endpoint_service.create_endpoint(
                session,
                act,
                vendor_id,
                context.connect.webhook_secrets,
                url=f"http://127.0.0.1:{port}/",
                types=(),
                description="",
                limit=_DEAD,
            )
    happened = Happened(VendorEventType.PROGRAM_CHANGED, {"version": 1})
    for _ in range(_EVENTS // _EVENTS_AT_ONCE):
        rows = [
            event_row(context.ids.new_id(), vendor_id, happened, act.now)
            for _ in range(_EVENTS_AT_ONCE)
        ]
        with context.database.write() as session:
            insert_of_events()(session.connection(), rows)
