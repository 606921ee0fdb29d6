"""Kill a worker in the middle of telling Apple or Google: the next one leaves all of them agreed.

Real processes against real servers: the stand-in that takes a push or an update kills the worker
before it answers, so that the worker never gets to write down what it did.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from punchcard.context import Context, build_context
from punchcard.db.outbox import OutboxRow
from punchcard.fakes.apns import Apns, served_apns
from punchcard.fakes.apple_chain import make_chain
from punchcard.fakes.google import FakeGoogle
from punchcard.fakes.serving import served
from punchcard.kit.clock import SystemClock
from punchcard.kit.settings import Settings, load_settings
from punchcard.wallets.google.access_token import ServiceAccount
from punchcard.wallets.models import ApplePass
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, open_till_driver
from tests.support.server_process import environment_for
from tests.support.warm_interpreter import WarmProcess, start
from tests.wallets.apple.phone import Phone
from tests.wallets.google_account import EMAIL, ISSUER, Google, service_account
from tools.free_ports import free_port

DEADLINE_SECONDS = 60
TOKEN = "a phone"
Environment = Mapping[str, str]


class Victim:
    """The worker of the moment, and what is to befall it."""

    def __init__(self) -> None:
        self.was_met = threading.Event()
        self.is_doomed = True
        self._process: WarmProcess | None = None

    @contextmanager
    def working(self, environment: Environment, folder: Path) -> Iterator[WarmProcess]:
        """Run a worker; it is killed, if it still runs, when the block ends."""
        self.was_met.clear()
        is_embedded = environment["PUNCHCARD_DATABASE_URL"].startswith("sqlite")
        command = ["serve", "--port", str(free_port())] if is_embedded else ["worker"]
        with (folder / "worker.log").open("ab") as log:
            process = start(command, environment, out=log, err=log, folder=folder)
            self._process = process
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def meet(self) -> None:
        """Kill the worker if it is doomed; let the test know that it was here."""
        if self.is_doomed:
            assert self._process is not None
            self._process.kill()
            self._process.wait()
        self.was_met.set()

    def dies(self, environment: Environment, folder: Path) -> None:
        """Run a worker until it is killed in the act."""
        with self.working(environment, folder):
            assert self.was_met.wait(DEADLINE_SECONDS), (folder / "worker.log").read_text()
        self.is_doomed = False

    def lives(self, environment: Environment, folder: Path) -> None:
        """Run a worker until it has done the same again, and let it finish."""
        with self.working(environment, folder) as process:
            assert self.was_met.wait(DEADLINE_SECONDS), (folder / "worker.log").read_text()
            process.terminate()
            assert process.wait(DEADLINE_SECONDS) == 0


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return the environment of an operator without wallets, whose workers are given up soon."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        url = template.copy_to(tmp_path / "punchcard.db")
    else:
        url = request.getfixturevalue("durable_database_url")
    return {**environment_for(url, tmp_path), "PUNCHCARD_WORKER_LEASE_SECONDS": "1"}


def with_settings(environment: Environment, chosen: Settings) -> dict[str, str]:
    """Return the environment that makes the settings `chosen`."""
    plain = load_settings(environment)
    changed = {
        f"PUNCHCARD_{field.name.upper()}": str(getattr(chosen, field.name))
        for field in fields(Settings)
        if getattr(chosen, field.name) != getattr(plain, field.name)
    }
    return {**environment, **changed}


@contextmanager
def opened(environment: Environment) -> Iterator[Context]:
    """Open the shop's database, while no server runs."""
    with closing(build_context(load_settings(environment))) as context:
        yield context


def counter_of(context: Context) -> TillDriver:
    return open_till_driver(
        context.database, context.loyalty.till, clock=context.clock, ids=context.ids
    )


def check_books(context: Context, card: str) -> None:
    """Check that the ledger holds one stamp of the card, and that no work is left."""
    assert audited(context.database)[card][-1]["stamps_after"] == 1
    with context.database.read() as session:
        assert session.scalars(select(OutboxRow)).all() == []


