"""TierLife: a card that lives by the rules of tiers, one operation after another, in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from punchcard.kit.ids import EntryId, ProgramId, RewardId
from punchcard.loyalty.operations import Actor, BookDue, RefundPoints
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.due_rules import as_of
from punchcard.loyalty.rules.standing import followed
from punchcard.loyalty.rules.tiers.tier_plan import Tier, TierGrant, TierPlan
from punchcard.loyalty.rules.tiers.tier_rules import TierView, tier_view
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    History,
    PastEntry,
    ProgramRules,
)
from punchcard.loyalty.vocabulary import ActorKind, TierBasis, TierDowngrade, TierWindow
from tests.support.drivers.rules import (
    CAKE,
    ENTRY,
    PROGRAM,
    card,
    earn,
    points_program,
    stamp,
    void,
)

CAKE_FOR_GOLD = TierGrant(RewardId(CAKE), "A cake", 1200)
BASIC, SILVER = Tier("basic", 0), Tier("silver", 100, Fraction("1.25"))
GOLD = Tier("gold", 300, Fraction(2), (CAKE_FOR_GOLD,))
YEAR, ROLLING = TierWindow.CALENDAR_YEAR, TierWindow.ROLLING_12_MONTHS
ONE_DOWN, TO_FIT = TierDowngrade.ONE_DOWN, TierDowngrade.TO_FIT


def plan(**rules: Any) -> TierPlan:
    return TierPlan(**{"tiers": (BASIC, SILVER, GOLD), "basis": TierBasis.POINTS, **rules})


def tiered(**rules: Any) -> ProgramRules:
    return points_program(tier_plan=plan(**rules))


def noon(text: str) -> datetime:
    """Return noon of a day in the shop."""
    zone = ZoneInfo("Europe/Luxembourg")
    return datetime.fromisoformat(f"{text} 12:00").replace(tzinfo=zone).astimezone(UTC)


@dataclass
class TierLife:
    """A card that lives: what happens to it, one after another."""

    rules: ProgramRules
    state: CardState = field(default_factory=card)
    entries: list[EntryDraft] = field(default_factory=list)

    def does(self, operation: Any, at: datetime, history: History | None = None) -> list[str]:
        """Let something happen; returns the types of its entries."""
        decision = decide(operation, self.rules, self.state, at, history or History())
        self._follow(decision)
        return [str(draft.type) for draft, _ in decision.steps]

    def buys(self, euros: int, day: str, **more: Any) -> list[str]:
        return self.does(earn(euros * 100, **more), noon(day))

    def sees(self, day: str) -> list[str]:
        """Let the keeper book what is due by the end of this day."""
        until = noon(day)
        return self.does(BookDue(**_system(), until=until), until)

    def voids(self, entry: EntryDraft, day: str) -> list[str]:
        return self.does(void(), noon(day), History(entry=past_of(entry, self.rules)))

    def refunds(self, entry: EntryDraft, euros: int, day: str, before: int = 0) -> list[str]:
        asked = RefundPoints(
            vendor_id=self.rules.vendor_id,
            actor=Actor(ActorKind.DEVICE, "till-1"),
            transaction_id=EntryId(ENTRY),
            amount_minor=euros * 100,
            refund_reference="R",
        )
        told = History(entry=past_of(entry, self.rules), refunded_minor=before * 100)
        return self.does(asked, noon(day), told)

    def _follow(self, decision: Decision) -> None:
        standing = self.state.kept_standing
        for draft, after in decision.steps:
            if draft.details:
                standing = followed(standing, draft.details)
            # What verify derives from the entries is what the rules keep on the card.
            assert standing == after.kept_standing
            self.entries.append(draft)
        self.state = decision.card

    @property
    def tier(self) -> dict[str, Any]:
        return dict(self.state.kept_standing.tier)

    @property
    def last(self) -> EntryDraft:
        return self.entries[-1]

    @property
    def told(self) -> dict[str, Any]:
        return self.last.details or {}

    def shown(self, day: str) -> TierView:
        now = noon(day)
        view = tier_view(self.rules, as_of(self.rules, self.state, now), self.rules.day_of(now))
        assert view is not None
        return view


def _system() -> dict[str, Any]:
    asked = stamp()
    return {
        "vendor_id": asked.vendor_id,
        "actor": Actor(ActorKind.SYSTEM, None),
        "card": asked.card,
    }


def past_of(entry: EntryDraft, rules: ProgramRules) -> PastEntry:
    return PastEntry(
        id=EntryId(ENTRY),
        type=entry.type,
        program_id=ProgramId(PROGRAM),
        stamps_delta=entry.stamps_delta,
        points_delta=entry.points_delta,
        amount_minor=entry.amount_minor,
        reference=None,
        reward_id=None,
        reward=None,
        carry_delta=Fraction(0),
        voided_by=None,
        details=entry.details,
        program_version=rules.version,
    )
