"""Sentences in the caller's language: English in the code is the key, the catalogues hold the rest.

Sentences hold `{placeholders}`. Most are worded so that no plural is needed ("Attempts left: {n}"):
one sentence, one translation. Where a count reads better in the sentence there are two, and
`plural` chooses.
"""

import logging
import re
import threading
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args, runtime_checkable

Language = Literal["en", "fr", "de", "lb"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
SOURCE_LANGUAGE: Final[Language] = "en"
CATALOGUES = Path(__file__).parent.parent / "locale"

# How CLDR writes dates and numbers; plain "en" would be American, 12-hour clock and month first.
_LOCALES: Final[dict[str, str]] = {"en": "en_GB", "fr": "fr", "de": "de", "lb": "lb"}
# `lu` is Luba-Katanga, yet many write it for Luxembourgish.
_ALIASES: Final[dict[str, Language]] = {"lu": "lb"}
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_FRENCH_OF = re.compile(r"\b([Dd])e (?=\{([a-z_][a-z0-9_]*)\})")
# Neither h nor y: whether they are spoken is a matter of the word.
_FRENCH_VOWELS: Final = frozenset("aeiouàâäéèêëîïôöùûüœæ")
# Neither in an address, whose hyphen people copy, nor where it is the end of a longer word.
# It begins with the hyphen itself, which is what a page of 60 kB is searched for quickest.
_E_MAIL: Final = r"-(?<=[eE]-)(?<![\w@./-][eE]-)(?=[mM]ail(?!\w*[.@]\w)"
_BREAKABLE = re.compile(rf"{_E_MAIL})")
# In what is read: attributes are for programs, and what stands in a field is sent back.
_BREAKABLE_IN_HTML = re.compile(rf"{_E_MAIL}[^<>]*<(?!/(?:textarea|script|style)\b))")
_NO_BREAK_HYPHEN: Final = "\u2011"
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
# Browsers send a handful of languages; what lies beyond is noise.
_ACCEPTED_CHARACTERS = 500

_log = logging.getLogger(__name__)
_loading = threading.Lock()
_catalogues: dict[str, dict[str, str]] = {SOURCE_LANGUAGE: {}}


@runtime_checkable
class Written(Protocol):
    """A value that knows how a language writes it: an amount of money."""

    def write_in(self, language: str) -> str:
        """Return the value as `language` writes it."""
        ...


def N_(text: str) -> str:
    """Mark `text` as a sentence of the catalogues; it is translated where it is shown."""
    return text


def translate(text: str, language: str, **params: Any) -> str:
    """Return the sentence `text` in `language`, its placeholders filled from `params`.

    Moments are written as the language writes them (in UTC, said so, unless the value carries
    another zone), whole numbers with its grouping. A sentence that has no translation stays
    English, a placeholder that has no value stays as it is. French says `d’Alice`, not `de Alice`.
    """
    language = as_language(language) or SOURCE_LANGUAGE
    sentence = catalogue(language).get(text, text)
    if not params:
        return sentence

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return _write(params[name], language) if name in params else match[0]

    if language == "fr":
        sentence = _FRENCH_OF.sub(lambda of: _elided(of, params), sentence)
    return _PLACEHOLDER.sub(fill, sentence)


def _elided(of: re.Match[str], params: dict[str, Any]) -> str:
    """Return the `de` before a placeholder as it is said before its value."""
    value = params.get(of[2])
    begins = value[:1].lower() if isinstance(value, str) else ""
    return f"{of[1]}’" if begins in _FRENCH_VOWELS else of[0]


def plural(n: int, one: str, many: str, language: str) -> str:
    """Return `one` or `many`, as `language` counts `n`.

    All four languages have two forms; French counts zero among the ones.
    """
    is_one = n in (0, 1) if language == "fr" else n == 1
    return one if is_one else many


def unbroken(text: str) -> str:
    """Return `text` with a hyphen in "e-mail" at which no line ends."""
    return _BREAKABLE.sub(_NO_BREAK_HYPHEN, text)


def unbroken_html(html: str) -> str:
    """Return a page as `unbroken` returns a text, but for its attributes, scripts and fields."""
    return _BREAKABLE_IN_HTML.sub(_NO_BREAK_HYPHEN, html)


def negotiate(accept_language: str | None) -> Language:
    """Return the language of ours that an `Accept-Language` header likes best; English if none."""
    # Cut before it is kept: a cache of whole headers could be filled with megabytes from outside.
    return _negotiate((accept_language or "")[:_ACCEPTED_CHARACTERS])


@lru_cache(maxsize=512)
def _negotiate(accept_language: str) -> Language:
    best: Language = SOURCE_LANGUAGE
    best_quality = 0.0
    for part in accept_language.split(","):
        tag, _, parameter = part.replace(" ", "").lower().partition(";")
        language = SOURCE_LANGUAGE if tag == "*" else as_language(tag)
        quality = _quality(parameter)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


@lru_cache(maxsize=512)
def as_language(tag: str) -> Language | None:
    """Return our language for a tag (`fr`, `fr-CH`, `de_AT`, `lu`), or None if we lack it."""
    primary = tag.lower().replace("_", "-").partition("-")[0]
    primary = _ALIASES.get(primary, primary)
    return next((language for language in LANGUAGES if language == primary), None)


def locale_of(language: str) -> str:
    """Return the CLDR locale whose dates and numbers go with a language of ours."""
    return _LOCALES[language]


def placeholders(text: str) -> frozenset[str]:
    """Return the names of the placeholders in `text`."""
    return frozenset(_PLACEHOLDER.findall(text))


def catalogue(language: str) -> dict[str, str]:
    """Return the translations into `language`, read at the first call; empty for English.

    Compiling them takes tens of milliseconds once, so there is no build step to forget.
    """
    found = _catalogues.get(language)
    if found is None:
        with _loading:
            found = _catalogues.get(language)
            if found is None:
                found = _catalogues[language] = read_catalogue(language, CATALOGUES)
    return found


def read_catalogue(language: str, directory: Path) -> dict[str, str]:
    """Return the translations of `directory`; those with other placeholders are left out."""
    # Imported at first use: it would be felt in every start, also of the command line.
    from babel.messages.pofile import read_po

    with (directory / f"{language}.po").open("rb") as file:
        messages = list(read_po(file, locale=language))
    translations: dict[str, str] = {}
    for message in messages:
        source, text = message.id, message.string
        if not isinstance(source, str) or not isinstance(text, str) or not source or not text:
            continue
        if placeholders(source) != placeholders(text):
            _log.warning("The %s translation of %r has other placeholders.", language, source)
            continue
        translations[source] = text
    return translations


def written_day(day: date, language: str) -> str:
    """Return a day as a language writes it: 31 December 2026."""
    from babel.dates import format_date

    return format_date(day, format="long", locale=_LOCALES[language])


def _quality(parameter: str) -> float:
    match = _QUALITY.fullmatch(parameter)
    if match is not None:
        return float(match[1])
    return 0.0 if parameter else 1.0


def _write(value: Any, language: str) -> str:
    if isinstance(value, datetime):
        return _write_moment(value, language)
    if isinstance(value, int) and not isinstance(value, bool):
        return _write_number(value, language)
    return value.write_in(language) if isinstance(value, Written) else str(value)


def _write_number(value: int, language: str) -> str:
    if -1000 < value < 1000:
        return str(value)
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_LOCALES[language])


def _write_moment(value: datetime, language: str) -> str:
    from babel.dates import format_date, format_time

    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    # A shop in London reads its own clock in winter, too: only a bare UTC has to say so.
    is_utc = moment.tzinfo is UTC
    locale = _LOCALES[language]
    day = format_date(moment.date(), format="medium", locale=locale)
    # The clock time alone, without conversion: the value already stands in the zone to show.
    clock = format_time(moment.time(), format="short", locale=locale)
    return f"{day}, {clock} UTC" if is_utc else f"{day}, {clock}"
