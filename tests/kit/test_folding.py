"""Names as search compares them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.folding import FOLDED_CHARACTERS, fold_name, is_named, spellings


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("José", "jose"),
        ("Jose\u0301", "jose"),
        ("Müller", "muller"),
        ("Zoë", "zoe"),
        ("İpek", "ipek"),
        ("Işık", "isik"),
        ("Łukasz", "lukasz"),
        ("Nguyễn Thị Ánh", "nguyen thi anh"),
        ("Đorđe", "dorde"),
        ("Bjørn Ærø", "bjorn aero"),
        ("Groß", "gross"),
        ("GROẞ", "gross"),
        ("Cœur", "coeur"),
        ("Þóra Guðrún", "thora gudrun"),
        ("O’Brien", "o'brien"),
        ("Jean\u2011Luc", "jean-luc"),
        ("Anna\u00a0\u200bLéa ", "anna lea"),
        ("Ａｎｎａ", "anna"),
        ("Αθηνά", "αθηνα"),
        ("Андрей", "андреи"),
        ("", None),
        (None, None),
    ],
)
def test_a_name_is_found_as_people_type_it(name: str | None, folded: str | None) -> None:
    assert fold_name(name) == folded


@given(st.text(max_size=120))
def test_names_that_look_alike_fold_alike(name: str) -> None:
    folded = fold_name(name)
    assert folded == fold_name(unicodedata.normalize("NFD", name))
    assert folded == fold_name(unicodedata.normalize("NFC", name))
    assert folded is None or len(folded) <= FOLDED_CHARACTERS


def test_the_longest_name_fits_its_column() -> None:
    assert len(fold_name("\ufdfa" * 120) or "") == FOLDED_CHARACTERS


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Müller", "Mueller"),
        ("Mueller", "Müller"),
        ("MUELLER", "Muller"),
        ("Soeren", "Søren"),
        ("Sören", "Soeren"),
        ("Aage", "Åge"),
        ("ÅGE", "Aage"),
        ("Mu\u0308ller", "Mueller"),
        ("Strauß", "Strauss"),
        ("Manuel", "MANUEL"),
    ],
)
def test_a_word_is_found_however_its_letters_are_written_out(typed: str, kept: str) -> None:
    assert fold_name(kept) in spellings(typed)


@given(st.text(max_size=40))
def test_a_word_is_among_its_own_spellings(word: str) -> None:
    assert len(spellings(word)) <= 3
    assert spellings(word)[:1] == ((fold_name(word),) if fold_name(word) else ())


def test_every_word_is_found_in_one_of_the_texts() -> None:
    assert is_named("ALICE cafe", "Café Alice", "cafe-alice")
    assert is_named("Baeckerei", "Bäckerei Müller", None)
    assert is_named("\u200b", "Anything")
    assert not is_named("cafe bob", "Café Alice", "cafe-alice")


def test_a_name_that_is_cut_behind_a_word_folds_to_what_it_is() -> None:
    folded = fold_name("a" * (FOLDED_CHARACTERS - 1) + " b")
    assert folded == fold_name(folded) == "a" * (FOLDED_CHARACTERS - 1)
