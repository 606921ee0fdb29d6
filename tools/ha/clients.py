"""Tills that stamp without a pause, ask again by themselves, and remember what they were told."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

CARDS: Final = 20
_EARN: Final = "/api/v1/vendor/loyalty/points/earn"
_TIMEOUT_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.02
_RETRY_SECONDS: Final = 0.2
_LAST_SECONDS: Final = 60.0
_RETRY_AFTER_LIMIT_SECONDS: Final = 1.0


@dataclass(slots=True)
class Told:
    """One operation: when it was first sent, and what was said of it; all times are monotonic."""

    key: str
    card: str
    amount_minor: int
    sent_at: float
    answered_at: float | None = None
    attempts: int = 0
    entry: dict[str, Any] = field(default_factory=dict)

    @property
    def waited_seconds(self) -> float:
        """Return how long the counter waited for the answer, attempts that failed included."""
        return (self.answered_at or time.monotonic()) - self.sent_at


class Clients:
    """So many tills; each keeps to one server while that answers. They bear every refusal that
    asks to come back, and nothing else.
    """

    def __init__(self, addresses: list[str], token: str, cards: list[str], number: int) -> None:
        self._addresses = addresses
        self._token = token
        self._cards = cards
        self._number = number
        self._stop = threading.Event()
        self._gives_up_at = float("inf")
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.journal: list[Told] = []
        self.faults: list[str] = []

    def start(self) -> None:
        """Begin."""
        for number in range(self._number):
            thread = threading.Thread(target=self._work, args=(number,), name=f"till {number}")
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Take no new customer; what was begun is asked until it is answered, or for a minute."""
        self._stop.set()
        self._gives_up_at = time.monotonic() + _LAST_SECONDS
        for thread in self._threads:
            thread.join()

    def answered_since(self, moment: float) -> int:
        """Return how many operations that began after a moment have been answered."""
        with self._lock:
            recent = itertools.takewhile(lambda one: one.sent_at >= moment, reversed(self.journal))
            return sum(one.answered_at is not None for one in recent)

    def _work(self, number: int) -> None:
        preferred = number % len(self._addresses)
        with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
            for turn in itertools.count():
                if self._stop.is_set():
                    return
                card = self._cards[(number * 7 + turn) % len(self._cards)]
                told = Told(f"till-{number}-{turn}", card, 100 + turn % 900, time.monotonic())
                with self._lock:
                    self.journal.append(told)
                preferred = self._ask_until_told(client, told, preferred)
                time.sleep(_PAUSE_SECONDS)

    def _ask_until_told(self, client: httpx.Client, told: Told, preferred: int) -> int:
        """Ask one server after the other; returns the one that answered."""
        while time.monotonic() < self._gives_up_at:
            told.attempts += 1
            pause = _RETRY_SECONDS
            try:
                answer = client.post(
                    self._addresses[preferred] + _EARN,
                    json={"card": told.card, "amount_minor": told.amount_minor},
                    headers={
                        "Authorization": f"Bearer {self._token}",
                        "Idempotency-Key": told.key,
                    },
                )
            except httpx.TransportError:
                preferred = (preferred + 1) % len(self._addresses)
            else:
                if answer.is_success:
                    told.entry = answer.json()["transaction"]
                    told.answered_at = time.monotonic()
                    return preferred
                if answer.status_code not in (429, 500, 502, 503):
                    self.faults.append(f"{told.key}: {answer.status_code} {answer.text[:300]}")
                    return preferred
                if answer.status_code == 500:
                    self.faults.append(f"{told.key}: {answer.text[:300]}")
                asked = float(answer.headers.get("Retry-After", _RETRY_SECONDS))
                pause = min(asked, _RETRY_AFTER_LIMIT_SECONDS)
            time.sleep(pause)
        return preferred


def open_shop(address: str, email: str, password: str) -> tuple[str, list[str]]:
    """Make a program and its cards over HTTP; returns a key that may operate, and the cards."""
    with httpx.Client(base_url=f"{address}/api/v1", timeout=30, trust_env=False) as client:

        def post(path: str, **fields: Any) -> Any:
            answer = client.post(path, json=fields)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

        token = post("/auth/token", email=email, password=password)["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        program = post("/vendor/loyalty/programs", name="Points", type="points", pin_policy="off")
        post(f"/vendor/loyalty/programs/{program['id']}/activate")
        key = post("/vendor/api-keys", name="Tills", scopes=["loyalty:operate", "loyalty:manage"])
        cards = [
            post("/vendor/loyalty/cards", program_id=program["id"])["id"] for _ in range(CARDS)
        ]
        return key["key"], cards
