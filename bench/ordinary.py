"""Stamps beside a server in the ordinary style, on the same PostgreSQL and in the same minutes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from bench.codes import card_token
from bench.load import Order, Report
from bench.peers import ordinary_server
from bench.served_shop import CARDS, WARM_UP_SECONDS, run_load, tidy
from bench.servers import Server, answering, create_database
from bench.shop import PIN
from punchcard.kit.settings import Settings
from tools.free_ports import free_port

STAFF = 5
_DATABASE = "bench_ordinary"


@dataclass
class Ordinary:
    """The ordinary server while it runs."""

    server: Server
    _prefixes: Iterator[int]

    def load(self, connections: int, seconds: float, *, pin: str | None = None) -> Report:
        """Stamp random cards, with a token of who signed in, or with the PIN typed each time."""
        return run_load(
            Order(
                port=self.server.port,
                api_key=ordinary_server.API_KEY,
                staff={"staff_pin": pin} if pin else {"staff_token": ordinary_server.STAFF_TOKEN},
                cards=CARDS,
                connections=connections,
                seconds=seconds,
                warm_up_seconds=WARM_UP_SECONDS,
                per_call=1,
                key_prefix=f"ordinary-{next(self._prefixes):04d}",
            )
        )


@contextmanager
def open_ordinary(postgresql_url: str) -> Iterator[Ordinary]:
    """Open a shop with as many cards as ours and five people, and serve it."""
    plain = create_database(postgresql_url, _DATABASE)
    url = make_url(plain).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    tokens = [card_token(number) for number in range(1, CARDS + 1)]
    ordinary_server.prepare(engine, tokens, STAFF, Settings.pin_bcrypt_cost, PIN)
    engine.dispose()
    tidy(plain)
    port = free_port()
    script = Path(__file__).parent / "peers" / "ordinary_server.py"
    address = url.render_as_string(hide_password=False)
    command = [sys.executable, str(script), address, str(port)]
    with answering(command, os.environ, port) as server:
        yield Ordinary(server, count(1))
