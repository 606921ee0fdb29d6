"""Archives as they are told."""

from punchcard.api.schemas.fields import IdOf, Moment, Schema
from punchcard.connect.archive.models import VendorArchive
from punchcard.connect.archive.vocabulary import ArchiveState
from punchcard.kit.ids import ArchiveId


class VendorArchiveSchema(Schema):
    """An archive of the shop; `bytes` and `sha256` are its file's, once it is `ready`."""

    id: IdOf[ArchiveId]
    state: ArchiveState
    bytes: int | None
    sha256: str | None
    created_at: Moment
    expires_at: Moment


def archive_schema(row: VendorArchive) -> VendorArchiveSchema:
    """Return an archive as it is told."""
    names = ("id", "state", "bytes", "sha256", "created_at", "expires_at")
    return VendorArchiveSchema.model_validate({name: getattr(row, name) for name in names})
