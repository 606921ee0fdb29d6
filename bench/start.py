"""From the start of the process to its first answer."""

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, Goal, figure, middle
from bench.servers import bench_settings, import_cost, serving
from bench.shop import CountedIds, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.context import build_context
from punchcard.db import migrate

_CARDS = 1000
_STARTS_A_ROUND = 2


def start(workshop: Workshop) -> list[Figure]:
    """Measure starts on an embedded database that has a shop and cards in it."""
    took: list[float] = []
    imports: list[float] = []
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        settings = bench_settings(Path(folder))
        migrate.upgrade(settings.database_url)
        context = build_context(settings, ids=CountedIds())
        try:
            open_cards(context, open_shop(context), _CARDS, lambda _: None)
        finally:
            context.close()
        for _ in workshop.each_round("starting the server"):
            for _ in range(_STARTS_A_ROUND):
                imports.append(import_cost().seconds)
                with serving(settings) as server:
                    took.append(server.seconds_to_first_answer)
    return [
        figure(
            "start",
            middle(took),
            "s",
            reference="Python that only imports FastAPI and SQLAlchemy",
            reference_value=middle(imports),
            goal=Goal("value", "<", 1.5),
        )
    ]
