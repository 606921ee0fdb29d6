"""An assistant's client that starts `punchcard mcp` for itself."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from punchcard.context import Context
from tests.support.cast import Shop
from tests.support.counter import Counter, open_counter
from tests.support.demo_server import plain_environment
from tests.support.server_process import PUNCHCARD


@pytest.fixture
def counter(context: Context, alice: Shop) -> Iterator[Counter]:
    """Serve Café Alice."""
    with open_counter(context, alice) as counter:
        yield counter


@asynccontextmanager
async def assistant(
    folder: Path, url: str, key: str, *options: str, **variables: str
) -> AsyncIterator[Client]:
    """Speak to a `punchcard mcp` that the SDK's own client starts; its errors go to a file."""
    started = StdioServerParameters(
        command=PUNCHCARD,
        args=["mcp", "--url", url, *options],
        env={**plain_environment(), "PUNCHCARD_API_KEY": key, **variables},
    )
    with (folder / "mcp.log").open("w") as log:
        async with Client(stdio_client(started, errlog=log)) as client:
            yield client
