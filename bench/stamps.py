"""Stamps over HTTP on PostgreSQL, beside pgbench: one by one, in lists, and what they cost."""

from dataclasses import dataclass

from bench.figures import Figure, Goal, figure, middle
from bench.processes import MemoryWatch
from bench.served_shop import ReferenceRound, Round
from bench.servers import import_cost
from bench.workshop import Bench, Workshop

_PGBENCH = "pgbench, 8 clients, one function a stamp"
_UNCOUNTED = "the same without the daily rollup"
_LIST_SIZE = 500
_LIST_CONNECTIONS = 4


def stamps(connections: int, *, least_ratio: float, most_p99_ms: float) -> Bench:
    """Return the bench of `POST /stamp` with so many connections."""

    def run(workshop: Workshop) -> list[Figure]:
        found = _interleaved(workshop, connections, per_call=1)
        name = f"stamps-{connections}"
        return [
            *_throughput(name, found, Goal("ratio", ">=", least_ratio)),
            *_latencies(name, found, Goal("value", "<=", most_p99_ms)),
            *_costs(name, found),
        ]

    return run


def operations(workshop: Workshop) -> list[Figure]:
    """Measure `POST /operations` with 500 stamps a call, over four connections."""
    found = _interleaved(workshop, _LIST_CONNECTIONS, per_call=_LIST_SIZE)
    name = "operations-500"
    return [*_throughput(name, found, Goal("value", ">=", 8000)), *_costs(name, found)]


def memory(workshop: Workshop) -> list[Figure]:
    """Measure the server's memory while 64 connections stamp."""
    served_shop = workshop.served_shop
    with MemoryWatch(served_shop.server.pid) as watch:
        for _ in workshop.each_round("memory under 64 connections"):
            served_shop.load(64, workshop.seconds)
    return [
        figure(
            "memory",
            watch.peak_mb,
            "MB",
            reference="Python that has only imported FastAPI and SQLAlchemy",
            reference_value=import_cost().resident_mb,
            goal=Goal("value", "<", 150),
        )
    ]


@dataclass(frozen=True)
class _Found:
    """The rounds of one bench, of its reference, and of the reference without the rollup."""

    rounds: list[Round]
    references: list[ReferenceRound]
    uncounted: list[ReferenceRound]


def _interleaved(workshop: Workshop, connections: int, *, per_call: int) -> _Found:
    served_shop, seconds = workshop.served_shop, workshop.seconds
    found = _Found([], [], [])
    what = f"{connections} connections" + (f", {per_call} a call" if per_call > 1 else "")
    for _ in workshop.each_round(f"{what}, beside pgbench"):
        found.references.append(served_shop.reference(seconds))
        found.rounds.append(served_shop.load(connections, seconds, per_call=per_call))
        found.uncounted.append(served_shop.reference(seconds, counts=False))
    return found


def _throughput(name: str, found: _Found, goal: Goal) -> list[Figure]:
    rate = middle([one.per_second for one in found.rounds])
    refused = sum(sum(one.refusals.values()) for one in found.rounds)
    codes = ", ".join(sorted({code for one in found.rounds for code in one.refusals}))
    return [
        figure(
            name,
            rate,
            "stamps/s",
            reference=_PGBENCH,
            reference_value=middle([one.per_second for one in found.references]),
            goal=goal,
        ),
        figure(
            f"{name}-uncounted",
            rate,
            "stamps/s",
            reference=_UNCOUNTED,
            reference_value=middle([one.per_second for one in found.uncounted]),
        ),
        figure(
            f"{name}-refusals",
            refused,
            f"requests ({codes})" if codes else "requests",
            reference="what the rules explain",
            reference_value=0,
            goal=Goal("value", "<=", 0),
        ),
    ]


def _latencies(name: str, found: _Found, goal: Goal) -> list[Figure]:
    usual = middle([one.latency_ms for one in found.references])
    reference = "pgbench's average, 8 clients"
    p50, p99 = (middle([getattr(r, p) for r in found.rounds]) for p in ("p50_ms", "p99_ms"))
    return [
        figure(f"{name}-p50", p50, "ms", reference=reference, reference_value=usual),
        figure(f"{name}-p99", p99, "ms", reference=reference, reference_value=usual, goal=goal),
    ]


def _costs(name: str, found: _Found) -> list[Figure]:
    server = middle([one.app_us for one in found.rounds])
    postgresql = middle([one.postgresql_us for one in found.rounds])
    return [
        figure(
            f"{name}-cpu",
            server + postgresql,
            "us of processor a stamp, server and PostgreSQL",
            reference="PostgreSQL's under pgbench",
            reference_value=middle([one.postgresql_us for one in found.references]),
        ),
        figure(f"{name}-cpu-server", server, "us of processor a stamp"),
        figure(f"{name}-cpu-postgresql", postgresql, "us of processor a stamp"),
    ]
