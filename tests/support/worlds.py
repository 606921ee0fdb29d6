"""Which tests go to one worker: those of a file whose world takes seconds to make."""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

WORLDS = frozenset(
    {
        "tests/contract/test_bad_input.py",
        "tests/contract/test_schemathesis.py",
        "tests/demo/test_history.py",
        "tests/demo/test_wallets.py",
        "tests/fuzz/test_api_requests.py",
        "tests/fuzz/test_apple_routes.py",
        "tests/fuzz/test_page_requests.py",
        "tests/journeys/test_screens.py",
    }
)
"""Each has a fixture of the whole file: a town, a demo, a served copy of the world."""


class WorldScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives the files of WORLDS away whole, the longest first, and all else one by one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in WORLDS else nodeid
