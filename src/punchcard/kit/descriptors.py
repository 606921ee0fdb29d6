"""How many connections a process may hold: fewer than it may have files open."""

from typing import Final

from punchcard.kit.settings import Settings

_UNLIMITED: Final = 65_536
_WITHOUT_RLIMITS: Final = 1024
# Log, listening sockets, wakeup pipes, mail and wallet servers, pictures and templates being read,
# and connections that are told that they are one too many.
_ELSEWHERE: Final = 128
# Two pools; SQLite opens the file, its log and its shared memory for each connection.
_PER_POOLED_CONNECTION: Final = 6
_LEAST: Final = 16


def descriptor_limit() -> int:
    """Return how many files and sockets this process may have open at once."""
    try:
        import resource
    except ImportError:  # Windows counts otherwise
        return _WITHOUT_RLIMITS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _UNLIMITED if soft == resource.RLIM_INFINITY else soft


def connection_limit(settings: Settings, *, descriptors: int | None = None) -> int:
    """Return how many clients' connections a process takes: the setting, or fewer.

    What it needs elsewhere is left out of its `descriptors`, by default those it has.
    """
    found = descriptor_limit() if descriptors is None else descriptors
    spare = found - _ELSEWHERE - _PER_POOLED_CONNECTION * settings.database_pool_size
    possible = max(spare, _LEAST)
    return min(settings.connections_limit or possible, possible)


def live_stream_limit(settings: Settings, *, descriptors: int | None = None) -> int:
    """Return how many customers' pages a process keeps up to date: the setting, or fewer.

    A quarter of the connections is left for everybody else.
    """
    connections = connection_limit(settings, descriptors=descriptors)
    return min(settings.live_streams_limit, connections * 3 // 4)


def live_streams_of_address(settings: Settings, *, descriptors: int | None = None) -> int:
    """Return how many of them one address may keep open: the setting, and at most half of all.

    Whoever keeps many open leaves room for everybody else.
    """
    half = live_stream_limit(settings, descriptors=descriptors) // 2
    return min(settings.live_streams_per_address, max(half, 1))
