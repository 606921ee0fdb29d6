"""The cast of the tests: Café Alice and Boulangerie Bob, and who works there."""

from dataclasses import dataclass
from itertools import count

from sqlalchemy.orm import Session

from punchcard.accounts import api_key_service, device_service, user_service, vendor_service
from punchcard.accounts.access.opening.session_opener import SignedIn, SignInOrigin
from punchcard.accounts.access.people import find_holder
from punchcard.accounts.admin_service import create_admin
from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role, SignInWay
from punchcard.context import Context
from punchcard.kit.ids import UserId, VendorId
from tests.support.opened_shops import opened

PASSWORD = "a password for tests"
_homes = count()
_hashes: dict[int, str] = {}


def by_operator(context: Context) -> Act:
    """Act as the operator at the command line does."""
    return Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids, request_id="test")


@dataclass(frozen=True)
class Shop:
    """One vendor of the cast; everybody's password is PASSWORD, e-mail ROLE@SLUG.example."""

    context: Context
    id: VendorId
    slug: str

    def email(self, role: str) -> str:
        """Return the address of the owner, the manager or the staff."""
        return f"{role}@{self.slug}.example"

    def hire(self, role: Role) -> UserId:
        """Add a person with a role; returns their id."""
        hashed = hash_of_password(self.context)
        person = NewUser(
            email=self.email(role), name=f"The {role}", role=role, password_hash=hashed
        )
        with self.context.database.write() as session:
            return user_service.create_user(session, by_operator(self.context), self.id, person).id

    def token(self, role: str = "owner") -> str:
        """Come in; returns the access token."""
        return come_in(self.context, self.email(role))

    def api_key(self, *scopes: str) -> str:
        """Make an API key with these scopes; returns the key."""
        with self.context.database.write() as session:
            act = by_operator(self.context)
            key, _ = api_key_service.create_api_key(
                session, act, self.id, name="Shop software", scopes=list(scopes)
            )
            return key

    def device(self, name: str = "Till 1") -> str:
        """Pair a device at the only location; returns its token."""
        context, act = self.context, by_operator(self.context)
        with context.database.write() as session:
            code, _ = device_service.create_pairing_code(
                session, act, self.id, location_id=None, minutes=10
            )
            token, _ = device_service.pair_device(
                session, code=code, name=name, now=act.now, ids=act.ids, request_id=None
            )
            return token


def open_shop(context: Context, slug: str, name: str) -> Shop:
    """Create a vendor with its owner and its first location."""
    hashed = hash_of_password(context)
    wanted = NewVendor(
        name=name,
        slug=slug,
        currency="EUR",
        timezone="Europe/Luxembourg",
        language="fr",
        owner=NewUser(
            email=f"owner@{slug}.example",
            name="The owner",
            role=Role.OWNER,
            password_hash=hashed,
            is_confirmed=True,
        ),
    )

    def by_services(session: Session) -> VendorId:
        return vendor_service.create_vendor(session, by_operator(context), wanted).id

    return Shop(context, opened(context, (slug, name), hashed, by_services), slug)


def open_cafe_alice(context: Context) -> Shop:
    """Create Café Alice."""
    return open_shop(context, "cafe-alice", "Café Alice")


def open_boulangerie_bob(context: Context) -> Shop:
    """Create Boulangerie Bob."""
    return open_shop(context, "boulangerie-bob", "Boulangerie Bob")


def make_admin(context: Context, email: str = "admin@platform.example") -> str:
    """Add a platform admin; returns an access token."""
    hashed = hash_of_password(context)
    with context.database.write() as session:
        create_admin(
            session, by_operator(context), email=email, name="The admin", password_hash=hashed
        )
    return come_in(context, email)


def hash_of_password(context: Context) -> str:
    """Return the hash of PASSWORD, at the cost that the server has: made once in a process."""
    cost = context.settings.password_bcrypt_cost
    if cost not in _hashes:
        _hashes[cost] = context.accounts.sign_in.hash_password(PASSWORD)
    return _hashes[cost]


def come_in(context: Context, email: str) -> str:
    """Open the session that the right password would; returns the access token."""
    opened = let_in(context, email, _from_home())
    return opened.access_token if opened else sign_in(context, email)


def let_in(context: Context, email: str, origin: SignInOrigin) -> SignedIn | None:
    """Open the session that the right password would; None where that is not all that is asked.

    Most tests ask nothing of passwords, and counting and comparing takes longer than the session.
    """
    accounts = context.accounts
    with context.database.read() as session:
        person = find_holder(session, email)
        if person is None or accounts.second_factors.has_one(session, person):
            return None
    return accounts.sign_in._opener.open(
        person, origin, way=SignInWay.PASSWORD, has_second_factor=False
    )


def sign_in(context: Context, email: str, password: str = PASSWORD) -> str:
    """Sign in, each time from an address of one's own; returns the access token."""
    return context.accounts.sign_in.sign_in(email, password, origin=_from_home()).access_token


def _from_home() -> SignInOrigin:
    return SignInOrigin(network=f"home {next(_homes)}", user_agent="tests", request_id=None)
