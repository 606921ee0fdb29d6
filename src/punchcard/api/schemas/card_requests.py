"""What is sent about cards and whom they belong to."""

from typing import Annotated, Any

from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Birthday,
    Email,
    Flag,
    IdOf,
    LanguageText,
    Moment,
    Name,
    Phone,
    Schema,
    line,
)
from punchcard.api.schemas.operations import Placed, ProofRequest
from punchcard.kit.ids import ImportId, ProgramId
from punchcard.kit.validation import contacts
from punchcard.kit.validation.invalid import check_field
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.operations import NewCustomer

CodeText = Annotated[str, *line(1, 300)]
_PHONE = ("body", "customer", "phone")


class CustomerRequest(Schema):
    """What a customer tells about themselves; everything may be left out."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    birthday: Birthday | None = None
    locale: LanguageText | None = None
    marketing_consent: Flag = False

    def as_new(self, country: str | None, *, accepted_terms: bool = False) -> NewCustomer | None:
        """Return what was told, or None if nothing that describes a person was.

        `country` is the shop's: its phone numbers come without a country code. Raises InvalidInput.
        """
        told = _with_whole_phone(self.model_dump(), country)
        if not any(value for name, value in told.items() if name != "locale"):
            return None
        return NewCustomer(**told, accepted_terms=accepted_terms)


class CustomerChange(Schema):
    """What changes about a customer; what is left out stays, null takes it away."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    birthday: Birthday | None = None
    locale: LanguageText | None = None
    marketing_consent: Flag = LEFT_OUT


class CardChangeRequest(ProofRequest):
    """What changes about a card; what is left out stays."""

    customer: CustomerChange = LEFT_OUT
    locale: LanguageText | None = None

    def as_change(self, country: str | None) -> CardChange:
        """Return the fields that were given.

        `country` is the shop's: its phone numbers come without a country code. Raises InvalidInput.
        """
        given: dict[str, Any] = self.model_dump(
            exclude_unset=True, exclude=set(ProofRequest.model_fields)
        )
        customer = given.pop("customer", None)
        if customer is not None:
            customer = _with_whole_phone(customer, country)
        return CardChange(customer=customer, card=given)


class EnrolRequest(Placed, ProofRequest):
    """Open a card in a program; without a customer it is an anonymous one.

    An import (`import_id`) opens cards of former days, at `enrolled_at`.
    """

    program_id: IdOf[ProgramId]
    enrolled_at: Moment | None = None
    import_id: IdOf[ImportId] | None = None
    customer: CustomerRequest | None = None
    locale: LanguageText | None = None


class LookupRequest(Schema):
    """A code that names cards; in a body, because addresses of requests are written to logs."""

    code: CodeText


ViaText = Annotated[str, *line(0, 100)]


class PublicEnrolRequest(Schema):
    """What a visitor sends to get a card; without a customer it is an anonymous one.

    `via` is from the link of who brought them (`referral_url`); one of nobody's counts for nothing.
    """

    customer: CustomerRequest | None = None
    via: ViaText | None = None
    accept_terms: Flag = False
    locale: LanguageText | None = None


def _with_whole_phone(customer: dict[str, Any], country: str | None) -> dict[str, Any]:
    if customer.get("phone") is None:
        return customer
    return {
        **customer,
        "phone": check_field(_PHONE, contacts.phone, customer["phone"], country=country),
    }
