"""What `punchcard doctor` says of the replica that figures, lists and exports are read from."""

from contextlib import closing
from typing import TYPE_CHECKING

from punchcard.cli.doctors.findings import Finding

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings

_INSTEAD = "Until then figures, lists and exports are read from the primary."


def look_at_replica(settings: "Settings") -> Finding:
    """Return whether the replica follows the primary, and how far behind it is."""
    from punchcard.db.database import open_database
    from punchcard.db.postgresql.replica import ReplicaUnfit

    if not settings.database_read_url:
        return Finding("replica", "ok", "None is set: everything is read from the database itself.")
    with closing(open_database(settings)) as database:
        assert database.replica is not None
        try:
            age_seconds = database.replica.look()
        except ReplicaUnfit as unfit:
            message = f"PUNCHCARD_DATABASE_READ_URL: {unfit}. {_INSTEAD}"
            return Finding("replica", "warning", message)
    if age_seconds is None:
        limit = settings.database_read_lag_limit_seconds
        message = f"It is more than {limit:g} seconds behind the primary. {_INSTEAD}"
        return Finding("replica", "warning", message)
    return Finding("replica", "ok", f"It is at most {age_seconds:.1f} seconds behind the primary.")
