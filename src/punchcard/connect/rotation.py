"""Secrets in turn: the one before counts beside a new one for a while.

So that those who sign with it, or check what it signed, can follow.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from punchcard.kit.secrets import Sealer

BOTH_COUNT: Final = timedelta(hours=24)
"""How long a secret counts beside the one that follows it."""


def counts(former_until: datetime | None, now: datetime) -> bool:
    """Return whether the secret before counts now beside the one in use."""
    return former_until is not None and now < former_until


def former_until(
    before: datetime | None, now: datetime, *, at_once: bool, refusal: Callable[[], Exception]
) -> datetime | None:
    """Return until when the secret in use counts beside one that is made now; None: no more.

    `before` is until when one counts beside it already: raises `refusal` while it does, unless
    every other one ends `at_once`, as for what others have seen.
    """
    if at_once:
        return None
    if counts(before, now):
        raise refusal()
    return now + BOTH_COUNT


def opened_secrets(
    sealer: Sealer, row_id: str, in_use: bytes | None, former: bytes | None
) -> list[str]:
    """Return the secrets of a row that may sign, that in use first; none if no key opens them."""
    opened = (sealer.open(one, row_id) for one in (in_use, former) if one is not None)
    return [secret.decode() for secret in opened if secret is not None]
