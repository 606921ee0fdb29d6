"""`python -m bench.replay`: real purchases through a running server, then every sum compared.

Opens a card for each of the 23,570 customers of bench/data/CDNOW_master.txt on the day of their
first purchase, and sends what they bought, in the order of days and with receipt numbers as a till
does, through `POST /operations` as an import of history to a points program with 3 points a
dollar. Then compares every card's balance, the import's sums and the ledger with sums of its own;
exits with 1 unless all agree exactly.

Starts a server on a fresh SQLite database, then one on a fresh PostgreSQL; with --database-url only
on that database, which should be a scratch one; with --server and --key it uses a running server,
whose ledger is then to be verified there (`punchcard ledger verify`).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bench.client import Client
from bench.comparison import (
    differing_cards,
    differing_import,
    differing_ledger,
    told_as_of_now,
)
from bench.purchases import POINTS_PER_DOLLAR, Purchase, Purchases, read_purchases
from bench.servers import (
    DURABLE,
    bench_settings,
    create_database,
    environment_of,
    punchcard_command,
    serving,
)
from punchcard.kit.ids import ProgramId
from punchcard.kit.settings import Settings
from tools.postgresql import postgresql_server

CONNECTIONS = 6
CALL_SIZE = 500
"""Six such calls fit the queue of the till (2,000 operations); eight were told to wait at times."""
SCOPES = "loyalty:read,loyalty:operate,loyalty:manage"
_SHOWN = 5


@dataclass(frozen=True)
class Host:
    """Where the purchases go: a server, a key of a vendor's, and the database if it is ours."""

    address: str
    api_key: str
    settings: Settings | None

    def client(self) -> Client:
        """Return a new connection."""
        return Client(self.address, self.api_key)


