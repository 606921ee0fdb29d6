"""`punchcard serve` is stopped while customers look at their cards."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.context import Context, build_context
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard
from tests.loyalty import shelf
from tests.support import cast
from tests.support.server_process import caller, environment_for, serving

_LESS_THAN_THE_SERVERS_GRACE = 20


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    with closing(build_context(settings)) as built:
        yield built


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_that_stops_does_not_wait_for_open_pages(
    database_url: str, context: Context, tmp_path: Path
) -> None:
    alice = cast.open_cafe_alice(context)
    card_id = shelf.opened_card(alice, shelf.program(alice, status="active"))
    with context.database.read() as session:
        sealed = session.get_one(LoyaltyCard, card_id).token_sealed
    token = (context.loyalty.card_sealer.open(sealed, card_id) or b"").decode()
    with (
        serving(environment_for(database_url, tmp_path), tmp_path) as server,
        caller(server.address) as client,
        client.stream("GET", f"/api/v1/loyalty/cards/{token}/events") as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines) == "retry: 3000"
        server.process.terminate()
        assert len(list(lines)) == 3
        assert server.process.wait(_LESS_THAN_THE_SERVERS_GRACE) == 0
