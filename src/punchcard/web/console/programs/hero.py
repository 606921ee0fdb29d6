"""The console's forms of a program's wide picture: shown on passes, behind the stamps."""

from fastapi import APIRouter, Response

from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import logo_service
from punchcard.wallets.uploads import ImageRefused
from punchcard.web.console.programs import program_page
from punchcard.web.pages.page_request import FormDep, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/hero")


@router.post("")
def upload_hero(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Show a wide picture on the program's passes."""
    content = form.upload("hero")
    if content is None:
        form.fault("hero", N_("Please choose a picture."))
    else:
        try:
            picture = logo_service.check_picture(
                content, request.context.settings, PictureKind.HERO
            )
        except ImageRefused as error:
            form.fault("hero", error.sentence, **error.params)
        else:
            with request.context.database.write() as session:
                logo_service.set_picture(
                    session, request.act(), request.vendor_id, program_id, picture
                )
    if not form.is_valid:
        return program_page.show(request, program_id, None, logo_form=form, status=422)
    return request.redirect(f"/console/programs/{program_id}#hero-panel", N_("The picture is set."))


@router.post("/remove")
def remove_hero(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Take the wide picture away."""
    with request.context.database.write() as session:
        logo_service.remove_picture(
            session, request.act(), request.vendor_id, program_id, PictureKind.HERO
        )
    return request.redirect(
        f"/console/programs/{program_id}#hero-panel", N_("The picture is removed.")
    )
