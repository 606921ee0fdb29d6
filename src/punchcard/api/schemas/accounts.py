"""What is said about vendors, people, places, keys and devices."""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, StringConstraints

from punchcard.accounts.checks import PASSWORD_MAXIMUM, PASSWORD_MINIMUM
from punchcard.accounts.models import (
    ApiKey,
    Device,
    Location,
    User,
    Vendor,
)
from punchcard.accounts.vocabulary import Role, VendorStatus
from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Country,
    Currency,
    Email,
    Flag,
    IdOf,
    LanguageText,
    Moment,
    Name,
    OneOf,
    Schema,
    Slug,
    Timezone,
    line,
)
from punchcard.kit.ids import ApiKeyId, DeviceId, LocationId, UserId, VendorId

Told = TypeVar("Told", bound=Schema)

ScopeName = Literal["loyalty:read", "loyalty:operate", "loyalty:manage"]
NewPassword = Annotated[
    str, StringConstraints(min_length=PASSWORD_MINIMUM, max_length=PASSWORD_MAXIMUM)
]
Address = Annotated[str, *line(0, 300)]

_COUNTRY_LEFT = "ISO 3166-1 alpha-2; null takes it from the time zone or the currency."


class VendorSchema(Schema):
    """A shop or chain."""

    id: IdOf[VendorId]
    slug: str
    name: str
    currency: str
    minor_digits: int = Field(description="How many digits of amounts are minor units.")
    timezone: str
    language: str
    country: str | None = Field(
        description="Where phone numbers are from that come without a country code."
    )
    reply_to: str | None = Field(description="Where answers to mails in the vendor's name go.")
    status: OneOf[VendorStatus]
    keeps_origins: bool
    managers_need_second_factor: bool
    created_at: Moment
    updated_at: Moment


class VendorChange(Schema):
    """What a vendor changes about itself; what is left out stays."""

    name: Name = LEFT_OUT
    currency: Currency = LEFT_OUT
    timezone: Timezone = LEFT_OUT
    language: LanguageText = LEFT_OUT
    country: Country | None = Field(default=None, description=_COUNTRY_LEFT)
    reply_to: Email | None = Field(
        default=None, description="null: answers go to the server's own address."
    )
    keeps_origins: Flag = LEFT_OUT
    managers_need_second_factor: Flag = LEFT_OUT


class VendorChangeByAdmin(VendorChange):
    """What the platform changes about a vendor; what is left out stays."""

    slug: Slug = LEFT_OUT


class FirstOwner(Schema):
    """Who a new vendor belongs to."""

    email: Email
    name: Name
    password: NewPassword


class VendorRequest(Schema):
    """A vendor to be created, with its first owner and its first location."""

    name: Name
    slug: Slug
    currency: Currency
    timezone: Timezone
    language: LanguageText = "en"
    owner: FirstOwner
    location_name: Name | None = None
    country: Country | None = Field(default=None, description=_COUNTRY_LEFT)


class UserSchema(Schema):
    """A user: a person who signs in for a vendor."""

    id: IdOf[UserId]
    email: str
    name: str
    role: OneOf[Role]
    language: str | None
    created_at: Moment


class UserRequest(Schema):
    """A user to be added."""

    email: Email
    name: Name
    role: OneOf[Role]
    password: NewPassword
    language: LanguageText | None = None


class UserChange(Schema):
    """What changes about a user; a new password ends their sessions."""

    name: Name = LEFT_OUT
    role: OneOf[Role] = LEFT_OUT
    language: LanguageText | None = None
    password: NewPassword = LEFT_OUT


Latitude = Annotated[
    float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False, examples=[49.6117])
]
Longitude = Annotated[
    float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False, examples=[6.13])
]


class LocationSchema(Schema):
    """A place where a vendor serves customers."""

    id: IdOf[LocationId]
    name: str
    address: str | None
    latitude: float | None
    longitude: float | None
    closed_at: Moment | None
    created_at: Moment


class LocationRequest(Schema):
    """A location to be opened; near its coordinates (degrees) phones show the card of the shop."""

    name: Name
    address: Address | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class LocationChange(Schema):
    """What changes about a location."""

    name: Name = LEFT_OUT
    address: Address | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class DeviceSchema(Schema):
    """A paired terminal."""

    untagged = frozenset({"last_used_at"})
    id: IdOf[DeviceId]
    name: str
    location_id: IdOf[LocationId] | None
    paired_at: Moment
    last_used_at: Moment | None


class DeviceChange(Schema):
    """What changes about a device; another location moves it."""

    name: Name = LEFT_OUT
    location_id: IdOf[LocationId] = LEFT_OUT


class PairingCodeRequest(Schema):
    """Where the device to be paired will stand; may be left out with a single location."""

    location_id: IdOf[LocationId] | None = None


class PairingCodeSchema(Schema):
    """A code that pairs one device, once; shown now and never again.

    The code is null, as text, address and picture, where the response is given a second time.
    """

    code: str | None
    expires_at: Moment
    pairing_url: str | None
    qr_svg: str | None


class PairRequest(Schema):
    """A pairing code and what the device is to be called.

    `former_token` is what a terminal that is paired anew showed before: what it did without a line,
    and still keeps, may then lie before this pairing.
    """

    code: Annotated[str, *line(1, 20)]
    name: Name
    former_token: Annotated[str, Field(pattern="^dt_[A-Za-z0-9_-]{1,97}$")] | None = None


class PairedSchema(Schema):
    """A paired device and its token, shown now and never again."""

    token: str
    device: DeviceSchema


class ApiKeySchema(Schema):
    """A key of the vendor's own software."""

    id: IdOf[ApiKeyId]
    name: str
    prefix: str
    scopes: list[ScopeName]
    created_at: Moment
    last_used_at: Moment | None
    expires_at: Moment | None
    revoked_at: Moment | None


class NewApiKeySchema(ApiKeySchema):
    """A new key, shown now and never again: null where the response is given a second time."""

    key: str | None


class ApiKeyRequest(Schema):
    """A key to be made."""

    name: Name
    scopes: Annotated[list[ScopeName], Field(min_length=1, max_length=3)]
    expires_at: Moment | None = Field(
        default=None,
        description="When it stops working. Left out, after `API_KEY_DAYS`; null: never.",
    )


def vendor_schema(row: Vendor) -> VendorSchema:
    """Return a vendor as it is told."""
    return _from_row(VendorSchema, row)


def user_schema(row: User) -> UserSchema:
    """Return a person as they are told."""
    return _from_row(UserSchema, row)


def location_schema(row: Location) -> LocationSchema:
    """Return a location as it is told."""
    return _from_row(LocationSchema, row)


def device_schema(row: Device) -> DeviceSchema:
    """Return a device as it is told."""
    return _from_row(DeviceSchema, row)


def api_key_schema(row: ApiKey) -> ApiKeySchema:
    """Return a key as it is told, without the key."""
    return _from_row(ApiKeySchema, row)


def _from_row(schema: type[Told], row: object) -> Told:
    return schema(**{field: getattr(row, field) for field in schema.model_fields})
