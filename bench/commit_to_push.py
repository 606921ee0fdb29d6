"""From a committed stamp to the change at Google, with an idle worker in the same process."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.codes import card_token
from bench.embedded import Callers
from bench.figures import Figure, Goal, figure, middle
from bench.servers import bench_settings
from bench.shop import CountedIds, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.db.watch import backlog
from punchcard.fakes import google as fake
from punchcard.fakes.google import FakeGoogle
from punchcard.fakes.serving import served
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_service
from punchcard.main import create_worker

_ISSUER: Final = "3388000000012345678"
_EMAIL: Final = "punchcard@bench.iam.gserviceaccount.com"
_STAMPS_A_ROUND: Final = 20
_GIVE_UP_SECONDS: Final = 10


def commit_to_push(workshop: Workshop) -> list[Figure]:
    """Measure how long after its receipt a stamp is told to the wallet."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    google = FakeGoogle(
        issuer_id=_ISSUER, account=_EMAIL, key=key.public_key(), now=SystemClock().now
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {"client_email": _EMAIL, "private_key_id": "k1", "private_key": pem}
    took: list[float] = []
    with served(google.app) as address, TemporaryDirectory(prefix="punchcard-bench-") as folder:
        settings = _settings(Path(folder), address, json.dumps(account))
        migrate.upgrade(settings.database_url)
        context = build_context(settings, ids=CountedIds())
        worker = create_worker(context)
        try:
            shop = open_shop(context)
            cards = workshop.rounds * _STAMPS_A_ROUND
            open_cards(context, shop, cards, lambda _done: None)
            for card in range(cards):
                context.wallets.google.save_link(_card_id(context, card + 1))
            worker.start()
            _wait_for_idle(context)
            callers = Callers(context, shop, 0, 0)
            for number in workshop.each_round("stamp to wallet"):
                first = number * _STAMPS_A_ROUND + 1
                for card in range(first, first + _STAMPS_A_ROUND):
                    told = google.count("PATCH", "loyaltyObject")
                    context.loyalty.till.submit(callers.operation(card, f"{card}"))
                    took.append(_seconds_until_more_than(told, google))
        finally:
            worker.stop()
            context.close()
    goal = Goal("value", "<=", 300)
    return [figure("commit-to-push", middle(took) * 1000, "ms, median, idle worker", goal=goal)]


def _settings(folder: Path, address: str, account: str) -> Settings:
    return replace(
        bench_settings(folder),
        google_issuer_id=_ISSUER,
        google_service_account=account,
        google_api_url=address + fake.API_PATH,
        google_token_url=address + fake.TOKEN_PATH,
        google_requests_per_second=100_000.0,
        # Only the till's notification can wake the worker in time.
        worker_idle_seconds=3600.0,
    )


def _card_id(context: Context, card: int) -> CardId:
    now = context.clock.now()
    with context.database.read() as session:
        return card_service.get_card_by_token(session, card_token(card), now=now).id


def _wait_for_idle(context: Context) -> None:
    """Wait until the worker has told what opening the cards left behind."""
    gives_up_at = perf_counter() + _GIVE_UP_SECONDS
    while perf_counter() < gives_up_at:
        with context.database.read() as session:
            if not any(one.waiting + one.claimed for one in backlog.depths(session)):
                return
        sleep(0.05)
    raise RuntimeError("the worker did not come to rest")


def _seconds_until_more_than(told: int, google: FakeGoogle) -> float:
    begun = perf_counter()
    while google.count("PATCH", "loyaltyObject") <= told:
        if perf_counter() - begun > _GIVE_UP_SECONDS:
            raise RuntimeError("a stamp was never told to the wallet")
        sleep(0.001)
    return perf_counter() - begun
