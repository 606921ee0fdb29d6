"""The check of the catalogues finds what is missing, empty, fuzzy, left over or misfilled."""

from pathlib import Path

import pytest

from tools.check_catalogues import SOURCES, faults, main, sentences_of, update

SENTENCES = {"Hello {name}.", "Bye."}
COMPLETE = 'msgid "Hello {name}."\nmsgstr "Bonjour {name}."\n\nmsgid "Bye."\nmsgstr "Au revoir."\n'


def test_the_catalogues_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("catalogue", "complaints"),
    [
        (COMPLETE, []),
        (COMPLETE.replace('"Au revoir."', '""'), ["empty: Bye."]),
        (COMPLETE.replace('msgid "Bye."', '#, fuzzy\nmsgid "Bye."'), ["fuzzy: Bye."]),
        (COMPLETE.replace("Bonjour {name}", "Bonjour"), ["other placeholders: Hello {name}."]),
        (COMPLETE.replace("Bonjour {name}", "{nom} {name}"), ["other placeholders: Hello {name}."]),
        (COMPLETE.split("\n\n", maxsplit=1)[0] + "\n", ["missing: Bye."]),
        (COMPLETE + '\nmsgid "Old."\nmsgstr "Vieux."\n', ["no longer in the code: Old."]),
        (COMPLETE + '\n#~ msgid "Old."\n#~ msgstr "Vieux."\n', ["no longer in the code: Old."]),
    ],
)
def test_each_fault_is_named(catalogue: str, complaints: list[str]) -> None:
    assert list(faults(catalogue.encode(), SENTENCES)) == complaints


def test_update_adds_what_is_new_drops_what_is_old_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text(COMPLETE + '\nmsgid "Old."\nmsgstr "Vieux."\n', encoding="utf-8")
    update(path, "fr", {*SENTENCES, "New."})
    assert list(faults(path.read_bytes(), {*SENTENCES, "New."})) == ["empty: New."]
    once = path.read_bytes()
    update(path, "fr", {*SENTENCES, "New."})
    assert path.read_bytes() == once


@pytest.mark.parametrize(
    ("typed", "set_right"),
    [
        ("Carte perdue ?", "Carte perdue\u202f?"),
        ("Bravo\u00a0! Voici ; là", "Bravo\u202f! Voici\u202f; là"),
        ("Encore : {n}", "Encore\u00a0: {n}"),
        ("« Tampons », «vite»", "«\u00a0Tampons\u00a0», «\u00a0vite\u00a0»"),
        ("À 09:26, loyalty:read", "À 09:26, loyalty:read"),
        ("L'étoile d'or", "L’étoile d’or"),
        ("5' ou 'vite'", "5' ou 'vite'"),
    ],
)
def test_french_signs_and_their_spaces_are_those_of_print(
    tmp_path: Path, typed: str, set_right: str
) -> None:
    path = tmp_path / "fr.po"
    sentence = "New {n}." if "{n}" in typed else "New."
    catalogue = f'msgid ""\nmsgstr "Language: fr\\n"\n\nmsgid "{sentence}"\nmsgstr "{typed}"\n'
    path.write_text(catalogue, encoding="utf-8")
    complaint = f"a sign or its space is another one in print (--update mends it): {sentence}"
    assert list(faults(path.read_bytes(), {sentence})) == [complaint] * (typed != set_right)

    update(path, "fr", {sentence})

    assert list(faults(path.read_bytes(), {sentence})) == []
    assert set_right in path.read_text(encoding="utf-8")


def test_apostrophes_are_those_of_print_in_every_language(tmp_path: Path) -> None:
    path = tmp_path / "lb.po"
    path.write_text(
        'msgid ""\nmsgstr "Language: lb\\n"\n\nmsgid "The card"\nmsgstr "D\'Kaart : do"\n',
        encoding="utf-8",
    )
    assert len(list(faults(path.read_bytes(), {"The card"}))) == 1
    update(path, "lb", {"The card"})
    assert "D’Kaart : do" in path.read_text(encoding="utf-8")


def test_update_starts_a_catalogue_that_is_not_there(tmp_path: Path) -> None:
    update(tmp_path / "it.po", "it", {"Bye."})
    assert '"Language: it\\n"' in (tmp_path / "it.po").read_text(encoding="utf-8")


def test_sentences_are_found_where_they_are_marked(tmp_path: Path) -> None:
    (tmp_path / "room.py").write_text(
        'a = N_("One.")\nb = _("Two " "parts.")\nc = other("Not.")\n', encoding="utf-8"
    )
    assert sentences_of(tmp_path) == {"One.", "Two parts."}
    assert "This card is blocked." in sentences_of(SOURCES)
