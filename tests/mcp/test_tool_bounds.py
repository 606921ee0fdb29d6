"""What a tool takes has an end, so that nothing an assistant makes up breaks a request."""

import asyncio
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.mcp.api_caller import ApiCaller
from punchcard.mcp.server import build_server

# Nobody is asked there.
NOWHERE = ApiCaller("http://127.0.0.1:9", "pk_none")
SERVER = build_server(NOWHERE, SystemIds(SystemClock()), may_operate=True, sees_liability=True)


def _is_bounded(told: dict[str, Any]) -> bool:
    texts = [one for one in told.get("anyOf", [told]) if one.get("type") == "string"]
    return all("maxLength" in one or "pattern" in one for one in texts)


def test_every_text_that_a_tool_takes_is_bounded() -> None:
    tools = asyncio.run(SERVER.list_tools())

    taken = [
        (tool.name, name, told)
        for tool in tools
        for name, told in tool.input_schema["properties"].items()
    ]
    assert ("find_cards", "code") in [one[:2] for one in taken]
    assert [one[:2] for one in taken if not _is_bounded(one[2])] == []


def test_a_cursor_longer_than_any_is_told_as_such() -> None:
    with pytest.raises(ToolError, match="at most 100 characters"):
        asyncio.run(SERVER.call_tool("list_programs", {"cursor": "x" * 100_000}))
