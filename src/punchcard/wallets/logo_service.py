"""A program's pictures: uploaded, looked at, shown on passes and pages, taken away again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.programs import ProgramNotFound
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.public_service import open_program_id
from punchcard.loyalty.rules.logo_rules import PictureKind, is_uploaded, picture_path, version_of
from punchcard.wallets import uploads
from punchcard.wallets.logo_check import logo_of
from punchcard.wallets.models import PassImage


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was looked at and is fit to be shown: a PNG of our making."""

    png: bytes
    kind: PictureKind


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A program's picture, and the version that stands in its address."""

    png: bytes
    version: str


def check_picture(content: bytes, settings: Settings, kind: PictureKind) -> Picture:
    """Return an uploaded picture, ready to be set. Raises ImageRefused.

    It takes long for a large picture: call it before the transaction.
    """
    png = uploads.checked_png(content, limit_bytes=settings.logo_limit_bytes, kind=kind)
    return Picture(logo_of(png) if kind is PictureKind.LOGO else png, kind)


def set_picture(
    session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId, picture: Picture
) -> LoyaltyProgram:
    """Make this the program's logo or wide picture; its passes follow. Raises ProgramNotFound."""
    program = program_service.lock_program(session, vendor_id, program_id)
    kept = uploads.keep_image(session, program.id, picture.kind, picture.png, now=act.now)
    path = picture_path(picture.kind, program.id, kept.sha256)
    if program.branding.get(picture.kind.field) != path:
        _point_at(session, act, program, picture.kind, path)
    return program


def remove_picture(
    session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId, kind: PictureKind
) -> None:
    """Take an uploaded picture away, if there is one; passes follow. Raises ProgramNotFound."""
    program = program_service.lock_program(session, vendor_id, program_id)
    if uploads.find_image(session, program.id, kind) is None:
        return
    uploads.drop_image(session, program.id, kind)
    own = program.branding.get(kind.field)
    _point_at(session, act, program, kind, None if is_uploaded(own) else own)


def find_picture(session: Session, name: str, kind: PictureKind) -> ShownPicture:
    """Return the uploaded picture of the program with this id, or of the open one with this slug.

    Raises ProgramNotFound, also when none was uploaded.
    """
    program_id = as_id(name) or open_program_id(session, name)
    image = session.get(PassImage, (program_id, kind))
    if image is None:
        raise ProgramNotFound
    return ShownPicture(image.content, version_of(image.sha256))


def _point_at(
    session: Session, act: Act, program: LoyaltyProgram, kind: PictureKind, url: str | None
) -> None:
    branding: dict[str, Any] = dict(program.branding)
    old = branding.pop(kind.field, None)
    program.branding = branding if url is None else {**branding, kind.field: url}
    program_service.touch_program(session, act, program)
    is_logo = kind is PictureKind.LOGO
    action = "program.logo_changed" if is_logo else "program.hero_changed"
    record_act(
        session,
        act,
        action,
        of=("program", program.id),
        vendor_id=program.vendor_id,
        old={kind.field: old},
        new={kind.field: url},
    )
