"""What `punchcard doctor` finds at one look."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What one look found, and what to do about it."""

    subject: str
    state: Literal["ok", "warning", "error"]
    message: str
