"""What `punchcard doctor` finds out about phones: they reach the server, and hear of changes."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from punchcard.cli.doctors.findings import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.kit.settings import Settings

_LOOKED_BACK: Final = timedelta(days=7)
_TIME_TO_REGISTER: Final = timedelta(hours=1)
"""A phone asks for updates seconds after it took a pass; reading the offer may take longer."""
_LEAST_PASSES: Final = 3
"""Of fewer, all may have been looked at and not taken."""


def look_at_reach(connection: "Connection", settings: "Settings") -> Finding:
    """Return whether a phone has ever said that it reached the server where cards lead."""
    from sqlalchemy import func, select

    from punchcard.accounts.models import AuditEvent
    from punchcard.db.base import table_of
    from punchcard.kit.environment.own_address import is_only_here

    if is_only_here(settings.base_url):
        message = f"No phone can open {settings.base_url}: it leads to this machine only."
        return Finding("reach", "warning", message)
    events = table_of(AuditEvent)
    reached = func.max(events.c.created_at)
    last = connection.scalar(select(reached).where(events.c.action == "vendor.reached"))
    if last is None:
        message = (
            f"No phone has said yet that it reached {settings.base_url}. Scan the code under"
            " Wallets in the console with a phone whose Wi-Fi is off."
        )
        return Finding("reach", "warning", message)
    return Finding("reach", "ok", f"A phone last said on {last:%Y-%m-%d} that it got here.")


def look_at_pushes(connection: "Connection", settings: "Settings") -> Finding:
    """Return whether phones that take passes of Apple Wallet ask to hear of changes."""
    from sqlalchemy import func, select

    from punchcard.db.base import table_of
    from punchcard.wallets.models import AppleDeviceRegistration, ApplePass

    now = datetime.now(UTC)
    passes, phones = table_of(ApplePass), table_of(AppleDeviceRegistration)
    handed_out = passes.c.created_at.between(now - _LOOKED_BACK, now - _TIME_TO_REGISTER)
    count = connection.scalar(select(func.count()).where(handed_out)) or 0
    registered = phones.c.created_at > now - _LOOKED_BACK
    is_heard = connection.scalar(select(phones.c.id).where(registered).limit(1)) is not None
    if count >= _LEAST_PASSES and not is_heard:
        message = (
            f"Pushes go to nobody: of {count} passes made for Apple Wallet in"
            f" {_LOOKED_BACK.days} days no phone asked to hear of changes. Does the proxy let"
            f" {settings.base_url}/api/v1/loyalty/apple/v1/ through, with its Authorization header?"
        )
        return Finding("pushes", "warning", message)
    told = f"Passes made for Apple Wallet in {_LOOKED_BACK.days} days: {count:,}."
    return Finding("pushes", "ok", told + (" Phones ask to hear of changes." if is_heard else ""))
