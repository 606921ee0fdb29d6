"""What a page costs on a slow line: counted, not timed, so that a busy machine changes nothing."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

LATENCY_MS = 400
BYTES_PER_MS = 50
"""Slow 3G: 400 kbit/s each way, 400 ms for a question and its answer."""

_BLOCKING = {"Document", "Stylesheet", "Script"}


@dataclass
class _Asked:
    url: str
    parent: str | None
    kind: str
    size: int = 0
    is_cached: bool = False


@dataclass(frozen=True)
class Cost:
    """What one visit of a page cost.

    `transferred_bytes` counts headers and packed bodies of everything until the page has loaded.
    `interactive_ms` is when its document, styles and scripts would be there on slow 3G: what names
    one another is fetched one after the other, each step waits LATENCY_MS, and the bytes of a step
    share the line. Answers from the browser's caches or a service worker cost nothing. `cpu_ms` is
    the time that the browser's main thread really worked, on this machine.
    """

    transferred_bytes: int
    interactive_ms: float
    cpu_ms: float
    sizes: dict[str, int]

    def __str__(self) -> str:
        parts = "\n".join(f"  {size:8,} {url}" for url, size in self.sizes.items())
        total = f"{self.transferred_bytes:,} bytes, interactive at {self.interactive_ms:.0f} ms"
        return f"{total}\n{parts}"


@dataclass
class _Meter:
    asked: dict[str, _Asked] = field(default_factory=dict)

    def attach(self, session: CDPSession) -> None:
        session.on("Network.requestWillBeSent", self._note_request)
        session.on("Network.responseReceived", self._note_response)
        session.on("Network.requestServedFromCache", self._note_cached)
        session.on("Network.loadingFinished", self._note_end)

    def _note_request(self, event: dict[str, Any]) -> None:
        parent = _parent(event["initiator"])
        kind = event.get("type", "Other")
        self.asked[event["requestId"]] = _Asked(event["request"]["url"], parent, kind)

    def _note_response(self, event: dict[str, Any]) -> None:
        response = event["response"]
        if response.get("fromDiskCache") or response.get("fromServiceWorker"):
            self._note_cached(event)

    def _note_cached(self, event: dict[str, Any]) -> None:
        self.asked[event["requestId"]].is_cached = True

    def _note_end(self, event: dict[str, Any]) -> None:
        if asked := self.asked.get(event["requestId"]):
            asked.size = 0 if asked.is_cached else int(event["encodedDataLength"])


def measure(page: Page, url: str) -> Cost:
    """Visit `url` with `page`, whose context gives the caches, and count what it costs."""
    meter = _Meter()
    session = page.context.new_cdp_session(page)
    try:
        meter.attach(session)
        session.send("Network.enable")
        session.send("Performance.enable")
        page.goto(url, wait_until="load")
        metrics = session.send("Performance.getMetrics")["metrics"]
    finally:
        session.detach()
    worked = {metric["name"]: metric["value"] for metric in metrics}["TaskDuration"]
    asked = [a for a in meter.asked.values() if a.url.startswith("http")]
    return Cost(
        transferred_bytes=sum(a.size for a in asked),
        interactive_ms=_interactive_ms(asked),
        cpu_ms=worked * 1000,
        sizes={a.url: a.size for a in asked},
    )


def slow_3g(page: Page) -> CDPSession:
    """Slow the line of `page` down for real, to look at it; until the session is detached."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_PER_MS * 1000,
            "uploadThroughput": BYTES_PER_MS * 1000,
        },
    )
    return session


def _interactive_ms(asked: list[_Asked]) -> float:
    blocking = [a for a in asked if a.kind in _BLOCKING and not a.is_cached]
    by_url = {a.url: a for a in blocking}
    steps: dict[int, int] = {}
    for one in blocking:
        depth = _depth(one, by_url)
        steps[depth] = steps.get(depth, 0) + one.size
    return sum(LATENCY_MS + size / BYTES_PER_MS for size in steps.values())


def _depth(one: _Asked, by_url: dict[str, _Asked]) -> int:
    depth, seen = 0, {one.url}
    while one.parent in by_url and one.parent not in seen:
        one = by_url[one.parent]
        seen.add(one.url)
        depth += 1
    return depth


def _parent(initiator: dict[str, Any]) -> str | None:
    if "url" in initiator:
        return str(initiator["url"])
    stack = initiator.get("stack")
    while stack:
        for frame in stack["callFrames"]:
            if frame["url"]:
                return str(frame["url"])
        stack = stack.get("parent")
    return None
