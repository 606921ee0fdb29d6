"""What docs/scale.md says of the day: a table, the prices it was made with, and the curves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.day.simulation import OPERATIONS, READS, Day
from bench.day.sizing import Prices, Size
from bench.day.trades import MINUTES
from bench.plot import Plot

DOCS: Final = Path(__file__).parents[2] / "docs"
FIRST_MARK: Final = "<!-- the day: written by python -m bench.day --document -->\n"
LAST_MARK: Final = "<!-- end of the day -->\n"
_BIN: Final = 5
"""Minutes that are one place of a curve."""


def lines_of(days: Sequence[tuple[Day, Size]], prices: Prices) -> list[str]:
    """Return the table of days, as lines of Markdown, and the line of prices below it."""
    head = ["", *(f"{day.shops:,} shops" for day, _ in days)]
    rows = [[name, *(cell(day, size) for day, size in days)] for name, cell in _ROWS]
    table = [head, ["---", *("---:" for _ in days)], *rows]
    return [
        *("| " + " | ".join(row) + " |" for row in table),
        "",
        f"Prices are inputs, of {prices.on}, in euros a month: {prices.processor:g} a processor,"
        f" {prices.memory_gb:g} a GB of memory, {prices.disk_gb:g} a GB of disk.",
    ]


def document(days: Sequence[tuple[Day, Size]], prices: Prices, docs: Path = DOCS) -> None:
    """Write the table into scale.md, and the curves of each day into images."""
    page = docs / "scale.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(FIRST_MARK)
    _, _, after = rest.partition(LAST_MARK)
    table = "\n".join(lines_of(days, prices))
    page.write_text(f"{before}{FIRST_MARK}\n{table}\n\n{LAST_MARK}{after}", encoding="utf-8")
    for day, _ in days:
        path = docs / "images" / f"day-{day.shops}.svg"
        path.write_text(curve(day).svg(), encoding="utf-8")


def curve(day: Day) -> Plot:
    """Return what is asked for each second over the day, as means of five minutes."""
    return Plot(
        f"A day of {day.shops:,} shops: a second, by the time of day (UTC)",
        {
            "operations": _a_second(day.minutes(*OPERATIONS)),
            "reads": _a_second(day.minutes(*READS)),
            "pushes": _a_second(day.minutes("pushes")),
        },
        {hour * 60 // _BIN: f"{hour:02}:00" for hour in range(0, 24, 3)},
    )


def _a_second(minutes: Sequence[float]) -> list[float]:
    return [sum(minutes[at : at + _BIN]) / _BIN / 60 for at in range(0, MINUTES, _BIN)]


def _short(value: float) -> str:
    """Return three figures of a number, and whole ones from ten on: it is not known better."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{value:.2g}"


_ROWS: Final = (
    ("visits on the day", lambda day, _: _short(day.visits * day.weight)),
    ("busiest minute (UTC)", lambda _, size: f"{size.minute // 60:02}:{size.minute % 60:02}"),
    ("operations a second then", lambda _, size: _short(size.operations)),
    ("reads a second then", lambda _, size: _short(size.reads)),
    ("pushes a second then", lambda _, size: _short(size.pushes)),
    ("open live pages then", lambda _, size: _short(size.live_pages)),
    ("processors busy then, servers and worker", lambda _, size: _short(size.server_busy)),
    ("processors busy then, PostgreSQL", lambda _, size: _short(size.postgresql_busy)),
    ("server processes", lambda _, size: _short(size.processes)),
    ("processors of PostgreSQL", lambda _, size: _short(size.postgresql_processors)),
    ("p99 of that minute, by the model", lambda _, size: f"{_short(size.p99_ms)} ms"),
    ("cards between two visits", lambda _, size: _short(size.cards_between_visits)),
    ("rows a year", lambda _, size: _short(size.rows_a_year)),
    ("disk a year", lambda _, size: f"{_short(size.gb_a_year)} GB"),
    ("memory of the servers", lambda _, size: f"{_short(size.memory_gb)} GB"),
    ("memory of PostgreSQL", lambda _, size: f"{_short(size.postgresql_memory_gb)} GB"),
    ("databases that shops are spread over", lambda _, size: _short(size.databases)),
    ("machines", lambda _, size: _short(size.machines)),
    ("euros a month", lambda _, size: _short(size.euros_a_month)),
    ("euros a shop and month", lambda day, size: f"{size.euros_a_month / day.shops:.2g}"),
)
