"""How refusals leave the server: `application/problem+json` (RFC 9457), one table of statuses."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from punchcard.api.http.field_messages import MalformedJson, NotFound, NotSentAsJson, refusal_of
from punchcard.db.failures import DATABASE_ERRORS
from punchcard.db.failures import refusal_of as failure_refusal
from punchcard.http_statuses import INTERNAL_CODE, METHOD_CODE, STATUS_BY_KIND, refusal_code
from punchcard.kit import logs
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.errors import INTERNAL, DomainError, InvalidInput, Kind
from punchcard.kit.i18n import N_, negotiate, translate

MEDIA_TYPE: Final = "application/problem+json"

_TITLES: Final[dict[int, str]] = {
    400: N_("Malformed request"),
    401: N_("Not signed in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Method not allowed"),
    409: N_("Refused"),
    412: N_("Changed meanwhile"),
    413: N_("Too large"),
    422: N_("Invalid input"),
    423: N_("Locked"),
    429: N_("Too many requests"),
    500: N_("Internal error"),
    503: N_("Busy"),
}
# How long to wait when the refusal itself does not say.
_RETRY_AFTER_SECONDS: Final[dict[int, int]] = {423: 60, 429: 10, 503: 1}

_PLACES: Final = frozenset({"body", "query", "header", "path"})


class BodyTooLarge(DomainError):
    """The body is longer than the server reads: facts `limit_bytes`."""

    code = "body_too_large"
    kind = Kind.TOO_LARGE
    sentence = N_("The body of the request is larger than {limit_bytes} bytes.")


def problem(error: DomainError, language: str, request_id: str) -> Response:
    """Return the response that tells a refusal: its sentence in `language`, its code and facts."""
    status = STATUS_BY_KIND[error.kind]
    wait = error.retry_after_seconds or _RETRY_AFTER_SECONDS.get(status)
    headers = {}
    if wait is not None:
        headers["Retry-After"] = str(wait)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = problem_body(error, language, request_id)
    return Response(_encode(body), status, headers, MEDIA_TYPE)


def problem_body(error: DomainError, language: str, request_id: str) -> dict[str, Any]:
    """Return what `problem` sends as a value, for responses that hold several (batches)."""
    body = _body(
        STATUS_BY_KIND[error.kind],
        error.code,
        error.told(language),
        language,
        request_id,
    )
    for name, fact in error.facts.items():
        body.setdefault(name, to_rfc3339(fact) if isinstance(fact, datetime) else fact)
    if isinstance(error, InvalidInput):
        body["errors"] = _told(error.errors, language)
    return body


def problem_response(error: Exception, language: str, request_id: str) -> Response:
    """Return the response to whatever went wrong; what nobody foresaw tells no detail."""
    if isinstance(error, DomainError):
        return problem(error, language, request_id)
    if isinstance(error, RequestValidationError):
        # What the framework did not take for JSON reaches the shapes as it came.
        is_other = isinstance(error.body, bytes)
        refusal = NotSentAsJson() if is_other else refusal_of(error.errors())
        return problem(refusal, language, request_id)
    if isinstance(error, HTTPException):
        return _framework_problem(error, language, request_id)
    if (failure := failure_refusal(error)) is not None:
        return problem(failure, language, request_id)
    detail = translate(INTERNAL, language)
    return Response(
        _encode(_body(500, INTERNAL_CODE, detail, language, request_id)),
        500,
        media_type=MEDIA_TYPE,
    )


def language_of(request: Request) -> str:
    """Return the language the caller asked for."""
    return negotiate(request.headers.get("accept-language"))


def request_id_of(request: Request) -> str:
    """Return the id of the request, as the outer layer put it into its state."""
    found: str = request.scope.get("state", {}).get("request_id") or logs.request_id.get()
    return found


def install(app: FastAPI) -> None:
    """Make `app` answer everything that goes wrong as a problem."""
    for kind in (DomainError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _respond)
    for kind in DATABASE_ERRORS:
        app.add_exception_handler(kind, _database_response)


# Async so that it runs at once, not after a turn in the thread pool.
async def _respond(request: Request, error: Exception) -> Response:
    response = problem_response(error, language_of(request), request_id_of(request))
    # For whoever observes what was refused.
    request.scope.setdefault("state", {})["refusal"] = refusal_code(error, response.status_code)
    return response


async def _database_response(request: Request, error: Exception) -> Response:
    failure = failure_refusal(error)
    if failure is None:
        # A statement gone wrong, which nobody foresaw: the outermost layer logs and answers it.
        raise error
    request.scope.setdefault("state", {})["refusal"] = failure.code
    return problem(failure, language_of(request), request_id_of(request))


def _framework_problem(error: HTTPException, language: str, request_id: str) -> Response:
    if error.status_code == 404:
        return problem(NotFound(), language, request_id)
    if error.status_code == 405:
        detail = translate(N_("This address does not take that method."), language)
        body = _body(405, METHOD_CODE, detail, language, request_id)
        return Response(_encode(body), 405, error.headers, MEDIA_TYPE)
    # What is left is a body the framework could not read: not UTF-8, nested too deep, cut off.
    return problem(MalformedJson(), language, request_id)


def _body(status: int, code: str, detail: str, language: str, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:problem-type:punchcard:{code}",
        "title": translate(_TITLES[status], language),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def _told(errors: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    return [
        {
            "loc": _placed(error["loc"]),
            "message": translate(error["message"], language, **error.get("params", {})),
        }
        for error in errors
    ]


def _placed(loc: Sequence[str | int]) -> list[str | int]:
    """Return where a fault is; services name the field alone, and do not know of bodies."""
    return list(loc) if loc[:1] and loc[0] in _PLACES else ["body", *loc]


def _encode(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        # A fact beyond 64 bits or with an unpaired surrogate: escaped rather than failed.
        return json.dumps(body).encode()
