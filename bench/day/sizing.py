"""From a day to machines and money: processors of its busiest minute, memory, disk, prices."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from bench.day.costs import Costs
from bench.day.gaps import Gaps
from bench.day.queueing import percentile_seconds
from bench.day.simulation import OPERATIONS, READS, Day, busiest

WORK: Final = (*OPERATIONS, *READS, "pushes")
HEADROOM: Final = 3
"""Processors for each one that is busy in the busiest minute: twice the load, or a machine less."""
DAYS_A_YEAR: Final = 365
LARGEST_PROCESSORS: Final = 64
LARGEST_MEMORY_GB: Final = 1000
"""What one machine of PostgreSQL has at most: with more, shops are spread over several."""
MACHINE_PROCESSORS: Final = 8
LEAST_PROCESSES: Final = 2
"""One may fail, or be upgraded."""
OPERATING_SYSTEM_GB: Final = 1.0
RECENT_DAYS: Final = 30
"""Entries that PostgreSQL should hold in memory, beside the cards whose customers come again."""
COPIES: Final = 2
"""Databases: the primary and a standby, each with all processors, memory and disk."""


@dataclass(frozen=True)
class Prices:
    """What a month costs to rent, in euros. Inputs to be replaced by one's own, not quotations."""

    on: str = "2026-11-29"
    processor: float = 8.0
    memory_gb: float = 2.5
    disk_gb: float = 0.1


@dataclass(frozen=True)
class Size:
    """What a day needs. Rates are a second in the minute that takes most processor."""

    minute: int
    operations: float
    reads: float
    pushes: float
    live_pages: float
    server_busy: float
    postgresql_busy: float
    processes: int
    postgresql_processors: int
    p99_ms: float
    rows_a_year: float
    gb_a_year: float
    cards_between_visits: float
    memory_gb: float
    postgresql_memory_gb: float
    databases: int
    machines: int
    euros_a_month: float


def size_of(day: Day, gaps: Gaps, costs: Costs, prices: Prices) -> Size:
    """Work out what a server for this day needs, with a year's rows on the disk."""
    minutes = {kind: day.minutes(kind) for kind in (*WORK, "live")}
    server = [_busy(minutes, costs, "server_us", minute) for minute in range(len(minutes["live"]))]
    minute = busiest(server)
    server_busy, postgresql_busy = server[minute], _busy(minutes, costs, "postgresql_us", minute)
    processes = max(LEAST_PROCESSES, ceil(server_busy * HEADROOM))
    processors = max(LEAST_PROCESSES, ceil(postgresql_busy * HEADROOM))
    rate = {kind: row[minute] / 60 for kind, row in minutes.items()}
    asked = sum(rate[kind] for kind in WORK)
    seconds = sum(
        percentile_seconds(0.99, rate=asked, service=busy / asked, servers=servers)
        for busy, servers in ((server_busy, processes), (postgresql_busy, processors))
    )
    # An entry for each operation, and a card for each that is opened.
    year = DAYS_A_YEAR / day.beside_average
    rows = (day.total(*OPERATIONS) + day.total("enrolments")) * year
    daily = (
        day.total("stamps", "redemptions") * costs.entry_bytes
        + day.total("purchases") * costs.purchase_bytes
        + day.total("enrolments") * costs.card_bytes
    )
    # Little's law: who comes again in a day, times the days they stay away.
    again = (day.visits - day.first_visits) * day.weight / day.beside_average
    resting = again * gaps.mean_days
    disk = daily * year / 1e9
    cached = resting * costs.card_bytes / 1e9 + disk * RECENT_DAYS / DAYS_A_YEAR
    memory = processes * costs.process_mb / 1e3 + OPERATING_SYSTEM_GB
    own = min(cached, disk) + OPERATING_SYSTEM_GB
    databases = max(ceil(processors / LARGEST_PROCESSORS), ceil(own / LARGEST_MEMORY_GB))
    euros = (
        (processes + COPIES * processors) * prices.processor
        + (memory + COPIES * own) * prices.memory_gb
        + COPIES * disk * prices.disk_gb
    )
    return Size(
        minute=minute,
        operations=sum(rate[kind] for kind in OPERATIONS),
        reads=sum(rate[kind] for kind in READS),
        pushes=rate["pushes"],
        live_pages=minutes["live"][minute],
        server_busy=server_busy,
        postgresql_busy=postgresql_busy,
        processes=processes,
        postgresql_processors=processors,
        p99_ms=seconds * 1000,
        rows_a_year=rows,
        gb_a_year=disk,
        cards_between_visits=resting,
        memory_gb=memory,
        postgresql_memory_gb=own,
        databases=databases,
        machines=max(2, ceil(processes / MACHINE_PROCESSORS)) + COPIES * databases,
        euros_a_month=euros,
    )


def _busy(minutes: dict[str, list[float]], costs: Costs, of: str, minute: int) -> float:
    """Return how many processors are busy in a minute."""
    used = sum(minutes[kind][minute] * getattr(costs.each[kind], of) for kind in WORK)
    return float(used / 60e6)
