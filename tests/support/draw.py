"""What a run does in part: drawn by one text, so that the same text does the same again.

`make test` draws by the day and prints the text; with it in `PUNCHCARD_TEST_DRAW` a run is
repeated. Without it, as in `make test-all` and for `pytest` on its own, everything is done.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Final, TypeVar

import pytest

DRAW = os.environ.get("PUNCHCARD_TEST_DRAW", "")
"""The text by which is drawn; empty when everything is done."""

# Their tests ask for rules, texts, pages and answers, which no database has a say in. What each
# does with money, races, lists, migrations and damage is asked of both and always: the rooms of the
# till, the ledger, reports, imports, deliveries, faults, and whatever is marked `both_databases`.
DRAWN: Final = (
    "tests/accounts/",
    "tests/api/",
    "tests/cli/test_doctor_phones.py",
    "tests/cli/test_ledger.py",
    "tests/cli/test_newer_database.py",
    "tests/clients/",
    "tests/connect/test_events.py",
    "tests/contract/",
    "tests/engage/",
    "tests/fuzz/",
    "tests/journeys/",
    "tests/loyalty/cards/",
    "tests/loyalty/jobs/",
    "tests/loyalty/programs/",
    "tests/loyalty/staff/",
    "tests/loyalty/test_live_changes.py",
    "tests/loyalty/test_ready_rewards.py",
    "tests/loyalty/transparency/test_checkpoint_webhook.py",
    "tests/loyalty/transparency/test_checkpoints.py",
    "tests/mcp/",
    "tests/wallets/",
    "tests/web/",
    "tests/worker/test_mail.py",
)

# Rooms whose cases take seconds each: browsers, kills, servers, whole shops that move. A day does
# one case in so many of them, and each comes up within as many days. What a shop lives by, from
# the poster to the reward, is marked `one_in(1)` there, and done always.
PARTS: Final[Mapping[str, int]] = {
    "tests/cli/backups/": 5,
    "tests/cli/rotation/": 5,
    "tests/cli/test_doctor_watch.py": 5,
    "tests/cli/test_file_rights.py": 5,
    "tests/cli/test_move.py": 5,
    "tests/cli/test_new_passwords.py": 5,
    "tests/cli/test_output.py": 5,
    "tests/cli/test_people_commands.py": 5,
    "tests/cli/test_process_figures.py": 5,
    "tests/cli/test_secrets.py": 5,
    "tests/cli/test_vendor_archive.py": 5,
    "tests/connect/archive/": 5,
    "tests/connect/claims/test_claim_processes.py": 5,
    "tests/connect/imports/test_import_figures.py": 5,
    "tests/demo/": 5,
    "tests/deploy/test_point_in_time.py": 5,
    "tests/deploy/test_proxies.py": 5,
    "tests/deploy/test_wheel.py": 5,
    "tests/docs/test_own_server.py": 5,
    "tests/faults/": 5,
    "tests/fuzz/": 5,
    "tests/journeys/": 5,
    "tests/loyalty/transparency/test_forgeries.py": 5,
    "tests/wallets/apple/test_hour_without_apple.py": 5,
    "tests/wallets/google/test_google_model.py": 5,
    "tests/web/account/provider/": 5,
    "tests/web/console/test_reading_costs.py": 5,
    "tests/web/console/test_two_editors.py": 5,
}

# A test with so many cases is a table of one rule: where no database has a say, a day does one case
# in so many of it.
TABLE_CASES: Final = 8
TABLE_PARTS: Final = 3

# Their tests share what takes longest to make, and so take turns together.
TOGETHER: Final = ("tests/demo/", "tests/deploy/test_wheel.py")
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


def has_turn(name: str, parts: int, draw: str = DRAW) -> bool:
    """Return whether `name` is in this run's part, of so many.

    By days they take turns: whatever a case is called, it is done once in `parts` days.
    """
    try:
        day = date.fromisoformat(draw).toordinal()
    except ValueError:
        return drawn(f"part {name}", range(parts), draw) == 0
    return drawn(f"part {name}", range(parts), "") == day % parts


def left_out(items: Sequence[pytest.Item], draw: str = DRAW) -> list[pytest.Item]:
    """Return the cases that this run leaves to another day, or to the other database.

    Of a test in a drawn room that is there for both databases one case stays. Tests that share a
    stage of their file draw together, so that only one stage is built. Of the cases of a test that
    is marked `one_in(4)` a quarter stays, each with what belongs to it on every database; of those
    in `PARTS` as many as it says, and of a table in a drawn room `TABLE_PARTS`.
    """
    if not draw:
        return []
    tables = _tables(items)
    twins: dict[str, list[pytest.Item]] = defaultdict(list)
    out = []
    for item in items:
        name = _case(item)
        turn = name.partition("::")[0] if name.startswith(TOGETHER) else name
        if not has_turn(turn, _parts(item, tables), draw):
            out.append(item)
        elif _is_drawn(item):
            twins[name].append(item)
    return out + [
        case
        for name, cases in twins.items()
        if len(cases) > 1
        for case in cases
        if case is not drawn(_place(cases[0], name), _by_name(cases), draw)
    ]


def _parts(item: pytest.Item, tables: Collection[str]) -> int:
    """Return of how many cases like this one a day does one."""
    mark = item.get_closest_marker("one_in")
    if mark:
        return int(mark.args[0])
    of_table = TABLE_PARTS if _test(item) in tables else 1
    return next((parts for room, parts in PARTS.items() if item.nodeid.startswith(room)), of_table)


def _tables(items: Sequence[pytest.Item]) -> set[str]:
    """Return the tests of drawn rooms that have many cases, whatever their database."""
    drawn_ones = (item for item in items if item.nodeid.startswith(DRAWN))
    cases = {(_test(item), _case(item)) for item in drawn_ones}
    number = Counter(test for test, _ in cases)
    return {test for test, cases in number.items() if cases >= TABLE_CASES}


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _case(item: pytest.Item) -> str:
    """Return what a case is called on every database."""
    return _DATABASE.sub("*", item.nodeid, count=1)


def _is_drawn(item: pytest.Item) -> bool:
    return (
        item.nodeid.startswith(DRAWN)
        and _DATABASE.search(item.nodeid) is not None
        and item.get_closest_marker("both_databases") is None
    )


def _by_name(cases: Sequence[pytest.Item]) -> list[pytest.Item]:
    return sorted(cases, key=lambda case: case.nodeid)


def _place(case: pytest.Item, name: str) -> str:
    """Return what draws: the test, or its file if its tests share one stage."""
    is_shared = "either_copy" in getattr(case, "fixturenames", ())
    return name.partition("::")[0] if is_shared else name
