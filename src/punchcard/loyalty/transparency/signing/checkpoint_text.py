"""What a checkpoint says, as a signed note (c2sp.org/tlog-checkpoint) with lines of our own.

After origin, size and root of the entries follow: the root of what stands beside each entry, size
and root of the audit trail, when it was made, and up to when the log was complete.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from punchcard.kit.clock import to_rfc3339
from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty, VerifierKey, open_note

NOTE_LIMIT_BYTES: Final = 65_536
_BESIDE: Final = "punchcard-beside"
_AUDIT: Final = "punchcard-audit"
_MADE: Final = "punchcard-made"
_COMPLETE: Final = "punchcard-complete-until"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The state of the log at one moment.

    `size` and `root` are of the entries; `complete_until`: every entry that says it was recorded
    before that moment is among them.
    """

    origin: str
    size: int
    root: bytes
    beside_root: bytes
    audit_size: int
    audit_root: bytes
    made_at: datetime
    complete_until: datetime

    @property
    def text(self) -> str:
        """Return the lines that are signed."""
        lines = (
            self.origin,
            str(self.size),
            _base64(self.root),
            f"{_BESIDE} {_base64(self.beside_root)}",
            f"{_AUDIT} {self.audit_size} {_base64(self.audit_root)}",
            f"{_MADE} {to_rfc3339(self.made_at)}",
            f"{_COMPLETE} {to_rfc3339(self.complete_until)}",
        )
        return "".join(f"{line}\n" for line in lines)


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return what a checkpoint signed by `key` says. Raises NoteFaulty."""
    return parse_checkpoint(open_note(note, key))


def parse_checkpoint(text: str) -> Checkpoint:
    """Return what the text of a checkpoint says. Raises NoteFaulty."""
    lines = text.splitlines()
    told = {line.partition(" ")[0]: line.split(" ")[1:] for line in lines[3:]}
    try:
        audit_size, audit_root = told[_AUDIT]
        return Checkpoint(
            origin=lines[0],
            size=int(lines[1]),
            root=_hash(lines[2]),
            beside_root=_hash(told[_BESIDE][0]),
            audit_size=int(audit_size),
            audit_root=_hash(audit_root),
            made_at=datetime.fromisoformat(told[_MADE][0]),
            complete_until=datetime.fromisoformat(told[_COMPLETE][0]),
        )
    except (LookupError, ValueError, binascii.Error):
        raise NoteFaulty("That is no checkpoint of a Punchcard server.") from None


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _hash(text: str) -> bytes:
    value = base64.b64decode(text, validate=True)
    if len(value) != 32:
        raise ValueError(text)
    return value
