"""What is sent and answered about a changed contact of a card's holder."""

from typing import Annotated

from punchcard.accounts.vocabulary import SubjectKind
from punchcard.api.schemas.fields import Email, Moment, OneOf, Schema, line


class NewContactRequest(Schema):
    """The address that is to count, once its reader has confirmed it."""

    email: Email


class NewContactSchema(Schema):
    """Until when the link in the mail is good."""

    expires_at: Moment


class WaitingAddress(Schema):
    """A new address that waits; `asked_by` is the holder ("customer"), or who of the shop."""

    new_email: str
    asked_by: OneOf[SubjectKind]
    asked_at: Moment
    expires_at: Moment


class WaitingContactSchema(Schema):
    """The change of contact that waits for a card's holder, null when none does."""

    waiting: WaitingAddress | None


class ContactObjection(Schema):
    """The last part of the link that the old address was mailed."""

    token: Annotated[str, *line(1, 1500)]
