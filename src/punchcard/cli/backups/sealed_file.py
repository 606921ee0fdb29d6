"""A file sealed piece by piece, so that one of any length is read and written in little memory.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption
and its Nonce-Reuse Misuse-Resistance", 2015), as age's payload has it: each piece under a nonce
that counts, whose last byte says whether it is the last one. Pieces cannot be changed, left out,
put elsewhere or cut off at the end without being noticed. The key is drawn for each file (HKDF with
a salt), so that counters never meet; the file's name is authenticated with every piece.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from punchcard.kit.secrets import ID_BYTES, Keyring, ServerKey

PIECE_BYTES: Final = 1_048_576
"""What is sealed at once."""

_FORMAT: Final = b"punchcard-sealed-1\n"
_SALT_BYTES: Final = 16
_TAG_BYTES: Final = 16
_COUNTER_BYTES: Final = 11
_HEAD_BYTES: Final = len(_FORMAT) + ID_BYTES + _SALT_BYTES
_PURPOSE: Final = b"punchcard sealed backup"


class SealBroken(Exception):
    """What was read is not what was sealed, or no key here opens it; the text says which."""


def sealed_length(plain_bytes: int) -> int:
    """Return how many bytes a file of so many has when it is sealed."""
    pieces = max(1, -(-plain_bytes // PIECE_BYTES))
    return _HEAD_BYTES + plain_bytes + pieces * _TAG_BYTES


def seal(plain: Iterable[bytes], ring: Keyring, name: str) -> Iterator[bytes]:
    """Give the sealed file of what `plain` gives, under the key in use and bound to `name`."""
    head = _FORMAT + ring.current.id + os.urandom(_SALT_BYTES)
    cipher, bound_to = _cipher(ring.current, head), head + name.encode()
    yield head
    for counter, (piece, is_last) in enumerate(_pieces(plain, PIECE_BYTES)):
        yield cipher.encrypt(_nonce(counter, is_last=is_last), piece, bound_to)


def opened(sealed: Iterable[bytes], ring: Keyring, name: str) -> Iterator[bytes]:
    """Give what was sealed under `name`, piece by piece. Raises SealBroken, at the latest at the
    end: what was given before that is to be thrown away.
    """
    source = iter(sealed)
    head, rest = _head(source)
    key = next((one for one in ring.keys if one.id == head[len(_FORMAT) :][:ID_BYTES]), None)
    if key is None:
        raise SealBroken("it was sealed with another PUNCHCARD_BACKUP_KEY than those that are set")
    cipher, bound_to = _cipher(key, head), head + name.encode()
    whole = _pieces(_chained(rest, source), PIECE_BYTES + _TAG_BYTES)
    for counter, (piece, is_last) in enumerate(whole):
        try:
            yield cipher.decrypt(_nonce(counter, is_last=is_last), piece, bound_to)
        except InvalidTag:
            raise SealBroken("it was changed, cut off or given another name") from None


def _head(source: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Return the head, and what was read beyond it."""
    read = b""
    while len(read) < _HEAD_BYTES:
        piece = next(source, None)
        if piece is None:
            raise SealBroken("it is no sealed file, or only the beginning of one")
        read += piece
    if not read.startswith(_FORMAT):
        raise SealBroken("it is no sealed file of this version")
    return read[:_HEAD_BYTES], read[_HEAD_BYTES:]


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(source: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut what comes into pieces of `size`, the last one shorter, and say which is the last."""
    held = bytearray()
    for part in source:
        held += part
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True


def _cipher(key: ServerKey, head: bytes) -> AESGCM:
    salt = head[-_SALT_BYTES:]
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=_PURPOSE)
    return AESGCM(derived.derive(key.secret.encode()))


def _nonce(counter: int, *, is_last: bool) -> bytes:
    return counter.to_bytes(_COUNTER_BYTES) + bytes([is_last])
