"""What is no archive, a broken one, or one of a shop that is here: refused whole, with why."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select, update

from punchcard.accounts.models import User, Vendor
from punchcard.connect.archive.borders import refuse_strangers
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.rows import Digest
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.vocabulary import ClaimSource, ClaimState
from punchcard.connect.integrations.models import Integration
from punchcard.connect.integrations.order_book import hold_order
from punchcard.connect.integrations.vocabulary import IntegrationKind, IntegrationStatus
from punchcard.db.outbox import OutboxRow
from punchcard.kit.ids import IntegrationId, ReceiptClaimId, VendorId
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.vocabulary import ActorKind
from tests.connect.archive.conftest import Home, Town

NEW_ID = "018f0000-0000-7000-8000-0000000000ff"
ENTRIES = "tables/loyalty_transactions.jsonl"
CARDS = "tables/loyalty_cards.jsonl"
Files = dict[str, bytes]


def files_of(archive: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(archive)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def packed(files: Files, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", packing) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return out.getvalue()


def forged(files: Files) -> Files:
    """Return the files with a manifest that agrees with them, as a careful forger makes it."""
    manifest = orjson.loads(files["manifest.json"])
    for told in manifest["files"]:
        content = files[told["name"]]
        told |= {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
        if told["rows"] is not None:
            digest = Digest()
            for line in content.splitlines(keepends=True):
                digest.add(line)
            told |= {"rows": digest.rows, "digest": digest.text}
    return {**files, "manifest.json": orjson.dumps(manifest)}


def manifest_with(files: Files, **changed: object) -> Files:
    told = orjson.loads(files["manifest.json"]) | changed
    return {**files, "manifest.json": orjson.dumps(told)}


def with_a_spoiled_file(files: Files) -> bytes:
    """Return an archive whose first file is no longer what was packed."""
    whole = packed(files)
    at = 30 + len(next(iter(files)))
    return whole[:at] + b"\xff" * 16 + whole[at + 16 :]


def said_to_be_encrypted(files: Files) -> bytes:
    """Return an archive whose directory says that a password opens its first file."""
    whole = bytearray(packed(files))
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def richer(files: Files) -> Files:
    """Return the files with one entry that gives more than it gave."""
    rows = [orjson.loads(line) for line in files[ENTRIES].splitlines()]
    rows[-1]["points_delta"] += 1000
    rows[-1]["points_after"] += 1000
    return {**files, ENTRIES: _lines(rows)}


def without_an_entry(files: Files) -> Files:
    return {**files, ENTRIES: files[ENTRIES].split(b"\n", 1)[1]}


def with_another_balance(files: Files) -> Files:
    rows = [orjson.loads(line) for line in files[CARDS].splitlines()]
    rows[0]["points"] += 1
    return {**files, CARDS: _lines(rows)}


def _lines(rows: list[dict[str, object]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n" for row in rows)


def with_a_row_of(table: str, files: Files, **changed: object) -> Files:
    """Return the files with one more row of a table, like its last one but for what is changed."""
    name = f"tables/{table}.jsonl"
    row = orjson.loads(files[name].splitlines()[-1]) | changed
    return {**files, name: files[name] + _lines([row])}


def with_a_change(table: str, files: Files, **changed: object) -> Files:
    """Return the files with the last row of a table changed."""
    name = f"tables/{table}.jsonl"
    rows = [orjson.loads(line) for line in files[name].splitlines()]
    return {**files, name: _lines([*rows[:-1], rows[-1] | changed])}


def concealing(files: Files, before: Files) -> Files:
    """Return forged files whose manifest tells what it did `before`, and of nothing more."""
    was = {one["name"]: one for one in orjson.loads(before["manifest.json"])["files"]}
    manifest = orjson.loads(files["manifest.json"])
    for told in manifest["files"]:
        told |= {"rows": was[told["name"]]["rows"], "digest": was[told["name"]]["digest"]}
    return {**files, "manifest.json": orjson.dumps(manifest)}


def refused(elsewhere: Home, archive: bytes, why: str) -> None:
    with pytest.raises(ArchiveRefused, match=why):
        elsewhere.takes_in(archive)
    with elsewhere.database.read() as session:
        for table in (Vendor, User, LoyaltyCard, OutboxRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize(
    "change", [richer, without_an_entry, with_another_balance], ids=["entry", "gap", "balance"]
)
def test_a_forged_ledger_is_found_even_where_the_manifest_agrees(
    archive: bytes, elsewhere: Home, change: Callable[[Files], Files]
) -> None:
    refused(elsewhere, packed(change(files_of(archive))), "is not what it says")
    refused(
        elsewhere, packed(forged(change(files_of(archive)))), "ledger of the archive is damaged"
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda files: b"", "cannot be read"),
        (lambda files: packed(files)[:-2000], "cannot be read"),
        (with_a_spoiled_file, "cannot be read"),
        (said_to_be_encrypted, "packed in a way"),
        (lambda files: packed(files, zipfile.ZIP_LZMA), "packed in a way"),
        (lambda files: packed({"readme.txt": b"hello"}), "no archive of a shop"),
        (lambda files: packed({**files, "manifest.json": b"{}"}), "no archive of a shop"),
        (lambda files: packed({**files, "more.txt": b"x"}), "other files than it says"),
        (
            lambda files: packed({n: c for n, c in files.items() if n != CARDS}),
            "other files than it says",
        ),
        (lambda files: packed(manifest_with(files, version=2)), "newer form"),
        (lambda files: packed(manifest_with(files, revision="9999")), "made by a newer version"),
        (lambda files: packed(manifest_with(files, revision="0001")), "made by an older version"),
        (
            lambda files: packed(forged({**files, CARDS: b'{"id": 1}\n'})),
            "has other columns than it should",
        ),
        (lambda files: packed(forged({**files, CARDS: b"nonsense\n"})), "cannot be read"),
        (
            lambda files: packed(forged({**files, "tables/customers.jsonl": b""})),
            "here already, or belongs to nothing",
        ),
    ],
    ids=[
        *(
            "nothing",
            "cut off",
            "spoiled",
            "encrypted",
            "other packing",
            "another zip",
            "no manifest",
            "a file too many",
            "a file too few",
        ),
        *("newer form", "newer version", "older version", "other columns", "no JSON", "orphans"),
    ],
)
def test_what_cannot_be_taken_in_leaves_nothing(
    archive: bytes, elsewhere: Home, spoil: Callable[[Files], bytes], why: str
) -> None:
    refused(elsewhere, spoil(files_of(archive)), why)


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("vendors", {"name": {"an": "object"}}),
        ("vendors", {"created_at": "2026-06-17T13:30:00"}),
        ("customers", {"is_verified": "perhaps"}),
        ("loyalty_cards", {"points": 2**63}),
        ("loyalty_cards", {"id": 17}),
    ],
    ids=["object", "no offset", "no boolean", "large", "no id"],
)
def test_values_that_no_row_can_have_are_refused_with_their_table(
    archive: bytes, elsewhere: Home, table: str, changed: dict[str, object]
) -> None:
    forgery = forged(with_a_change(table, files_of(archive), **changed))
    refused(elsewhere, packed(forgery), f"A row of {table} cannot be kept as it is")


def test_an_order_names_no_receipt_of_another_shop(
    town: Town, archive: bytes, elsewhere: Home, cafe: VendorId
) -> None:
    """What an order left has an id there, and no key that the database would look at."""
    elsewhere.takes_in(archive)
    act = elsewhere.act()
    with elsewhere.database.write() as session:
        [ours, theirs] = [
            session.scalars(
                select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == one)
            ).first()
            for one in (town.bakery_id, cafe)
        ]
        assert ours is not None
        assert theirs is not None
        claim = ReceiptClaim(
            id=ReceiptClaimId(act.ids.new_id()),
            vendor_id=cafe,
            program_id=theirs,
            source=ClaimSource.API,
            amount_minor=100,
            reference="R-1",
            occurred_at=act.now,
            expires_at=act.now,
            state=ClaimState.OPEN,
            actor_kind=ActorKind.PUBLIC,
            created_at=act.now,
        )
        row = Integration(
            id=IntegrationId(act.ids.new_id()),
            vendor_id=town.bakery_id,
            program_id=ours,
            kind=IntegrationKind.GENERIC,
            name="",
            mapping={},
            status=IntegrationStatus.ACTIVE,
            address_digest=b"0" * 32,
            created_at=act.now,
            updated_at=act.now,
        )
        session.add_all([claim, row])
        session.flush()
        order = hold_order(session, row, "1", act.ids, act.now)
        refuse_strangers(session.connection(), town.bakery_id)
        order.claim_id = claim.id
        session.flush()
        with pytest.raises(ArchiveRefused, match="A row of integration_orders names something"):
            refuse_strangers(session.connection(), town.bakery_id)


def test_no_archive_ends_the_count_that_all_shops_share(archive: bytes, elsewhere: Home) -> None:
    forgery = forged(with_a_change("apple_passes", files_of(archive), update_tag=2**63 - 1))
    refused(elsewhere, packed(forgery), "tags of passes that no server has counted up to")


def test_a_shop_that_is_here_is_not_taken_in_twice(
    town: Town, archive: bytes, elsewhere: Home
) -> None:
    elsewhere.takes_in(archive)
    with pytest.raises(ArchiveRefused, match="There is a shop “boulangerie-bob” here already"):
        elsewhere.takes_in(archive)
    with elsewhere.database.write() as session:
        session.execute(update(Vendor).values(slug="another"))
    with pytest.raises(ArchiveRefused, match="here already"):
        elsewhere.takes_in(archive)


@pytest.fixture
def cafe(town: Town, elsewhere: Home) -> VendorId:
    """Have another shop move in before the archive comes."""
    elsewhere.takes_in(town.home.leaves(town.cafe_id)[0])
    return town.cafe_id


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("api_keys", {"id": NEW_ID, "prefix": "pk_forged", "key_hash": "00" * 32}),
        ("members", {"id": NEW_ID, "email": "thief@shop.example", "role": "owner"}),
        ("devices", {"id": NEW_ID, "token_hash": "00" * 32}),
    ],
)
def test_an_archive_brings_nothing_into_another_shop(
    archive: bytes, elsewhere: Home, cafe: VendorId, table: str, changed: dict[str, object]
) -> None:
    files = files_of(archive)
    more = forged(with_a_row_of(table, files, vendor_id=cafe, **changed))

    for forgery in (more, concealing(more, files)):
        with pytest.raises(ArchiveRefused, match=r"is not what was sent|are another shop's"):
            elsewhere.takes_in(packed(forgery))


@pytest.mark.parametrize(
    ("table", "column", "of"),
    [
        ("loyalty_cards", "customer_id", "customers"),
        ("rewards", "program_id", "loyalty_programs"),
        ("staff_pins", "program_id", "loyalty_programs"),
        ("devices", "location_id", "locations"),
        ("loyalty_transactions", "reward_id", "rewards"),
    ],
)
def test_an_archive_names_nothing_of_another_shop(
    archive: bytes, town: Town, elsewhere: Home, cafe: VendorId, table: str, column: str, of: str
) -> None:
    files, theirs = files_of(archive), files_of(town.home.leaves(cafe)[0])
    strange = orjson.loads(theirs[f"tables/{of}.jsonl"].splitlines()[0])["id"]

    with pytest.raises(ArchiveRefused, match=f"A row of {table} names something of another shop"):
        elsewhere.takes_in(packed(forged(with_a_change(table, files, **{column: strange}))))


def test_a_damaged_ledger_leaves_nowhere(archive: bytes, town: Town, elsewhere: Home) -> None:
    elsewhere.takes_in(archive)
    with elsewhere.database.write() as session:
        session.execute(update(LoyaltyCard).values(points=LoyaltyCard.points + 1))

    with pytest.raises(ArchiveRefused, match="The ledger is damaged"):
        elsewhere.leaves(town.bakery_id)


def checked(*arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the archive, without anything that is installed here."""
    script, *rest = arguments
    return subprocess.run(
        [sys.executable, "-I", "-S", str(script), *map(str, rest)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_inside_checks_it_anywhere(archive: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "shop.zip"
    whole.write_bytes(archive)
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(whole) as zipped:
        zipped.extractall(unpacked)
    script = unpacked / "verify.py"

    for answer in (checked(script), checked(script, whole)):
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.startswith("Sound: Boulangerie Bob (boulangerie-bob), ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (richer, "is not what was hashed"),
        (without_an_entry, "lacks entries"),
        (with_another_balance, "has another balance than its entries"),
    ],
    ids=["entry", "gap", "balance"],
)
def test_the_script_inside_finds_what_was_forged(
    archive: bytes, tmp_path: Path, change: Callable[[Files], Files], said: str
) -> None:
    files = files_of(archive)
    script = tmp_path / "verify.py"
    script.write_bytes(files["verify.py"])
    plain, careful = tmp_path / "plain.zip", tmp_path / "careful.zip"
    plain.write_bytes(packed(change(files)))
    careful.write_bytes(packed(forged(change(files))))

    assert "is not what the manifest says" in checked(script, plain).stderr
    found = checked(script, careful)
    assert (found.returncode, said in found.stderr) == (1, True), found.stderr
