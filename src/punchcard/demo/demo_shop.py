"""What a shop of the demonstration is: who works there, what it sells, how busy it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from punchcard.accounts.vocabulary import Role
from punchcard.demo.people import plain

PASSWORD: Final = "coffee and cake"  # noqa: S105 shown to anyone who starts the demonstration
ADMIN_EMAIL: Final = "admin@punchcard.example"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone who signs in, or has a PIN, or both."""

    name: str
    role: Role | None = None
    pin: str | None = None
    location: int | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A reward or a promotion; its dates count from the day the history ends, in days."""

    fields: Mapping[str, Any]
    starts: int | None = None
    ends: int | None = None


@dataclass(frozen=True, kw_only=True)
class Trade:
    """How busy a shop is.

    `guests` join within `days`; `hours` weighs each hour of the day; `weekdays` each day, Monday
    first, 0 when closed. `basket_minor` is the least, the usual and the highest purchase.
    """

    guests: int
    hours: Mapping[int, float]
    weekdays: tuple[float, ...]
    visits_a_week: tuple[float, float]
    regulars: float
    anonymous: float
    brought: float = 0.0
    """The share of the guests whom another guest's link brings."""
    quantities: tuple[float, ...] = ()
    basket_minor: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class DemoShop:
    """One vendor with its program, of which the history is."""

    slug: str
    name: str
    language: str
    locations: tuple[tuple[str, str, str], ...]
    """Each one's name, its address, and what its terminal is called."""
    people: tuple[Person, ...]
    program: Mapping[str, Any]
    offers: tuple[Offer, ...]
    trade: Trade
    promotions: tuple[Offer, ...] = ()
    growth: Mapping[str, Any] = field(default_factory=dict)
    """What the program has once its rewards are there: tiers, a promise for bringing a friend."""
    automations: tuple[Mapping[str, Any], ...] = ()
    """What happens by itself. Here as in `growth` the name of a reward stands for the reward."""
    others: tuple[tuple[Mapping[str, Any], tuple[Offer, ...]], ...] = ()
    """Programs without a history, each with its rewards."""

    def email(self, person: Person) -> str:
        """Return the address that a person signs in with."""
        return f"{plain(person.name.split()[0])}@{self.slug}.example"
