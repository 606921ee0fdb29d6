"""Guests of the demonstration: names of the region, addresses and numbers that reach nobody."""

import unicodedata
from random import Random
from typing import Final

from punchcard.loyalty.operations import NewCustomer

_FIRST: Final = {
    "lb": "Anne Charel Claude Conny Fabienne Georges Jang Jemp Josée Liz Luc Marc Marco Martine"
    " Mett Michèle Mike Nathalie Nico Paul Pit Pol Romain Sandra Tessy Tom Viviane Yves",
    "fr": "Amélie Antoine Camille Chloé Emma Élodie Gabriel Inès Julien Laurent Léo Louise"
    " Lucas Manon Mathieu Nicolas Pauline Pierre Sarah Sébastien Thomas Zoé",
    "de": "Anja Birgit Felix Florian Greta Hannah Jan Johanna Jonas Katrin Lena Lukas Moritz"
    " Nina Paula Stefan Theresa Tobias",
    "en": "Aisha Ana Beatriz Carlos Daniel David Filipe Giulia Ivana João Luca Maria Marek"
    " Miguel Nikola Olivia Priya Ricardo Rita Rui Sara Sofia",
}
_LAST: Final = {
    "lb": "Biver Braun Diederich Faber Feltes Hoffmann Jung Kayser Kieffer Klein Kremer Lentz"
    " Majerus Meyers Muller Olinger Reuter Schiltz Schmit Schneider Steffen Thill Thinnes"
    " Thoma Wagner Weber Weis Welter",
    "fr": "Bernard Bertrand Blanc Colin Dubois Durand Fontaine Gauthier Girard Lambert Laurent"
    " Lefèvre Martin Mercier Moreau Noël Petit Rousseau Simon Thiébaut",
    "de": "Bauer Becker Busch Fischer Hartmann Keller Krämer Lang Lorenz Maurer Neumann Schäfer"
    " Thiel Vogel Winter Zimmer",
    "en": "Almeida Bianchi Costa da_Silva Fernandes Ferreira Gomes Kovač Lopes Marques Murphy"
    " Novak O'Brien Oliveira Pereira Pinto Rodrigues Rossi Santos Sharma",
}
_LANGUAGES: Final = ("lb", "fr", "de", "en")
_SHARES: Final = (35, 35, 12, 18)

# Numbers that French operators give to nobody: for films and demonstrations.
_PHONE: Final = "+3363998{:04d}"


class Strangers:
    """Invents customers, no two with the same address or number."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._mails: set[str] = set()
        self._phones = chance.sample(range(10_000), 10_000)

    def customer(self, *, accepted_terms: bool) -> NewCustomer:
        """Return someone with a name and, mostly, an address or a number."""
        chance = self._chance
        language = chance.choices(_LANGUAGES, _SHARES)[0]
        first = chance.choice(_FIRST[language].split())
        last = chance.choice(_LAST[language].split()).replace("_", " ")
        has_email = chance.random() < 0.8
        has_phone = not has_email or chance.random() < 0.3
        birthday = f"{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        return NewCustomer(
            name=f"{first} {last}",
            email=self._email(first, last) if has_email else None,
            phone=_PHONE.format(self._phones.pop()) if has_phone else None,
            birthday=birthday if chance.random() < 0.6 else None,
            locale=language,
            marketing_consent=has_email and chance.random() < 0.45,
            accepted_terms=accepted_terms,
        )

    def _email(self, first: str, last: str) -> str:
        base = f"{plain(first)}.{plain(last)}"
        number = 1
        mail = f"{base}@mail.example"
        while mail in self._mails:
            number += 1
            mail = f"{base}{number}@mail.example"
        self._mails.add(mail)
        return mail


def plain(name: str) -> str:
    """Return the small ASCII letters of a name, as addresses have them."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in letters if letter.isalpha())
