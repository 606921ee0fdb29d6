"""Live updates: a page that shows a card hears of a stamp, wherever it was given."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, EntryId, ProgramId, SystemIds, VendorId
from punchcard.kit.settings import Settings
from punchcard.loyalty.live import LiveCards, LiveUpdatesBusy, Watch
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.open_pages import open_ears

EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0, "max_daily_stamps": 50}
PATIENCE = 30.0
# PostgreSQL's ears ring everybody once when they begin to hear.
ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONLY_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def stamp(context: Context, vendor_id: VendorId, card_id: CardId) -> None:
    stamp_service.add_stamp(
        context.loyalty.till, card_id, vendor_id=vendor_id, actor=Actor(ActorKind.SYSTEM, None)
    )


async def stamped_while_watched(
    watch: Watch, context: Context, vendor_id: VendorId, card_id: CardId
) -> bool:
    await asyncio.to_thread(stamp, context, vendor_id, card_id)
    return await watch.changed(PATIENCE)


@pytest.fixture
def card_id(alice: Shop) -> str:
    return shelf.opened_card(alice, shelf.program(alice, **EASY))


@pytest.fixture
def neighbour(
    database_url: str, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build what a second server process has: pools, till and ears of its own."""
    with (
        closing(Database(database_url)) as database,
        closing(build_context(settings, clock=clock, ids=ids, database=database)) as built,
    ):
        yield built


def test_a_stamp_reaches_the_page_that_shows_the_card(
    context: Context, alice: Shop, card_id: CardId
) -> None:
    async def look() -> bool:
        with context.loyalty.live.watch(card_id) as watch:
            return await stamped_while_watched(watch, context, alice.id, card_id)

    asyncio.run(open_ears(context))
    assert asyncio.run(look())
    assert context.loyalty.live.watching == 0


@ONLY_SQLITE
def test_the_stamp_of_another_card_is_not_heard(
    context: Context, alice: Shop, card_id: CardId
) -> None:
    other = CardId(shelf.opened_card(alice, shelf.program(alice, **EASY)))

    async def look() -> tuple[bool, bool]:
        with (
            context.loyalty.live.watch(card_id) as watch,
            context.loyalty.live.watch(other) as others,
        ):
            heard = await stamped_while_watched(others, context, alice.id, other)
            return heard, await watch.changed(0)

    assert asyncio.run(look()) == (True, False)


def test_a_program_that_changed_reaches_every_page_of_its_cards_and_no_other(
    context: Context, alice: Shop
) -> None:
    """One word for all: another card takes the last piece, it comes back, the program pauses."""
    program = shelf.program(alice, type="points", **EASY)
    mug = shelf.reward(alice, program.id, points_required=1, stock_left=1)
    rich, poor = (CardId(shelf.opened_card(alice, program)) for _ in range(2))
    stranger = CardId(shelf.opened_card(alice, shelf.program(alice, type="points", **EASY)))
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    till = context.loyalty.till
    points_service.earn_points(till, rich, amount_minor=500, **by)

    def take_the_last() -> EntryId:
        receipt = points_service.redeem_points(till, rich, reward_id=mug.id, points=None, **by)
        return EntryId(receipt.entry["id"])

    def pause() -> None:
        with context.database.write() as session:
            program_service.deactivate_program(
                session, cast.by_operator(context), alice.id, program.id
            )

    taken: list[EntryId] = []
    changes: list[Callable[[], object]] = [
        lambda: taken.append(take_the_last()),
        lambda: points_service.void(till, taken[0], reason="back on the shelf", **by),
        pause,
    ]

    async def look() -> list[tuple[bool, bool, bool]]:
        heard = []
        live = context.loyalty.live
        with (
            live.watch(poor, program_id=program.id) as watch,
            live.watch(stranger, program_id=ProgramId("another")) as other,
        ):
            for change in changes:
                await asyncio.to_thread(change)
                came = await watch.changed(PATIENCE)
                heard.append((came, watch.take_program_news(), await other.changed(0)))
        return heard

    asyncio.run(open_ears(context))
    assert asyncio.run(look()) == [(True, True, False)] * 3
    assert context.loyalty.live.watching == 0


@ONLY_SQLITE
def test_rings_that_a_slow_page_has_not_heard_are_one(database: Database) -> None:
    async def look(live: LiveCards) -> tuple[bool, bool]:
        with live.watch(CardId("one")) as watch:
            for _ in range(10):
                watch.notify()
            return await watch.changed(PATIENCE), await watch.changed(0)

    with closing(LiveCards(database, limit=1, card_limit=1, address_limit=9)) as live:
        assert asyncio.run(look(live)) == (True, False)


