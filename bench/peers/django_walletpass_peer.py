# mypy: ignore-errors
"""`python django_walletpass_peer.py FOLDER SECONDS`: passes by django-walletpass."""

import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from peer import files_in, measure

FOLDER, SECONDS = Path(sys.argv[1]), float(sys.argv[2])

settings.configure(
    SECRET_KEY="-",  # noqa: S106 nothing is kept
    INSTALLED_APPS=["django_walletpass"],
    STORAGES={"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}},
    WALLETPASS={
        "CERT_PATH": str(FOLDER / "certificate.pem"),
        "KEY_PATH": str(FOLDER / "key.pem"),
        "APPLE_WWDRCA_PEM_PATH": str(FOLDER / "wwdr.pem"),
        "PASS_TYPE_ID": sys.argv[3],
        "TEAM_ID": sys.argv[4],
        "SERVICE_URL": "https://shop.example/",
    },
)
django.setup()

from django_walletpass.services import PassBuilder  # noqa: E402 needs the settings

FILES = files_in(FOLDER / "files")


def build(document: dict[str, Any]) -> bytes:
    """Return a pass."""
    builder = PassBuilder()
    builder.pass_data = dict(document)
    builder.pass_data_required["serialNumber"] = document["serialNumber"]
    builder.extra_files = FILES
    content: bytes = builder.build()
    return content


measure(FOLDER, SECONDS, build)
