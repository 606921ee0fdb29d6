"""`punchcard mcp` against a running server, driven by the client of the official SDK."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from tests.mcp.conftest import assistant
from tests.support.counter import Counter

READING = {
    *("list_programs", "get_program", "list_rewards", "list_promotions", "find_cards", "get_card"),
    *("list_card_transactions", "list_card_grants", "list_card_reservations", "list_transactions"),
    *("get_dashboard", "get_program_stats"),
}
CHANGING = {
    *("stamp", "earn_points", "record_visit", "redeem_stamps", "redeem_points", "redeem_grant"),
    *("reserve", "confirm_reservation", "release_reservation", "refund_purchase"),
    "void_transaction",
}


async def answer(client: Client, tool: str, **fields: Any) -> Any:
    """Call a tool that is to do what it says."""
    result = await client.call_tool(tool, fields)
    assert not result.is_error, result.content
    return result.structured_content


async def problem(client: Client, tool: str, **fields: Any) -> Any:
    """Call a tool that is to refuse; returns the problem."""
    result = await client.call_tool(tool, fields)
    assert result.is_error
    [content] = result.content
    assert content.type == "text"
    return json.loads(content.text.partition(": ")[2])


def test_a_key_that_reads_gets_tools_that_read(counter: Counter, tmp_path: Path) -> None:
    program, card = counter.program["id"], counter.card["id"]
    counter.post("/points/earn", card=card, amount_minor=1250)

    async def look() -> None:
        key = counter.shop.api_key("loyalty:read")
        async with assistant(tmp_path, counter.address, key) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == READING
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            assert all(tool.description for tool in tools)

            [listed] = (await answer(client, "list_programs"))["items"]
            assert listed == await answer(client, "get_program", program_id=program)
            [found] = (await answer(client, "find_cards", code="anna@home.example"))["items"]
            assert found == await answer(client, "get_card", card_id=card)
            assert found["points"] == 12

            page = await answer(client, "list_transactions", limit=1)
            assert [entry["type"] for entry in page["items"]] == ["points_earned"]
            rest = await answer(client, "list_transactions", cursor=page["next_cursor"])
            assert [entry["type"] for entry in rest["items"]] == ["card_opened"]
            earned = await answer(
                client, "list_transactions", program_id=program, type="points_earned"
            )
            assert earned["items"] == page["items"]
            history = await answer(client, "list_card_transactions", card_id=card)
            assert history["items"] == page["items"] + rest["items"]

            stats = await answer(
                client,
                "get_program_stats",
                program_id=program,
                first_day="2026-03-01",
                last_day="2026-03-02",
            )
            assert [day["points_earned"] for day in stats["daily"]] == [0, 12]
            assert (await answer(client, "get_dashboard"))["members"]
            for tool in ("list_rewards", "list_promotions"):
                assert (await answer(client, tool, program_id=program))["items"] == []
            assert (await answer(client, "list_card_grants", card_id=card))["items"] == []

            assert (await answer(client, "list_card_reservations", card_id=card))["items"] == []

            for tool in CHANGING:
                assert (await client.call_tool(tool, {"card": card})).is_error

    asyncio.run(look())
    assert counter.entries() == ["card_opened", "points_earned"]


def test_what_is_not_there_is_told_as_the_problem_of_the_api(
    counter: Counter, tmp_path: Path
) -> None:
    async def look() -> None:
        key = counter.shop.api_key("loyalty:read")
        async with assistant(tmp_path, counter.address, key) as client:
            missing = await problem(client, "get_card", card_id=counter.program["id"])
            assert (missing["code"], missing["status"]) == ("card_not_found", 404)
            # Nothing but an id gets into a path.
            refused = await client.call_tool("get_card", {"card_id": "../programs"})
            assert refused.is_error

    asyncio.run(look())


def test_with_allow_operate_cards_change_once_a_key(counter: Counter, tmp_path: Path) -> None:
    card = counter.card["number"]

    async def work() -> None:
        key = counter.shop.api_key("loyalty:read", "loyalty:operate")
        async with assistant(tmp_path, counter.address, key, "--allow-operate") as client:
            tools = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
            asking = {"quote_purchase"}
            assert tools.keys() == READING | asking | CHANGING
            reading = {name for name, told in tools.items() if told and told.read_only_hint}
            assert reading == READING | asking

            first = await answer(client, "stamp", card=card)
            key_of_call = first["transaction"]["idempotency_key"]
            again = await answer(client, "stamp", card=card, idempotency_key=key_of_call)
            assert again == first
            second = await answer(client, "stamp", card=card)
            assert second["transaction"]["idempotency_key"] != key_of_call
            await answer(client, "redeem_stamps", card=card)
            refused = await problem(client, "redeem_stamps", card=card)
            assert refused["code"] == "not_enough_stamps"
            assert refused["idempotency_key"].startswith("mcp-")

            bought = await answer(
                client, "earn_points", card=card, amount_minor=2000, reference="R-1"
            )
            await answer(client, "redeem_points", card=card, points=5)
            refund = await answer(
                client,
                "refund_purchase",
                transaction_id=bought["transaction"]["id"],
                amount_minor=1000,
                refund_reference="G-1",
                reason="Cold",
            )
            assert refund["card"]["points"] == 5

    asyncio.run(work())
    assert counter.entries() == [
        *("card_opened", "stamp_earned", "stamp_earned", "stamps_redeemed"),
        *("points_earned", "points_redeemed", "points_refunded"),
    ]


def test_what_is_set_aside_given_or_wrong_is_done_by_the_assistant_too(
    counter: Counter, tmp_path: Path
) -> None:
    card = counter.card["number"]
    reward = counter.post(
        f"/programs/{counter.program['id']}/rewards", name="A cake", points_required=None
    )
    counter.post("/grants", card=card, reward_id=reward["id"], reason="apology")

    async def work() -> None:
        key = counter.shop.api_key("loyalty:read", "loyalty:operate")
        async with assistant(tmp_path, counter.address, key, "--allow-operate") as client:
            quote = await answer(client, "quote_purchase", card=card, amount_minor=10000)
            assert quote["points"] == 100
            visit = await answer(client, "record_visit", card=card, amount_minor=10000)
            assert (visit["card"]["points"], visit["card"]["stamps"]) == (100, 1)
            basket = await answer(client, "reserve", card=card, points=60)
            used = await answer(
                client, "confirm_reservation", reservation_id=basket["id"], points=50
            )
            other = await answer(client, "reserve", card=card, points=5)
            freed = await answer(client, "release_reservation", reservation_id=other["id"])
            assert (used["state"], freed["state"]) == ("confirmed", "released")
            held = await answer(client, "list_card_reservations", card_id=counter.card["id"])
            assert [one["id"] for one in held["items"]] == [other["id"], basket["id"]]
            given = await answer(client, "redeem_grant", card=card)
            assert given["transaction"]["type"] == "grant_redeemed"
            undone = await answer(
                client,
                "void_transaction",
                transaction_id=given["transaction"]["id"],
                reason="Wrong guest",
            )
            assert undone["transaction"]["voids"] == given["transaction"]["id"]

    asyncio.run(work())


def test_the_staff_pin_goes_along_unseen(counter: Counter, tmp_path: Path) -> None:
    counter.owner.patch(
        f"/api/v1/vendor/loyalty/programs/{counter.program['id']}", json={"pin_policy": "required"}
    ).raise_for_status()
    counter.post("/pins", name="The assistant", pin="482915")

    async def work(**variables: str) -> Any:
        key = counter.shop.api_key("loyalty:read", "loyalty:operate")
        started = assistant(tmp_path, counter.address, key, "--allow-operate", **variables)
        async with started as client:
            if not variables:
                return await problem(client, "stamp", card=counter.card["id"])
            return await answer(client, "stamp", card=counter.card["id"])

    assert asyncio.run(work())["code"] == "staff_pin_required"
    receipt = asyncio.run(work(PUNCHCARD_STAFF_PIN="482915"))
    assert receipt["transaction"]["staff"]["name"] == "The assistant"


def test_a_key_that_manages_reads_liability_too(counter: Counter, tmp_path: Path) -> None:
    async def look() -> None:
        key = counter.shop.api_key("loyalty:read", "loyalty:manage")
        started = assistant(tmp_path, counter.address, key, "--accept-wider-key")
        async with started as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == READING | {"get_program_liability"}
            owed = await answer(client, "get_program_liability", program_id=counter.program["id"])
            assert owed

    asyncio.run(look())


def test_there_is_a_page_that_names_every_tool() -> None:
    page = (Path(__file__).parents[2] / "docs" / "connections.md").read_text(encoding="utf-8")
    section = page.partition("\n## An assistant\n")[2]
    for tool in READING | CHANGING | {"get_program_liability"}:
        assert f"`{tool}`" in section, tool


@pytest.mark.parametrize("kind", ["person", "device"])
def test_only_an_api_key_is_taken(
    counter: Counter, kind: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    token = counter.shop.token() if kind == "person" else counter.shop.device()
    assert "must be an API key" in started(counter.address, token, monkeypatch, capfd)


def started(
    url: str,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    *options: str,
) -> str:
    """Start it where it is to refuse at once; returns its sentence."""
    from punchcard.cli import main

    monkeypatch.setenv("PUNCHCARD_API_KEY", key)
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "--url", url, *options])
    assert ended.value.code == 1
    said = capfd.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize(
    ("scopes", "options", "sentence"),
    [
        (["loyalty:read", "loyalty:operate"], [], "more than these tools: loyalty:operate."),
        (["loyalty:read", "loyalty:manage"], [], "with loyalty:read alone"),
        (["loyalty:operate"], ["--accept-wider-key"], "The key lacks loyalty:read."),
        (["loyalty:read"], ["--allow-operate"], "The key lacks loyalty:operate."),
    ],
)
def test_a_key_that_fits_not_what_is_asked_is_refused(
    counter: Counter,
    scopes: list[str],
    options: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    key = counter.shop.api_key(*scopes)
    assert sentence in started(counter.address, key, monkeypatch, capfd, *options)


@pytest.mark.parametrize(
    ("url", "key", "sentence"),
    [
        ("http://127.0.0.1:9", "", "no API key in PUNCHCARD_API_KEY"),
        ("http://127.0.0.1:9", "pk_1", "does not answer"),
        ("http://cards.example", "pk_1", "Use https."),
        ("cards.example", "pk_1", "is not a server's address"),
    ],
)
def test_an_address_or_key_that_cannot_be_is_told(
    url: str,
    key: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert sentence in started(url, key, monkeypatch, capfd)


def test_a_key_that_is_none_is_told(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "did not take the key" in started(counter.address, "pk_none", monkeypatch, capfd)


def test_without_the_sdk_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import sys

    for name in [one for one in sys.modules if one.startswith("punchcard.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver.exceptions", None)

    told = started("http://127.0.0.1:9", "pk_1", monkeypatch, capfd)
    assert "pip install 'punchcard[mcp]'" in told
