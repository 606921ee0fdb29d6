"""Kill or stop `punchcard serve` under load: what it answered is in the ledger once.

Callers send operations with keys over HTTP, alone and in lists, until the server dies under them.
What they were never answered, they ask again of the next server.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.kit.ids import CardId
from punchcard.kit.settings import load_settings
from tests.loyalty import shelf
from tests.support import cast
from tests.support.books import audited
from tests.support.server_process import Serving, caller, command, environment_for, serving

CALLERS, CARDS = 6, 5
EARN = "/api/v1/vendor/loyalty/points/earn"
OPERATIONS = "/api/v1/vendor/loyalty/operations"

Hashes = dict[str, str]
"""What was acknowledged: the hash of the entry by its key."""


@dataclass
class Load:
    """Callers of a shop's API, each with its own connection, until the server is gone."""

    token: str
    cards: list[CardId]
    answered: Hashes = field(default_factory=dict)
    unanswered: list[tuple[str, Any]] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def run(self, addresses: list[str], name: str, act: Callable[[], None], number: int) -> None:
        """Call the servers until each caller lost its own; `act` after `number` answers more."""
        before = len(self.answered)
        with ThreadPoolExecutor(CALLERS) as pool:
            calls = [
                pool.submit(self._call, addresses[n % len(addresses)], f"{name}-{n}")
                for n in range(CALLERS)
            ]
            with self._news:
                assert self._news.wait_for(lambda: len(self.answered) - before >= number, 60)
            act()
            for call in calls:
                call.result(60)

    def settle(self, address: str) -> None:
        """Ask again, with the same keys, for what was never answered."""
        with caller(address) as client:
            for key, body in self.unanswered:
                self._note(key, self._send(client, key, body))
        self.unanswered = []

    def _call(self, address: str, name: str) -> None:
        with caller(address) as client:
            for number in range(10_000):
                key = f"{name}-{number}"
                body = self._body(key, number)
                try:
                    self._note(key, self._send(client, key, body))
                except httpx.TransportError:
                    with self._news:
                        self.unanswered.append((key, body))
                    return

    def _body(self, key: str, number: int) -> Any:
        card = self.cards[number % CARDS]
        if number % 3:
            return {"card": card, "amount_minor": 100 + number}
        earn = {"op": "earn", "card": card, "amount_minor": 199}
        return {"operations": [{**earn, "idempotency_key": f"{key}-{n}"} for n in range(4)]}

    def _send(self, client: httpx.Client, key: str, body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        if "operations" in body:
            return client.post(OPERATIONS, json=body, headers=headers)
        return client.post(EARN, json=body, headers={**headers, "Idempotency-Key": key})

    def _note(self, key: str, answer: httpx.Response) -> None:
        assert answer.status_code in (200, 201), answer.text
        told = answer.json()
        receipts = [one["receipt"] for one in told.get("results", [{"receipt": told}])]
        with self._news:
            for receipt in receipts:
                entry = receipt["transaction"]
                self.answered[entry["idempotency_key"]] = entry["hash"]
            self._news.notify_all()


@pytest.mark.parametrize(
    ("kind", "servers", "rounds"), [("sqlite", 1, 3), ("postgresql", 1, 2), ("postgresql", 2, 2)]
)
def test_a_killed_server_loses_and_doubles_nothing(
    kind: str, servers: int, rounds: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment = environment_for(_database_url(kind, request, tmp_path), tmp_path)
    load = _open_shop(environment)
    for number in range(rounds):
        with _servers(environment, tmp_path, servers) as running:
            load.settle(running[0].address)
            addresses = [server.address for server in running]
            load.run(addresses, f"round-{number}", _kill(running), 15 + 40 * number)
    with serving(environment, tmp_path) as last:
        assert load.unanswered, "somebody was always cut off"
        load.settle(last.address)

    _check(environment, load)
    for arguments in (["ledger", "verify"], ["stats", "rebuild", "--check"]):
        done = command(environment, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_stopped_server_answers_all_it_took_and_leaves_well(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment = environment_for(_database_url(kind, request, tmp_path), tmp_path)
    load = _open_shop(environment)
    with serving(environment, tmp_path) as server:

        def stop() -> None:
            server.process.send_signal(signal.SIGTERM)

        load.run([server.address], "stopped", stop, 60)
        assert server.process.wait(60) == 0, server.log.read_text(encoding="utf-8")

    # A caller whose request was never taken has no answer; nothing of it may be there.
    _check(environment, load)


def _kill(servers: list[Serving]) -> Callable[[], None]:
    def kill() -> None:
        for server in servers:
            server.process.kill()

    return kill


@contextmanager
def _servers(environment: Mapping[str, str], folder: Path, number: int) -> Iterator[list[Serving]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving(environment, folder)) for _ in range(number)]


def _database_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "sqlite":
        url: str = request.getfixturevalue("sqlite_template").copy_to(folder / "punchcard.db")
        return url
    durable: str = request.getfixturevalue("durable_database_url")
    return durable


def _open_shop(environment: Mapping[str, str]) -> Load:
    with closing(build_context(load_settings(environment, password_bcrypt_cost=4))) as context:
        alice = cast.open_cafe_alice(context)
        program = shelf.program(alice, type="points", status="active", pin_policy="off")
        with_key = alice.api_key("loyalty:operate")
        cards = [shelf.opened_card(alice, program) for _ in range(CARDS)]
    return Load(with_key, cards)


def _check(environment: Mapping[str, str], load: Load) -> None:
    """Compare the ledger with what was acknowledged."""
    with closing(Database(environment["PUNCHCARD_DATABASE_URL"])) as database:
        chains = audited(database)
    written = [
        (entry["idempotency_key"], entry["hash"].hex())
        for chain in chains.values()
        for entry in chain
        if entry["idempotency_key"]
    ]
    assert sorted(written) == sorted(load.answered.items())
