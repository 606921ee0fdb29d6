"""Keys and certificates of the demonstration's wallets: made once, kept, worth nothing outside."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from punchcard.fakes.apple_chain import AppleChain, Pair, key_pem, make_chain
from punchcard.kit.private_files import make_private_folder, write_private_text

GOOGLE_ISSUER: Final = "3388000000000000000"
GOOGLE_ACCOUNT: Final = "demonstration@punchcard.example"

_GOOGLE: Final = "google.pem"


@dataclass(frozen=True)
class WalletKeys:
    """Certificates in the manner of Apple's, and a service account's key in that of Google's."""

    chain: AppleChain
    google_key: RSAPrivateKey

    @property
    def service_account(self) -> str:
        """Return the JSON file that Google would hand out."""
        told = {"client_email": GOOGLE_ACCOUNT, "private_key": key_pem(self.google_key)}
        return json.dumps(told)


def kept_keys(folder: Path) -> WalletKeys:
    """Return the keys that are kept in `folder`; they are made when there are none.

    Passes that were handed out stay good as long as the folder is there.
    """
    if not (folder / _GOOGLE).exists():
        _make(folder)
    pairs = {field.name: _read_pair(folder / f"{field.name}.pem") for field in fields(AppleChain)}
    return WalletKeys(AppleChain(**pairs), _key((folder / _GOOGLE).read_bytes()))


def _make(folder: Path) -> None:
    make_private_folder(folder)
    chain = make_chain()
    for field in fields(AppleChain):
        key, certificate = getattr(chain, field.name)
        text = key_pem(key) + certificate.public_bytes(Encoding.PEM).decode()
        _write(folder / f"{field.name}.pem", text)
    # Last: with it the folder is whole.
    _write(folder / _GOOGLE, key_pem(generate_private_key(public_exponent=65537, key_size=2048)))


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    write_private_text(path, text)


def _read_pair(path: Path) -> Pair:
    content = path.read_bytes()
    return _key(content), x509.load_pem_x509_certificate(content)


def _key(content: bytes) -> RSAPrivateKey:
    # The files are ours: to check five keys again at each start would cost a third of a second.
    key = load_pem_private_key(content, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)
    return key
