"""A sealed file opens to what was sealed, and to nothing else."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.cli.backups.sealed_file import PIECE_BYTES, SealBroken, opened, seal, sealed_length
from punchcard.kit.secrets import Keyring

OLD, NEW = "an old key of 32 characters or more", "the new key of 32 characters or more"
NAME = "punchcard-20261130T033000Z.db"


def in_parts(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def sealed(content: bytes, key: str = NEW) -> bytes:
    return b"".join(seal(in_parts(content, 700_001), Keyring(key), NAME))


def unsealed(content: bytes, ring: Keyring | None = None, name: str = NAME) -> bytes:
    return b"".join(opened(in_parts(content, 300_007), ring or Keyring(NEW), name))


LENGTHS = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_sealed_comes_out_again(length: int) -> None:
    content = os.urandom(length)
    there = sealed(content)
    assert len(there) == sealed_length(length)
    assert unsealed(there) == content


def test_the_same_file_is_never_sealed_alike() -> None:
    first, second = sealed(b"a" * 100), sealed(b"a" * 100)
    assert first[40:] != second[40:]
    assert b"aaaa" not in first


def test_a_key_of_before_still_opens() -> None:
    there = sealed(b"of before", OLD)
    assert unsealed(there, Keyring(NEW, [OLD])) == b"of before"
    with pytest.raises(SealBroken, match="another PUNCHCARD_BACKUP_KEY"):
        unsealed(there)


def test_an_old_file_does_not_pass_under_the_name_of_a_new_one() -> None:
    with pytest.raises(SealBroken, match="another name"):
        unsealed(sealed(b"of yesterday"), name="punchcard-20261201T033000Z.db")


LONG = sealed(bytes(2 * PIECE_BYTES + 5))


@settings(max_examples=60)
@given(st.integers(0, len(LONG) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, difference: int) -> None:
    changed = bytearray(LONG)
    changed[place] ^= difference
    with pytest.raises(SealBroken):
        unsealed(bytes(changed))


@settings(max_examples=60)
@given(st.integers(0, len(LONG) - 1))
def test_it_cannot_be_cut_off(place: int) -> None:
    with pytest.raises(SealBroken):
        unsealed(LONG[:place])


def test_pieces_cannot_change_places_or_be_left_out() -> None:
    piece = PIECE_BYTES + 16
    head, first, second, last = (
        LONG[: -2 * piece - 21],
        *(LONG[-2 * piece - 21 :][at : at + piece] for at in (0, piece, 2 * piece)),
    )
    assert len(head) == 39
    for wrong in (head + second + first + last, head + first + last, head + first + second):
        with pytest.raises(SealBroken):
            unsealed(wrong)
    with pytest.raises(SealBroken):
        unsealed(LONG + b"more")
