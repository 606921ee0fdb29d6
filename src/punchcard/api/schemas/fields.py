"""What requests and responses are made of: the base shape and the field types of all resources.

Each text type publishes the pattern it enforces, so the OpenAPI document tells the whole truth.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from punchcard.kit.clock import to_rfc3339
from punchcard.kit.i18n import N_
from punchcard.kit.ids import AnyId, as_id
from punchcard.kit.validation import contacts, days, places, texts
from punchcard.kit.validation.invalid import Checked, InvalidValue

# JSON readers in browsers hold whole numbers exactly up to here (2**53 - 1).
LARGEST_WHOLE_NUMBER: Final = 9_007_199_254_740_991


class Schema(BaseModel):
    """A request or a response: exactly the fields it names, nothing beside them."""

    model_config = ConfigDict(extra="forbid")
    untagged: ClassVar[frozenset[str]] = frozenset()
    """The fields that change by themselves: an ETag leaves them out."""


def fault(sentence: str, **params: Any) -> PydanticCustomError:
    """Return what a validator raises when a value does not fit.

    `sentence` is a marked sentence of the catalogues; `params` fill its placeholders. Never put
    the value itself into either: answers do not repeat what was sent.
    """
    return PydanticCustomError("fault", "{sentence}", {"sentence": sentence, **params})


def whole(minimum: int, maximum: int) -> Any:
    """Return the constraint of a whole number: `Annotated[int, whole(1, 50)]`.

    Strict: neither "5", nor true, nor 5.0 is a whole number.
    """
    return Field(strict=True, ge=minimum, le=maximum)


WholeNumber = Annotated[int, whole(-LARGEST_WHOLE_NUMBER, LARGEST_WHOLE_NUMBER)]
AmountMinor = Annotated[int, whole(0, 1_000_000_000_000)]
Flag = Annotated[bool, Field(strict=True)]


def ruled(rule: Callable[..., str], *, pattern: str, bounds: Any = None, **published: Any) -> Any:
    """Return the parts of a text type that a rule of `kit.validation` reads.

    `bounds` are the rule's own. The pattern is what the document tells; the rule may refuse more.
    """

    def check(text: str) -> str:
        return _checked(rule, text, **(bounds or {}))

    return (AfterValidator(check), Field(json_schema_extra={"pattern": pattern, **published}))


def _checked(rule: Callable[..., Checked], value: Any, **bounds: Any) -> Checked:
    """Return a value as a rule of `kit.validation` writes it, or raise its fault."""
    try:
        return rule(value, **bounds)
    except InvalidValue as error:
        raise fault(error.sentence, **error.params) from None


def line(minimum: int, maximum: int) -> Any:
    """Return the parts of one line of text, stripped: `Annotated[str, *line(1, 64)]`."""
    return ruled(
        texts.one_line,
        bounds={"minimum": minimum, "maximum": maximum},
        pattern=texts.LINE_NOT_BLANK_PATTERN if minimum else texts.LINE_PATTERN,
        minLength=minimum,
        maxLength=maximum,
    )


def _text(pattern: str, *, maximum: int, sentence: str, **published: Any) -> Any:
    """Return the parts of a text type that must match `pattern` whole, else `sentence` is said."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise fault(sentence)
        return text

    return (
        StringConstraints(max_length=maximum),
        AfterValidator(check),
        Field(json_schema_extra={"pattern": f"^{pattern}$", **published}),
    )


Name = Annotated[str, *line(1, texts.NAME_CHARACTERS)]
ShortText = Annotated[str, *line(0, 500)]
OpeningHours = Annotated[
    str,
    *ruled(
        texts.paragraphs,
        bounds={"maximum": 500},
        pattern=texts.PARAGRAPHS_PATTERN,
        maxLength=500,
    ),
]
LongText = Annotated[
    str,
    *ruled(
        texts.paragraphs,
        bounds={"maximum": 10_000},
        pattern=texts.PARAGRAPHS_PATTERN,
        maxLength=10_000,
    ),
]

Email = Annotated[
    str,
    *ruled(
        contacts.email,
        pattern=contacts.EMAIL_PATTERN,
        minLength=3,
        examples=["alice@example.com", "info@bücher.lu"],
    ),
]

Phone = Annotated[
    str,
    *ruled(
        contacts.phone_of_any_country,
        pattern=contacts.PHONE_PATTERN,
        minLength=3,
        examples=["+352621123456", "621 123 456"],
    ),
]
"""A number in its one form, or the digits of one that is yet to be read in the shop's country."""

Birthday = Annotated[
    str,
    *_text(
        r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
        r"|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))",
        maximum=5,
        sentence=N_("Must be a month and a day, such as 03-14."),
        examples=["03-14"],
    ),
]

