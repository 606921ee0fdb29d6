"""Backups in a bucket of S3, or of any store that speaks like it: sealed before they leave here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from punchcard.cli.backups.sealed_file import SealBroken, opened, seal, sealed_length
from punchcard.cli.support import CommandFailed
from punchcard.kit.environment.backup_names import BackupName, as_backup

if TYPE_CHECKING:
    from punchcard.kit.secrets import Keyring
    from punchcard.kit.settings import Settings

_SEALED: Final = ".sealed"
_BYTES_A_STEP: Final = 1_048_576
# Parts of 16 MiB: the protocol allows 10,000 of them, and so files of 156 GiB.
_PART_BYTES: Final = 16 * 1024 * 1024
_PARTS_AT_ONCE: Final = 2
_TRIES: Final = 4
_CHECKPOINT: Final = ".checkpoint"
_NO_BUCKET: Final = (
    "the store knows no such bucket. Make it, or mend PUNCHCARD_BACKUP_S3_BUCKET, …_ENDPOINT and"
    " …_REGION."
)
_NO_RIGHT: Final = (
    "the store does not let this key do it. Compare PUNCHCARD_BACKUP_S3_ACCESS_KEY_ID and"
    " …_SECRET_ACCESS_KEY with what it gave you, this machine's clock with the time, and let the"
    " key list, read and write this bucket."
)
_ADVICE: Final = {
    "404": _NO_BUCKET,
    "403": _NO_RIGHT,
    "401": _NO_RIGHT,
    "301": "it is in another region. Mend PUNCHCARD_BACKUP_S3_REGION.",
    "400": "the store refuses how it was asked. Compare PUNCHCARD_BACKUP_S3_REGION and …_ENDPOINT.",
    "507": "the store is full, or what you may keep there is used up.",
}
"""What helps, by the status that the store answered."""
_AWAY: Final = (
    "the store does not answer as it should, and was asked several times. Look at"
    " PUNCHCARD_BACKUP_S3_ENDPOINT and the way there."
)


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """A backup in the bucket, and how long it is there, sealed."""

    backup: BackupName
    sealed_bytes: int


class BackupBucket:
    """The bucket that the settings name. Each method raises CommandFailed, with what went wrong."""

    def __init__(self, settings: "Settings") -> None:
        self._name = settings.backup_s3_bucket
        self._ring = _ring(settings)
        self._store = _store(settings)

    def kept(self) -> list[KeptBackup]:
        """Return the backups that are there, the oldest first."""
        import obstore

        found = []
        with self._told("list"):
            for part in obstore.list(self._store):
                for item in part:
                    backup = as_backup(item["path"].removesuffix(_SEALED))
                    if backup is not None and item["path"].endswith(_SEALED):
                        found.append(KeptBackup(backup, item["size"]))
        return sorted(found, key=lambda one: one.backup)

    def put(self, file: Path, progress: Callable[[int, int | None], None]) -> None:
        """Seal a backup on its way into the bucket, and look that all of it arrived."""
        import obstore

        total = file.stat().st_size
        path = file.name + _SEALED
        with self._told("write"), file.open("rb") as plain:
            parts = seal(_read(plain, total, progress), self._ring, file.name)
            obstore.put(
                self._store, path, parts, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )
            arrived = obstore.head(self._store, path)["size"]
            checkpoint = file.with_name(file.name + _CHECKPOINT)
            if checkpoint.exists():
                obstore.put(self._store, checkpoint.name, checkpoint.read_bytes())
        if arrived != sealed_length(total):
            raise CommandFailed(
                f"The bucket {self._name} has {arrived:,} bytes of {path}, and should have"
                f" {sealed_length(total):,}."
            )

    def fetch(
        self, name: str, target: Path, progress: Callable[[int, int | None], None]
    ) -> bytes | None:
        """Open a backup into the empty file `target`; return its checkpoint, if it has one."""
        import obstore

        try:
            with self._told("read"), target.open("wb") as plain:
                found = obstore.get(self._store, name + _SEALED)
                stream = (bytes(part) for part in found.stream(min_chunk_size=_BYTES_A_STEP))
                done = 0
                for piece in opened(stream, self._ring, name):
                    plain.write(piece)
                    done += len(piece)
                    progress(done, found.meta["size"])
        except SealBroken as error:
            raise CommandFailed(f"{name} in the bucket cannot be opened: {error}.") from error
        try:
            with self._told("read"):
                return bytes(obstore.get(self._store, name + _CHECKPOINT).bytes())
        except FileNotFoundError:
            return None

    def remove(self, backup: BackupName) -> None:
        """Remove a backup and its checkpoint; one that is not there is no fault."""
        import obstore

        with self._told("remove from"):
            obstore.delete(self._store, [backup.name + _SEALED, backup.name + _CHECKPOINT])

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, PermissionError, FileNotFoundError) as error:
            if verb == "read" and isinstance(error, FileNotFoundError):
                raise
            # What follows is the library's own state, for its makers.
            first = str(error).partition("\n")[0].strip()
            raise CommandFailed(
                f"Could not {verb} the bucket {self._name}: {_what_to_do(first)} (The store said:"
                f" {first})"
            ) from error


def _what_to_do(told: str) -> str:
    """Return what may be the matter, and what then helps, by what the store answered."""
    for mark, advice in _ADVICE.items():
        if f" {mark} " in told:
            return advice
    return _AWAY


def wants_bucket(settings: "Settings") -> bool:
    """Return whether backups go to a bucket, too."""
    return bool(settings.backup_s3_bucket)


def _ring(settings: "Settings") -> "Keyring":
    from punchcard.kit.environment.kept_secrets import old_secrets
    from punchcard.kit.secrets import Keyring
    from punchcard.kit.security.weak_secrets import HOW_TO_MAKE_ONE, weakness

    keys = old_secrets(settings.backup_key)
    if not keys:
        raise CommandFailed(
            "PUNCHCARD_BACKUP_KEY must be set: what leaves this machine is sealed with it."
            f" {HOW_TO_MAKE_ONE}, and keep a copy far from here: without it no backup in the bucket"
            " can be read."
        )
    if (why := weakness(keys[0])) is not None:
        raise CommandFailed(f"PUNCHCARD_BACKUP_KEY {why}. {HOW_TO_MAKE_ONE}.")
    return Keyring(keys[0], keys[1:])


def _store(settings: "Settings") -> Any:
    try:
        from obstore.store import S3Store
    except ModuleNotFoundError as error:
        if error.name != "obstore":
            raise
        raise CommandFailed(
            "The package obstore is missing, which writes to buckets. Install it: pip install"
            " 'punchcard[s3]'"
        ) from error
    endpoint = settings.backup_s3_endpoint
    keys = {
        "access_key_id": settings.backup_s3_access_key_id,
        "secret_access_key": settings.backup_s3_secret_access_key,
        "endpoint": endpoint.rstrip("/"),
    }
    given: dict[str, Any] = {name: value for name, value in keys.items() if value}
    seconds = timedelta(seconds=settings.backup_s3_timeout_seconds)
    return S3Store(
        settings.backup_s3_bucket,
        prefix=settings.backup_s3_prefix.strip("/") or None,
        region=settings.backup_s3_region,
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": seconds},
        retry_config={"max_retries": _TRIES, "retry_timeout": seconds},
        **given,
    )


def _read(file: Any, total: int, progress: Callable[[int, int | None], None]) -> Iterator[bytes]:
    done = 0
    while piece := file.read(_BYTES_A_STEP):
        done += len(piece)
        progress(done, total)
        yield piece