class Replay:
    """One replay into a program of its own."""

    def __init__(
        self, host: Host, purchases: Purchases, progress: Progress, *, has_references: bool
    ) -> None:
        self._host = host
        self._has_references = has_references
        self._purchases = purchases
        self._progress = progress
        self._cards: dict[str, str] = {}
        self._program_id = self._import_id = ""
        self.per_second = 0.0
        """Purchases answered a second, once `run` is over."""

    def run(self) -> None:
        """Open the cards, then send the purchases."""
        with closing(self._host.client()) as client:
            self._program_id = _open_program(client)
            made = client.post("/imports/history", {"name": "CDNOW"}, key=None, status=201)
            self._import_id = str(made["id"])
        customers = sorted(self._purchases.first_days)
        shares = [customers[number::CONNECTIONS] for number in range(CONNECTIONS)]
        self._side_by_side("Opening cards", len(customers), self._enrol, shares)
        # A card's purchases stay on one connection, and so in their order.
        whose = {customer: number for number, share in enumerate(shares) for customer in share}
        queues: list[list[Purchase]] = [[] for _ in shares]
        for one in self._purchases.bought:
            queues[whose[one.customer]].append(one)
        bought, begun = len(self._purchases.bought), perf_counter()
        self._side_by_side("Replaying purchases", bought, self._send, queues)
        self.per_second = bought / (perf_counter() - begun)

    def differences(self) -> Iterator[str]:
        """Give a line for everything that is not as it was computed from the file."""
        purchases, settings = self._purchases, self._host.settings
        with closing(self._host.client()) as client:
            yield from differing_cards(client, purchases, ProgramId(self._program_id), self._cards)
            yield from differing_import(client, purchases, self._import_id)
            yield from told_as_of_now(client, ProgramId(self._program_id))
        if settings is not None:
            told = _punchcard(settings, "ledger", "verify", "--json", may_fail=True)
            # A database that was given may hold the entries of others too.
            yield from differing_ledger(
                json.loads(told), purchases if settings.is_embedded else None
            )

    def _side_by_side(self, what: str, total: int, work: Any, shares: Sequence[Any]) -> None:
        task = self._progress.add_task(what, total=total)

        def do(share: Any) -> None:
            with closing(self._host.client()) as client:
                for done in work(client, share):
                    self._progress.advance(task, done)

        with ThreadPoolExecutor(len(shares)) as pool:
            for _ in pool.map(do, shares):
                pass

    def _enrol(self, client: Client, customers: Sequence[str]) -> Iterator[int]:
        for customer in customers:
            first_day = self._purchases.first_days[customer]
            body = {
                "program_id": self._program_id,
                "enrolled_at": _noon(first_day),
                "import_id": self._import_id,
            }
            key = f"{self._program_id}:card:{customer}"
            self._cards[customer] = client.post("/cards", body, key=key, status=201)["id"]
            yield 1

    def _send(self, client: Client, purchases: Sequence[Purchase]) -> Iterator[int]:
        for start in range(0, len(purchases), CALL_SIZE):
            operations = [self._operation(one) for one in purchases[start : start + CALL_SIZE]]
            body = {"operations": operations}
            results = client.post("/operations", body, key=None, status=200)["results"]
            for result in results:
                if result["status"] != 201:
                    raise SystemExit(f"A purchase was refused: {json.dumps(result)}")
            yield len(results)

    def _operation(self, one: Purchase) -> dict[str, object]:
        receipt = {"reference": f"CDNOW-{one.line}"} if self._has_references else {}
        return {
            **receipt,
            "op": "earn",
            "idempotency_key": f"{self._program_id}:{one.line}",
            "card": self._cards[one.customer],
            "amount_minor": one.cents,
            "occurred_at": _noon(one.day),
            "import_id": self._import_id,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay on each database, compare, and return 0 only if everything agrees."""
    asked = _parser().parse_args(arguments)
    purchases = read_purchases()
    if asked.server or asked.database_url:
        return _replay(asked, asked.database_url, purchases)
    with postgresql_server(DURABLE) as server:
        urls = ("", create_database(server, "replay"))
        return max(_replay(asked, url, purchases) for url in urls)


def _replay(asked: argparse.Namespace, database_url: str, purchases: Purchases) -> int:
    console = Console(stderr=True)
    with _host(asked, database_url) as host, progress_bar(console) as progress:
        replay = Replay(host, purchases, progress, has_references=not asked.no_references)
        begun = perf_counter()
        replay.run()
        seconds = perf_counter() - begun
        differences = list(replay.differences())
    for difference in differences[:_SHOWN]:
        console.print(f"[red]Differs:[/] {difference}")
    console.print(_summary(purchases, seconds, len(differences), host))
    console.print(f"{replay.per_second:,.0f} purchases a second.")
    return 1 if differences else 0


def _summary(purchases: Purchases, seconds: float, differences: int, host: Host) -> str:
    cards, bought = len(purchases.first_days), len(purchases.bought)
    dollars, cents = divmod(sum(one.cents for one in purchases.bought), 100)
    verdict = (
        f"[red]{differences:,} differences.[/]"
        if differences
        else "[green]Every balance, the sums of the import"
        + (" and the ledger agree.[/]" if host.settings else " agree.[/]")
    )
    where = ""
    if host.settings:
        where = "SQLite: " if host.settings.is_embedded else "PostgreSQL: "
    return (
        f"{where}{cards:,} cards and {bought:,} purchases worth ${dollars:,}.{cents:02d} in"
        f" {seconds:.0f} s; {purchases.free} purchases of $0.00 earn nothing and were left out."
        f"\n{verdict}"
    )


@contextmanager
def _host(asked: argparse.Namespace, database_url: str) -> Iterator[Host]:
    """Give the running server that was named, or start one and make a vendor and a key on it."""
    if asked.server:
        if not asked.key:
            raise SystemExit("--server needs --key pk_…")
        yield Host(asked.server, asked.key, None)
        return
    with TemporaryDirectory(prefix="punchcard-replay-") as folder:
        settings = bench_settings(Path(folder), database_url)
        _punchcard(settings, "migrate")
        slug = f"cdnow-{uuid4().hex[:8]}"
        vendor = ["--name", "CDNOW", "--slug", slug, "--email", f"owner@{slug}.example"]
        place = ["--password", uuid4().hex, "--currency", "USD", "--timezone", "America/New_York"]
        _punchcard(settings, "vendor", "create", *vendor, *place, "--json")
        told = _punchcard(
            settings, "api-key", "create", "--vendor", slug, "--scopes", SCOPES, "--json"
        )
        with serving(settings) as server:
            yield Host(f"http://127.0.0.1:{server.port}", json.loads(told)["key"], settings)


def _punchcard(settings: Settings, *arguments: str, may_fail: bool = False) -> str:
    done = subprocess.run(
        [punchcard_command(), *arguments],
        env=environment_of(settings),
        check=not may_fail,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def _open_program(client: Client) -> str:
    program = {
        "name": "CDNOW",
        "type": "points",
        "status": "active",
        "currency": "USD",
        "timezone": "America/New_York",
        "points_per_currency_unit": POINTS_PER_DOLLAR,
        "pin_policy": "off",
    }
    return str(client.post("/programs", program, key=None, status=201)["id"])


def _noon(day: str) -> str:
    # Noon in London is the same day in New York.
    return f"{day}T12:00:00Z"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


def progress_bar(console: Console) -> Progress:
    """Return a bar that tells how much is done, how fast, and what is left."""
    left = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn())
    return Progress(*left, _Rate(), TimeElapsedColumn(), TimeRemainingColumn(), console=console)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.replay",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--database-url", default="", help="serve this scratch database")
    parser.add_argument(
        "--no-references", action="store_true", help="send purchases without receipt numbers"
    )
    parser.add_argument("--server", default="", help="use the server at this address")
    parser.add_argument("--key", default="", help=f"a key of that server's, with {SCOPES}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
