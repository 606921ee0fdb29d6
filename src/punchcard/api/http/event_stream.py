"""Server-Sent Events: a response that goes on, and holds neither a thread nor a connection."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, ProgramId
from punchcard.kit.settings import Settings
from punchcard.loyalty.live import LiveCards, Watch

MEDIA_TYPE: Final = "text/event-stream"
CONTENT: Final[dict[str, Any]] = {
    MEDIA_TYPE: {
        "itemSchema": {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"enum": ["card", "program"]},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": "#/components/schemas/PublicCard"},
                },
                "retry": {"type": "integer", "description": "Milliseconds."},
            },
        }
    }
}
"""How the stream stands in the OpenAPI document: what one of its events is."""
_RETRY_MILLISECONDS: Final = 3000

_log = logging.getLogger(__name__)


class CardEvents(Response):
    """Sends a card now and after each change, and a heartbeat while nothing happens.

    When its program or a reward of that changed, it is sent once more, as an event "program".

    `read` returns the card as it is now, as JSON; it runs in a thread. `address` is where from, as
    limits count it. Ends when the client leaves,
    the card can no longer be read, the server stops, or `live_stream_seconds` have passed:
    browsers then come again by themselves.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        live: LiveCards,
        card: tuple[CardId, ProgramId],
        read: Callable[[], str],
        settings: Settings,
        *,
        address: str | None,
    ) -> None:
        self.status_code = 200
        self.background = None
        # Told to nginx, which would otherwise collect events until a buffer is full.
        self.init_headers({"cache-control": "no-store", "x-accel-buffering": "no"})
        self._live = live
        self._card_id, self._program_id = card
        self._address = address
        self._read = read
        self._heartbeat_seconds = settings.live_heartbeat_seconds
        self._stream_seconds = settings.live_stream_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises LiveUpdatesBusy before anything is sent."""
        with self._live.watch(self._card_id, self._address, program_id=self._program_id) as watch:
            card = await run_in_threadpool(self._read)
            leaving = asyncio.create_task(_end_with_client(receive, watch))
            try:
                await send(
                    {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
                )
                await self._send_events(watch, send, card)
            except TimeoutError:
                _log.info("a page that takes nothing is no longer kept up to date")
            finally:
                leaving.cancel()

    async def _send_events(self, watch: Watch, send: Send, card: str) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._stream_seconds
        shown = _event(card)
        await self._send(send, b"retry: %d\n" % _RETRY_MILLISECONDS + shown)
        while (left := until - loop.time()) > 0:
            has_changed = await watch.changed(min(left, self._heartbeat_seconds))
            if watch.is_over:
                break
            if not has_changed:
                await self._send(send, b":\n\n")
                continue
            is_of_program = watch.take_program_news()
            news = await self._news()
            if news is None:
                break
            event = _event(news)
            if event != shown:
                await self._send(send, event)
                shown = event
            if is_of_program:
                await self._send(send, _event(news, "program"))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _news(self) -> str | None:
        """Return the card as it is now; None when it can't be read."""
        try:
            return await run_in_threadpool(self._read)
        except (DomainError, SQLAlchemyError) as error:
            _log.info("a card is no longer shown live: %s", type(error).__name__)
            return None

    async def _send(self, send: Send, body: bytes) -> None:
        # A client that takes nothing is not waited for longer than a heartbeat's time.
        async with asyncio.timeout(self._heartbeat_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": True})


def _event(card: str, name: str = "card") -> bytes:
    # JSON has no line breaks of its own, so one line of data holds it.
    return f"event: {name}\ndata: {card}\n\n".encode()


async def _end_with_client(receive: Receive, watch: Watch) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watch.end()
