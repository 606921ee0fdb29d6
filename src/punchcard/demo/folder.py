"""The folder of the demonstration: built beside its place and moved there whole, or not at all."""

import json
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from punchcard.context import Context, build_context
from punchcard.db.migrate import upgrade
from punchcard.db.outbox import OutboxRow
from punchcard.demo.history import HistorySimulator, Progress
from punchcard.demo.invented_ids import invented_ids
from punchcard.demo.opening import hash_password, open_platform, open_shop
from punchcard.demo.shops import SHOPS
from punchcard.demo.web_shop import WebShopKeys, connect_web_shop
from punchcard.kit.clock import ManualClock
from punchcard.kit.mail import TO_THE_LOG
from punchcard.kit.private_files import make_private_folder, write_private_text
from punchcard.kit.settings import Settings, load_settings
from punchcard.loyalty.events import CUSTOMER_WELCOME

DATABASE = "punchcard.db"
_KEYS = "keys"
_WEB_SHOP = "web_shop.json"


class DemoFolder:
    """Where the demonstration lives: a sub-folder of its own, apart from a real shop's data."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "demo"
        self._unfinished = data_dir / "demo.unfinished"

    @property
    def wallets(self) -> Path:
        """Return the folder of what stands in for Apple and Google."""
        return self.path / "wallets"

    @property
    def is_built(self) -> bool:
        """Return whether a whole history is there."""
        return (self.path / DATABASE).exists()

    @property
    def was_interrupted(self) -> bool:
        """Return whether a build was begun and never finished."""
        return self._unfinished.exists()

    def remove(self) -> None:
        """Remove the demonstration, and nothing else."""
        shutil.rmtree(self.path, ignore_errors=True)

    def settings(self, base_url: str | None = None) -> Settings:
        """Return the settings to serve it with; its secrets are its own."""
        return _settings(self.path, base_url)

    def build(self, *, now: datetime, days: int, progress: Progress) -> int:
        """Open the shops and live `days` of their history up to `now`; return its operations.

        What an interrupted build left is removed first. The folder appears at the end, whole.
        """
        shutil.rmtree(self._unfinished, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)
        make_private_folder(self._unfinished.parent)
        make_private_folder(self._unfinished)
        settings = _settings(self._unfinished)
        upgrade(settings.database_url)
        clock = ManualClock(now - timedelta(days=days, hours=2))
        with closing(build_context(settings, clock=clock, ids=invented_ids(clock))) as context:
            password_hash = hash_password(context)
            open_platform(context, password_hash)
            shops = [open_shop(context, shop, password_hash, now) for shop in SHOPS]
            history = HistorySimulator(context, clock, shops, days, now)
            history.live(progress)
            _drop_mails(context)
            web_shop = connect_web_shop(context, shops)
        self._keep_keys({shop.shop.slug: shop.key for shop in shops})
        write_private_text(self._unfinished / _WEB_SHOP, json.dumps(asdict(web_shop)))
        self._unfinished.replace(self.path)
        return history.operations

    def keys(self) -> Mapping[str, str]:
        """Return each shop's API key, by the shop's slug."""
        return {
            path.name: path.read_text(encoding="ascii").strip()
            for path in sorted((self.path / _KEYS).iterdir())
        }

    def web_shop(self) -> WebShopKeys | None:
        """Return how the web shop reaches the server; None if an older version built it."""
        path = self.path / _WEB_SHOP
        return (
            WebShopKeys(**json.loads(path.read_text(encoding="ascii"))) if path.exists() else None
        )

    def _keep_keys(self, keys: Mapping[str, str]) -> None:
        """Write each key to a file that only its owner reads: the database has their hashes."""
        folder = self._unfinished / _KEYS
        make_private_folder(folder)
        for slug, key in keys.items():
            write_private_text(folder / slug, key + "\n")


def _drop_mails(context: Context) -> None:
    """Let nobody be welcomed whose card was opened in the invented past."""
    with context.database.write() as session:
        session.execute(delete(OutboxRow).where(OutboxRow.topic == CUSTOMER_WELCOME))


def _settings(folder: Path, base_url: str | None = None) -> Settings:
    # Neither database nor secrets nor wallets of a real shop reach the demonstration.
    wallets_off: dict[str, Any] = {
        field.name: field.default
        for field in fields(Settings)
        if field.name.startswith(("apple_", "google_"))
    }
    settings = load_settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / DATABASE}",
        secret_key="",
        pin_pepper="",
        **wallets_off,
    )
    # Mails of invented people go nowhere but to the log, where their links can be tried.
    settings = replace(settings, smtp_url=TO_THE_LOG)
    # An address that the operator has set stays: it may be that of a proxy before this server.
    if base_url is None or settings.base_url != Settings.base_url:
        return settings
    return replace(settings, base_url=base_url)
