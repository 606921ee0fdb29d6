"""What is sent and answered when the holder of a card shows who they are."""

from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.fields import Moment, OneOf, Schema, line
from punchcard.loyalty.vocabulary import ProofWay


class AskedProofSchema(Schema):
    """A proof that was asked for; `code` and `proof` are null when a mail is on its way."""

    way: OneOf[ProofWay]
    expires_at: Moment
    code: Annotated[str | None, Field(examples=["40718253"])]
    proof: str | None


class ProofCodeRequest(Schema):
    """The code on the page of a card; blanks do not count."""

    code: Annotated[str, *line(1, 40)]


class AskedErasure(Schema):
    """When the customer is forgotten, unless it is undone before."""

    erased_at: Moment
