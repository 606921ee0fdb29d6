"""Holds the catalogues to the code: every sentence translated, none left over, same placeholders.

Run `python -m tools.check_catalogues`; with `--update` it adds the new sentences, empty, drops
those the code no longer has, and sets apostrophes and the spaces of French signs.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Set
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from punchcard.kit.i18n import CATALOGUES, LANGUAGES, SOURCE_LANGUAGE, placeholders
from tools.french_spaces import typeset

SOURCES = CATALOGUES.parent
_MARKS = {"N_": None, "_": None}
_METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
    ("**/templates/**.txt", "jinja2"),
]
# What a keyboard writes for it, between the letters of a word: d'or, d'Kaart.
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
# Only what a reader needs: dates and authors in a header change with every run and say nothing.
_HEADER = """\
# Punchcard's sentences in this language; the English text is the key.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main(arguments: list[str] | None = None) -> int:
    """Check the catalogues, or bring them up to date; return 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="check_catalogues", description=__doc__)
    parser.add_argument("--update", action="store_true", help="add new sentences, drop old ones")
    wants_update = parser.parse_args(arguments).update
    sentences = sentences_of(SOURCES)
    complaints: list[str] = []
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        path = CATALOGUES / f"{language}.po"
        if wants_update:
            update(path, language, sentences)
        complaints += [f"{path.name}: {text}" for text in faults(path.read_bytes(), sentences)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print(f"{len(complaints)} faults in the catalogues", file=sys.stderr)
        return 1
    print(f"{len(sentences)} sentences, complete in every language")
    return 0


@cache
def sentences_of(directory: Path) -> frozenset[str]:
    """Return every marked sentence of the files below `directory`; a process looks only once."""
    found = extract_from_dir(directory, method_map=_METHODS, keywords=_MARKS)
    return frozenset(message for _, _, message, *_ in found if isinstance(message, str))


def faults(catalogue: bytes, sentences: Set[str]) -> Iterator[str]:
    """Yield what is wrong with a catalogue that should hold exactly `sentences`."""
    translations = read_po(BytesIO(catalogue), abort_invalid=True)
    language = str(translations.locale)
    known = {str(message.id): message for message in translations if message.id}
    for sentence in sorted(sentences - known.keys()):
        yield f"missing: {sentence}"
    for sentence in sorted({*known, *map(str, translations.obsolete)} - sentences):
        yield f"no longer in the code: {sentence}"
    for sentence in sorted(sentences & known.keys()):
        message = known[sentence]
        translation = str(message.string)
        if not translation.strip():
            yield f"empty: {sentence}"
        elif message.fuzzy:
            yield f"fuzzy: {sentence}"
        elif placeholders(sentence) != placeholders(translation):
            yield f"other placeholders: {sentence}"
        elif translation != printed(translation, language):
            yield f"a sign or its space is another one in print (--update mends it): {sentence}"


def printed(text: str, language: str) -> str:
    """Return a translation with the apostrophes, and the French spaces, of print."""
    text = _APOSTROPHE.sub("’", text)
    return typeset(text) if language == "fr" else text


def update(path: Path, language: str, sentences: Set[str]) -> None:
    """Rewrite the catalogue at `path`, sorted, with exactly `sentences`; new ones are empty."""
    old = read_po(BytesIO(path.read_bytes())) if path.exists() else Catalog()
    new = Catalog()
    for sentence in sentences:
        message = old.get(sentence)
        flags = {"fuzzy"} if message is not None and message.fuzzy else set()
        translation = str(message.string) if message is not None else ""
        new.add(sentence, printed(translation, language), flags=flags)
    body = BytesIO()
    write_po(body, new, width=100, no_location=True, omit_header=True, sort_output=True)
    path.write_bytes(_HEADER.format(language=language).encode() + body.getvalue())


if __name__ == "__main__":
    sys.exit(main())
