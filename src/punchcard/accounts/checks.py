"""What passwords, roles and scopes must look like, whatever face they were typed into.

What is about no account alone (addresses, names, time zones) stands in `kit/validation/`.
"""

from typing import Final

from punchcard.accounts.subjects import ROLES, SCOPES
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_

PASSWORD_MINIMUM: Final = 8
PASSWORD_MAXIMUM: Final = 200


def password(field: str, text: str) -> str:
    """Return `text` if it is long enough for a password."""
    if not PASSWORD_MINIMUM <= len(text) <= PASSWORD_MAXIMUM:
        raise invalid_field(
            field,
            message=N_("Must have between {minimum} and {maximum} characters."),
            minimum=PASSWORD_MINIMUM,
            maximum=PASSWORD_MAXIMUM,
        )
    return text


def role(field: str, name: str) -> str:
    """Return `name` if it is a role."""
    if name not in ROLES:
        raise invalid_field(field, message=N_("Must be owner, manager or staff."))
    return name


def scopes(field: str, names: list[str]) -> list[str]:
    """Return the scopes in their order, each once, if there is at least one and all are known."""
    if not names or not set(names) <= set(SCOPES):
        raise invalid_field(
            field,
            message=N_("Must be one or more of loyalty:read, loyalty:operate, loyalty:manage."),
        )
    return [scope for scope in SCOPES if scope in names]
