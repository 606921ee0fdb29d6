"""The JavaScript client against a running server: its README, its routes, its types."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

from tests.support.counter import Counter
from tests.support.demo_server import plain_environment
from tools.client_models import openapi_document

CLIENT = Path(__file__).parents[2] / "clients" / "javascript"
SOURCE = (CLIENT / "punchcard.js").read_text(encoding="utf-8")

WORK = """
import { Guest, Shop } from "./punchcard.js";

const { url, key, card, token, slug } = JSON.parse(process.argv[1]);
const shop = new Shop(url, key);
const first = await shop.stamp({ card, quantity: 1 }, "visit-1");
const again = await shop.stamp({ card, quantity: 1 }, "visit-1");
await shop.stamp({ card });
await shop.redeemStamps({ card });
const bought = await shop.earn({ card, amount_minor: 2000, reference: "R-1" });
await shop.redeemPoints({ card, points: 5 });
await shop.refund({ reference: "R-1", amount_minor: 1000, refund_reference: "G-1" });
const [found] = await shop.findCards("anna@home.example");
const types = [];
const asked = { card_id: found.id, limit: 2 };
for await (const entry of shop.transactions(asked)) types.push(entry.type);
const guest = new Guest(url);
const history = [];
for await (const entry of guest.transactions(token)) history.push(entry.type);
console.log(JSON.stringify({
  same: JSON.stringify(first) === JSON.stringify(again),
  bought: bought.transaction.points_delta,
  points: (await shop.card(found.id)).points,
  seen: (await guest.card(token)).points,
  program: (await guest.program(slug)).name,
  types,
  history,
}));
"""


def run(program: str, *arguments: str, **variables: str) -> str:
    """Run a module beside the client with the driver's own Node; returns what it printed."""
    node, _ = compute_driver_executable()
    ran = subprocess.run(
        [node, "--input-type=module", "-e", program, *arguments],
        cwd=CLIENT,
        env={**plain_environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stderr == ""
    return ran.stdout


def test_a_shop_and_a_guest(counter: Counter) -> None:
    facts = {
        "url": counter.address,
        "key": counter.shop.api_key("loyalty:read", "loyalty:operate"),
        "card": counter.card["number"],
        "token": counter.card["public_url"].rpartition("/")[2],
        "slug": counter.program["slug"],
    }
    done: Any = json.loads(run(WORK, json.dumps(facts)))

    history = done.pop("history")
    assert done.pop("types") == list(reversed(counter.entries()))
    assert done == {"same": True, "bought": 20, "points": 5, "seen": 5, "program": "Coffee"}
    assert history[0] == "points_refunded"


def test_the_program_of_the_readme_does_what_it_says(counter: Counter) -> None:
    readme = (CLIENT / "README.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```js\n(.*?)```", readme, re.S)
    key = counter.shop.api_key("loyalty:read", "loyalty:operate")
    said = run(program, PUNCHCARD_URL=counter.address, PUNCHCARD_API_KEY=key)
    assert said.splitlines() == ["12 points", "not_enough_points 488"]


def test_its_types_name_fields_of_the_document() -> None:
    schemas = openapi_document()["components"]["schemas"]
    types = re.findall(r"@typedef \{object\} (\w+)(.*?)\*/", SOURCE, re.S)
    held = {name: body for name, body in types if name in schemas}
    assert len(held) >= 8
    for name, body in held.items():
        found = re.findall(r"@property \{[^}]*\} (\[?)(\w+)", body)
        named = {field: not bracket for bracket, field in found}
        assert named, name
        assert set(named) <= set(schemas[name]["properties"]), name
        required = set(schemas[name].get("required", []))
        if name.endswith("Request"):
            assert {field for field, is_needed in named.items() if is_needed} == required, name