def test_worker_killed_between_push_and_bookkeeping(
    environment: dict[str, str], tmp_path: Path
) -> None:
    chain, victim = make_chain(), Victim()

    def killing(_token: str) -> None:
        victim.meet()

    with served_apns(chain, on_push=killing) as apns:
        chosen = replace(
            load_settings(environment),
            apple_certificate=chain.certificate_pem,
            apple_private_key=chain.key_pem,
            apple_wwdr_certificate=chain.intermediate_pem,
            apple_apns_url=apns.url,
            apple_apns_ca_certificate=chain.root_pem,
        )
        operator = with_settings(environment, chosen)
        with opened(operator) as context:
            alice = counter_of(context)
            card = alice.card(alice.program())
            phone = Phone(context, card, TOKEN).add()
            context.loyalty.till.submit(alice.stamp(card))
        victim.dies(operator, tmp_path)
        assert apns.pushes == [TOKEN]
        assert pushed_tags(operator) == [(True, 1)], "Apple was told; nobody wrote that down"
        victim.lives(operator, tmp_path)
        check_phone(operator, apns, phone)


def pushed_tags(environment: Environment) -> list[tuple[bool, int]]:
    """Return for each pass whether its phones are still to be woken, and how much work waits."""
    with opened(environment) as context, context.database.read() as session:
        waiting = len(session.scalars(select(OutboxRow)).all())
        passes = session.scalars(select(ApplePass)).all()
        return [(row.pushed_tag < row.update_tag, waiting) for row in passes]


def check_phone(environment: Environment, apns: Apns, phone: Phone) -> None:
    # A push says nothing but "ask": the second one is the price of never losing the first.
    assert apns.pushes == [TOKEN, TOKEN]
    assert pushed_tags(environment) == [(False, 0)]
    with opened(environment) as context:
        phone.context = context
        phone.wake()
        assert phone.shown == "1/10"
        check_books(context, phone.card_id)


class Strike:
    """Google, in whose hands the worker dies: before or after what it sent is written."""

    def __init__(self, app: ASGIApp, victim: Victim, *, is_written: bool) -> None:
        self._app, self._victim, self._is_written = app, victim, is_written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, unless it is the update that the worker does not survive."""
        is_update = scope["type"] == "http" and scope["method"] == "PATCH"
        if not is_update or not self._victim.is_doomed:
            await self._app(scope, receive, send)
        elif self._is_written:
            await self._app(scope, receive, unheard)
        if is_update:
            self._victim.meet()


async def unheard(_message: Message) -> None:
    """Send an answer to nobody."""


@pytest.mark.parametrize(
    ("environment", "is_written"),
    [("sqlite", False), ("postgresql", True)],
    indirect=["environment"],
    ids=["before the write", "after the write"],
)
def test_worker_killed_while_it_sends(
    environment: dict[str, str], tmp_path: Path, is_written: bool
) -> None:
    victim = Victim()
    key = ServiceAccount.parse(service_account()).key.public_key()
    fake = FakeGoogle(issuer_id=ISSUER, account=EMAIL, key=key)
    with served(Strike(fake.app, victim, is_written=is_written)) as address:
        google = Google(fake, address, SystemClock())
        operator = with_settings(environment, google.settings(load_settings(environment)))
        with opened(operator) as context:
            alice = counter_of(context)
            card = alice.card(alice.program())
            context.wallets.google.save_link(card)
            context.loyalty.till.submit(alice.stamp(card))
        victim.dies(operator, tmp_path)
        assert shown(fake) == ["1/10" if is_written else "0/10"]
        victim.lives(operator, tmp_path)
    assert shown(fake) == ["1/10"]
    assert sum(map(len, fake.notified.values())) == 1, "nobody hears of one stamp twice"
    assert fake.refused == []
    with opened(operator) as context:
        check_books(context, card)


def shown(fake: FakeGoogle) -> list[str]:
    return [str(one["loyaltyPoints"]["balance"]["string"]) for one in fake.objects.values()]
