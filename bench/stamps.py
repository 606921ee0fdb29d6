"""Stamps over HTTP on PostgreSQL, beside pgbench: one by one, in lists, and what they cost."""

from bench.counter import Counter, ReferenceRound, Round
from bench.figures import Figure, Goal, figure, middle
from bench.processes import MemoryWatch
from bench.servers import import_cost
from bench.workshop import Bench, Workshop

_PGBENCH = "pgbench, 8 clients, one function a stamp"
_LIST_SIZE = 500
_LIST_CONNECTIONS = 4


def stamps(connections: int, *, least_ratio: float, most_p99_ms: float) -> Bench:
    """Return the bench of `POST /stamp` with so many connections."""

    def run(workshop: Workshop) -> list[Figure]:
        rounds, references = _interleaved(workshop, connections, per_call=1)
        name = f"stamps-{connections}"
        return [
            *_throughput(name, rounds, references, Goal("ratio", ">=", least_ratio)),
            *_latencies(name, rounds, references, Goal("value", "<=", most_p99_ms)),
            *_costs(name, rounds, references),
        ]

    return run


def operations(workshop: Workshop) -> list[Figure]:
    """Measure `POST /operations` with 500 stamps a call, over four connections."""
    rounds, references = _interleaved(workshop, _LIST_CONNECTIONS, per_call=_LIST_SIZE)
    name = "operations-500"
    return [
        *_throughput(name, rounds, references, Goal("value", ">=", 8000)),
        *_costs(name, rounds, references),
    ]


def memory(workshop: Workshop) -> list[Figure]:
    """Measure the server's memory while 64 connections stamp."""
    counter = workshop.counter
    with MemoryWatch(counter.server.pid) as watch:
        for _ in workshop.each_round("memory under 64 connections"):
            counter.load(64, workshop.seconds)
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


def _interleaved(
    workshop: Workshop, connections: int, *, per_call: int
) -> tuple[list[Round], list[ReferenceRound]]:
    counter: Counter = workshop.counter
    rounds, references = [], []
    what = f"{connections} connections" + (f", {per_call} a call" if per_call > 1 else "")
    for _ in workshop.each_round(f"{what}, beside pgbench"):
        references.append(counter.reference(workshop.seconds))
        rounds.append(counter.load(connections, workshop.seconds, per_call=per_call))
    return rounds, references


def _throughput(
    name: str, rounds: list[Round], references: list[ReferenceRound], goal: Goal
) -> list[Figure]:
    refused = sum(sum(one.refusals.values()) for one in rounds)
    codes = ", ".join(sorted({code for one in rounds for code in one.refusals}))
    return [
        figure(
            name,
            middle([one.per_second for one in rounds]),
            "stamps/s",
            reference=_PGBENCH,
            reference_value=middle([one.per_second for one in references]),
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


def _latencies(
    name: str, rounds: list[Round], references: list[ReferenceRound], goal: Goal
) -> list[Figure]:
    usual = middle([one.latency_ms for one in references])
    reference = "pgbench's average, 8 clients"
    p50, p99 = (middle([getattr(r, p) for r in rounds]) for p in ("p50_ms", "p99_ms"))
    return [
        figure(f"{name}-p50", p50, "ms", reference=reference, reference_value=usual),
        figure(f"{name}-p99", p99, "ms", reference=reference, reference_value=usual, goal=goal),
    ]


def _costs(name: str, rounds: list[Round], references: list[ReferenceRound]) -> list[Figure]:
    server = middle([one.app_us for one in rounds])
    postgresql = middle([one.postgresql_us for one in rounds])
    return [
        figure(
            f"{name}-cpu",
            server + postgresql,
            "us of processor a stamp, server and PostgreSQL",
            reference="PostgreSQL's under pgbench",
            reference_value=middle([one.postgresql_us for one in references]),
        ),
        figure(f"{name}-cpu-server", server, "us of processor a stamp"),
        figure(f"{name}-cpu-postgresql", postgresql, "us of processor a stamp"),
    ]
