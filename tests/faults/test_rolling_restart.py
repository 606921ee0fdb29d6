"""Two servers are replaced one after the other under load, and no stamp is refused."""

import signal
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.db.migrate import head
from punchcard.kit.ids import CardId
from punchcard.kit.settings import load_settings
from tests.loyalty import shelf
from tests.support import cast
from tests.support.books import audited
from tests.support.server_process import Serving, caller, environment_for, serving

EARN = "/api/v1/vendor/loyalty/points/earn"
TILLS, CARDS, EACH_TIME = 4, 4, 25
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Tills:
    """Software of a shop that knows both servers, and asks the other when one does not answer."""

    def __init__(self, token: str, cards: list[CardId], servers: list[Serving]) -> None:
        self._token = token
        self._cards = cards
        self._addresses = [server.address for server in servers]
        self._news = threading.Condition()
        self._stop = threading.Event()
        self.answered: dict[str, str] = {}
        self.statuses: set[int] = set()

    def replace(self, number: int, server: Serving) -> None:
        self._addresses[number] = server.address

    def end(self) -> None:
        self._stop.set()

    def wait_for(self, number: int) -> None:
        """Wait until so many more are answered."""
        with self._news:
            wanted = len(self.answered) + number
            assert self._news.wait_for(lambda: len(self.answered) >= wanted, 60)

    def work(self, till: int) -> None:
        """Earn points without a pause, each time at the server that answered last."""
        place = till % len(self._addresses)
        with ExitStack() as stack:
            clients: dict[str, httpx.Client] = {}
            for number in count():
                if self._stop.is_set():
                    return
                key = f"till-{till}-{number}"
                body = {"card": self._cards[(till + number) % CARDS], "amount_minor": 100}
                headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
                while True:
                    address = self._addresses[place]
                    if address not in clients:
                        clients[address] = stack.enter_context(caller(address))
                    try:
                        answer = clients[address].post(EARN, json=body, headers=headers)
                    except httpx.TransportError:
                        place = (place + 1) % len(self._addresses)
                        continue
                    break
                with self._news:
                    self.statuses.add(answer.status_code)
                    self.answered[key] = answer.json()["transaction"]["hash"]
                    self._news.notify_all()


def test_servers_that_are_replaced_in_turn_refuse_nobody(database_url: str, tmp_path: Path) -> None:
    environment = environment_for(database_url, tmp_path)
    token, cards = open_shop(environment)
    with ExitStack() as stack, ThreadPoolExecutor(TILLS) as pool:
        running = [stack.enter_context(serving(environment, tmp_path)) for _ in range(2)]
        tills = Tills(token, cards, running)
        stack.callback(tills.end)
        work = [pool.submit(tills.work, number) for number in range(TILLS)]
        for number, server in enumerate(running):
            tills.wait_for(EACH_TIME)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == 0
            # The other one serves alone.
            tills.wait_for(EACH_TIME)
            tills.replace(number, stack.enter_context(serving(environment, tmp_path)))
        tills.wait_for(EACH_TIME)
        tills.end()
        for one in work:
            one.result(60)
    assert tills.statuses <= {200, 201}
    with closing(Database(database_url)) as database:
        entries = [entry for chain in audited(database).values() for entry in chain]
    kept = {e["idempotency_key"]: e["hash"].hex() for e in entries if e["idempotency_key"]}
    assert kept == tills.answered
    assert len(kept) >= 5 * EACH_TIME


def test_a_server_goes_on_while_the_next_version_has_added_to_the_database(
    database_url: str, tmp_path: Path
) -> None:
    environment = environment_for(database_url, tmp_path)
    token, cards = open_shop(environment)
    headers = {"Authorization": f"Bearer {token}"}
    with serving(environment, tmp_path) as server, caller(server.address) as client:
        mark(database_url, "0999")
        try:
            ready = client.get("/readyz")
            earned = client.post(
                EARN, json={"card": cards[0], "amount_minor": 100}, headers=headers
            )
        finally:
            mark(database_url, head())
    assert (ready.status_code, ready.json()["code"]) == (200, None)
    assert earned.status_code in (200, 201)


def open_shop(environment: Mapping[str, str]) -> tuple[str, list[CardId]]:
    settings = load_settings(environment, password_bcrypt_cost=4)
    with closing(build_context(settings)) as context:
        alice = cast.open_cafe_alice(context)
        program = shelf.program(alice, type="points", status="active", pin_policy="off")
        key = alice.api_key("loyalty:operate")
        return key, [shelf.opened_card(alice, program) for _ in range(CARDS)]


def mark(database_url: str, revision: str) -> None:
    with closing(Database(database_url)) as database, database.write_connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
