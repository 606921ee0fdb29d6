"""Keys with ids: what an old one has made is read, what is made is the new one's."""

import pytest

from punchcard.kit.secrets import HEAD_BYTES, Digests, Keyring, Sealer, Signer, derive_key

ONE, TWO, THREE = (f"{name} secret of 32 characters or more" for name in ("first", "second", "3rd"))
BEFORE, NOW, AFTER = Keyring(ONE), Keyring(TWO, [ONE]), Keyring(TWO)


def test_a_sealed_value_says_which_key_it_is_of() -> None:
    sealed = Sealer(NOW, "card token").seal(b"token", "card")
    assert sealed[1:HEAD_BYTES] == NOW.current.id != BEFORE.current.id
    assert Sealer(AFTER, "card token").open(sealed, "card") == b"token"
    assert Sealer(BEFORE, "card token").open(sealed, "card") is None


def test_what_an_old_key_has_sealed_opens_until_it_is_retired() -> None:
    sealed = Sealer(BEFORE, "card token").seal(b"token", "card")
    sealer = Sealer(NOW, "card token")
    assert sealer.open(sealed, "card") == b"token"
    assert not sealer.is_current(sealed)
    assert Sealer(AFTER, "card token").open(sealed, "card") is None
    renewed = sealer.renewed(sealed, "card")
    assert renewed is not None
    assert sealer.is_current(renewed)
    assert Sealer(AFTER, "card token").open(renewed, "card") == b"token"


@pytest.mark.parametrize("ring", [BEFORE, NOW])
def test_what_was_sealed_before_keys_had_ids_opens(ring: Keyring) -> None:
    # Nonce and ciphertext alone, as they were kept: bound to "card", under ONE.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(derive_key(ONE, "punchcard seal card token"))
    for first in (b"\x01", b"\x00", BEFORE.current.head, NOW.current.head):
        nonce = first.ljust(12, b"n")
        sealed = nonce + cipher.encrypt(nonce, b"token", b"card")
        assert Sealer(ring, "card token").open(sealed, "card") == b"token"
        assert Sealer(ring, "card token").open(sealed, "another") is None
        assert Sealer(ring, "outgoing mail").open(sealed, "card") is None


@pytest.mark.parametrize("broken", [b"", b"\x01", b"x" * 5, b"x" * 27, b"x" * 60])
def test_what_nobody_sealed_does_not_open(broken: bytes) -> None:
    assert Sealer(NOW, "card token").open(broken, "card") is None
    assert Sealer(NOW, "card token").open(NOW.current.head + broken, "card") is None


def test_a_token_signed_before_is_good_until_the_key_is_retired() -> None:
    token = Signer(BEFORE, "staff token", "st_").sign({"a": 1})
    assert Signer(NOW, "staff token", "st_").verify(token) == {"a": 1}
    assert Signer(AFTER, "staff token", "st_").verify(token) is None
    assert Signer(NOW, "page notices", "st_").verify(token) is None
    made = Signer(NOW, "staff token", "st_").sign({"a": 1})
    assert Signer(AFTER, "staff token", "st_").verify(made) == {"a": 1}


def test_digests_are_made_with_the_key_in_use_and_known_by_any() -> None:
    old, new = Digests(BEFORE, "x").of(b"text"), Digests(NOW, "x").of(b"text")
    assert Digests(NOW, "x").any_of(b"text") == (new, old)
    assert new == Digests(AFTER, "x").of(b"text")
    assert Digests(NOW, "y").of(b"text") != new


def test_no_key_serves_two_uses_and_an_id_gives_nothing_away() -> None:
    purposes = ("punchcard seal x", "punchcard sign x", "punchcard key id")
    assert len({derive_key(ONE, purpose) for purpose in purposes}) == 3
    assert BEFORE.current.name == derive_key(ONE, "punchcard key id")[:4].hex()


def test_a_key_without_a_name_is_the_oldest() -> None:
    ring = Keyring(THREE, [TWO, ONE])
    assert ring.named(None) == BEFORE.current
    assert ring.named(AFTER.current.name) == AFTER.current
    assert AFTER.named(BEFORE.current.name) is None
    assert len(Keyring(ONE, [ONE, TWO]).keys) == 2