Month = Annotated[
    str,
    *_text(
        r"2[01][0-9]{2}-(0[1-9]|1[0-2])",
        maximum=7,
        sentence=N_("Must be a year and a month, such as 2026-11."),
        examples=["2026-11"],
    ),
]

Slug = Annotated[str, *ruled(texts.slug, pattern=texts.SLUG_PATTERN, examples=["cafe-alice"])]

Colour = Annotated[
    str,
    *_text(
        r"#[0-9a-fA-F]{6}",
        maximum=7,
        sentence=N_("Must be a colour such as #aa3311."),
        examples=["#aa3311"],
    ),
    AfterValidator(str.lower),
]

HttpsUrl = Annotated[
    str,
    *_text(
        r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
        r"([/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?",
        maximum=2000,
        sentence=N_("Must be an address that starts with https://."),
        examples=["https://example.com/logo.png"],
    ),
]


def _picture_url(file: str) -> Any:
    return _text(
        r"(https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
        r"([/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?"
        # Where it is shown by a server that has no https, such as the demonstration.
        rf"|http://[A-Za-z0-9.:\[\]-]+/api/v1/loyalty/programs/[0-9a-f-]{{36}}/{file}\.png"
        r"\?v=[0-9a-f]{16})",
        maximum=2000,
        sentence=N_("Must be an address that starts with https://."),
        examples=[f"https://example.com/{file}.png"],
    )


LogoUrl = Annotated[str, *_picture_url("logo")]
HeroUrl = Annotated[str, *_picture_url("hero")]
"""Addresses of a program's pictures: of uploaded ones, or elsewhere."""


Currency = Annotated[
    str, *ruled(places.currency, pattern=places.CURRENCY_PATTERN, examples=["EUR"])
]
Timezone = Annotated[
    str, *ruled(places.timezone, pattern=places.TIMEZONE_PATTERN, examples=["Europe/Luxembourg"])
]
Country = Annotated[str, *ruled(places.country, pattern=places.COUNTRY_PATTERN, examples=["LU"])]
LanguageText = Annotated[
    str, *ruled(places.language, pattern=places.LANGUAGE_PATTERN, examples=["en", "fr"])
]


def _lower_id(text: AnyId) -> AnyId:
    found = as_id(text)
    if found is None:
        raise fault(N_("Must be an id as this server gives them."))
    return found


class _Words:
    """Reads a word of an enum as one of its texts, which the document lists where it stands."""

    def __get_pydantic_core_schema__(
        self, source: type[StrEnum], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        texts = core_schema.literal_schema([word.value for word in source])
        return core_schema.no_info_after_validator_function(source, texts)


AnyWord = TypeVar("AnyWord", bound=StrEnum)
OneOf = Annotated[AnyWord, _Words()]
"""`OneOf[CardStatus]` is one of the words of that enum."""

IdOf = Annotated[
    AnyId,
    StringConstraints(max_length=36),
    AfterValidator(_lower_id),
    Field(
        json_schema_extra={
            "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            "examples": ["01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d"],
        }
    ),
]
"""`IdOf[CardId]` is the id of a card as requests name it."""

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_BAD_MOMENT = N_("Must be a time with its zone, such as 2026-03-14T09:26:53Z.")


def _read_moment(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise fault(_BAD_MOMENT)
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise fault(_BAD_MOMENT) from None
    within: datetime = _checked(days.within_years, moment)
    return within


Moment = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-03-14T09:26:53.000000Z"]}
    ),
]


def _read_day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _checked(days.as_day, value if isinstance(value, str) else "")


Day = Annotated[
    date,
    BeforeValidator(_read_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-14"]}),
]
"""A day of a program's calendar."""


def _refuse_moment(value: object) -> None:
    if value is not None:
        raise fault(
            N_(
                "This happens now: only stamps and purchases may be dated back,"
                " so leave out the time."
            )
        )


OfNow = Annotated[
    None,
    BeforeValidator(_refuse_moment),
    Field(description="Null: redemptions, voids, corrections and new cards are of now."),
]
"""The time of what is never dated back; it may be sent as null."""

Words = TypeVar("Words", bound=Schema)


class Texts(Schema, Generic[Words]):
    """The same words in several languages: `Texts[ProgramWords]`; a language may be left out."""

    en: Words | None = None
    fr: Words | None = None
    de: Words | None = None
    lb: Words | None = None


# A field that may be left out, but not be null.
LEFT_OUT: Any = Field(default_factory=lambda: None)


def given(change: Schema) -> dict[str, Any]:
    """Return the fields that a change really names."""
    return change.model_dump(exclude_unset=True)


def moment(at: datetime) -> str:
    """Return `at` as the contract writes moments."""
    return to_rfc3339(at)


def moment_or_none(at: datetime | None) -> str | None:
    """Return `at` as the contract writes moments, or None."""
    return moment(at) if at is not None else None
