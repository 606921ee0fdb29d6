"""Checkpoints posted to an address of the operator's choice, until they are taken.

What is sent is the note itself. It is signed: who keeps it needs no other proof of the sender.
"""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select

from punchcard.db.database import Database
from punchcard.db.outbox import PermanentFailure, RetryLater
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency.models import CHECKPOINTS

SEND_CHECKPOINT: Final = "checkpoint.send"
_TIMEOUT_SECONDS: Final = 10


def fault_of_webhook(address: str) -> str | None:
    """Return what is wrong with an address for checkpoints: https, or http within the own network.

    None where nothing is, and for an empty one.
    """
    parts = urlsplit(address)
    if not address or (parts.scheme == "https" and parts.hostname):
        return None
    if parts.scheme == "http" and _is_own_network(parts.hostname or ""):
        return None
    return "PUNCHCARD_CHECKPOINT_WEBHOOK must be https, or http to an address of the own network."


def post_checkpoint(database: Database, settings: Settings, checkpoint_id: str) -> None:
    """Post a checkpoint's note, as text; whatever answers must say 2xx.

    Raises RetryLater for any other answer and for none, PermanentFailure for a wrong address.
    """
    import httpx

    address = settings.checkpoint_webhook
    fault = fault_of_webhook(address)
    if fault is not None:
        raise PermanentFailure(fault)
    with database.read_connection() as connection:
        query = select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.id == checkpoint_id)
        note = connection.execute(query).scalar_one_or_none()
    if note is None or not address:
        return
    try:
        with httpx.stream(
            "POST",
            address,
            content=note.encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
            timeout=_TIMEOUT_SECONDS,
            follow_redirects=False,
        ) as answer:
            # Its status says all: a body, however long, is left where it is.
            status, is_taken = answer.status_code, answer.is_success
    except httpx.HTTPError as error:
        raise RetryLater(f"The webhook for checkpoints: {error!r}") from error
    if not is_taken:
        raise RetryLater(f"The webhook for checkpoints answered {status}.")


def _is_own_network(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
