"""bcrypt in turn: a few at once, a bounded number waiting, never inside a transaction."""

import base64
import hashlib
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import bcrypt

from punchcard.accounts.errors import HasherBusy, TooManyRequests
from punchcard.kit.settings import Settings

_RETRY_AFTER_SECONDS = 1


class Hasher:
    """Hashes and checks secrets of one kind: passwords have one, PINs another.

    `threads` run at once (each costs a processor for a tenth of a second or more); `queue_limit`
    may wait. Who comes after that is refused with HasherBusy at once. With `queue_per_caller` one
    caller may have that many waiting beside those that run; the next is refused with
    TooManyRequests, so that the loudest does not keep everybody else out.
    """

    def __init__(
        self, *, threads: int, queue_limit: int, queue_per_caller: int | None = None
    ) -> None:
        self.places = threads + queue_limit
        """How many may run and wait together."""
        self._places_per_caller = self.places
        if queue_per_caller is not None:
            self._places_per_caller = min(self.places, threads + queue_per_caller)
        self._turns = BoundedSemaphore(threads)
        self._guard = threading.Lock()
        self._taken = 0
        self._checked = 0
        self._rounds = 0
        self._callers: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """Return how many places are taken: of those that run and those that wait."""
        return self._taken

    @property
    def checked(self) -> int:
        """Return how many secrets were compared so far."""
        return self._checked

    @property
    def rounds(self) -> int:
        """Return how many rounds of bcrypt all comparisons took so far."""
        return self._rounds

    def hash(self, plain: bytes, cost: int, *, caller: str | None = None) -> str:
        """Return the bcrypt hash of at most 72 bytes at the given cost; raises like `place`."""
        with self.place(caller), self.turn():
            return bcrypt.hashpw(plain, bcrypt.gensalt(cost)).decode("ascii")

    def hash_anew_in_place(self, plain: bytes, hashed: str, *, cost: int) -> str | None:
        """Return a hash of `cost` of what `hashed` is right for, None if it costs that already.

        It keeps the salt, see `password_marks`. For who holds a `place`.
        """
        if cost_of(hashed) == cost:
            return None
        salt = f"$2b${cost:02d}${_salt_of(hashed)}"
        with self.turn():
            return bcrypt.hashpw(plain, salt.encode("ascii")).decode("ascii")

    def verify(self, plain: bytes, hashed: str, *, cost: int) -> bool:
        """Return whether `plain` is what `hashed` was made of; raises like `place`.

        Takes as long as a hash of `cost`, like `verify_in_place`.
        """
        with self.place():
            return self.verify_in_place(plain, hashed, cost=cost)

    def verify_in_place(self, plain: bytes, hashed: str, *, cost: int) -> bool:
        """Return whether `plain` is what `hashed` was made of, for who holds a `place`.

        Takes as many rounds as a hash of `cost`, also for one that was made when hashes cost less:
        otherwise the time would tell who is known here since before they cost more.
        """
        with self.turn():
            is_right = self._compare(plain, hashed)
            # Each cost takes twice the rounds of the one below: all of these together what lacks.
            for lacking in range(cost_of(hashed), cost):
                self._compare(plain, nobodys_hash(lacking))
            with self._guard:
                self._checked += 1
            return is_right

    @contextmanager
    def place(self, caller: str | None = None) -> Iterator[None]:
        """Hold a place in the queue: take it before work that would be in vain without one.

        `caller` says whose it is (a network address, a person's id); None counts for nobody.
        Never waits. Raises HasherBusy, TooManyRequests.
        """
        with self._guard:
            if caller is not None and self._callers[caller] >= self._places_per_caller:
                raise TooManyRequests(retry_after_seconds=_RETRY_AFTER_SECONDS)
            if self._taken >= self.places:
                raise HasherBusy(retry_after_seconds=_RETRY_AFTER_SECONDS)
            self._taken += 1
            if caller is not None:
                self._callers[caller] += 1
        try:
            yield
        finally:
            with self._guard:
                self._taken -= 1
                if caller is not None:
                    self._leave(caller)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one of the turns and hold it, for who holds a `place`."""
        with self._turns:
            yield

    def _compare(self, plain: bytes, hashed: str) -> bool:
        with self._guard:
            self._rounds += 1 << cost_of(hashed)
        return bcrypt.checkpw(plain, hashed.encode("ascii"))

    def _leave(self, caller: str) -> None:
        self._callers[caller] -= 1
        if not self._callers[caller]:
            del self._callers[caller]


def password_hasher(settings: Settings) -> Hasher:
    """Return what passwords wait for: a few threads, and a small share of the queue for each."""
    return Hasher(
        threads=settings.password_bcrypt_threads,
        queue_limit=settings.password_bcrypt_queue_limit,
        queue_per_caller=settings.password_bcrypt_queue_per_caller,
    )


def pin_hasher(settings: Settings) -> Hasher:
    """Return what PINs wait for: strangers cannot get into this queue."""
    return Hasher(threads=settings.bcrypt_threads, queue_limit=settings.bcrypt_queue_limit)


def nobodys_hash(cost: int) -> str:
    """Return a well-formed hash that belongs to nobody: comparing takes as long as with another."""
    return f"$2b${cost:02d}${'.' * 53}"


def password_bytes(password: str) -> bytes:
    """Return 44 bytes that stand for a password of any length.

    bcrypt reads 72 bytes and stops; the digest lets every character of a long password count.
    """
    digest = hashlib.sha256(unicodedata.normalize("NFKC", password).encode()).digest()
    return base64.b64encode(digest)


def cost_of(hashed: str) -> int:
    """Return the cost in a hash such as `$2b$12$...`: bcrypt goes through 2 to that many rounds."""
    return int(hashed.split("$", 3)[2])


def password_marks(hashed: str) -> tuple[str, str]:
    """Return what stands for a password until it is changed, whatever its hash costs: the salt.

    Beside it the whole hash: what was issued by that is good until the hash is made anew.
    """
    return _salt_of(hashed), hashed


def _salt_of(hashed: str) -> str:
    """Return the 22 characters that bcrypt keeps before the digest."""
    return hashed.rpartition("$")[2][:22]
