"""HTTP's number for each kind of refusal, the same in the API and on pages."""

from typing import Final

from punchcard.kit.errors import Kind

STATUS_BY_KIND: Final[dict[Kind, int]] = {
    Kind.MALFORMED: 400,
    Kind.UNKNOWN_CALLER: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.REFUSED: 409,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.INVALID: 422,
    Kind.LOCKED: 423,
    Kind.TOO_MANY: 429,
    Kind.BUSY: 503,
}
