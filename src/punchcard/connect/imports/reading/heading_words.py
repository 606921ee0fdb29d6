"""Headings of several words: numbers of cards, customers and phones however they are put. Pure.

Such as "Ancien no", "Kd.-Nr.", "N° de carte", "Treiekaart", "Old card #", "Handynr".
"""

import re
import unicodedata
from typing import Final

from punchcard.connect.imports.vocabulary import ImportField


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBER: Final = _words("no nr n num numero nummer number")
_CODE: Final = _NUMBER | _words("code id ref reference")
_OLD: Final = _words(
    "old former previous ancien ancienne alt alte alter altes bisherig bisherige bisherigen"
    " bisheriger fruher fruhere fruherer al aal freier freieren"
)
_FILLERS: Final = _words("of the de du des d la le l der die das vun vum vu den dem a")
_CARD: Final = _words(
    "card carte karte karten kaart kaarten fidelite loyalty treue treie kundenkarte kundenkarten"
    " treuekarte treuekarten bonuskarte bonuskarten stempelkarte stempelkarten clientskaart"
    " treiekaart treiekaarten barcode"
)
_HOLDER: Final = _words(
    "client clients clienten customer cust kunde kunden kd member membre members membren"
    " mitglied mitglieds mitgl adherent"
)
_PHONE: Final = _words(
    "phone mobile cell cellphone telephone tel telefon telefons handy mobil mobiltelefon portable"
    " gsm"
)


def field_of_words(heading: str) -> ImportField | None:
    """Return what a heading means that tells a number or a card in words, or None.

    A bare "No." is none: in lists kept by hand it counts the rows.
    """
    words = [part for word in _parted(heading) for part in _unglued(word)]
    is_old = not _OLD.isdisjoint(words)
    is_code = not _CODE.isdisjoint(words)
    about = set(words) - _OLD - _CODE - _FILLERS
    if not about:
        return ImportField.EXTERNAL_CODE if is_old and is_code else None
    if about <= _CARD | _HOLDER:
        # A customer alone is a name; of a card, or with a number, it is what the card shows.
        is_told = is_code or not about.isdisjoint(_CARD)
        return ImportField.EXTERNAL_CODE if is_told else None
    is_number = not _NUMBER.isdisjoint(words)
    is_phone = about <= _PHONE | _HOLDER and is_number and not is_old
    return ImportField.PHONE if is_phone else None


def _parted(heading: str) -> list[str]:
    """Return the words of a heading without case, accents and signs; "#" and "№" are a number."""
    apart = unicodedata.normalize("NFKD", heading.replace("#", " no "))
    plain = "".join(char for char in apart if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+", plain.casefold())


def _unglued(word: str) -> tuple[str, ...]:
    """Part a word such as "kdnr" or "nocarte" into what it is made of."""
    nouns = _CARD | _HOLDER | _PHONE
    if word in nouns:
        return (word,)
    for number in _CODE:
        for noun in (word.removesuffix(number), word.removeprefix(number)):
            if noun != word and noun in nouns:
                return (noun, number)
    return (word,)
