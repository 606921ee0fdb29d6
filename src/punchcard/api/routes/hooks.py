"""Where web shops and other tills tell of orders: kept at once, worked on after the answer."""

import hashlib
from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.accounts.errors import TooManyRequests
from punchcard.api.http.dependencies import ContextDep, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.problems import BodyTooLarge
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.integrations import HookReceived
from punchcard.connect.integrations.errors import HookNotGenuine, IntegrationNotFound
from punchcard.connect.integrations.hook_receiver import HOOKS_PATH

router = api_router(HOOKS_PATH, tag="Integrations")


class _Address(NamedTuple):
    """The parts of an integration's address."""

    kind: str
    integration_id: str
    secret: str


async def _named(kind: str, integration_id: str, secret: str) -> _Address:
    return _Address(kind, integration_id, secret)


AddressDep = Annotated[_Address, Depends(_named)]


class _Sender(NamedTuple):
    """What a request is counted by: a digest of its path, and the network it comes from."""

    path: str
    network: str


async def _count(request: Request, context: ContextDep, address: AddressDep) -> _Sender:
    """Count a request before anything is read. Raises TooManyRequests."""
    path = hashlib.sha256(request.scope["path"].encode("utf-8", "replace")).hexdigest()
    sender = _Sender(path, counted_address(request.client.host if request.client else ""))
    limits, receiver = context.connect.hook_limits, context.connect.hook_receiver
    try:
        limits.take(sender.path, sender.network)
    except TooManyRequests as refusal:
        if limits.may_tell(sender.path):
            await run_in_threadpool(receiver.note_refusal, *address, refusal.code)
        raise
    return sender


class _Received(NamedTuple):
    """The headers of a request, their names in small letters, and its body."""

    headers: dict[str, str]
    body: bytes


async def _read(request: Request, context: ContextDep) -> _Received:
    # Exactly as it came: what is read and written again is no longer what was signed.
    body = await request.body()
    limit = context.settings.hook_limit_bytes
    if len(body) > limit:
        raise BodyTooLarge(limit_bytes=limit)
    return _Received({name.lower(): value for name, value in request.headers.items()}, body)


@router.post(
    "/{kind}/{integration_id}/{secret}",
    responses=problems(401, 404, 413, 429),
)
def receive_hook(
    address: AddressDep,
    sender: Annotated[_Sender, Depends(_count)],
    visitor: VisitorDep,
    received: Annotated[_Received, Depends(_read)],
) -> HookReceived:
    """Take in what another system tells: the address it was given, and what it signs, let it in."""
    connect = visitor.context.connect
    try:
        is_kept = connect.hook_receiver.take(*address, *received)
    except (HookNotGenuine, IntegrationNotFound):
        connect.hook_limits.note_miss(sender.network)
        raise
    if is_kept:
        connect.hook_limits.note_genuine(sender.path)
    return HookReceived(is_kept=is_kept)
