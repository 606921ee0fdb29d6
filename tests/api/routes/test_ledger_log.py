"""The published log: a monitor rebuilds the tree from its tiles, a customer proves their card."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_service, customer_service
from punchcard.loyalty.operations import NewCustomer, OpenCard
from punchcard.loyalty.transparency import verify
from punchcard.loyalty.transparency.signing.checkpoint_text import open_checkpoint
from punchcard.loyalty.transparency.signing.signed_notes import (
    NoteKey,
    VerifierKey,
    new_private_key,
)
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.loyalty.story import submit
from tests.loyalty.transparency.test_merkle import slow_root
from tests.loyalty.transparency.world import World, open_world
from tests.support.cast import Shop, by_operator
from tests.support.http import AppTransport

HASH = 32


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Give the server a key."""
    return replace(settings, log_key=new_private_key())


@pytest.fixture
def world(context: Context, alice: Shop, bob: Shop, clock: ManualClock) -> World:
    """Open the shops; a log of more than one tile."""
    world = open_world(context, alice, bob, clock)
    for _ in range(250):
        world.buy(world.cards[1], note=None)
    return world


@pytest.fixture
def client(context: Context) -> Iterator[httpx.Client]:
    """Ask as anybody on the web."""
    transport = AppTransport(create_app(context))
    with httpx.Client(transport=transport, base_url="http://shop.test") as opened:
        yield opened


def token_of(world: World, card_id: str) -> str:
    context = world.context
    with context.database.read() as session:
        card = card_service.get_card(
            session, world.on["vendor_id"], CardId(card_id), now=context.clock.now()
        )
    token = context.loyalty.card_links.token(card.id, card.token_sealed)
    assert token is not None
    return token


def leaves_of(client: httpx.Client, size: int) -> list[bytes]:
    """Read the entries as a monitor does."""
    bundles = client.get("/ledger/tile/entries/000").content
    bundles += client.get(f"/ledger/tile/entries/001.p/{size - 256}").content
    return [bundles[at + 2 : at + 2 + HASH] for at in range(0, len(bundles), HASH + 2)]


def test_a_monitor_rebuilds_the_tree_that_was_signed(client: httpx.Client, world: World) -> None:
    made = world.checkpoint()

    answer = client.get("/ledger/checkpoint")
    key = VerifierKey.parse(client.get("/ledger/key").text)

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert open_checkpoint(answer.text, key) == made
    assert key.name == made.origin == "127.0.0.1:8000/ledger"
    leaves = leaves_of(client, made.size)
    assert slow_root(leaves) == made.root
    tile = client.get("/ledger/tile/0/000")
    assert len(tile.content) == 256 * HASH
    assert tile.headers["content-type"] == "application/octet-stream"
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/ledger/tile/1/000.p/1").content == slow_root(leaves[:256])
    for width in range(1, made.size - 256 + 1):
        partial = client.get(f"/ledger/tile/0/001.p/{width}").content
        assert len(partial) == width * HASH


def test_a_tile_that_is_not_signed_is_not_there(client: httpx.Client, world: World) -> None:
    # 12 entries and 250: the second tile has six.
    assert world.checkpoint().size == 262
    world.buy(world.cards[0])
    for path in (
        *("0/001", "0/001.p/7", "0/002", "1/000", "1/000.p/2", "2/000.p/1", "0/x000/000", "63/000"),
        *("entries/001", "entries/001.p/7", "0/..%2f..", "0/000.p/256", "64/000", "a/000"),
    ):
        assert client.get(f"/ledger/tile/{path}").status_code == 404, path


