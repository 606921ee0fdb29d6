"""The card beside the guide's forms, as it will look with what is typed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import as_language, translate
from punchcard.kit.ids import ProgramId
from punchcard.kit.money import minor_units
from punchcard.loyalty.programs.onboarding import FirstSteps
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.wallets.pass_facts import ProgramFacts
from punchcard.web.console.programs.program_preview import Preview, preview_of, preview_of_facts
from punchcard.web.console.programs.program_start import (
    LOOKS,
    START_COLOURS,
    SUGGESTED_NAME,
    branding_of,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.programs import TYPE_NAMES
from punchcard.web.pages.page_request import PageRequest

_STAMPS_TARGET = 10


def guide_preview(
    session: Session,
    request: PageRequest,
    steps: FirstSteps,
    form: Form,
    typed: Mapping[str, Any] | None = None,
) -> Preview:
    """Return the card of the guide's program with the `typed` fields; without a program, the one
    that `form` begins.
    """
    now = request.context.clock.now()
    if steps.program_id is not None:
        return preview_of(session, steps.program_id, "", now=now, typed=typed)
    vendor = vendor_service.get_vendor(session, request.vendor_id)
    language = as_language(vendor.language) or "en"
    type, colour = form.value("type"), form.value("colour")
    name = form.value("name").strip() or translate(SUGGESTED_NAME, language)
    facts = ProgramFacts(
        id=ProgramId(""),
        version=1,
        name=name,
        card_name=name,
        vendor_name=vendor.name,
        vendor_language=vendor.language,
        type=ProgramType(type) if type in TYPE_NAMES else ProgramType.STAMPS,
        stamps_target=_STAMPS_TARGET,
        currency=vendor.currency,
        points_per_amount_minor=minor_units(vendor.currency),
        branding=branding_of(colour if colour in LOOKS else next(iter(START_COLOURS))),
    )
    return preview_of_facts(facts, language)


def has_wallets(request: PageRequest) -> bool:
    """Return whether customers can put cards into any wallet: else the guide promises none."""
    return bool(request.context.wallets.service.configured)
