"""Whether the secrets that are set are those that this database was filled with.

A database keeps a check value of each: not the secret, and of no use for finding one that is as
long as it has to be.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base, table_of
from punchcard.db.types import UtcDateTime
from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE
from punchcard.kit.environment.reading import PREFIX
from punchcard.kit.settings import Settings

_CHECK_BYTES: Final = 16


class SecretCheck(Base):
    """The check value of one secret, by the name of its setting."""

    __tablename__ = "secret_checks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary(_CHECK_BYTES))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


_TABLE: Final = table_of(SecretCheck)


class ForeignSecrets(Exception):
    """The secrets that are set are not those of the database."""

    def __init__(self, names: list[str]) -> None:
        told = " and ".join(PREFIX + name.upper() for name in names)
        super().__init__(
            f"{told}: not what this database was made with. Its cards' links cannot be shown and"
            " its PINs are all wrong. Put back the secrets that were kept with the backup; if they"
            " are lost for good: punchcard secrets renew --help"
        )


def foreign_secrets(connection: Connection, settings: Settings) -> list[str]:
    """Return the names of the secrets that the database knows otherwise than they are set.

    An old one beside the one in use is known, too: until keys are rotated to the end.
    """
    kept = {row.name: row.value for row in connection.execute(select(_TABLE))}
    return [
        name
        for name in SECRETS_OF_DATABASE
        if name in kept and kept[name] not in _checks_of(name, settings)
    ]


def are_known(connection: Connection) -> bool:
    """Return whether the database has heard of its secrets yet."""
    return connection.scalar(select(_TABLE.c.name).limit(1)) is not None


def remember_secrets(connection: Connection, settings: Settings, now: datetime) -> None:
    """Let the database know the secrets that are set as its own, and forget any others."""
    connection.execute(delete(_TABLE))
    connection.execute(
        insert(_TABLE),
        [
            {"name": name, "value": _checks_of(name, settings)[0], "created_at": now}
            for name in SECRETS_OF_DATABASE
        ],
    )


def is_behind(connection: Connection, name: str, settings: Settings) -> bool:
    """Return whether the database still knows an old secret in the place of the one in use."""
    kept = connection.scalar(select(_TABLE.c.value).where(_TABLE.c.name == name))
    return kept is not None and kept in _checks_of(name, settings)[1:]


def _checks_of(name: str, settings: Settings) -> list[bytes]:
    """Return the check values of a secret and of its old ones, that in use first."""
    ring = settings.keys if name == "secret_key" else settings.peppers
    keys = ring.derived(f"punchcard check of {name}")
    return [key[:_CHECK_BYTES] for key in keys]
