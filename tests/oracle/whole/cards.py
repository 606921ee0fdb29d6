"""A card as it is known to the second opinion, and what happened on it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from tests.oracle.whole.clubs import Member
from tests.oracle.whole.piles import Pile, Thing
from tests.oracle.whole.purchases import Terms

Program = dict[str, Any]
Event = dict[str, Any]
KEPT_LIMIT = 20


class Refused(Exception):
    """The event is not taken; its text is the code of the refusal."""


@dataclass
class Deed:
    """What an event that was taken did: what its void or its refunds must know."""

    ask: str
    card: int
    happened: datetime
    recorded: datetime
    epoch: int = 0
    is_late: bool = False
    stamps: int = 0
    base_stamps: int = 0
    put_stamps: Counter[Thing] = field(default_factory=Counter)
    put_points: Counter[Thing] = field(default_factory=Counter)
    value: Fraction = Fraction(0)
    whole: int = 0
    amount_minor: int | None = None
    terms: Terms | None = None
    counted: int = 0
    given: list[tuple[int, int, int]] = field(default_factory=list)
    periods: list[tuple[int, str]] = field(default_factory=list)
    gone: list[Thing] = field(default_factory=list)
    gone_stamps: list[Thing] = field(default_factory=list)
    reward: str | None = None
    claim: tuple[int, int] | None = None
    was_kept: bool = False
    begins_lap: bool = False
    grant: int | None = None
    grant_ends: str = ""
    references: list[tuple[str, str]] = field(default_factory=list)
    refunded_minor: int = 0
    is_voided: bool = False


@dataclass
class Grant:
    """A reward that was given: to whom it belongs now, and what became of it."""

    reward: str
    ends: str
    owner: int
    since: datetime
    once: str | None
    given_to: int
    state: str = "ready"


@dataclass
class Held:
    """What is set aside: until when, the points with their ends, a reward or a grant."""

    until: datetime
    points: int
    gone: list[Thing]
    reward: str | None
    grant: int | None


@dataclass
class Card:
    """What a card has, and what it is."""

    number: int
    opened_at: datetime
    points: Pile = field(default_factory=Pile)
    stamps: Pile = field(default_factory=Pile)
    carry: Fraction = Fraction(0)
    forgiven_points: Fraction = Fraction(0)
    forgiven_stamps: int = 0
    lifetime_stamps: int = 0
    lifetime_points: int = 0
    lifetime_rewards: int = 0
    lap: int = 1
    claims: set[tuple[int, int]] = field(default_factory=set)
    kept: list[tuple[int, int]] = field(default_factory=list)
    member: Member = field(default_factory=Member)
    uses: Counter[tuple[int, str]] = field(default_factory=Counter)
    held: dict[int, Held] = field(default_factory=dict)
    ended_holds: dict[int, str] = field(default_factory=dict)
    pasts: list[int] = field(default_factory=list)
    replaced_by: int | None = None
    epoch: int = 0

    @property
    def claimed(self) -> list[int]:
        """Return the milestones of the lap that were claimed."""
        return sorted(at for lap, at in self.claims if lap == self.lap)

    def keep(self, pairs: list[tuple[int, int]]) -> None:
        """Keep milestones of former laps, the latest of them."""
        self.kept = sorted([*self.kept, *pairs])[-KEPT_LIMIT:]


def day_of(program: Program, moment: datetime) -> date:
    return moment.astimezone(program["zone"]).date()
