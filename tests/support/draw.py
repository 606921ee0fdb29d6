"""What a run does in part: drawn by one text, so that the same text does the same again.

`make test` draws by the day and prints the text; with it in `PUNCHCARD_TEST_DRAW` a run is
repeated. Without it, as in `make test-all` and for `pytest` on its own, everything is done.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
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

# A day does one case in so many of what takes turns, and each comes up within as many days.
PARTS: Final = 5

# Rooms whose cases take seconds each: browsers, kills, servers, whole shops that move. What a shop
# lives by, from the poster to the reward, is marked `one_in(1)` there, and done always.
TAKING_TURNS: Final = (
    "tests/cli/backups/",
    "tests/cli/rotation/",
    "tests/cli/test_doctor_watch.py",
    "tests/cli/test_file_rights.py",
    "tests/cli/test_move.py",
    "tests/cli/test_new_passwords.py",
    "tests/cli/test_output.py",
    "tests/cli/test_people_commands.py",
    "tests/cli/test_process_figures.py",
    "tests/cli/test_secrets.py",
    "tests/cli/test_vendor_archive.py",
    "tests/connect/archive/",
    "tests/connect/claims/test_claim_processes.py",
    "tests/connect/imports/test_import_figures.py",
    "tests/demo/",
    "tests/deploy/test_point_in_time.py",
    "tests/deploy/test_proxies.py",
    "tests/deploy/test_wheel.py",
    "tests/docs/test_own_server.py",
    "tests/faults/",
    "tests/fuzz/",
    "tests/journeys/",
    "tests/loyalty/transparency/test_forgeries.py",
    "tests/wallets/apple/test_hour_without_apple.py",
    "tests/wallets/google/test_google_model.py",
    "tests/web/account/provider/",
    "tests/web/console/test_reading_costs.py",
    "tests/web/console/test_two_editors.py",
)

# A test with so many cases is a table of one rule, and takes turns where no database has a say.
TABLE_CASES: Final = 8

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
    is marked `one_in(4)` a quarter stays, each with what belongs to it on every database; of the
    rooms that take turns, and of tables in drawn rooms, one in `PARTS`.
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
    takes_turns = item.nodeid.startswith(TAKING_TURNS) or _test(item) in tables
    return PARTS if takes_turns else 1


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
