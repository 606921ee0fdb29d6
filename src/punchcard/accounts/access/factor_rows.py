"""The rows of people's second factors: whose they are, and used up by one caller alone."""

from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.access.factor_models import Passkey, RecoveryCode, SecondFactor
from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.events import SubjectChanged
from punchcard.accounts.models import AccessToken, Admin, User
from punchcard.db.events import announce

_Owned = (
    type[SecondFactor]
    | type[Passkey]
    | type[RecoveryCode]
    | type[AccessToken]
    | type[LinkedIdentity]
)


def owned(table: _Owned, person: User | Admin) -> ColumnElement[bool]:
    """Return the condition that a row is a person's own."""
    owner = table.user_id if isinstance(person, User) else table.admin_id
    return owner == person.id


def owner_columns(person: User | Admin) -> dict[str, Any]:
    """Return whose a new row is."""
    return {"user_id": person.id} if isinstance(person, User) else {"admin_id": person.id}


def passkeys_of(session: Session, person: User | Admin) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    query = select(Passkey).where(owned(Passkey, person)).order_by(Passkey.id)
    return list(session.scalars(query))


def free_sessions(session: Session, person: User | Admin) -> None:
    """Let the sessions of a person do everything, who has a second factor from now on."""
    free = update(AccessToken).where(owned(AccessToken, person))
    session.execute(free.values(needs_second_factor=False))
    announce(session, SubjectChanged(person.id))


def changed(session: Session, statement: Any) -> bool:
    """Run a statement; return whether it changed a row, which one of several callers does."""
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1
