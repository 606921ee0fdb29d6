"""Pages that show a card, as the live updates know them."""

import asyncio
from collections.abc import Callable, Collection

from punchcard.context import Context
from punchcard.kit.ids import CardId

PATIENCE_SECONDS = 30.0


async def open_ears(context: Context) -> None:
    """Wait until other processes are heard, which rings everybody once."""
    if not context.database.is_sqlite:
        with context.loyalty.live.watch(CardId("a card")):
            assert await asyncio.to_thread(context.loyalty.live.is_listening.wait, PATIENCE_SECONDS)


def pages_that_follow(
    context: Context, card_ids: Collection[CardId], change: Callable[[], object]
) -> set[str]:
    """Open a page of each card, make the change, and return the cards whose page heard of it."""

    async def look() -> set[str]:
        watches = [context.loyalty.live.watch(card_id) for card_id in card_ids]
        await asyncio.to_thread(change)
        heard = await asyncio.gather(*(watch.changed(PATIENCE_SECONDS) for watch in watches))
        for watch in watches:
            context.loyalty.live.leave(watch)
        return {watch.card_id for watch, changed in zip(watches, heard, strict=True) if changed}

    asyncio.run(open_ears(context))
    return asyncio.run(look())
