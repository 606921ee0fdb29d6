"""Stamps over HTTP on PostgreSQL, beside pgbench: one by one, in lists, and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, quantiles

from bench.figures import Figure, Goal, figure, middle
from bench.load import Report
from bench.processes import MemoryWatch
from bench.served_shop import ReferenceRound, Round
from bench.servers import import_cost
from bench.shop import PIN
from bench.workshop import Bench, Workshop

_UNCOUNTED = "the same without the daily rollup"
_LIST_SIZE = 500
_LIST_CONNECTIONS = 4
_ORDINARY_CONNECTIONS = 16
_MOST_P99_RATIO = 1.2


def stamps(connections: int, *, least_ratio: float) -> Bench:
    """Return the bench of `POST /stamp` with so many connections."""

    def run(workshop: Workshop) -> list[Figure]:
        found = _interleaved(workshop, connections, per_call=1)
        name = f"stamps-{connections}"
        return [
            *_throughput(name, found, Goal("ratio", ">=", least_ratio)),
            *_latencies(name, found, Goal("ratio", "<=", _MOST_P99_RATIO)),
            *_costs(name, found),
        ]

    return run


def reference_waits(workshop: Workshop) -> list[Figure]:
    """Measure how much longer the 99th of a hundred waits of pgbench itself is than its average."""
    found: dict[int, list[tuple[float, float]]] = {16: [], 64: []}
    for _ in workshop.each_round("waits of pgbench itself"):
        for clients, rounds in found.items():
            waits = workshop.served_shop.reference_waits_ms(clients, workshop.seconds)
            rounds.append((quantiles(waits, n=100)[-1], mean(waits)))
    return [
        figure(
            f"pgbench-{clients}-p99",
            middle([p99 for p99, _ in rounds]),
            "ms, a stamp of pgbench",
            reference="its average in the same rounds",
            reference_value=middle([usual for _, usual in rounds]),
        )
        for clients, rounds in found.items()
    ]


def operations(workshop: Workshop) -> list[Figure]:
    """Measure `POST /operations` with 500 stamps a call, over four connections."""
    found = _interleaved(workshop, _LIST_CONNECTIONS, per_call=_LIST_SIZE)
    name = "operations-500"
    return [*_throughput(name, found, Goal("ratio", ">=", 3)), *_costs(name, found)]


def ordinary(workshop: Workshop) -> list[Figure]:
    """Measure 16 connections in turn with a server in the ordinary style.

    Once with the token of someone who signed in, once with a PIN typed for each stamp.
    """
    ours, theirs = workshop.served_shop, workshop.ordinary
    connections, seconds = _ORDINARY_CONNECTIONS, workshop.seconds
    found: dict[str | None, tuple[list[Round], list[Report]]] = {None: ([], []), PIN: ([], [])}
    for _ in workshop.each_round("stamps beside the ordinary style"):
        for pin, (mine, others) in found.items():
            mine.append(ours.load(connections, seconds, pin=pin))
            others.append(theirs.load(connections, seconds, pin=pin))
    return [
        one
        for name, pin, how in (
            ("ordinary-16", None, "signed in"),
            ("ordinary-16-pins", PIN, "a PIN each time, five people"),
        )
        for one in _beside_ordinary(name, f"the ordinary style, {how}", *found[pin])
    ]


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

    connections: int
    rounds: list[Round]
    references: list[ReferenceRound]
    uncounted: list[ReferenceRound]


def _interleaved(workshop: Workshop, connections: int, *, per_call: int) -> _Found:
    served_shop, seconds = workshop.served_shop, workshop.seconds
    found = _Found(connections, [], [], [])
    what = f"{connections} connections" + (f", {per_call} a call" if per_call > 1 else "")
    for _ in workshop.each_round(f"{what}, beside pgbench"):
        found.references.append(served_shop.reference(connections, seconds))
        found.rounds.append(served_shop.load(connections, seconds, per_call=per_call))
        found.uncounted.append(served_shop.reference(connections, seconds, counts=False))
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
            reference=f"pgbench, {found.connections} clients, one function a stamp",
            reference_value=middle([one.per_second for one in found.references]),
            goal=goal,
        ),
        figure(
            f"{name}-uncounted",
            rate,
            "stamps/s",
            reference=_UNCOUNTED,
            reference_value=middle([one.per_second for one in found.uncounted]),
            goal=goal,
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
    reference = f"pgbench's average, {found.connections} clients"
    p50, p99 = (middle([getattr(r, p) for r in found.rounds]) for p in ("p50_ms", "p99_ms"))
    return [
        figure(f"{name}-p50", p50, "ms", reference=reference, reference_value=usual),
        figure(f"{name}-p99", p99, "ms", reference=reference, reference_value=usual, goal=goal),
    ]


def _beside_ordinary(
    name: str, reference: str, ours: Sequence[Round], theirs: Sequence[Report]
) -> list[Figure]:
    refusals = [*(one.refusals for one in ours), *(one.refusals for one in theirs)]
    refused = sum(sum(one.values()) for one in refusals)
    rates = [one.stamps / one.seconds for one in theirs]
    waits = [one.p99_ms for one in theirs]
    return [
        figure(
            name,
            middle([one.per_second for one in ours]),
            "stamps/s",
            reference=reference,
            reference_value=middle(rates),
        ),
        figure(
            f"{name}-p99",
            middle([one.p99_ms for one in ours]),
            "ms",
            reference=reference,
            reference_value=middle(waits),
        ),
        figure(
            f"{name}-refusals",
            refused,
            "requests, of either",
            reference="what the rules explain",
            reference_value=0,
            goal=Goal("value", "<=", 0),
        ),
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
