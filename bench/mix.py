"""Memory of a server of which everything is asked at once, on both databases.

People of three shops walk through the console in four languages and take every list away, an
operator through the platform's pages, tills send stamps and purchases one by one and in lists,
software asks for figures, and customers look at their cards. Then all of it once more: what stays
after the second time is what stays for ever.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.figures import Figure, Goal, figure
from bench.mixed_errands import Errand, errands, sign_in
from bench.processes import MemoryWatch, resident_mb
from bench.servers import DURABLE, bench_settings, create_database, serving
from bench.shop import Progress
from bench.workshop import Workshop
from punchcard.context import build_context
from punchcard.db import migrate
from punchcard.demo.history import HistorySimulator
from punchcard.demo.invented_ids import invented_ids
from punchcard.demo.opening import hash_password, open_platform, open_shop
from punchcard.demo.shops import SHOPS
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.settings import Settings
from tools.postgresql import postgresql_server

DATABASES: Final = ("postgresql", "sqlite")

_DAYS: Final = 14
_TIMES: Final = 2
_MOST_MB: Final = 200


def memory_mix(workshop: Workshop) -> list[Figure]:
    """Measure a server's memory at rest after the mix, and after a second one."""
    return [one for name in DATABASES for one in _on(name, workshop)]


def _on(name: str, workshop: Workshop) -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="punchcard-bench-")))
        url = ""
        if name == "postgresql":
            url = create_database(stack.enter_context(postgresql_server(DURABLE)), "mix")
        settings = bench_settings(folder, url)
        with workshop.counting(f"{_DAYS} days of three shops, {name}", _DAYS) as advance:
            keys = _live(settings, lambda _done: advance(1))
        server = stack.enter_context(serving(settings))
        before = resident_mb(server.pid)
        signed_in = sign_in(server.port)
        rested: list[float] = []
        watch = stack.enter_context(MemoryWatch(server.pid))
        for number in range(_TIMES):
            asked = errands(server.port, keys, signed_in, f"mix-{number}")
            _ask_all(asked, workshop, f"everything at once, {name}")
            rested.append(resident_mb(server.pid))
    goal = Goal("value", "<", _MOST_MB)
    told = "the same server before it was asked for anything"
    yield figure(f"mix-{name}", rested[0], "MB", reference=told, reference_value=before, goal=goal)
    yield figure(
        f"mix-{name}-again",
        rested[1],
        "MB after a second mix",
        reference="after the first",
        reference_value=rested[0],
        goal=goal,
    )
    yield figure(f"mix-{name}-peak", watch.peak_mb, "MB at the most", goal=goal)


def _live(settings: Settings, progress: Progress) -> list[str]:
    """Open the demonstration's shops and live some weeks of them; return their keys."""
    migrate.upgrade(settings.database_url)
    now = SystemClock().now()
    clock = ManualClock(now - timedelta(days=_DAYS, hours=2))
    with closing(build_context(settings, clock=clock, ids=invented_ids(clock))) as context:
        password_hash = hash_password(context)
        open_platform(context, password_hash)
        shops = [open_shop(context, shop, password_hash, now) for shop in SHOPS]
        HistorySimulator(context, clock, shops, _DAYS, now).live(progress)
        return [shop.key for shop in shops]


def _ask_all(asked: list[Errand], workshop: Workshop, what: str) -> None:
    with (
        workshop.counting(what, len(asked)) as advance,
        ThreadPoolExecutor(len(asked)) as threads,
    ):
        for done in [threads.submit(errand) for errand in asked]:
            done.result()
            advance(1)
