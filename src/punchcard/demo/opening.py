"""Opening day: vendors, people, places, terminals, PINs, programs, rewards and keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from punchcard.accounts import (
    api_key_service,
    device_service,
    location_service,
    user_service,
    vendor_service,
)
from punchcard.accounts.admin_service import create_admin
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import ROLES, SCOPES, SYSTEM, Subject
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role, SubjectKind
from punchcard.context import Context
from punchcard.demo.demo_shop import ADMIN_EMAIL, PASSWORD, DemoShop, Offer, Person
from punchcard.demo.people import plain
from punchcard.engage import automation_service
from punchcard.engage.vocabulary import AutomationStatus
from punchcard.kit.ids import LocationId, ProgramId, RewardId, VendorId
from punchcard.loyalty.operations import Actor, StaffIdentity
from punchcard.loyalty.programs import program_service, promotion_service, reward_service
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.staff.pin_verifier import PreparedPin
from punchcard.loyalty.vocabulary import ActorKind, PromotionStatus


@dataclass(frozen=True)
class Prize:
    """A reward as guests choose among them."""

    id: RewardId
    points_required: int | None
    stock: int | None
    per_card_limit: int | None
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True)
class ServicePoint:
    """One place to be served at: its location, its terminal and the staff there."""

    location_id: LocationId
    terminal: Actor
    staff: list[StaffIdentity]


@dataclass(frozen=True)
class OpenShop:
    """A shop that is open for business."""

    shop: DemoShop
    vendor_id: VendorId
    program_id: ProgramId
    manager: Subject
    service_points: list[ServicePoint]
    prizes: list[Prize]
    key: str
    taken: dict[str, int] = field(default_factory=dict)


def open_platform(context: Context, password_hash: str) -> None:
    """Add the platform's admin."""
    with context.database.write() as session:
        create_admin(
            session,
            _by_operator(context),
            email=ADMIN_EMAIL,
            name="Admin",
            password_hash=password_hash,
        )


def open_shop(
    context: Context, shop: DemoShop, password_hash: str, history_ends: datetime
) -> OpenShop:
    """Open one shop; `password_hash` lets its people in, rewards' dates count from the end."""
    act = _by_operator(context)
    with context.database.write() as session:
        vendor_id = _create_vendor(session, act, shop, password_hash)
    # Hashing takes long, so it comes between the transactions.
    pins = _prepared_pins(context, vendor_id, shop)
    with context.database.write() as session:
        manager = _hire(session, act, vendor_id, shop, password_hash)
        by_manager = replace(act, subject=manager)
        fields = dict(shop.program)
        program = program_service.create_program(session, by_manager, vendor_id, fields)
        places = location_service.list_locations(session, vendor_id, after_id=None, limit=10)
        room = _Room(session, by_manager, vendor_id)
        for promotion in shop.promotions:
            room.promote(program.id, promotion, history_ends)
        prizes = {o.fields["name"]: room.offer(program.id, o, history_ends) for o in shop.offers}
        room.grow(program.id, shop, {name: prize.id for name, prize in prizes.items()})
        for other, offers in shop.others:
            made = program_service.create_program(session, by_manager, vendor_id, dict(other))
            for offer in offers:
                room.offer(made.id, offer, history_ends)
        return OpenShop(
            shop=shop,
            vendor_id=vendor_id,
            program_id=program.id,
            manager=manager,
            service_points=[
                room.furnish(place.id, shop.locations[number][2], _people_at(shop, number), pins)
                for number, place in enumerate(places)
            ],
            prizes=list(prizes.values()),
            key=room.make_key(),
        )


def hash_password(context: Context) -> str:
    """Return the hash of the demonstration's one password, at the cost every password has."""
    return context.accounts.sign_in.hash_password(PASSWORD)


def _by_operator(context: Context) -> Act:
    return Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids)


def _create_vendor(session: Session, act: Act, shop: DemoShop, password_hash: str) -> VendorId:
    owner = next(person for person in shop.people if person.role == Role.OWNER)
    vendor = vendor_service.create_vendor(
        session,
        act,
        NewVendor(
            name=shop.name,
            slug=shop.slug,
            currency="EUR",
            timezone="Europe/Luxembourg",
            language=shop.language,
            owner=_user(shop, owner, password_hash),
            location_name=shop.locations[0][0],
        ),
    )
    first = location_service.list_locations(session, vendor.id, after_id=None, limit=1)[0]
    address = {"address": shop.locations[0][1]}
    location_service.update_location(session, act, vendor.id, first.id, address)
    for name, street, _terminal in shop.locations[1:]:
        location_service.create_location(session, act, vendor.id, name=name, address=street)
    return vendor.id


