"""What lines of text, longer texts and short names for addresses must look like.

Each rule returns the text as it is to be kept, or raises InvalidValue.
"""

import re
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.kit.validation.invalid import InvalidValue

NAME_CHARACTERS: Final = 120
ADDRESS_CHARACTERS: Final = 2000
SLUG_CHARACTERS: Final = 63

# U+2028 and U+2029 break a line as "\n" does.
_CONTROLS = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029"
LINE_PATTERN: Final = f"^[^{_CONTROLS}]*$"
"""What every line of text matches once the blanks around it are off: ECMA 262, as JSON Schema."""
LINE_NOT_BLANK_PATTERN: Final = f"^[^{_CONTROLS}]*[^\\s{_CONTROLS}][^{_CONTROLS}]*$"
PARAGRAPHS_PATTERN: Final = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$"
SLUG_PATTERN: Final = "^\\s*[a-z0-9](-?[a-z0-9])*\\s*$"

_CONTROL = re.compile(f"[{_CONTROLS}]")
_CONTROL_BUT_BREAKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What cannot be seen and changes how what follows is read or broken. Joiners and marks of direction
# stay: whole scripts need them.
_UNSEEN = re.compile("[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_ONLY_MARKS = re.compile("[\\s\u061c\u200c-\u200f]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HTTPS = re.compile(
    r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
    r"([/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?"
)
_SLUG = re.compile(r"[a-z0-9](-?[a-z0-9])*")

_EMPTY = N_("Must not be empty.")
_TOO_SHORT = N_("Must be at least {min_length} characters long.")
_TOO_LONG = N_("Must be at most {max_length} characters long.")


def one_line(text: str, *, maximum: int = NAME_CHARACTERS, minimum: int = 1) -> str:
    """Return `text` without blanks around it: one line of `minimum` to `maximum` characters.

    Characters that nobody sees are dropped: they come along with what is pasted.
    """
    _refuse_surrogates(text)
    stripped = _UNSEEN.sub("", text).strip()
    if _CONTROL.search(stripped):
        raise InvalidValue(N_("Must be one line of text without control characters."))
    if len(stripped) < minimum or (minimum and _ONLY_MARKS.fullmatch(stripped)):
        raise InvalidValue(_EMPTY if minimum == 1 else _TOO_SHORT, min_length=minimum)
    return _short_enough(stripped, maximum)


def paragraphs(text: str, *, maximum: int) -> str:
    """Return `text` with plain line breaks: up to `maximum` characters, on any number of lines."""
    _refuse_surrogates(text)
    if _CONTROL_BUT_BREAKS.search(text):
        raise InvalidValue(N_("Must be text without control characters."))
    return _short_enough(text.replace("\r\n", "\n").replace("\r", "\n"), maximum)


def https_address(text: str) -> str:
    """Return an address that starts with https:// as it is. Raises InvalidValue."""
    if len(text) > ADDRESS_CHARACTERS or _HTTPS.fullmatch(text) is None:
        raise InvalidValue(N_("Must be an address that starts with https://."))
    return text


def slug(text: str) -> str:
    """Return `text` without blanks around it if it can stand in an address: `cafe-alice`."""
    stripped = text.strip()
    if len(stripped) > SLUG_CHARACTERS or _SLUG.fullmatch(stripped) is None:
        raise InvalidValue(
            N_("Must consist of small letters, digits and single hyphens between them.")
        )
    return stripped


def _short_enough(text: str, maximum: int) -> str:
    if len(text) > maximum:
        raise InvalidValue(_TOO_LONG, max_length=maximum)
    return text


def _refuse_surrogates(text: str) -> None:
    """Refuse what is half a character: no database can store it."""
    if _SURROGATE.search(text):
        raise InvalidValue(N_("Must be valid Unicode text."))
