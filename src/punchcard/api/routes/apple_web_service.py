"""Apple's web service: how a phone with a pass registers, asks what changed, and fetches it.

Paths, responses and header are Apple's own ("PassKit Web Service"), so they follow its habits
rather than this server's: a token scheme of its own, names in camelCase, answers without a body.
"""

import logging
from email.utils import formatdate, parsedate_to_datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.accounts.errors import CredentialsInvalid, TooManyRequests
from punchcard.api.http.dependencies import ContextDep, LimitReads
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.kit.log_throttle import EACH
from punchcard.wallets.apple.apple_registry import Registration
from punchcard.wallets.apple.apple_wallet_service import BuiltPass
from punchcard.wallets.apple.pkpass import MIME_TYPE

LOG_BYTES: Final = 65_536
LOG_ENTRIES: Final = 10
LOG_CHARACTERS: Final = 500

_SCHEME: Final = "ApplePass "
_TAG_DIGITS: Final = 18

_log = logging.getLogger(__name__)

router = api_router("/api/v1/loyalty/apple/v1", tag="apple wallet")

DeviceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,100}$", description="The phone's.")]
PassTypeId = Annotated[str, Path(max_length=255)]
# PostgreSQL keeps no NUL, so it looks for none either.
SerialNumber = Annotated[
    str, Path(max_length=100, pattern="^[^\\x00]*$", description="The card's number.")
]
Authorization = Annotated[
    str, Header(max_length=300, description="`ApplePass` and the pass's authenticationToken.")
]


def get_own_pass(
    context: ContextDep,
    pass_type_id: PassTypeId,
    serial_number: SerialNumber,
    authorization: Authorization = "",
) -> str:
    """Return the serial number of the pass whose token is shown.

    Raises CredentialsInvalid, the same for an unknown pass as for a wrong token.
    """
    wallet = context.wallets.apple
    token = authorization.removeprefix(_SCHEME)
    is_right = wallet.is_token_of(serial_number, token) and authorization.startswith(_SCHEME)
    if not (is_right and pass_type_id == wallet.pass_type_id):
        raise CredentialsInvalid
    return serial_number


OwnPass = Annotated[str, Depends(get_own_pass)]


class PushToken(BaseModel):
    """Where to reach a phone."""

    push_token: str = Field(alias="pushToken", pattern=r"^[A-Za-z0-9]{1,200}$")


class UpdatedSerials(BaseModel):
    """The passes that changed, and the tag to ask from next time: text, as phones insist."""

    serial_numbers: list[str] = Field(alias="serialNumbers")
    last_updated: str = Field(alias="lastUpdated")


@router.post(
    "/devices/{device_library_id}/registrations/{pass_type_id}/{serial_number}",
    response_class=Response,
    responses={201: {"description": "Registered"}, **problems(401, 422)},
    dependencies=[LimitReads],
)
def register_device(
    context: ContextDep, device_library_id: DeviceId, own_pass: OwnPass, body: PushToken
) -> Response:
    """Let a phone hear of a pass's changes: 201 when that is new, else 200."""
    wanted = Registration(device_library_id, body.push_token, own_pass)
    if not context.wallets.apple.register(wanted):
        return Response(status_code=200)
    return Response(status_code=201)


@router.delete(
    "/devices/{device_library_id}/registrations/{pass_type_id}/{serial_number}",
    response_class=Response,
    responses=problems(401),
    dependencies=[LimitReads],
)
def unregister_device(
    context: ContextDep, device_library_id: DeviceId, own_pass: OwnPass
) -> Response:
    """Forget that a phone wanted to hear of a pass."""
    context.wallets.apple.unregister(device_library_id, own_pass)
    return Response(status_code=200)


@router.get(
    "/devices/{device_library_id}/registrations/{pass_type_id}",
    response_model=UpdatedSerials,
    responses={204: {"description": "Nothing changed"}},
    dependencies=[LimitReads],
)
def list_updated_passes(
    context: ContextDep,
    device_library_id: DeviceId,
    pass_type_id: PassTypeId,
    passes_updated_since: Annotated[
        str, Query(alias="passesUpdatedSince", max_length=200, description="The last tag.")
    ] = "",
) -> Response:
    """Return which of the phone's passes changed; the phone's name is the secret that it shares."""
    wallet = context.wallets.apple
    if pass_type_id != wallet.pass_type_id:
        return Response(status_code=204)
    since = _tag(passes_updated_since)
    serials, newest = wallet.updated_since(device_library_id, since)
    if not serials:
        return Response(status_code=204)
    return _json({"serialNumbers": serials, "lastUpdated": str(newest)})


@router.head(
    "/passes/{pass_type_id}/{serial_number}",
    include_in_schema=False,
    response_class=Response,
    dependencies=[LimitReads],
)
@router.get(
    "/passes/{pass_type_id}/{serial_number}",
    response_class=Response,
    responses={
        200: {"content": {MIME_TYPE: {}}},
        304: {"description": "Not changed"},
        **problems(401),
    },
    dependencies=[LimitReads],
)
def get_latest_pass(
    context: ContextDep,
    own_pass: OwnPass,
    if_modified_since: Annotated[str, Header(max_length=100)] = "",
) -> Response:
    """Return a pass as it is now, unless it has not changed since the phone's own."""
    known = _seconds(if_modified_since)
    built = context.wallets.apple.latest(own_pass, known_since=known)
    return Response(status_code=304) if built is None else pass_response(built)


async def _read_log(request: Request) -> bytes:
    """Read what a phone says, as far as it is worth reading."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LOG_BYTES:
            return b""
    return body


@router.post("/log", response_class=Response)
def write_log(
    context: ContextDep, request: Request, body: Annotated[bytes, Depends(_read_log)]
) -> Response:
    """Write down what a phone complains of. Anybody may call this: it is bounded, and says 200.

    While Apple Wallet is off no phone of ours can complain: nothing is written.
    """
    if not context.wallets.apple.is_configured:
        return Response(status_code=200)
    try:
        host = request.client.host if request.client else ""
        context.accounts.limits.phone_logs.take(counted_address(host))
    except TooManyRequests:
        return Response(status_code=200)
    for message in _messages(body):
        context.wallets.apple.complaints += 1
        _log.warning("A phone's Wallet says: %s", message, extra=EACH)
    return Response(status_code=200)


def pass_response(built: BuiltPass) -> Response:
    """Return a pass as phones take it."""
    return Response(
        built.content,
        media_type=MIME_TYPE,
        headers={
            "Last-Modified": formatdate(built.modified_at, usegmt=True),
            "Content-Disposition": 'attachment; filename="card.pkpass"',
        },
    )


def _tag(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= _TAG_DIGITS
    return int(text) if is_number else None


def _seconds(date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, OverflowError):
        return None


def _messages(body: bytes) -> list[str]:
    try:
        logs = orjson.loads(body)["logs"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return []
    if not isinstance(logs, list):
        return []
    texts = (text for text in logs[:LOG_ENTRIES] if isinstance(text, str))
    return ["".join(filter(str.isprintable, text[:LOG_CHARACTERS])) for text in texts]


def _json(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