def _prepared_pins(context: Context, vendor_id: VendorId, shop: DemoShop) -> dict[str, PreparedPin]:
    return {
        person.name: context.loyalty.pin_verifier.prepare(vendor_id, person.pin)
        for person in shop.people
        if person.pin is not None
    }


def _hire(
    session: Session, act: Act, vendor_id: VendorId, shop: DemoShop, password_hash: str
) -> Subject:
    """Add everybody but the owner, who is there already; return the manager."""
    manager = SYSTEM
    for person in shop.people:
        if person.role in (None, Role.OWNER):
            continue
        new = _user(shop, person, password_hash)
        row = user_service.create_user(session, act, vendor_id, new)
        if person.role == Role.MANAGER:
            manager = Subject(
                kind=SubjectKind.MEMBER,
                id=row.id,
                vendor_id=vendor_id,
                role=Role.MANAGER,
                permissions=ROLES[Role.MANAGER],
            )
    return manager


def _user(shop: DemoShop, person: Person, password_hash: str) -> NewUser:
    assert person.role is not None
    return NewUser(
        email=shop.email(person),
        name=person.name,
        role=person.role,
        password_hash=password_hash,
        language=person.language,
        is_confirmed=True,
    )


def _people_at(shop: DemoShop, number: int) -> list[Person]:
    """Return who has a PIN and works at the `number`-th location."""
    return [p for p in shop.people if p.pin is not None and (p.location or 0) == number]


@dataclass(frozen=True)
class _Room:
    """One vendor's rooms while they are furnished."""

    session: Session
    act: Act
    vendor_id: VendorId

    def furnish(
        self,
        location_id: LocationId,
        terminal: str,
        people: list[Person],
        pins: dict[str, PreparedPin],
    ) -> ServicePoint:
        """Pair a terminal at the location, and give who works there a PIN."""
        session, act = self.session, self.act
        code, _ = device_service.create_pairing_code(
            session, act, self.vendor_id, location_id=location_id, minutes=10
        )
        _, device = device_service.pair_device(
            session, code=code, name=terminal, now=act.now, ids=act.ids, request_id=None
        )
        staff = [self._give_pin(person, pins[person.name]) for person in people]
        return ServicePoint(location_id, Actor(ActorKind.DEVICE, device.id), staff)

    def offer(self, program_id: ProgramId, offer: Offer, history_ends: datetime) -> Prize:
        """Add a reward to the program."""
        midnight = history_ends.replace(hour=0, minute=0, second=0, microsecond=0)
        fields = dict(offer.fields)
        for name, days in (("valid_from", offer.starts), ("valid_until", offer.ends)):
            if days is not None:
                fields[name] = midnight + timedelta(days=days)
        row = reward_service.create_reward(
            self.session, self.act, self.vendor_id, program_id, fields
        )
        return Prize(
            id=row.id,
            points_required=row.points_required,
            stock=row.stock_left,
            per_card_limit=row.per_card_limit,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )

    def promote(self, program_id: ProgramId, offer: Offer, history_ends: datetime) -> None:
        """Add a promotion to the program, on from the first day unless it says otherwise."""
        fields = {**offer.fields, "status": PromotionStatus.ACTIVE}
        for name, days in (("starts_on", offer.starts), ("ends_on", offer.ends)):
            if days is not None:
                fields[name] = (history_ends + timedelta(days=days)).date()
        promotion_service.create_promotion(
            self.session, self.act, self.vendor_id, program_id, fields
        )

    def grow(self, program_id: ProgramId, shop: DemoShop, rewards: Mapping[str, RewardId]) -> None:
        """Give the program its tiers, what it promises for friends and what happens by itself."""
        session, act, vendor_id = self.session, self.act, self.vendor_id
        if fields := dict(shop.growth):
            tiers = [
                {**tier, "grants": [rewards[name] for name in tier.get("grants", ())]}
                for tier in fields.get("tiers") or ()
            ]
            fields |= {"tiers": tiers} if tiers else {}
            program_service.update_program(session, act, vendor_id, program_id, fields)
        for told in shop.automations:
            automation = {**told, "status": AutomationStatus.ACTIVE}
            if name := told.get("reward_id"):
                automation["reward_id"] = rewards[name]
            automation_service.create_automation(session, act, vendor_id, program_id, automation)

    def make_key(self) -> str:
        """Make the key that the demonstration shows."""
        key, _ = api_key_service.create_api_key(
            self.session, self.act, self.vendor_id, name="Demonstration", scopes=list(SCOPES)
        )
        return key

    def _give_pin(self, person: Person, prepared: PreparedPin) -> StaffIdentity:
        fields = {"name": person.name, "staff_id": plain(person.name.split()[0])}
        pin = pin_service.create_pin(self.session, self.act, self.vendor_id, fields, prepared)
        return StaffIdentity(pin.id, pin.staff_id, pin.name, pin.program_id)
