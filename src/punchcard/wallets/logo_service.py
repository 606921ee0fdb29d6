"""A program's logo: uploaded, looked at, shown on passes and pages, taken away again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors import ProgramNotFound
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.public_service import open_program_id
from punchcard.loyalty.rules.logo_rules import is_uploaded, logo_path, version_of
from punchcard.wallets import uploads
from punchcard.wallets.logo_check import logo_of
from punchcard.wallets.models import PassImage


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that was looked at and is fit to be shown: a PNG of our making."""

    png: bytes


@dataclass(frozen=True, slots=True)
class ShownLogo:
    """A program's logo, and the version that stands in its address."""

    png: bytes
    version: str


def check_logo(content: bytes, settings: Settings) -> Logo:
    """Return an uploaded picture, ready to be set. Raises ImageRefused.

    It takes long for a large picture: call it before the transaction.
    """
    return Logo(logo_of(uploads.checked_png(content, limit_bytes=settings.logo_limit_bytes)))


def set_logo(
    session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId, logo: Logo
) -> LoyaltyProgram:
    """Make this the program's logo; its passes follow. Raises ProgramNotFound."""
    program = program_service.lock_program(session, vendor_id, program_id)
    kept = uploads.keep_image(session, program.id, uploads.LOGO, logo.png, now=act.now)
    path = logo_path(program.id, kept.sha256)
    if program.branding.get("logo_url") != path:
        _point_at(session, act, program, path)
    return program


def remove_logo(session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId) -> None:
    """Take the uploaded logo away, if there is one; passes follow. Raises ProgramNotFound."""
    program = program_service.lock_program(session, vendor_id, program_id)
    if uploads.find_image(session, program.id, uploads.LOGO) is None:
        return
    uploads.drop_image(session, program.id, uploads.LOGO)
    own = program.branding.get("logo_url")
    _point_at(session, act, program, None if is_uploaded(own) else own)


def find_logo(session: Session, name: str) -> ShownLogo:
    """Return the uploaded logo of the program with this id, or of the open one with this slug.

    Raises ProgramNotFound, also when no logo was uploaded.
    """
    program_id = as_id(name) or open_program_id(session, name)
    image = session.get(PassImage, (program_id, uploads.LOGO))
    if image is None:
        raise ProgramNotFound
    return ShownLogo(image.content, version_of(image.sha256))


def _point_at(session: Session, act: Act, program: LoyaltyProgram, logo_url: str | None) -> None:
    branding: dict[str, Any] = dict(program.branding)
    old = branding.pop("logo_url", None)
    program.branding = branding if logo_url is None else {**branding, "logo_url": logo_url}
    program_service.touch_program(session, act, program)
    record_act(
        session,
        act,
        "program.logo_changed",
        of=("program", program.id),
        vendor_id=program.vendor_id,
        old={"logo_url": old},
        new={"logo_url": logo_url},
    )
