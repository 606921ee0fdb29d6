"""A program changes: what all its cards in Google Wallet show then, and in how many requests."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from punchcard.context import Context
from punchcard.fakes.google import Fault
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ProgramId
from punchcard.kit.settings import Settings
from punchcard.loyalty.programs import program_service
from punchcard.main import create_worker
from punchcard.wallets.google.models import WalletFanout
from punchcard.worker.loop import Worker
from tests.support.cast import by_operator
from tests.support.drivers.till import TillDriver
from tests.wallets.google_account import Google
from tests.wallets.shown import OpenCards, shown, waiting, work_until_done


def redesign(context: Context, alice: TillDriver, program: ProgramId, **fields: Any) -> None:
    with context.database.write() as session:
        program_service.update_program(
            session, by_operator(context), alice.vendor_id, program, fields
        )


def test_new_terms_are_one_request_for_all_cards(
    context: Context,
    google: Google,
    alice: TillDriver,
    program: ProgramId,
    google_cards: OpenCards,
    worker: Worker,
) -> None:
    google_cards(4)
    worker.do_work()
    redesign(context, alice, program, terms_text="Be nice.")
    sent = len(google.fake.requests)

    worker.do_work()

    (of_class,) = google.fake.classes.values()
    assert [one["body"] for one in of_class["textModulesData"]][-1] == "Be nice."
    assert len(google.fake.requests) == sent + 1
    with context.database.read() as session:
        progress = context.wallets.service.progress(session, program)
    assert progress is not None
    assert (progress.cards_done, progress.cards_total) == (4, 4)
    assert progress.finished_at is not None


def test_a_new_target_reaches_every_card_turn_by_turn_and_after_a_failure(
    context: Context,
    google: Google,
    alice: TillDriver,
    program: ProgramId,
    google_cards: OpenCards,
    clock: ManualClock,
) -> None:
    chunky = replace(context.settings, fanout_chunk_cards=2, fanout_turn_seconds=0.0)
    google_cards(7)
    steps = iter(range(10_000))
    service = _wallets(context, chunky, lambda: float(next(steps)))
    context = replace(context, settings=chunky, wallets=replace(context.wallets, service=service))
    worker = create_worker(context)
    redesign(context, alice, program, stamps_target=12)
    google.fake.script(Fault(503, method="PATCH", path="loyaltyObject"))

    work_until_done(worker, clock, rounds=30)

    assert shown(google) == ["0/12"] * 7
    assert waiting(context) == []
    with context.database.read() as session:
        fanout = session.scalars(select(WalletFanout)).one()
    assert (fanout.cards_done, fanout.cards_total, fanout.cards_failed) == (7, 7, 0)
    assert fanout.finished_at is not None


def _wallets(context: Context, settings: Settings, stopwatch: Any) -> Any:
    from punchcard.wallets.wallet_service import Wallets

    return Wallets(
        [context.wallets.google],
        database=context.database,
        clock=context.clock,
        settings=settings,
        stopwatch=stopwatch,
    )
