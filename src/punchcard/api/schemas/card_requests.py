"""What is sent about cards and whom they belong to."""

from typing import Any

from punchcard.api.schemas.accounts import LEFT_OUT
from punchcard.api.schemas.fields import (
    Birthday,
    Email,
    Flag,
    IdText,
    LanguageText,
    Name,
    Phone,
    Schema,
)
from punchcard.api.schemas.operations import Timed
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.operations import NewCustomer


class CustomerRequest(Schema):
    """What a customer tells about themselves; everything may be left out."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    birthday: Birthday | None = None
    locale: LanguageText | None = None
    marketing_consent: Flag = False

    def as_new(self, *, accepted_terms: bool = False) -> NewCustomer | None:
        """Return what was told, or None if nothing that describes a person was."""
        told = self.model_dump()
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


class CardChangeRequest(Schema):
    """What changes about a card; what is left out stays."""

    customer: CustomerChange = LEFT_OUT
    locale: LanguageText | None = None

    def as_change(self) -> CardChange:
        """Return the fields that were given."""
        given: dict[str, Any] = self.model_dump(exclude_unset=True)
        return CardChange(customer=given.pop("customer", None), card=given)


class EnrolRequest(Timed):
    """Open a card in a program; without a customer it is an anonymous one."""

    program_id: IdText
    customer: CustomerRequest | None = None
    locale: LanguageText | None = None


class PublicEnrolRequest(Schema):
    """What a visitor sends to get a card; without a customer it is an anonymous one."""

    customer: CustomerRequest | None = None
    accept_terms: Flag = False
    locale: LanguageText | None = None
