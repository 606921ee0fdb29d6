"""The console's forms of a program's pictures: its logo, and the wide one behind the stamps."""

from fastapi import APIRouter, Response

from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import logo_service
from punchcard.wallets.uploads import ImageRefused
from punchcard.web.console.programs import program_page
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}")


@router.post("/logo")
def upload_logo(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Show a picture on the card, pages and passes."""
    _upload(request, program_id, form, "logo", PictureKind.LOGO)
    if not form.is_valid:
        return _page(request, program_id, form)
    return request.redirect(_at(program_id, "look"), N_("The logo is on the card."))


@router.post("/logo/remove")
def remove_logo(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Take the uploaded picture away."""
    _remove(request, program_id, PictureKind.LOGO)
    return request.redirect(_at(program_id, "look"), N_("The logo is removed."))


@router.post("/hero")
def upload_hero(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Show a wide picture on the program's passes."""
    _upload(request, program_id, form, "hero", PictureKind.HERO)
    if not form.is_valid:
        return _page(request, program_id, form)
    return request.redirect(_at(program_id, "hero-panel"), N_("The picture is set."))


@router.post("/hero/remove")
def remove_hero(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Take the wide picture away."""
    _remove(request, program_id, PictureKind.HERO)
    return request.redirect(_at(program_id, "hero-panel"), N_("The picture is removed."))


def _upload(
    request: PageRequest, program_id: ProgramId, form: Form, field: str, kind: PictureKind
) -> None:
    """Set the picture that `field` of the form holds; what is wrong with it stands at the field."""
    content = form.upload(field)
    if content is None:
        form.fault(field, N_("Please choose a picture."))
        return
    try:
        picture = logo_service.check_picture(content, request.context.settings, kind)
    except ImageRefused as error:
        form.fault(field, error.sentence, **error.params)
        return
    with request.context.database.write() as session:
        logo_service.set_picture(session, request.act(), request.vendor_id, program_id, picture)


def _remove(request: PageRequest, program_id: ProgramId, kind: PictureKind) -> None:
    with request.context.database.write() as session:
        logo_service.remove_picture(session, request.act(), request.vendor_id, program_id, kind)


def _page(request: PageRequest, program_id: ProgramId, form: Form) -> Response:
    return program_page.show(request, program_id, None, logo_form=form, status=422)


def _at(program_id: ProgramId, place: str) -> str:
    return f"/console/programs/{program_id}#{place}"
