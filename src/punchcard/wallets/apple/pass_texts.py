"""The texts of a pass and their translations, made once for all cards that say the same. Pure.

A program's cards differ in few words: their holder's name, their number and their link are in no
language. So the `pass.strings` of four languages are shared by all cards with the same balance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from punchcard.kit.i18n import Language
from punchcard.kit.ids import CardId
from punchcard.wallets.apple.pkpass import PassFile, pass_file
from punchcard.wallets.pass_content import PassContent, pass_contents
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from punchcard.wallets.pass_words import PassField

# Unseen on the phone: tells two equal texts apart whose translations differ.
_MARK: Final = "\u200b"
# Where texts stand that are one card's own.
_HOLDERS: Final = frozenset({"customer", "number", "link"})
_ANYBODYS: Final = "-"
_KEPT: Final = 1024

Translations = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassWords:
    """What passes say, but for what is one holder's own.

    `content` is in the first of `languages`. `keys` is the text to write at each place,
    `translations` what stands for a text in each of `languages`, `files` the `pass.strings` of
    those that are translated.
    """

    content: PassContent
    languages: tuple[Language, ...]
    keys: Mapping[str, str]
    translations: Mapping[str, Translations]
    files: tuple[PassFile, ...]

    def with_holder(self, content: PassContent) -> tuple[dict[str, str], tuple[PassFile, ...]]:
        """Return the text to write at each place of one card's pass, and its `pass.strings`."""
        keys, marked = dict(self.keys), dict[str, Translations]()
        for field in (content.customer, *content.back):
            if field is not None and field.key in _HOLDERS:
                text = str(field.value)
                same = (text,) * len(self.languages)
                keys[f"{field.key}.value"] = key = _free_key(text, same, self.translations)
                if key != text:
                    marked[key] = same
        if not marked:
            return keys, self.files
        return keys, _strings_files(self.languages, {**self.translations, **marked})


def words_of(program: ProgramFacts, card: CardFacts) -> PassWords:
    """Return what the pass of this card says, and that of every other card in the same state."""
    anybody = replace(
        card,
        id=CardId(_ANYBODYS),
        number=_ANYBODYS,
        token=None,
        url=_ANYBODYS if card.url else None,
        customer_name=_ANYBODYS if card.customer_name else None,
        place=None,
        # A pass tells its name and its date, and not how far the next one is.
        tier=card.tier and card.tier._replace(since="", progress=0, missing=0),
    )
    return _words(program, anybody)


def places_of(content: PassContent) -> dict[str, list[PassField]]:
    """Return which field stands where: at most four below a strip, which stamps are drawn on.

    The balances stand in the header, the one part that shows while passes lie on each other. A card
    without stamps has room for one field in large: what is missing, or ready.
    """
    reward = [content.reward] if content.reward is not None else []
    tier = [content.tier] if content.tier is not None else []
    beside = [one for one in (content.reward_until, content.customer) if one is not None]
    has_strip_of_stamps = content.stamps is not None
    return {
        "headerFields": list(content.balances),
        "primaryFields": [] if has_strip_of_stamps else [content.status],
        "secondaryFields": [*reward, *([content.status] if has_strip_of_stamps else []), *tier],
        "auxiliaryFields": beside,
        "backFields": [*content.news, *content.back],
    }


@lru_cache(maxsize=_KEPT)
def _words(program: ProgramFacts, anybody: CardFacts) -> PassWords:
    """Return the words by the text to write at each place.

    A phone looks every text up, also a customer's name that happens to be someone else's label:
    so a text that two places translate differently is marked apart.
    """
    contents = pass_contents(program, anybody)
    texts = [dict(_texts(content)) for content in contents.values()]
    keys: dict[str, str] = {}
    translations: dict[str, Translations] = {}
    for place, text in texts[0].items():
        meant = tuple(words.get(place, text) for words in texts)
        keys[place] = key = _free_key(text, meant, translations)
        translations[key] = meant
    languages = tuple(contents)
    files = _strings_files(languages, translations)
    return PassWords(contents[languages[0]], languages, keys, translations, files)


def _free_key(text: str, meant: Translations, taken: Mapping[str, Translations]) -> str:
    while taken.get(text, meant) != meant:
        text += _MARK
    return text


def _texts(content: PassContent) -> Iterator[tuple[str, str]]:
    """Yield each text of a pass that isn't its holder's, with the place it stands at."""
    yield "logoText", content.program_name
    yield "description", content.card_name
    if content.places:
        yield "nearby", content.nearby
    for fields in places_of(content).values():
        for field in fields:
            yield f"{field.key}.label", field.label
            if isinstance(field.value, str) and field.key not in _HOLDERS:
                yield f"{field.key}.value", field.value
            if field.change_message is not None:
                yield f"{field.key}.change", field.change_message


def _strings_files(
    languages: tuple[Language, ...], translations: Mapping[str, Translations]
) -> tuple[PassFile, ...]:
    translated = {key: meant for key, meant in translations.items() if set(meant) != {key}}
    return tuple(
        pass_file(
            f"{language}.lproj/pass.strings",
            "".join(
                f'"{_escaped(key)}" = "{_escaped(meant[place])}";\n'
                for key, meant in translated.items()
            ).encode(),
        )
        for place, language in enumerate(languages)
    )


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return escaped.replace("\n", "\\n").replace("\r", "\\r")
