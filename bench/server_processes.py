"""Stamps over 64 connections on one, two and four server processes of one PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, Goal, figure, middle
from bench.served_shop import BenchShop
from bench.servers import bench_settings, database_address, serving
from bench.workshop import Workshop

PROCESSES = (1, 2, 4)
_CONNECTIONS = 64


def server_processes(workshop: Workshop) -> list[Figure]:
    """Measure each number in turn, beside the one process of the other benches.

    With as many processors as processes more is done; on fewer it must not be less.
    """
    rates: dict[int, list[float]] = {number: [] for number in PROCESSES}
    refused = 0
    for _ in workshop.each_round("stamps on 1 to 4 processes"):
        for number in PROCESSES:
            with _served_by(workshop.served_shop, number) as shop:
                done = shop.load(_CONNECTIONS, workshop.seconds)
            rates[number].append(done.per_second)
            refused += sum(done.refusals.values())
    return [
        *(
            figure(
                f"processes-{number}",
                middle(rates[number]),
                "stamps/s",
                reference="one process",
                reference_value=middle(rates[1]),
            )
            for number in PROCESSES
        ),
        figure("processes-refusals", refused, "requests", goal=Goal("value", "<=", 0)),
    ]


@contextmanager
def _served_by(shop: BenchShop, processes: int) -> Iterator[BenchShop]:
    """Serve the same shop a second time, by so many processes."""
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        settings = bench_settings(Path(folder), database_address(shop.postgresql_url, "bench_app"))
        with serving(settings, workers=processes) as server:
            yield replace(shop, server=server)
