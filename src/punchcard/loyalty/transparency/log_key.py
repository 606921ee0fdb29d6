"""The key that signs checkpoints: apart from the database, so that who writes there cannot sign."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from punchcard.kit.private_files import write_private_text
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty, NoteKey, new_private_key

KEY_FILE: Final = "log_key"
"""Its name in the data directory, where an embedded server makes one for itself."""


class LogKeyMissing(Exception):
    """There is no key to sign with, or it cannot be read; the text says what to do."""


def log_origin(settings: Settings) -> str:
    """Return the name of this server's log: the address it is published at, without the scheme."""
    if settings.log_origin:
        return settings.log_origin
    address = urlsplit(settings.base_url)
    return f"{address.netloc}{address.path.rstrip('/')}/ledger"


def load_log_key(settings: Settings, *, makes_one: bool = False) -> NoteKey:
    """Return the key; `makes_one`: an embedded server that has none gets one. Raises LogKeyMissing.

    Of several processes that make one at once, all go on with the same.
    """
    pem = settings.log_key
    if not pem and settings.is_embedded:
        pem = _kept(settings.data_dir / KEY_FILE, makes_one=makes_one)
    if not pem:
        raise LogKeyMissing(
            "No checkpoint of the ledger is signed: set PUNCHCARD_LOG_KEY_FILE to a key made by"
            " openssl genpkey -algorithm ed25519."
        )
    try:
        return NoteKey.load(log_origin(settings), pem)
    except NoteFaulty as error:
        raise LogKeyMissing(f"PUNCHCARD_LOG_KEY: {error}.") from error


def _kept(path: Path, *, makes_one: bool) -> str:
    if makes_one:
        try:
            pem = new_private_key()
            write_private_text(path, pem)
        except FileExistsError:
            pass
        else:
            return pem
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise LogKeyMissing(f"The key of the log, {path}, cannot be read: {error}.") from error
