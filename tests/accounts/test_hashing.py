"""bcrypt in turn."""

from dataclasses import replace

import pytest

from punchcard.accounts.errors import HasherBusy
from punchcard.accounts.hashing import Hasher, password_bytes
from punchcard.kit.settings import Settings


def test_a_hash_is_of_its_password_only(settings: Settings) -> None:
    hasher = Hasher(settings)
    hashed = hasher.hash(password_bytes("père noël"), 4)

    assert hasher.verify(password_bytes("pe\u0300re noe\u0308l"), hashed)
    assert not hasher.verify(password_bytes("pere noel"), hashed)


def test_who_comes_when_the_queue_is_full_is_refused_at_once(settings: Settings) -> None:
    hasher = Hasher(replace(settings, bcrypt_threads=1, bcrypt_queue_limit=0))

    with hasher.turn(), pytest.raises(HasherBusy) as refusal:
        hasher.hash(b"x", 4)

    assert refusal.value.retry_after_seconds == 1
    assert hasher.hash(b"x", 4)
