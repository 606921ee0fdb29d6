"""One stable line of the log for each security event, for filters and for shipping away.

`event=WORD address=ADDRESS actor=KIND:ID`, then what else is known, each as `name=value` without a
blank in it. The order of the first three, and the words of the inventory, stay what they are.
"""

import ipaddress
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from punchcard.accounts.events import SecurityEventKept
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.kit.log_throttle import EACH
from punchcard.kit.logs import FIELDS
from punchcard.kit.security.request_origin import RequestOrigin

NOTHING: Final = "-"

_log = logging.getLogger("punchcard.security")
_NOT_IN_VALUES: Final = re.compile(r"[^A-Za-z0-9._:/@+-]")
_VALUE_CHARACTERS: Final = 120


def shown_address(address: str) -> str:
    """Return a network address as the log shows it; `-` for whatever is none."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return NOTHING


def write_security_line(
    event: SecurityEvent, origin: RequestOrigin, actor: str, facts: Mapping[str, Any]
) -> None:
    """Write the line of an event; refusals are warnings. `facts` of None are left out."""
    fields = {"event": str(event), "address": shown_address(origin.address), "actor": actor}
    fields |= {name: _value(value) for name, value in facts.items() if value is not None}
    level = logging.WARNING if event.is_refusal else logging.INFO
    text = " ".join(f"{name}={value}" for name, value in fields.items())
    _log.log(level, "%s", text, extra={**EACH, FIELDS: fields})


def write_kept_event(kept: SecurityEventKept) -> None:
    """Write the line of an event that stands in the audit trail."""
    facts = {"of": kept.of, "vendor": kept.vendor_id}
    write_security_line(kept.event, kept.origin, kept.actor, facts)


def _value(value: Any) -> str:
    """Return a value without anything that could end it, or the line."""
    return _NOT_IN_VALUES.sub("_", str(value)[:_VALUE_CHARACTERS]) or NOTHING