def test_nothing_is_published_before_the_first_checkpoint(
    client: httpx.Client, world: World
) -> None:
    for path in ("checkpoint", "tile/0/000"):
        answer = client.get(f"/ledger/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "log_part_not_found")
    proof = client.get(f"/api/v1/loyalty/cards/{token_of(world, world.cards[0])}/proof").json()
    assert proof["checkpoint"] is None
    assert [entry["place"] for entry in proof["entries"]] == [None] * 4
    assert len(verify.check(proof)) == 2


def proof_of(client: httpx.Client, world: World) -> Any:
    world.checkpoint()
    world.buy(world.cards[0])
    answer = client.get(f"/api/v1/loyalty/cards/{token_of(world, world.cards[0])}/proof")
    assert answer.status_code == 200, answer.text
    return answer.json()


def run_script(client: httpx.Client, folder: Path, proof: Any, *arguments: str) -> Any:
    """Run the script as it is downloaded, in a Python that knows nothing of ours."""
    (folder / "verify.py").write_text(client.get("/ledger/verify.py").text, "utf-8")
    (folder / "proof.json").write_text(json.dumps(proof), "utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "proof.json", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_customer_proves_their_card_offline(
    client: httpx.Client, world: World, tmp_path: Path
) -> None:
    proof = proof_of(client, world)
    told = run_script(client, tmp_path, proof, "--key", client.get("/ledger/key").text)
    assert (told.returncode, told.stderr) == (0, "")
    first, second, third, fourth = told.stdout.splitlines()
    assert first.startswith("5 entries have the hashes they say")
    assert second.startswith("4 of them are in the checkpoint of 2026-03-02T")
    assert third == "1 are newer than the checkpoint."
    assert fourth.endswith("which you gave.")


def test_entries_with_details_are_proved_like_others(
    client: httpx.Client, world: World, alice: Shop, tmp_path: Path
) -> None:
    year = {"kind": "fixed", "months": 12, "round_to": "day"}
    told = {"status": "active", "pin_policy": "off", "points_expiry": year}
    program = shelf.program(alice, type="points", **told)
    card_id = submit(world.context, OpenCard(program_id=program.id, **world.on)).card.id
    world.buy(card_id, note=None)
    world.checkpoint()

    answer = client.get(f"/api/v1/loyalty/cards/{token_of(world, card_id)}/proof")

    assert answer.status_code == 200
    details = answer.json()["entries"][-1]["values"][27]
    assert details["lots"][0][1] > 0
    proved = run_script(client, tmp_path, answer.json(), "--key", client.get("/ledger/key").text)
    assert (proved.returncode, proved.stderr) == (0, "")


def test_a_card_whose_holder_was_forgotten_is_proved_as_before(
    client: httpx.Client, world: World, alice: Shop
) -> None:
    program = shelf.program(alice, type="points", status="active", pin_policy="off")
    anna = NewCustomer(name="Anna Weber", email="anna@weber.example")
    opened = OpenCard(program_id=program.id, customer=anna, **world.on)
    card_id = submit(world.context, opened).card.id
    world.buy(card_id, note="for Anna")
    kept, token = world.checkpoint(), token_of(world, card_id)
    address = f"/api/v1/loyalty/cards/{token}/proof"
    before = client.get(address).json()

    with world.context.database.write() as session:
        former = world.context.loyalty.former_contacts
        customer_service.erase_customer(session, by_operator(world.context), token, former)

    after = client.get(address).json()
    assert after["entries"] == before["entries"]
    assert verify.check(after) == verify.check(before)
    assert world.verify(kept).is_sound
    assert world.chains_are_sound()


def _swap_hash(proof: Any) -> None:
    proof["entries"][1]["hash"] = proof["entries"][2]["hash"]


def _more_points(proof: Any) -> None:
    proof["entries"][1]["values"][8] = 999


def _another_balance(proof: Any) -> None:
    entry = proof["entries"][-1]
    entry["values"][10] += 5
    entry["hash"] = verify.entry_hash(entry["values"])


def _left_out(proof: Any) -> None:
    del proof["entries"][2]


def _another_place(proof: Any) -> None:
    proof["entries"][1]["place"] += 1


def _cut_path(proof: Any) -> None:
    proof["entries"][1]["path"].pop()


def _longer_path(proof: Any) -> None:
    proof["entries"][1]["path"].append("00" * 32)


def _another_size(proof: Any) -> None:
    proof["checkpoint"] = proof["checkpoint"].replace("\n262\n", "\n263\n")


def _unsigned(proof: Any) -> None:
    proof["checkpoint"] = proof["checkpoint"].partition("\n\n")[0] + "\n\n"


def _another_key(proof: Any) -> None:
    name = "127.0.0.1:8000/ledger"
    proof["public_key"] = str(NoteKey.load(name, new_private_key()).verifier)


FORGED: list[tuple[Callable[[Any], None], str]] = [
    (_swap_hash, "entry 2 does not have the hash"),
    (_more_points, "entry 2 does not have the hash"),
    (_another_balance, "the balance after entry 5 does not add up"),
    (_left_out, "entry 4 does not follow"),
    (_another_place, "is not in the checkpoint"),
    (_cut_path, "a path is too short"),
    (_longer_path, "a path is too long"),
    (_another_size, "its signature does not fit"),
    (_unsigned, "the checkpoint is not signed by"),
    (_another_key, "the checkpoint is not signed by"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_forged_proof_is_refused(client: httpx.Client, world: World, tmp_path: Path) -> None:
    proof = proof_of(client, world)
    for forge, said in FORGED:
        forged = copy.deepcopy(proof)
        forge(forged)
        told = run_script(client, tmp_path, forged)
        assert (told.returncode, told.stdout) == (1, ""), forge
        assert told.stderr.startswith("NOT PROVED: "), forge
        assert said in told.stderr, forge


def test_a_long_card_is_proved_part_by_part(client: httpx.Client, world: World) -> None:
    world.checkpoint()
    path = f"/api/v1/loyalty/cards/{token_of(world, world.cards[1])}/proof"
    after, found = 0, []
    while after is not None:
        proof = client.get(path, params={"after": after, "limit": 100}).json()
        assert verify.check(proof)
        found += [entry["values"][5] for entry in proof["entries"]]
        after = proof["next_after"]
    assert found == list(range(1, 255))
    assert client.get(path, params={"limit": 101}).status_code == 422


def test_a_card_that_nobody_has_is_not_proved(client: httpx.Client, world: World) -> None:
    assert client.get("/api/v1/loyalty/cards/AAAAAAAAAAAAAAAAAAAAAA/proof").status_code == 404


def test_the_scripts_own_arithmetic_is_that_of_rfc_8032() -> None:
    # Section 7.1, tests 1 and 2.
    vectors = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ]
    for public, message, signature in vectors:
        values = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
        assert verify.is_signed(*values)
        assert not verify.is_signed(values[0], b"another", values[2])
        for at in (0, 31, 32, 63):
            broken = bytearray(values[2])
            broken[at] ^= 1
            assert not verify.is_signed(values[0], values[1], bytes(broken))


def test_the_figures_tell_the_age_of_the_newest_checkpoint(
    context: Context, world: World, clock: ManualClock
) -> None:
    transport = AppTransport(create_app(context), address="127.0.0.1")
    with httpx.Client(transport=transport, base_url="http://shop.test") as near:
        assert "\npunchcard_checkpoint_age_seconds" not in near.get("/metrics").text
        size = world.checkpoint().size
        clock.advance(seconds=90)
        told = near.get("/metrics").text.splitlines()
    assert "punchcard_checkpoint_age_seconds 90.0" in told
    assert f"punchcard_checkpoint_entries {float(size)}" in told
