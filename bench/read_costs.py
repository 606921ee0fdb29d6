"""What a read takes of the processor: the server's and PostgreSQL's, over one connection.

Beside `bench/reads.py`, which says how long one waits: on a busy machine most of that is waiting.
"""

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg

from bench.client import Client, UnexpectedAnswer
from bench.codes import card_number, card_token
from bench.figures import Figure, figure, middle
from bench.processes import cpu_seconds, parent_of
from bench.servers import Server, bench_settings, create_database, serving
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.context import build_context
from punchcard.db import migrate
from tools.postgresql import THROWAWAY, postgresql_server

_CARDS = 1000
_ASKED_A_ROUND = 200
_WARM_UP = 50

Ask = Callable[[int], object]
"""Asks for card number so and so, counted from 1."""


def read_costs(workshop: Workshop) -> list[Figure]:
    """Measure look-ups by number, customers' pages and a program's figures: processor of each."""
    took: dict[str, list[tuple[float, float]]] = {}
    with _served() as (server, shop, postgresql_pid), closing(_Asks(server, shop)) as asks:
        for ask in asks.all.values():
            for number in range(1, _WARM_UP + 1):
                ask(number)
        for _ in workshop.each_round("processor of reads"):
            for name, ask in asks.all.items():
                # The server lets go of a connection that waited while the others asked.
                asks.close()
                before = cpu_seconds(server.pid), cpu_seconds(postgresql_pid)
                for number in range(1, _ASKED_A_ROUND + 1):
                    ask(number)
                after = cpu_seconds(server.pid), cpu_seconds(postgresql_pid)
                each = [(a - b) / _ASKED_A_ROUND * 1e6 for a, b in zip(after, before, strict=True)]
                took.setdefault(name, []).append((each[0], each[1]))
    return list(_figures(took))


def _figures(took: dict[str, list[tuple[float, float]]]) -> Iterator[Figure]:
    for name, what in (
        ("lookup", "a look-up of a card by its number"),
        ("page", "a customer's page of a card"),
        ("statistics", "the figures of a program"),
    ):
        for whose, place in (("server", 0), ("postgresql", 1)):
            found = middle([one[place] for one in took[name]])
            yield figure(f"{name}-cpu-{whose}", found, f"us of processor, {what}")


class _Asks:
    def __init__(self, server: Server, shop: Shop) -> None:
        address = f"http://127.0.0.1:{server.port}"
        self._client = Client(address, shop.api_key)
        self._pages = http.client.HTTPConnection(urlsplit(address).netloc)
        statistics = f"/programs/{shop.program_id}/stats"
        self.all: dict[str, Ask] = {
            "lookup": lambda n: self._client.get_bytes("/cards/lookup", {"code": card_number(n)}),
            "page": self._page,
            "statistics": lambda _n: self._client.get_bytes(statistics),
        }

    def _page(self, number: int) -> bytes:
        self._pages.request("GET", f"/c/{card_token(number)}")
        response = self._pages.getresponse()
        page = response.read()
        if response.status != 200:
            raise UnexpectedAnswer(f"a card's page answered {response.status}")
        return page

    def close(self) -> None:
        """Close what is open; the next ask opens it again."""
        self._client.close()
        self._pages.close()


@contextmanager
def _served() -> Iterator[tuple[Server, Shop, int]]:
    """Serve a shop with a thousand cards on PostgreSQL; gives the database's process id, too."""
    with (
        TemporaryDirectory(prefix="punchcard-bench-") as folder,
        postgresql_server({**THROWAWAY, "jit": "off"}) as postgresql,
    ):
        settings = bench_settings(Path(folder), create_database(postgresql, "read_costs"))
        migrate.upgrade(settings.database_url)
        with closing(build_context(settings, ids=CountedIds())) as context:
            shop = open_shop(context)
            open_cards(context, shop, _CARDS, lambda _more: None)
        with psycopg.connect(settings.database_url) as connection, serving(settings) as server:
            yield server, shop, parent_of(connection.info.backend_pid)
