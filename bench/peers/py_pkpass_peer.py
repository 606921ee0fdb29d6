# mypy: ignore-errors
"""`python py_pkpass_peer.py FOLDER SECONDS`: passes by py-pkpass."""

import io
import sys
from pathlib import Path
from typing import Any

from peer import files_in, measure
from py_pkpass.models import Barcode, Pass

FOLDER, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
FILES = files_in(FOLDER / "files")
COPIED = (
    "serialNumber",
    "description",
    "logoText",
    "backgroundColor",
    "foregroundColor",
    "labelColor",
    "webServiceURL",
    "authenticationToken",
)


class StoreCard:
    """The fields of a card, as they are."""

    jsonname = "storeCard"

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def json_dict(self) -> dict[str, Any]:
        """Return the fields."""
        return self._fields


def build(document: dict[str, Any]) -> bytes:
    """Return a pass."""
    made = Pass(
        StoreCard(document["storeCard"]),
        passTypeIdentifier=document["passTypeIdentifier"],
        organizationName=document["organizationName"],
        teamIdentifier=document["teamIdentifier"],
    )
    for name in COPIED:
        setattr(made, name, document[name])
    code = document["barcodes"][0]
    made.barcode = Barcode(message=code["message"], format=code["format"], altText=code["altText"])
    for name, content in FILES.items():
        made.addFile(name, io.BytesIO(content))
    paths = (str(FOLDER / name) for name in ("certificate.pem", "key.pem", "wwdr.pem"))
    archive: io.BytesIO = made.create(*paths, None)
    return archive.getvalue()


measure(FOLDER, SECONDS, build)
