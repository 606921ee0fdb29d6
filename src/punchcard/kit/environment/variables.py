"""The texts of variables as they are meant, and the names of those that nobody reads."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_QUOTES: Final = ("'", '"')
NEW_PASSWORD_VARIABLE: Final = "PUNCHCARD_NEW_PASSWORD"  # noqa: S105 a name
"""Where commands that set a password look for it; read by them alone, so it is no setting."""

API_KEY_VARIABLE: Final = "PUNCHCARD_API_KEY"
STAFF_PIN_VARIABLE: Final = "PUNCHCARD_STAFF_PIN"
"""With what `punchcard mcp` calls a server; no settings of one."""

SETTINGS_FILE_VARIABLE: Final = "PUNCHCARD_SETTINGS_FILE"
"""The file whose settings hold where no variable says otherwise."""

# Tools and tests of this repository have variables of their own.
_OF_OTHERS: Final = (
    *("PUNCHCARD_TEST_", "PUNCHCARD_CHROMIUM"),
    *(NEW_PASSWORD_VARIABLE, API_KEY_VARIABLE, STAFF_PIN_VARIABLE, SETTINGS_FILE_VARIABLE),
)


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """A variable that nobody reads, and the one that was probably meant."""

    name: str
    nearest: str | None

    @property
    def sentence(self) -> str:
        """Return what is wrong, in one sentence."""
        meant = f" Is {self.nearest} meant?" if self.nearest else ""
        return f"{self.name} is no setting of this version and changes nothing.{meant}"


def as_meant(text: str) -> str | None:
    """Return the text of a variable without blanks and quotes around it; None when it is empty.

    A shell takes quotes away; what reads an `.env` file for a container often leaves them, with
    the line ends of another system. An empty variable is one that is not set.
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        text = text[1:-1].strip()
    return text or None


def unknown_variables(
    source: Mapping[str, str], known: Iterable[str], prefix: str
) -> list[UnknownVariable]:
    """Return those variables of `source` that begin with `prefix` and are not `known`, by name."""
    names = sorted(known)
    return [
        UnknownVariable(name, _nearest(name, names))
        for name in sorted(source)
        if name.upper().startswith(prefix) and name not in names and not name.startswith(_OF_OTHERS)
    ]


def _nearest(name: str, known: list[str]) -> str | None:
    found = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.75)
    return found[0] if found else None