def test_an_address_gets_so_many_pages_whatever_cards_it_has(database: Database) -> None:
    async def look(live: LiveCards) -> int:
        with live.watch(CardId("one"), "192.0.2.1"), live.watch(CardId("two"), "192.0.2.1"):
            with pytest.raises(LiveUpdatesBusy):
                live.watch(CardId("three"), "192.0.2.1")
            with live.watch(CardId("three"), "192.0.2.2"), live.watch(CardId("four")):
                pass
        with live.watch(CardId("three"), "192.0.2.1"):
            return live.watching

    with closing(LiveCards(database, limit=9, card_limit=9, address_limit=2)) as live:
        assert asyncio.run(look(live)) == 1


def test_a_card_takes_so_many_pages_and_the_process_so_many(database: Database) -> None:
    async def look(live: LiveCards) -> int:
        with live.watch(CardId("one")), live.watch(CardId("one")):
            with pytest.raises(LiveUpdatesBusy) as refused:
                live.watch(CardId("one"))
            with live.watch(CardId("two")), pytest.raises(LiveUpdatesBusy):
                live.watch(CardId("three"))
            assert refused.value.retry_after_seconds
        with live.watch(CardId("three")):
            return live.watching

    with closing(LiveCards(database, limit=3, card_limit=2, address_limit=9)) as live:
        assert asyncio.run(look(live)) == 1


async def until_over(watch: Watch) -> None:
    """Wait for the end; that the notifier has connected meanwhile counts as a change."""
    while await watch.changed(PATIENCE):
        pass


def test_a_server_that_stops_ends_every_watch_and_takes_no_more(database: Database) -> None:
    async def look(live: LiveCards) -> bool:
        with live.watch(CardId("one")) as watch:
            ending = asyncio.to_thread(live.end_watches)
            await asyncio.gather(until_over(watch), ending)
            with pytest.raises(LiveUpdatesBusy):
                live.watch(CardId("one"))
            return watch.is_over

    with closing(LiveCards(database, limit=3, card_limit=2, address_limit=9)) as live:
        assert asyncio.run(look(live))


def test_a_page_that_left_with_its_event_loop_disturbs_nobody(
    context: Context, alice: Shop, card_id: CardId
) -> None:
    async def leave_rudely() -> Watch:
        return context.loyalty.live.watch(card_id)

    watch = asyncio.run(leave_rudely())
    stamp(context, alice.id, card_id)
    context.loyalty.live.leave(watch)
    context.loyalty.live.leave(watch)
    assert context.loyalty.live.watching == 0


@ONLY_POSTGRESQL
def test_a_stamp_of_another_server_process_is_heard(
    context: Context, neighbour: Context, alice: Shop, card_id: CardId
) -> None:
    async def look() -> None:
        with context.loyalty.live.watch(card_id) as watch:
            assert await stamped_while_watched(watch, neighbour, alice.id, card_id)

    asyncio.run(open_ears(context))
    asyncio.run(look())


@ONLY_POSTGRESQL
def test_a_thousand_cards_at_once_are_all_heard(
    context: Context, neighbour: Context, ids: SystemIds
) -> None:
    cards = [CardId(ids.new_id()) for _ in range(1000)]

    async def look() -> int:
        with (
            context.loyalty.live.watch(cards[0]) as first,
            context.loyalty.live.watch(cards[-1]) as last,
        ):
            neighbour.loyalty.live.publish(cards)
            return await first.changed(PATIENCE) + await last.changed(PATIENCE)

    asyncio.run(open_ears(context))
    assert asyncio.run(look()) == 2


@ONLY_POSTGRESQL
def test_ears_that_were_cut_off_hear_again_and_miss_nothing(
    context: Context, neighbour: Context, alice: Shop, card_id: CardId
) -> None:
    async def look() -> None:
        with context.loyalty.live.watch(card_id) as watch:
            await asyncio.to_thread(kill_ears, context.database)
            # Whatever was told meanwhile may be lost, so the page is told to look again.
            assert await watch.changed(PATIENCE)
            assert await stamped_while_watched(watch, neighbour, alice.id, card_id)

    asyncio.run(open_ears(context))
    asyncio.run(look())


def kill_ears(database: Database) -> None:
    """Kill the connections that listen, as a database that restarts would."""
    kill = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'punchcard notices'"
    )
    with database.write_connection() as connection:
        assert connection.scalar(kill) == 1
