"""Apple's push service is away for an hour while the shop goes on stamping."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.fakes.apns import Apns, Script, served_apns
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.main import create_worker
from tests.support.books import audited
from tests.support.drivers.till import open_till_driver
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.phone import Phone
from tools.free_ports import free_port

PHONES, STAMPS = 3, 15
HOUR = timedelta(hours=1)


@pytest.fixture
def port() -> int:
    """Choose where the push service is, whenever it is there."""
    return free_port()


@pytest.fixture
def server_settings(settings: Settings, chain: AppleChain, port: int) -> Settings:
    """Give the operator certificates; the push service is where the test puts it."""
    return with_certificates(settings, chain, f"https://127.0.0.1:{port}")


@contextmanager
def nobody(chain: AppleChain, port: int) -> Iterator[None]:
    """Let nobody be there."""
    yield


def answering(status: int, **more: object) -> Callable[..., object]:
    """Let a service answer every push with a failure of its own."""

    @contextmanager
    def serve(chain: AppleChain, port: int) -> Iterator[Apns]:
        answers: dict[str, Any] = {
            f"token-{number}": [(status, "Shutdown", {})] for number in range(PHONES)
        }
        script = Script(answers=answers, **more)  # type: ignore[arg-type]
        with served_apns(chain, script, port=port) as apns:
            yield apns
            assert apns.pushes == []

    return serve


@contextmanager
def hanging_up(chain: AppleChain, port: int) -> Iterator[None]:
    """Let a service reset every push and end the connection."""
    with served_apns(chain, Script(drop_after=1), port=port) as apns:
        apns.script.answers = {f"token-{n}": [(500, "", {})] for n in range(PHONES)}
        yield


AWAY = {
    "unreachable": nobody,
    "503": answering(503),
    "503, come back in five minutes": answering(503, retry_after="300"),
    "500": answering(500),
    "hangs up": hanging_up,
}


@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY.keys())
def test_after_an_hour_without_apple_every_phone_shows_the_ledger(
    context: Context, clock: ManualClock, chain: AppleChain, port: int, away: Callable[..., object]
) -> None:
    alice = open_till_driver(context.database, context.loyalty.till, clock=clock, ids=context.ids)
    cards = alice.cards(alice.program(cooldown_minutes=0, max_daily_stamps=50), PHONES)
    phones = [Phone(context, card, f"token-{n}").add() for n, card in enumerate(cards)]
    worker = create_worker(context)
    with ExitStack() as hour:
        hour.enter_context(away(chain, port))  # type: ignore[arg-type]
        for number in range(STAMPS):
            # The last phone's card has no stamps: there is nothing to tell it.
            context.loyalty.till.submit(alice.stamp(cards[number % (PHONES - 1)]))
            worker.do_work()
            clock.advance(seconds=HOUR.total_seconds() / STAMPS)
    assert {phone.shown for phone in phones} == {"0/10"}

    with served_apns(chain, port=port) as apns:
        for _ in range(10):
            worker.do_work()
            clock.advance(minutes=2)
        pushed = Tally(apns.pushes)

    assert pushed == {f"token-{number}": 1 for number in range(PHONES - 1)}
    by_token = {phone.token: phone for phone in phones}
    for token in pushed:
        by_token[token].wake()
    ledger = audited(context.database)
    for phone in phones:
        assert phone.shown == f"{ledger[phone.card_id][-1]['stamps_after']}/10"
    with context.database.read() as session:
        assert session.scalars(select(OutboxRow)).all() == [], "nothing waits, nothing is parked"
