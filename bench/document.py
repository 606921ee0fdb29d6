"""`python -m bench --json | python -m bench.document`: put the figures into docs/benchmarks.md.

Replaces the table between its two marks with what was measured, the date and the machine.
"""

import json
import os
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
FIRST_MARK = "<!-- figures: written by bench.document -->\n"
LAST_MARK = "<!-- end of figures -->\n"
_HEAD = "| Figure | Measured | Beside it | Ratio | Goal | Met |\n|---|---:|---|---:|---|---|\n"


def document(lines: Iterable[str], page: Path = PAGE) -> None:
    """Write the figures of `--json` lines into the page."""
    figures = [Figure(**json.loads(line)) for line in lines]
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(FIRST_MARK)
    _, _, after = rest.partition(LAST_MARK)
    rows = "".join(_row(one) for one in figures)
    table = f"{_measured_where()}\n\n{_HEAD}{rows}"
    page.write_text(f"{before}{FIRST_MARK}\n{table}\n{LAST_MARK}{after}", encoding="utf-8")


def _measured_where() -> str:
    now = datetime.now(UTC)
    return (
        f"Measured on {now.day} {now:%B %Y} on a shared machine with {os.cpu_count()} processors"
        f" ({platform.machine()}), {platform.system()}, Python {platform.python_version()}."
    )


def _row(one: Figure) -> str:
    reference = "" if one.reference is None else one.reference
    if one.reference_value is not None:
        reference = f"{one.reference_value:g}: {reference}"
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    met = {None: "", True: "yes", False: "**no**"}[one.met]
    cells = (f"`{one.name}`", f"{one.value:g} {one.unit}", reference, ratio, one.goal or "", met)
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    document(line for line in sys.stdin if line.strip())
