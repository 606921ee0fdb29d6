"""Changes on a condition: an ETag names what was read, and If-Match asks that it is still so.

Without If-Match a change is made as before. RFC 9110, sections 8.8.3 and 13.1.1.
"""

import hashlib
import re
from typing import Final

from punchcard.api.schemas.fields import Schema
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_

HEADER: Final = "If-Match"
_TAG: Final = re.compile(r'(W/)?"[!#-~]*"')
_TAG_CHARACTERS: Final = 32


class ChangedMeanwhile(DomainError):
    """What is to be changed is no longer what If-Match names."""

    code = "changed_meanwhile"
    kind = Kind.STALE
    sentence = N_("Someone else changed this meanwhile. Read it again, then repeat your change.")


def etag_of(schema: Schema) -> str:
    """Return the ETag of what a response shows, but for what changes by itself (`untagged`)."""
    shown = schema.model_dump_json(exclude=set(schema.untagged))
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:_TAG_CHARACTERS]}"'


def check_match(header: str, schema: Schema) -> None:
    """Raise ChangedMeanwhile unless one of the ETags in If-Match is that of `schema`.

    `*` is right for all that exists. A weak ETag never matches.
    """
    wanted = [tag[0] for tag in _TAG.finditer(header)]
    if header.strip() != "*" and etag_of(schema) not in wanted:
        raise ChangedMeanwhile
