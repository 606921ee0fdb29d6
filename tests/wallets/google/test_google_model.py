"""Whatever happens in whatever order, Google ends up showing what the ledger says."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from punchcard.context import Context
from punchcard.db.outbox import OutboxRow, PermanentFailure, RetryLater
from punchcard.fakes.google import Fault
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.programs import program_service
from punchcard.wallets.card_facts import load_facts
from punchcard.wallets.google.models import GoogleObject
from punchcard.wallets.pass_content import PassContent, card_language, pass_content
from punchcard.worker.loop import Worker
from tests.support.books import audited
from tests.support.cast import by_operator
from tests.support.drivers.till import TillDriver
from tests.wallets.google_account import ISSUER, Google

CARDS = 3
FAULTS = [
    Fault(503),
    Fault(500, after=True),
    Fault(429, headers={"Retry-After": "45"}),
    Fault(401),
    Fault(403),
    Fault(500, path="/token"),
]
DESIGNS: list[dict[str, Any]] = [
    {"stamps_target": 4},
    {"stamps_target": 12},
    {"branding": {"barcode": "rotating"}},
    {"branding": {"barcode": "code128", "background_color": "#123456"}},
    {"branding": {}},
    {"name": "Tea card", "card_name": "Tea card"},
    {"stamp_reward": {"name": "A tea"}},
]

Step = tuple[str, Any]
WHICH = st.integers(0, CARDS - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("link"), WHICH),
        st.tuples(st.just("stamp"), WHICH),
        st.tuples(st.just("redeem"), WHICH),
        st.tuples(st.sampled_from(["block", "unblock", "replace", "lose"]), WHICH),
        st.tuples(st.just("redesign"), st.sampled_from(DESIGNS)),
        st.tuples(st.just("fail"), st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3)),
        st.tuples(st.just("work"), st.integers(0, 90)),
    ),
    min_size=3,
    max_size=16,
)


@dataclass
class Days:
    """Some cards of one program, and everything that can happen to them."""

    context: Context
    google: Google
    alice: TillDriver
    worker: Worker
    clock: ManualClock
    program: ProgramId = field(init=False)
    cards: list[CardId] = field(init=False)

    def __post_init__(self) -> None:
        self.program = self.alice.program(cooldown_minutes=0, max_daily_stamps=50)
        self.cards = self.alice.cards(self.program, CARDS)

    def live(self, steps: list[Step]) -> None:
        """Let it happen; refusals and companies that are away are part of it."""
        for name, what in steps:
            try:
                getattr(self, name)(what)
            except (DomainError, RetryLater, PermanentFailure):
                continue

    def link(self, which: int) -> None:
        self.context.wallets.google.save_link(CardId(self.cards[which]))

    def stamp(self, which: int) -> None:
        self.context.loyalty.till.submit(self.alice.stamp(CardId(self.cards[which]), 2))

    def redeem(self, which: int) -> None:
        self.context.loyalty.till.submit(self.alice.redeem_stamps(CardId(self.cards[which])))

    def block(self, which: int) -> None:
        self._change(card_changes.block_card, which)

    def unblock(self, which: int) -> None:
        self._change(card_changes.unblock_card, which)

    def replace(self, which: int) -> None:
        self._change(card_changes.replace_card, which, self.context.loyalty.card_sealer)

    def lose(self, which: int) -> None:
        """Let Google forget a card."""
        with self.context.database.read() as session:
            number = session.get_one(LoyaltyCard, self.cards[which]).number
        self.google.fake.objects.pop(f"{ISSUER}.c.{number}", None)

    def redesign(self, fields: dict[str, Any]) -> None:
        with self.context.database.write() as session:
            program_service.update_program(
                session,
                by_operator(self.context),
                self.alice.vendor_id,
                ProgramId(self.program),
                fields,
            )

    def fail(self, faults: list[Fault]) -> None:
        self.google.fake.script(*faults)

    def work(self, seconds: int) -> None:
        self.worker.do_work()
        self.clock.advance(seconds=seconds)

    def settle(self) -> None:
        """Let Google be well again, the house be kept a week later, and the worker finish."""
        self.google.fake.heal()
        self.clock.advance(days=8)
        self.worker.run_tasks()
        for _ in range(30):
            self.worker.do_work()
            self.clock.advance(minutes=6)
            with self.context.database.read() as session:
                if session.scalars(select(OutboxRow)).first() is None:
                    return
        raise AssertionError("the worker has not finished")

    def check(self) -> None:
        """Compare what Google has with what the ledger's cards show."""
        context = self.context
        with context.database.read() as session:
            rows = session.scalars(
                select(GoogleObject).where(GoogleObject.card_id.in_(self.cards))
            ).all()
            facts = load_facts(
                session, self.cards, context.loyalty.card_links, now=self.clock.now()
            )
        for row in rows:
            shown = self.google.fake.objects.get(f"{ISSUER}.c.{row.number}")
            if shown is None:
                assert row.fingerprint is None, "Google never had it: it was away for the link"
                continue
            of_card = facts[row.card_id]
            if of_card.card.number != row.number:
                assert (shown["state"], shown.get("barcode")) == ("INACTIVE", None)
                assert "rotatingBarcode" not in shown
                continue
            language = card_language(of_card.program, of_card.card)
            check_shown(shown, pass_content(of_card.program, of_card.card, language))

    def _change(self, change: Any, which: int, *more: Any) -> None:
        with self.context.database.write() as session:
            act = by_operator(self.context)
            change(session, act, self.alice.vendor_id, self.cards[which], *more)


def check_shown(shown: dict[str, Any], content: PassContent) -> None:
    """Compare one of Google's objects with what the card shows."""
    (balance,) = content.balances
    texts = {text["id"]: text["body"] for text in shown["textModulesData"]}
    assert shown["loyaltyPoints"]["balance"]["string"] == balance.value
    assert texts["status"] == content.status.value
    assert shown["state"] == ("INACTIVE" if content.is_void else "ACTIVE")
    still, moving = shown.get("barcode"), shown.get("rotatingBarcode")
    if content.is_void:
        assert (still, moving) == (None, None)
        return
    assert content.barcode is not None
    assert (still is None) != (moving is None)
    if moving is not None:
        assert moving["valuePattern"].endswith(f"/{content.barcode.value}")
    else:
        assert still is not None
        assert still["value"] == content.barcode.value


def test_google_ends_up_showing_the_ledger_whatever_happens(
    context: Context, google: Google, alice: TillDriver, worker: Worker, clock: ManualClock
) -> None:
    # Not shrunk: a step costs too much for that, and a failing day is short enough to read.
    @settings(max_examples=12, deadline=None, database=None, phases=[Phase.generate])
    @given(steps=STEPS)
    def compare(steps: list[Step]) -> None:
        days = Days(context, google, alice, worker, clock)
        days.live([("link", 0), *steps])
        days.settle()
        days.check()

    compare()
    assert google.fake.refused == []
    audited(context.database)
