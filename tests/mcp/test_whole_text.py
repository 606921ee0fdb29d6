"""Half a character in what an assistant sends is answered, and never waited for in vain."""

import json
import subprocess
from typing import Any

import pytest

from punchcard.mcp.whole_text import whole
from tests.support.counter import Counter
from tests.support.demo_server import plain_environment
from tests.support.server_process import PUNCHCARD

PINGS = 100


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'"\u00e9t\u00e9 \ud83d\ude00 \"\n"', 'été 😀 "\n'),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ude00\ud83d!"', "\ufffd\ufffd!"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\\ud83d"', r"\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\uD83D\uDE00 \uDBFF"', "😀 \ufffd"),
    ],
)
def test_halves_are_replaced_and_nothing_else(sent: bytes, read: str) -> None:
    assert json.loads(whole(sent)) == read


def test_a_call_with_half_a_character_is_answered(counter: Counter) -> None:
    with subprocess.Popen(
        [PUNCHCARD, "mcp", "--url", counter.address],
        env={**plain_environment(), "PUNCHCARD_API_KEY": counter.shop.api_key("loyalty:read")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def send(method: str, **more: Any) -> None:
            told = json.dumps({"jsonrpc": "2.0", "method": method, **more})
            print(told, file=server.stdin, flush=True)

        hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
        send("initialize", id=1, params={**hello, "clientInfo": {"name": "it", "version": "1"}})
        assert json.loads(server.stdout.readline())["id"] == 1
        send("notifications/initialized")
        # Refused before the shop is asked; a server that passes the call over answers only pings.
        send("tools/call", id=2, params={"name": "get_card", "arguments": {"card_id": "\ud83d"}})
        heard = {}
        for ping in range(PINGS):
            send("ping", id=f"ping {ping}")
            answer = json.loads(server.stdout.readline())
            heard[answer["id"]] = answer
            if 2 in heard:
                break
        server.stdin.close()

    assert heard[2]["result"]["isError"]
