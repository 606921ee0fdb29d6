"""The templates: one environment per language, so that macros speak it too."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any, Final

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from punchcard.accounts.vocabulary import VendorStatus
from punchcard.accounts.words import LANGUAGE_NAMES
from punchcard.db.postgresql.data_age import shown_age_seconds
from punchcard.engage.vocabulary import AutomationStatus
from punchcard.kit.environment.own_address import is_only_here
from punchcard.kit.i18n import LANGUAGES, unbroken_html
from punchcard.kit.ids import as_id, readable_number
from punchcard.loyalty.grant_codes import readable_code
from punchcard.loyalty.rules.void_rules import VOIDABLE
from punchcard.loyalty.vocabulary import (
    HELD_STATUSES,
    MERGED,
    CardStatus,
    EffectKind,
    GrantState,
    PinPolicy,
    ProgramStatus,
    ProgramType,
    PromotionStatus,
    TierBasis,
)
from punchcard.wallets.card_colours import card_colours
from punchcard.wallets.symbols import stamp_symbols
from punchcard.web.pages import assets, drawings, theme_css
from punchcard.web.pages.formatting import Wording

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
# An e-mail or a web address, and where a reader expects it to go on in the next line. Each part
# ends where another begins: there is one way to read a text, also one of thousands of signs.
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+|https?://\S+")
_BREAKS: Final = re.compile(r"(?<=[^:/])(?=[@./?&])")


def breakable(text: str) -> str:
    """Return an address that narrow columns break before its signs; other text as it is.

    What follows the @ stays in one piece where a line can hold it.
    """
    if not _ADDRESS.fullmatch(text):
        return text
    who, at, where = text.rpartition("@")
    if not at or "://" in text:
        return _parted(text)
    return Markup('{}<span class="domain">@{}</span>').format(_parted(who), _parted(where))


def _parted(text: str) -> Markup:
    return Markup("<wbr>").join(_BREAKS.split(text))


def told_reference(reference: str | None) -> str:
    """Return a receipt's number as people know it; empty for one that a till gave itself."""
    return "" if reference is None or as_id(reference) else reference


# Only our own drawings are marked safe, here; templates never mark anything.
_GLOBALS: Final[dict[str, Any]] = {
    "asset": assets.address,
    "assets": assets,
    "breakable": breakable,
    "told_reference": told_reference,
    "icon": lambda name: Markup(assets.icon(name)),  # noqa: S704 - a file of ours
    "stamp_icon": lambda name: Markup(stamp_symbols.svg_of(name)),  # noqa: S704 - a file of ours
    "stamp_shapes": lambda name: Markup(stamp_symbols.shapes_of(name)),  # noqa: S704 - ours too
    "stamp_symbol": stamp_symbols.symbol_of,
    "card_colours": card_colours,
    "is_only_here": is_only_here,
    "shown_age_seconds": shown_age_seconds,
    "readable_code": readable_code,
    "readable_number": readable_number,
    "qr": lambda text, **options: Markup(drawings.svg(text, **options)),  # noqa: S704 - drawn by us
    "look_address": theme_css.address,
    "LANGUAGES": LANGUAGES,
    "LANGUAGE_NAMES": LANGUAGE_NAMES,
    "CardStatus": CardStatus,
    "EffectKind": EffectKind,
    "GrantState": GrantState,
    "HELD_STATUSES": HELD_STATUSES,
    "PinPolicy": PinPolicy,
    "ProgramStatus": ProgramStatus,
    "ProgramType": ProgramType,
    "AutomationStatus": AutomationStatus,
    "PromotionStatus": PromotionStatus,
    "MERGED": MERGED,
    "TierBasis": TierBasis,
    "VOIDABLE": VOIDABLE,
    "VendorStatus": VendorStatus,
}


class _SharedCode(BytecodeCache):
    """Compiles each template once for all languages: nothing in its code is of one of them."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the template the code that another language's was compiled to."""
        checksum, code = self._codes.get(bucket.key, ("", None))
        # Of a file that was changed since, the code is another.
        if code is not None and checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template that was compiled just now."""
        assert bucket.code is not None
        self._codes[bucket.key] = (bucket.checksum, bucket.code)


_SHARED_CODE: Final = _SharedCode()


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: str) -> Environment:
    """Return the environment whose templates speak `language`."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=_SHARED_CODE,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(_GLOBALS)
    made.filters["as_moment"] = datetime.fromisoformat
    made.filters["as_day"] = date.fromisoformat
    wording = Wording(language)
    made.globals.update(wording.names())
    made.globals["language"] = language
    made.globals["translated"] = lambda pairs: _translated(pairs, wording)
    return made


def _translated(options: Iterable[tuple[str, str]], wording: Wording) -> list[tuple[str, str]]:
    """Return a field's options, pairs of value and label, with the labels in the language."""
    return [(value, wording.sentence(label)) for value, label in options]


def render(template: str, language: str, **values: Any) -> str:
    """Return the text of a template, a path below `templates/`, in a language."""
    return unbroken_html(environment(language).get_template(template).render(values))
