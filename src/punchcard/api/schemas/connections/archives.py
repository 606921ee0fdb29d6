"""Archives as they are told."""

from punchcard.api.schemas.fields import IdOf, Moment, Schema
from punchcard.connect.archive.failures import SENTENCES, failure_of
from punchcard.connect.archive.models import VendorArchive
from punchcard.connect.archive.vocabulary import ArchiveFailure, ArchiveState
from punchcard.kit.i18n import translate
from punchcard.kit.ids import ArchiveId


class VendorArchiveSchema(Schema):
    """An archive of the shop; `bytes` and `sha256` are its file's, once it is `ready`.

    Of one that has `failed`, `failure` says why and `message` what to do.
    """

    id: IdOf[ArchiveId]
    state: ArchiveState
    bytes: int | None
    sha256: str | None
    failure: ArchiveFailure | None
    message: str | None
    created_at: Moment
    expires_at: Moment


def archive_schema(row: VendorArchive, language: str) -> VendorArchiveSchema:
    """Return an archive as it is told in a language."""
    names = ("id", "state", "bytes", "sha256", "created_at", "expires_at")
    failure = failure_of(row)
    told = {"failure": failure, "message": failure and translate(SENTENCES[failure], language)}
    return VendorArchiveSchema.model_validate({name: getattr(row, name) for name in names} | told)
