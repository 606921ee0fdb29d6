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
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.rows import Digest
from punchcard.db.outbox import OutboxRow
from punchcard.loyalty.models import LoyaltyCard
from tests.connect.archive.conftest import Home, Town

ENTRIES = "tables/loyalty_transactions.jsonl"
CARDS = "tables/loyalty_cards.jsonl"
Files = dict[str, bytes]


def files_of(archive: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(archive)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def packed(files: Files) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
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
        *("nothing", "cut off", "another zip", "no manifest", "a file too many", "a file too few"),
        *("newer form", "newer version", "older version", "other columns", "no JSON", "orphans"),
    ],
)
def test_what_cannot_be_taken_in_leaves_nothing(
    archive: bytes, elsewhere: Home, spoil: Callable[[Files], bytes], why: str
) -> None:
    refused(elsewhere, spoil(files_of(archive)), why)


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
