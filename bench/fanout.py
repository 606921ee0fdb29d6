"""A program's redesign, fanned out to 100,000 cards whose passes are on as many phones."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Final

import psycopg

from bench.figures import Figure, figure
from bench.processes import MemoryWatch, cpu_seconds, resident_mb
from bench.pushes import push_service
from bench.servers import (
    DURABLE,
    bench_settings,
    create_database,
    environment_of,
    punchcard_command,
)
from bench.shop import CountedIds, Progress, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.fakes.apple_chain import make_chain
from punchcard.kit.environment.reading import PREFIX
from punchcard.kit.settings import Settings
from punchcard.loyalty.programs import program_service
from punchcard.wallets.google.models import WalletFanout
from tools.postgresql import postgresql_server

CARDS: Final = 100_000
_LIMIT_SECONDS: Final = 900
_LOOK_SECONDS: Final = 0.5
_SEED: Final = b"""
INSERT INTO apple_passes
    (serial_number, card_id, update_tag, pushed_tag, modified_at, fingerprint, created_at)
SELECT number, id, 0, 0, 0, decode(repeat('00', 32), 'hex'), now() FROM loyalty_cards;
INSERT INTO apple_device_registrations
    (id, device_library_id, push_token, serial_number, card_id, update_tag, bad_token_count,
     created_at, updated_at)
SELECT id, 'device ' || number, md5(number) || md5(id::text), number, id, 0, 0, now(), now()
FROM loyalty_cards;
DELETE FROM outbox;
"""


@dataclass(frozen=True)
class _Fanned:
    """What a fan-out took, and how much of it was done when it ended or was given up."""

    cards: int
    seconds: float
    cpu_seconds: float
    resting_mb: float
    peak_mb: float


def fanout(workshop: Workshop) -> list[Figure]:
    """Measure one redesign: from the worker's first look at it until the last phone is woken."""
    node = shutil.which("node")
    if node is None:
        return [figure("fanout", 0, "s: not measured, there is no node to play Apple")]
    chain = make_chain()
    with push_service(node, chain) as (port, _), _opened(workshop) as (plain, context, shop):
        settings = replace(
            plain,
            base_url="https://shop.example",
            apple_certificate=chain.certificate_pem,
            apple_private_key=chain.key_pem,
            apple_wwdr_certificate=chain.intermediate_pem,
            apple_apns_url=f"https://127.0.0.1:{port}",
            apple_apns_ca_certificate=chain.root_pem,
        )
        _redesign(context, shop)
        done = _fan_out(workshop, settings, context, shop)
    return [
        figure("fanout", done.seconds, f"s for {done.cards} cards, each on one phone"),
        figure("fanout-rate", done.cards / done.seconds, "cards/s looked at, noted and pushed to"),
        figure(
            "fanout-cpu",
            done.cpu_seconds / done.cards * 1e6,
            "us of the worker's processor a card",
        ),
        figure(
            "fanout-memory",
            done.peak_mb,
            "MB of the worker at its peak",
            reference="the same worker before the first card",
            reference_value=done.resting_mb,
        ),
    ]


@contextmanager
def _opened(workshop: Workshop) -> Iterator[tuple[Settings, Context, Shop]]:
    """Open a shop on PostgreSQL whose every card is on a phone; the phones come by bulk."""
    with TemporaryDirectory(prefix="punchcard-bench-") as folder, postgresql_server(DURABLE) as url:
        settings = bench_settings(Path(folder), create_database(url, "fanout"))
        migrate.upgrade(settings.database_url)
        with closing(build_context(settings, ids=CountedIds())) as context:
            shop = open_shop(context)
            with workshop.counting("opening 100,000 cards on phones", CARDS) as advance:
                open_cards(context, shop, CARDS, advance)
            with psycopg.connect(settings.database_url, autocommit=True) as connection:
                for statement in _SEED.split(b";")[:-1]:
                    connection.execute(statement)
                connection.execute("VACUUM (ANALYZE)")
            yield settings, context, shop


def _redesign(context: Context, shop: Shop) -> None:
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)
    fields = {"branding": {"background_color": "#aa3311"}}
    with context.database.write() as session:
        program_service.update_program(session, act, shop.vendor_id, shop.program_id, fields)


def _fan_out(workshop: Workshop, settings: Settings, context: Context, shop: Shop) -> _Fanned:
    with (
        subprocess.Popen(
            [punchcard_command(), "worker"],
            env=_environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as worker,
        workshop.counting("a redesign on its way to phones", CARDS) as advance,
    ):
        try:
            return _watch(worker, context, shop, advance)
        finally:
            worker.kill()


def _watch(
    worker: subprocess.Popen[bytes], context: Context, shop: Shop, advance: Progress
) -> _Fanned:
    """Look at the progress until it is finished, or for as long as a bench may take."""
    resting, started, shown, ends = 0.0, 0.0, 0, monotonic() + _LIMIT_SECONDS
    with MemoryWatch(worker.pid) as memory:
        while True:
            if worker.poll() is not None:
                raise RuntimeError("the worker ended")
            with context.database.read() as session:
                row = session.get(WalletFanout, shop.program_id)
                if row is None or not row.cards_done:
                    resting, started = resident_mb(worker.pid), cpu_seconds(worker.pid)
                else:
                    advance(row.cards_done - shown)
                    shown = row.cards_done
                    if row.finished_at or monotonic() > ends:
                        took = (row.finished_at or row.updated_at) - row.started_at
                        used = cpu_seconds(worker.pid) - started
                        seconds = took.total_seconds()
                        return _Fanned(shown, seconds, used, resting, memory.peak_mb)
            sleep(_LOOK_SECONDS)


def _environment(settings: Settings) -> dict[str, str]:
    names = (
        "base_url",
        "apple_certificate",
        "apple_private_key",
        "apple_wwdr_certificate",
        "apple_apns_url",
        "apple_apns_ca_certificate",
    )
    given = {PREFIX + name.upper(): str(getattr(settings, name)) for name in names}
    return environment_of(settings) | given
