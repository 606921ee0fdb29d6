"""Checkpoints are posted to an address of the operator's choice, until one is taken."""

from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from punchcard.db.outbox import OutboxRow, PermanentFailure, RetryLater
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency.signing.checkpoint_webhook import (
    SEND_CHECKPOINT,
    fault_of_webhook,
    post_checkpoint,
)
from tests.loyalty.transparency.test_checkpoints import maker
from tests.loyalty.transparency.world import World
from tests.support.served import served


@dataclass
class Keeper:
    """Whoever keeps checkpoints elsewhere; answers with `status`."""

    status: int = 204
    kept: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.kept.append(message["body"].decode())
        headers = [(b"location", b"/elsewhere")] if self.status == 302 else []
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def waiting(world: World) -> list[str]:
    with world.context.database.read() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.topic == SEND_CHECKPOINT))
        return [row.key for row in rows]


def test_each_checkpoint_is_posted_as_it_was_signed(
    world: World, server_settings: Settings
) -> None:
    keeper = Keeper()
    with served(keeper) as address:
        wanted = replace(server_settings, checkpoint_webhook=f"{address}/hook")
        made = maker(world.context, wanted).make()
        [checkpoint_id] = waiting(world)
        post_checkpoint(world.context.database, wanted, checkpoint_id)
    assert keeper.kept == [made.note]
    with pytest.raises(RetryLater):
        post_checkpoint(world.context.database, wanted, checkpoint_id)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_whatever_is_not_taken_is_sent_again_and_no_redirect_is_followed(
    world: World, server_settings: Settings, status: int
) -> None:
    keeper = Keeper(status)
    with served(keeper) as address:
        wanted = replace(server_settings, checkpoint_webhook=address)
        maker(world.context, wanted).make()
        [checkpoint_id] = waiting(world)
        with pytest.raises(RetryLater, match=str(status)):
            post_checkpoint(world.context.database, wanted, checkpoint_id)
    assert len(keeper.kept) == 1


def test_without_an_address_nothing_waits(world: World, server_settings: Settings) -> None:
    maker(world.context, server_settings).make()
    assert waiting(world) == []


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("https://keeper.example/hook", True),
        ("http://10.0.0.4/hook", True),
        ("http://[::1]:8080/", True),
        ("http://localhost:9", True),
        ("http://keeper.example/hook", False),
        ("http://8.8.8.8/", False),
        ("ftp://10.0.0.4/", False),
        ("https://", False),
    ],
)
def test_notes_go_by_https_or_within_the_own_network(
    world: World, server_settings: Settings, address: str, is_allowed: bool
) -> None:
    assert (fault_of_webhook(address) is None) is is_allowed
    if not is_allowed:
        wanted = replace(server_settings, checkpoint_webhook=address)
        with pytest.raises(PermanentFailure, match="CHECKPOINT_WEBHOOK"):
            post_checkpoint(world.context.database, wanted, "any")
