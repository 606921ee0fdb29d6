"""What a run does in part: drawn by one text, so that the same text does the same again.

`make test` draws by the day and prints the text; with it in `PUNCHCARD_TEST_DRAW` a run is
repeated. Without it, as in `make test-all` and for `pytest` on its own, everything is done.
"""

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TypeVar

import pytest

DRAW = os.environ.get("PUNCHCARD_TEST_DRAW", "")
"""The text by which is drawn; empty when everything is done."""

# Their tests ask how pages look and requests are answered; what each database does with the
# statements below is asked by the rooms that hold the statements, on both and always.
_DRAWN_ROOMS = frozenset({"api", "contract", "journeys", "web"})
_DATABASE = re.compile(r"(?<=[\[-])(sqlite|postgresql)(?=[\]-])")
_T = TypeVar("_T")

FUZZ_SEED = os.environ.get("PUNCHCARD_TEST_FUZZ_SEED", "")
"""The seed of requests that are made up anew each time; empty when they are always the same."""


def repeat_line() -> str:
    """Return what to type to do this run again, or nothing if it does so anyway."""
    if FUZZ_SEED:
        return f"the same again: make fuzz SEED={FUZZ_SEED}"
    return f"drawn by {DRAW}, the same again: make test DRAW={DRAW}" if DRAW else ""


def drawn(name: str, choices: Sequence[_T], draw: str = DRAW) -> _T:
    """Return one of `choices`, by `name` and the text of the run."""
    digest = sha256(f"{draw} {name}".encode()).digest()
    return choices[int.from_bytes(digest[:4], "big") % len(choices)]


def left_out(items: Sequence[pytest.Item], draw: str = DRAW) -> list[pytest.Item]:
    """Return the cases of pages and of HTTP that this run leaves to the other database.

    Of a test that is there for both databases one case stays. Tests that share a stage of their
    file draw together, so that only one stage is built.
    """
    if not draw:
        return []
    twins: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        file, _, _ = item.nodeid.partition("::")
        if PurePosixPath(file).parts[1] in _DRAWN_ROOMS and _DATABASE.search(item.nodeid):
            twins[_DATABASE.sub("*", item.nodeid, count=1)].append(item)
    return [
        case
        for name, cases in twins.items()
        if len(cases) > 1
        for case in cases
        if case is not drawn(_place(cases[0], name), _by_name(cases), draw)
    ]


def _by_name(cases: Sequence[pytest.Item]) -> list[pytest.Item]:
    return sorted(cases, key=lambda case: case.nodeid)


def _place(case: pytest.Item, name: str) -> str:
    """Return what draws: the test, or its file if its tests share one stage."""
    is_shared = "either_stage" in getattr(case, "fixturenames", ())
    return name.partition("::")[0] if is_shared else name
