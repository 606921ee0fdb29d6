"""bcrypt in turn: a few at once, a bounded number waiting, never inside a transaction."""

import base64
import hashlib
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import bcrypt

from punchcard.accounts.errors import HasherBusy
from punchcard.kit.settings import Settings


class Hasher:
    """Hashes and checks passwords and PINs.

    `bcrypt_threads` run at once (each costs a processor for a tenth of a second or more);
    `bcrypt_queue_limit` may wait; who comes after that is refused with HasherBusy at once.
    """

    def __init__(self, settings: Settings) -> None:
        self._room = BoundedSemaphore(settings.bcrypt_threads + settings.bcrypt_queue_limit)
        self._turns = BoundedSemaphore(settings.bcrypt_threads)

    def hash(self, plain: bytes, cost: int) -> str:
        """Return the bcrypt hash of at most 72 bytes at the given cost."""
        with self.turn():
            return bcrypt.hashpw(plain, bcrypt.gensalt(cost)).decode("ascii")

    def verify(self, plain: bytes, hashed: str) -> bool:
        """Tell whether `plain` is what `hashed` was made of."""
        with self.turn():
            return bcrypt.checkpw(plain, hashed.encode("ascii"))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one of the turns and hold it; raises HasherBusy when too many wait already."""
        if not self._room.acquire(blocking=False):
            raise HasherBusy(retry_after_seconds=1)
        try:
            with self._turns:
                yield
        finally:
            self._room.release()


def password_bytes(password: str) -> bytes:
    """Return 44 bytes that stand for a password of any length.

    bcrypt reads 72 bytes and stops; the digest lets every character of a long password count.
    """
    digest = hashlib.sha256(unicodedata.normalize("NFKC", password).encode()).digest()
    return base64.b64encode(digest)
