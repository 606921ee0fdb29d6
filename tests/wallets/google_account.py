"""A Google of our own, served on this machine, and a client that talks to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from punchcard.fakes import google as fake
from punchcard.fakes.google import FakeGoogle
from punchcard.fakes.serving import served
from punchcard.kit.clock import Clock
from punchcard.kit.settings import Settings
from punchcard.wallets.google.access_token import ServiceAccount, TokenSource
from punchcard.wallets.google.google_client import GoogleClient
from punchcard.wallets.google.rate_limiter import BlockingRateLimiter

ISSUER = "3388000000012345678"
EMAIL = "punchcard@shop.iam.gserviceaccount.com"
PATIENCE_SECONDS = 2.0


@cache
def service_account() -> str:
    """Return a service account as Google's JSON file; its key is made once."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps({"client_email": EMAIL, "private_key_id": "k1", "private_key": pem})


@dataclass(frozen=True)
class Google:
    """The served fake, and its address."""

    fake: FakeGoogle
    address: str
    clock: Clock

    def settings(self, settings: Settings) -> Settings:
        """Return settings of a server that uses this Google."""
        return replace(
            settings,
            base_url="https://shop.test",
            google_issuer_id=ISSUER,
            google_service_account=service_account(),
            google_api_url=self.address + fake.API_PATH,
            google_token_url=self.address + fake.TOKEN_PATH,
            google_keys_url=self.address + fake.KEYS_PATH,
            google_save_url=self.address + fake.SAVE_PATH,
            google_requests_per_second=100_000.0,
            google_timeout_seconds=PATIENCE_SECONDS,
        )

    @contextmanager
    def client(self) -> Iterator[GoogleClient]:
        """Open a client."""
        with httpx.Client(timeout=PATIENCE_SECONDS) as http:
            account = ServiceAccount.parse(service_account())
            token_url = self.address + fake.TOKEN_PATH
            tokens = TokenSource(account, http, token_url=token_url, clock=self.clock)
            yield GoogleClient(
                http,
                tokens,
                api_url=self.address + fake.API_PATH,
                clock=self.clock,
                pace=BlockingRateLimiter(100_000),
            )


@contextmanager
def open_google(clock: Clock) -> Iterator[Google]:
    """Serve a fresh Google that lives by `clock`."""
    key = ServiceAccount.parse(service_account()).key.public_key()
    made = FakeGoogle(issuer_id=ISSUER, account=EMAIL, key=key, now=clock.now)
    with served(made.app) as address:
        yield Google(made, address, clock)
