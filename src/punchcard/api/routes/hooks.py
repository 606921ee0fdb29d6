"""Where web shops and other tills tell of orders: kept at once, worked on after the answer."""

import hashlib
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from punchcard.api.http.dependencies import ContextDep, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.problems import BodyTooLarge
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.integrations import HookReceived
from punchcard.connect.integrations.hook_door import HOOKS_PATH

router = api_router(HOOKS_PATH, tag="Integrations")


async def _count(request: Request, context: ContextDep) -> None:
    """Count a request of an address before anything is read. Raises TooManyRequests."""
    told = hashlib.sha256(request.scope["path"].encode("utf-8", "replace"))
    context.connect.hook_limits.take(told.hexdigest())


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
    dependencies=[Depends(_count)],
    responses=problems(401, 404, 413, 429),
)
def receive_hook(
    kind: str,
    integration_id: str,
    secret: str,
    visitor: VisitorDep,
    received: Annotated[_Received, Depends(_read)],
) -> HookReceived:
    """Take in what another system tells: the address it was given, and what it signs, let it in."""
    door = visitor.context.connect.hook_door
    return HookReceived(is_kept=door.take(kind, integration_id, secret, *received))
