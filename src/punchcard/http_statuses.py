"""HTTP's number for each kind of refusal, and its code, the same in the API and on pages."""

from typing import Final

from punchcard.db.failures import DatabaseBusy, StorageNotWritable, is_storage_failure
from punchcard.kit.errors import DomainError, Kind

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

INTERNAL_CODE: Final = "internal_error"
METHOD_CODE: Final = "method_not_allowed"
_CODES: Final = {404: "not_found", 405: METHOD_CODE, 422: "invalid_input", 500: INTERNAL_CODE}


def refusal_code(error: Exception, status: int) -> str:
    """Return the code of what `error` was answered with, for whoever counts refusals."""
    if isinstance(error, DomainError):
        return error.code
    if status == STATUS_BY_KIND[Kind.BUSY]:
        return StorageNotWritable.code if is_storage_failure(error) else DatabaseBusy.code
    return _CODES.get(status, "malformed_json")
