"""Signed notes (c2sp.org/signed-note): a text with Ed25519 signatures under it.

A key is told as `name+id+key`: its name, eight hexadecimal digits that tell keys of one name apart,
and the public key in base64, with the byte of its algorithm (1) before it.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_DASH: Final = "\u2014 "
_SIGNATURES_READ: Final = 16


class NoteFaulty(Exception):
    """A note, or a key, is not one, or is not signed by the key that it must be signed by."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name that signatures by it bear."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that tell keys of one name apart."""
        material = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(material).digest()[:4]

    def __str__(self) -> str:
        told = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{told}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read what `str` writes. Raises NoteFaulty."""
        try:
            name, key_id, told = text.strip().split("+", 2)
            material = base64.b64decode(told, validate=True)
        except (ValueError, binascii.Error):
            raise NoteFaulty("That is no public key: it reads name+id+key.") from None
        key = cls(name, material[1:])
        if material[:1] != _ED25519 or len(key.public) != 32 or key.key_id.hex() != key_id:
            raise NoteFaulty("That public key is damaged, or of a kind that is not known here.")
        return key


@dataclass(frozen=True)
class NoteKey:
    """The key that signs, under a name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """Return the public key."""
        raw = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return VerifierKey(self.name, raw)

    @classmethod
    def load(cls, name: str, pem: str) -> "NoteKey":
        """Read a private Ed25519 key in PEM. Raises NoteFaulty."""
        try:
            private = serialization.load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise NoteFaulty("the key is no private key in PEM without a password") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise NoteFaulty("the key is no Ed25519 key")
        return cls(name, private)


def new_private_key() -> str:
    """Return a new private key in PEM."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def sign_note(text: str, key: NoteKey) -> str:
    """Return `text`, which ends a line, with the signature of `key` under it."""
    signature = key.verifier.key_id + key.private.sign(text.encode())
    return f"{text}\n{_DASH}{key.name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a note that `key` signed. Raises NoteFaulty."""
    text, divider, signatures = note.rpartition("\n\n")
    if not divider:
        raise NoteFaulty("That is no signed note.")
    text += "\n"
    public = Ed25519PublicKey.from_public_bytes(key.public)
    for line in signatures.splitlines()[:_SIGNATURES_READ]:
        name, _, told = line.removeprefix(_DASH).partition(" ")
        try:
            signature = base64.b64decode(told, validate=True)
        except (ValueError, binascii.Error):
            raise NoteFaulty("The signature is damaged.") from None
        if not line.startswith(_DASH) or name != key.name or signature[:4] != key.key_id:
            continue
        try:
            public.verify(signature[4:], text.encode())
        except InvalidSignature:
            raise NoteFaulty("The signature does not fit: the text was changed.") from None
        return text
    raise NoteFaulty(f"It is not signed by {key.name}+{key.key_id.hex()}, but by another key.")
