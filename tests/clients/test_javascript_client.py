"""The JavaScript client against a running server: its README, its routes, its types."""

import json
import subprocess
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

from tests.clients.readme import check_receiver, programs_of
from tests.support.counter import Counter
from tests.support.demo_server import plain_environment

CLIENT = Path(__file__).parents[2] / "clients" / "javascript"

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

REST = """
import { Guest, Shop } from "./punchcard.js";

const { url, key, card, cardId, token, reward } = JSON.parse(process.argv[1]);
const shop = new Shop(url, key);
const all = async (list, name) => {
  const found = [];
  for await (const one of list) found.push(one[name]);
  return found;
};
const sale = { card, amount_minor: 1234 };
const quotes = [(await shop.quote(sale)).points, (await shop.quoteVisit(sale)).stamps];
const visit = await shop.visit(sale);
const undone = await shop.void(visit.transaction.id, { reason: "Typed twice" });

await shop.earn({ card, amount_minor: 10000 });
const basket = await shop.reserve({ card, points: 60 });
await shop.confirmReservation(basket.id, { points: 50 });
const other = await shop.reserve({ card, points: 20 });
await shop.releaseReservation(other.id);

const given = { card, reward_id: reward, reason: "apology" };
const cake = await shop.giveGrant(given);
const handedOver = await shop.redeemGrant({ card, grant_id: cake.id });
await shop.revokeGrant((await shop.giveGrant(given)).id);

const receipt = await shop.makeClaim({ amount_minor: 500, reference: "B-1" });
const guest = new Guest(url);
const claimed = [await guest.claim(token, receipt.code), await guest.claim(token, receipt.code)];
await shop.withdrawClaim((await shop.makeClaim({ amount_minor: 500, reference: "B-2" })).id);
const claims = [];
for await (const { id, reference } of shop.claims()) {
  claims.push([reference, (await shop.claim(id)).state]);
}
console.log(JSON.stringify({
  quotes,
  visited: [visit.card.stamps, visit.card.points],
  voided: [undone.card.stamps, undone.card.points],
  reservations: await all(shop.reservations(cardId), "state"),
  one: (await shop.reservation(other.id)).state,
  handedOver: handedOver.transaction.type,
  grants: await all(shop.grants(cardId), "state"),
  claimed: claimed.map((one) => one.card.points),
  claims,
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


def test_the_programs_of_the_readme_do_what_they_say(counter: Counter) -> None:
    sale, basket, _ = programs_of(CLIENT / "README.md", "js")
    key = counter.shop.api_key("loyalty:read", "loyalty:operate")
    at = {"PUNCHCARD_URL": counter.address, "PUNCHCARD_API_KEY": key}
    assert run(sale, **at).splitlines() == ["12 points", "not_enough_points 488"]
    counter.post("/points/adjust", card=counter.card["id"], points_delta=90, reason="Moved in")
    said = run(basket, CARD=counter.card["number"], **at).splitlines()
    assert said == ["25 points for this basket", "confirmed", "65 points left"]


def test_the_receiver_of_the_readme_tells_right_from_wrong() -> None:
    *_, program = programs_of(CLIENT / "README.md", "js")
    node, _ = compute_driver_executable()
    check_receiver([node, "--input-type=module", "-e", program], plain_environment(), cwd=CLIENT)


def test_the_rest_of_a_shops_day(counter: Counter) -> None:
    reward = counter.post(
        f"/programs/{counter.program['id']}/rewards", name="A cake", points_required=None
    )
    facts = {
        "url": counter.address,
        "key": counter.shop.api_key("loyalty:read", "loyalty:operate", "loyalty:manage"),
        "card": counter.card["number"],
        "cardId": counter.card["id"],
        "token": counter.card["public_url"].rpartition("/")[2],
        "reward": reward["id"],
    }
    assert json.loads(run(REST, json.dumps(facts))) == {
        "quotes": [12, 1],
        "visited": [1, 12],
        "voided": [0, 0],
        "reservations": ["released", "confirmed"],
        "one": "released",
        "handedOver": "grant_redeemed",
        "grants": ["revoked", "used"],
        "claimed": [55, 55],
        "claims": [["B-2", "withdrawn"], ["B-1", "claimed"]],
    }
