"""An import of some thousand rows and its undo, on both databases, beside the till alone."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from bench.figures import Figure, Goal, figure, middle
from bench.servers import DURABLE, bench_settings, create_database
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.connect.imports import import_files, import_service
from punchcard.connect.imports.turns import take_turn
from punchcard.connect.imports.vocabulary import BalanceMode
from punchcard.connect.imports.work import ImportWork
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.kit.ids import ImportId
from tools.postgresql import postgresql_server

_ROWS: Final = 5_000


def imports(workshop: Workshop) -> list[Figure]:
    """Measure an import's run and undo, beside opening as many cards by the till alone."""
    with (
        TemporaryDirectory(prefix="punchcard-bench-") as folder,
        postgresql_server(DURABLE) as server,
    ):
        addresses = {"sqlite": "", "postgresql": create_database(server, "imports")}
        return [
            one
            for name, address in addresses.items()
            for one in _figures(workshop, name, Path(folder), address)
        ]


def _figures(workshop: Workshop, name: str, folder: Path, address: str) -> Iterator[Figure]:
    runs, undos, plain = [], [], []
    with _opened(folder, address) as (context, shop):
        for number in workshop.each_round(f"imports on {name}"):
            plain.append(_taken(lambda: open_cards(context, shop, _ROWS, lambda _done: None)))
            import_id = _tried(context, shop, number)
            runs.append(_taken(lambda: _run(context, shop, import_id)))  # noqa: B023 called at once
            undos.append(_taken(lambda: _undo(context, shop, import_id)))  # noqa: B023 called at once
    beside = f"{_ROWS:,} cards opened by the till alone, without a balance"
    for step, took in (("run", runs), ("undo", undos)):
        yield figure(
            f"imports-{name}-{step}",
            middle(took),
            f"s for {_ROWS:,} rows",
            reference=beside,
            reference_value=middle(plain),
            goal=Goal("ratio", "<=", 6),
        )


def _taken(do: Callable[[], Any]) -> float:
    begun = perf_counter()
    do()
    return perf_counter() - begun


@contextmanager
def _opened(folder: Path, address: str) -> Iterator[tuple[Context, Shop]]:
    settings = bench_settings(folder, address)
    migrate.upgrade(settings.database_url)
    with closing(build_context(settings, ids=CountedIds())) as context:
        yield context, open_shop(context, type="points")


def _act(context: Context) -> Act:
    return Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)


def _tried(context: Context, shop: Shop, number: int) -> ImportId:
    """Bring a file along and try it."""
    rows = "".join(
        f"p{number}-{row}@home.example,A-{number}-{row},{row % 100 + 1}\n" for row in range(_ROWS)
    )
    content = f"email,card number,points\n{rows}".encode()
    file = import_files.read_file(content, import_files.file_limits(context.settings))
    with context.database.write() as session:
        import_id = import_files.create_import(
            session, _act(context), shop.vendor_id, shop.program_id, name="Old till", file=file
        ).id
    with context.database.write() as session:
        import_service.ask_preview(session, _act(context), shop.vendor_id, import_id, {})
    _work(context, import_id)
    return import_id


def _run(context: Context, shop: Shop, import_id: ImportId) -> None:
    with context.database.write() as session:
        import_service.ask_run(
            session, _act(context), shop.vendor_id, import_id, balance=BalanceMode.SET
        )
    _work(context, import_id)


def _undo(context: Context, shop: Shop, import_id: ImportId) -> None:
    with context.database.write() as session:
        import_service.ask_undo(session, _act(context), shop.vendor_id, import_id, days=1)
    _work(context, import_id)


def _work(context: Context, import_id: ImportId) -> None:
    work = ImportWork(context.database, context.loyalty.till, context.clock, context.ids)
    while not take_turn(work, import_id):
        pass
