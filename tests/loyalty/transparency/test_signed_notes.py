"""Notes are those of c2sp.org/signed-note: its own example verifies, and so does OpenSSL."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from punchcard.loyalty.transparency.signing.signed_notes import (
    NoteFaulty,
    NoteKey,
    VerifierKey,
    new_private_key,
    open_note,
    sign_note,
)
from punchcard.loyalty.transparency.tiles import Tile, parse_tile

NAME = "shop.example/ledger"
TEXT = "shop.example/ledger\n3\nq83vEjRWeJA=\n"


@pytest.fixture(scope="module")
def key() -> NoteKey:
    return NoteKey.load(NAME, new_private_key())


def test_a_note_of_another_implementation_is_read() -> None:
    # Of golang.org/x/mod/sumdb/note's own documentation.
    peter = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "\u2014 PeterNeumann"
        " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
        "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert open_note(note, peter).startswith("If you think")
    assert str(peter).startswith("PeterNeumann+c74f20a3+")
    with pytest.raises(NoteFaulty, match="does not fit"):
        open_note(note.replace("answer", "question"), peter)


def test_openssl_agrees(key: NoteKey, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "the machine that tests has OpenSSL"
    note = sign_note(TEXT, key)
    text, _, signature = note.rpartition("\n\n")
    (tmp_path / "text").write_text(text + "\n", "utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(signature.split()[-1])[4:])
    (tmp_path / "key.pem").write_bytes(
        key.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    told = subprocess.run(
        [
            *(openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin"),
            *("-in", "text", "-sigfile", "signature"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "Signature Verified Successfully", told.stderr


def test_a_key_that_is_written_down_is_read_again(key: NoteKey) -> None:
    assert VerifierKey.parse(f" {key.verifier}\n") == key.verifier
    assert open_note(sign_note(TEXT, key), key.verifier) == TEXT


@pytest.mark.parametrize(
    "text", ["", "a+b", "a+00000000+AQ==", "a+zz+%%", "name+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVk"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteFaulty):
        VerifierKey.parse(text)


def test_a_note_of_another_key_is_refused(key: NoteKey) -> None:
    other = NoteKey.load(NAME, new_private_key())
    with pytest.raises(NoteFaulty, match="by another key"):
        open_note(sign_note(TEXT, other), key.verifier)
    both = sign_note(TEXT, other) + sign_note(TEXT, key).rpartition("\n\n")[2]
    assert open_note(both, key.verifier) == TEXT


@pytest.mark.parametrize("note", ["", TEXT, TEXT + "\n", TEXT + "\n\u2014 x ???\n"])
def test_what_is_no_note_is_refused(note: str, key: NoteKey) -> None:
    with pytest.raises(NoteFaulty):
        open_note(note, key.verifier)


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("0/000", Tile(0, 0)),
        ("0/x001/x234/067", Tile(0, 1234067)),
        ("1/273.p/112", Tile(1, 273, 112)),
        ("entries/x001/000.p/1", Tile(None, 1000, 1)),
    ],
)
def test_tiles_have_the_addresses_of_the_specification(path: str, tile: Tile) -> None:
    assert (parse_tile(path), tile.path) == (tile, path)


@pytest.mark.parametrize(
    "path",
    [
        *("", "0", "0/1", "0/0001", "00/001", "0/x000/001", "0/001.p/0", "0/001.p/256"),
        *("0/001.p/01", "0/001.p/", "0/001/002", "x/001", "-1/001", "0/\u0661\u0661\u0661"),
        "0/001\n",
    ],
)
def test_every_other_spelling_is_no_tile(path: str) -> None:
    assert parse_tile(path) is None


def test_a_tree_of_70000_has_the_partial_tiles_of_the_specification() -> None:
    assert Tile(0, 273, 112).is_in(70_000)
    assert not Tile(0, 273, 113).is_in(70_000)
    assert Tile(1, 1, 17).is_in(70_000)
    assert not Tile(1, 1, 18).is_in(70_000)
    assert Tile(2, 0, 1).is_in(70_000)
    assert not Tile(2, 0, 2).is_in(70_000)
