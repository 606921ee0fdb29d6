"""Which tests go to one worker: those of a file whose world takes seconds to make, whole, and of
all others some at a time.
"""

from collections.abc import Sequence
from itertools import count
from typing import Final

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

WORLDS = frozenset(
    {
        "tests/contract/test_bad_input.py",
        "tests/contract/test_schemathesis.py",
        "tests/demo/test_growth.py",
        "tests/demo/test_history.py",
        "tests/demo/test_wallets.py",
        "tests/fuzz/test_api_requests.py",
        "tests/fuzz/test_apple_routes.py",
        "tests/fuzz/test_page_requests.py",
        "tests/journeys/test_screens.py",
    }
)
"""Each has a fixture of the whole file: a town, a demo, a served copy of the world."""


SINGLE_AND_LONG: Final = frozenset(
    {
        "tests/connect/imports/test_import_figures.py",
        "tests/deploy/test_point_in_time.py",
        "tests/deploy/test_wheel.py",
        "tests/docs/test_own_server.py",
        "tests/faults/test_soak.py",
        "tests/test_readme.py",
    }
)
"""Hold a test of many seconds, which must not be the last."""

_AT_A_TIME: Final = 20


def is_early(nodeid: str) -> bool:
    """Return whether a test is one to begin with, so that at the end workers share small ones."""
    return nodeid.partition("::")[0] in WORLDS | SINGLE_AND_LONG


def parts_of(nodeids: Sequence[str]) -> dict[str, str]:
    """Return the name of the part that each test belongs to: what one worker gets at once.

    A file's neighbours have fixtures in common, and a part costs the process that hands them out
    as much as a single test.
    """
    numbers: dict[str, count[int]] = {}
    parts = {}
    for nodeid in nodeids:
        file = nodeid.partition("::")[0]
        number = next(numbers.setdefault(file, count()))
        parts[nodeid] = file if file in WORLDS else f"{file} {number // _AT_A_TIME}"
    return parts


class WorldScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives away the parts of what was collected, in its order."""

    def schedule(self) -> None:
        """Hand out the first parts."""
        if self.collection is None:
            self.config.option.loadscopereorder = False
            self._parts = parts_of(next(iter(self.registered_collections.values())))
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._parts[nodeid]
