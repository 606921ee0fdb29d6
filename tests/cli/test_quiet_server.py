"""A server at rest sleeps, and ends at once when it is told to."""

import asyncio
import signal

import uvicorn

from punchcard.cli.quiet_server import QuietServer, seconds_left

HOUR_SECONDS = 3600


async def _app(_scope: object, _receive: object, _send: object) -> None:
    """Answer nothing: nobody asks."""


def make_server() -> QuietServer:
    config = uvicorn.Config(_app, log_config=None, lifespan="off")
    return QuietServer(config, turn_seconds=HOUR_SECONDS)


def test_a_signal_ends_what_would_sleep_for_an_hour() -> None:
    server = make_server()

    async def serve() -> None:
        serving = asyncio.create_task(server.main_loop())
        await asyncio.sleep(0)
        assert not serving.done()
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(serving, 60)

    asyncio.run(serve())


def test_a_signal_before_the_first_sleep_is_not_forgotten() -> None:
    server = make_server()
    server.handle_exit(signal.SIGTERM, None)
    asyncio.run(asyncio.wait_for(server.main_loop(), 60))


def test_a_turn_begins_with_its_second() -> None:
    assert seconds_left(1_700_000_000.25, 1.0) == 0.75
    assert seconds_left(1_700_000_001.0, 1.0) == 1.0
    # A timer that comes early has told the second before: it is told right a moment later.
    assert seconds_left(1_700_000_000.875, 1.0) == 0.125


def test_each_turn_tells_the_time_anew() -> None:
    server = make_server()

    async def serve() -> None:
        serving = asyncio.create_task(server.main_loop())
        await asyncio.sleep(0)
        names = [name for name, _ in server.server_state.default_headers]
        assert b"date" in names
        server.handle_exit(signal.SIGTERM, None)
        await serving

    asyncio.run(serve())
