"""The published log: checkpoint and tiles (c2sp.org/tlog-tiles), and what a proof is checked with.

Nothing here is about anyone: leaves are hashes. It is for whoever keeps an eye on this server.
"""

from importlib import resources
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from punchcard.api.http.dependencies import ContextDep, LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.proof import CardProof
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.errors.till import LogPartNotFound
from punchcard.loyalty.transparency.card_proof import card_proof, public_key
from punchcard.loyalty.transparency.kept_checkpoints import newest_note
from punchcard.loyalty.transparency.published import published_tile
from punchcard.loyalty.transparency.tiles import parse_tile

# What a checkpoint covers never changes; the newest checkpoint does.
_FOR_GOOD: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_FOR_A_MOMENT: Final = {"Cache-Control": "public, max-age=5"}
_SCRIPT: Final = "verify.py"
_ENTRIES_AT_MOST: Final = 100

_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}},
    **problems(404),
}
_BYTES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {}}},
    **problems(404),
}

router = api_router(tag="public")


@router.get(
    "/ledger/checkpoint", response_class=Response, responses=_TEXT, dependencies=[LimitReads]
)
def get_checkpoint(context: ContextDep) -> Response:
    """Return the newest checkpoint of the ledger, a signed note. 404 until one was made."""
    with context.database.read_connection() as connection:
        newest = newest_note(connection)
    if newest is None:
        raise LogPartNotFound
    return _text(newest[0], _FOR_A_MOMENT)


@router.get("/ledger/key", response_class=Response, responses=_TEXT, dependencies=[LimitReads])
def get_log_key(context: ContextDep) -> Response:
    """Return the public key that checkpoints are signed by, as name+id+key."""
    key = public_key(context.settings)
    if key is None:
        raise LogPartNotFound
    return _text(f"{key}\n", _FOR_A_MOMENT)


@router.get(
    "/ledger/tile/{path:path}",
    response_class=Response,
    responses=_BYTES,
    dependencies=[LimitReads],
)
def get_tile(
    context: ContextDep,
    path: Annotated[str, Path(max_length=64, description="`LEVEL/INDEX[.p/WIDTH]`.")],
) -> Response:
    """Return a tile of the tree over all entries, or (level `entries`) the entries' hashes."""
    tile = parse_tile(path)
    found = None
    if tile is not None:
        with context.database.read_connection() as connection:
            found = published_tile(connection, tile)
    if found is None:
        raise LogPartNotFound
    return Response(found, media_type="application/octet-stream", headers=_FOR_GOOD)


@router.get(
    f"/ledger/{_SCRIPT}",
    response_class=Response,
    responses={200: {"content": {"text/x-python": {}}}},
    dependencies=[LimitReads],
)
def get_verify_script() -> Response:
    """Return a script that checks a card's proof offline, with Python alone."""
    script = resources.files("punchcard.loyalty.transparency").joinpath(_SCRIPT).read_text("utf-8")
    headers = {**_FOR_A_MOMENT, "Content-Disposition": f'attachment; filename="{_SCRIPT}"'}
    return Response(script, media_type="text/x-python; charset=utf-8", headers=headers)


@router.get(
    "/api/v1/loyalty/cards/{token}/proof", responses=problems(404), dependencies=[LimitReads]
)
def get_card_proof(
    visitor: VisitorDep,
    token: Annotated[str, Path(description="The secret token in the card's address.")],
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Entries after this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_ENTRIES_AT_MOST)] = 50,
) -> CardProof:
    """Return the card's entries, oldest first, each with its path to the newest checkpoint.

    `next_after` asks for more. Each part can be checked by itself.
    """
    context = visitor.context
    with context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=context.clock.now())
        found = card_proof(
            session.connection(), context.settings, card.id, after=after, limit=limit
        )
    return CardProof.model_validate(found)


def _text(text: str, headers: dict[str, str]) -> Response:
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)
